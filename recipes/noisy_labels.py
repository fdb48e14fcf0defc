"""Self-paced learning and SuperLoss against plain training, with 40 % of the labels wrong.

Two hidden layers classify 8 x 8 digits of which 40 % have another class as label. Plain training
first learns the right labels and then, epoch by epoch, the wrong ones by heart. Self-paced learning
begins with all examples, so that losses mean something, and then leaves out those whose label the
network finds less likely than chance; SuperLoss weights them down by a closed form. All are trained
for the same number of epochs, from the same weights and on the same split and wrong labels for each
seed, and judged on test digits whose labels are right.

Reference: Kumar, Packer & Koller 2010, Self-Paced Learning for Latent Variable Models, eq. 4;
Castells, Weinzaepfel & Revaud 2020, SuperLoss: A Generic Loss for Robust Curriculum Learning, sec.
4.3 (noisy labels).

Command: regzoo run noisy_labels
With --data tfds:mnist it takes 10 000 of those.
Expected: test accuracy 0.819 plainly, 0.926 self-paced and 0.881 with SuperLoss, means over five
seeds; 112 s of processor time on TensorFlow, on a busy machine, 58 s on JAX.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

from keras_regzoo import data
from keras_regzoo.callbacks import Scheduler
from keras_regzoo.cli.classifier import Trainer, accuracy, network
from keras_regzoo.cli.recipe_options import Asked, finish, read_options
from keras_regzoo.diagnostics import study
from keras_regzoo.objectives import SelfPaced, SuperLoss

FLIPPED = 0.4
SEEDS = (0, 1, 2, 3, 4)
EPOCHS = 60
BATCH = 64
UNITS = (128, 128)
WARM_UP = 5
METHODS: dict[str, Callable[[data.Dataset], list[Any]]] = {
    "plain": lambda images: [],
    "self_paced": lambda images: [SelfPaced(math.inf)],
    "super_loss": lambda images: [SuperLoss(0.25, threshold=chance(images))],
}
EXPECTED = {
    "plain/test": (0.805, 0.865),
    "self_paced/test": (0.903, 0.963),
    "super_loss/test": (0.862, 0.922),
    "self_paced - plain/test": (0.07, 0.13),
    "super_loss - plain/test": (0.03, 0.09),
}


def chance(images: data.Dataset) -> float:
    """Returns the loss of an example whose label is as likely as any other."""
    return math.log(images.num_classes)


def threshold(epoch: int, images: data.Dataset) -> float:
    """Takes all examples in at first, then those whose label is likelier than chance."""
    return math.inf if epoch < WARM_UP else chance(images)


def measure(method: str, seed: int, asked: Asked, train: Trainer) -> dict[str, float]:
    """Trains once; returns the accuracy on test images, and on training images' true labels."""
    images = asked.images(seed)
    labels = data.add_label_noise(images.y_train, FLIPPED, seed=seed)
    paced = []
    if method == "self_paced":
        paced = [Scheduler("self_paced/threshold", lambda epoch: threshold(epoch, images))]
    options: Any = {"batch_size": BATCH, "epochs": asked.epochs, "callbacks": paced}
    model = train(images.x_train, labels, seed, **options)
    return {
        "test": accuracy(model, images.x_test, images.y_test),
        "train": accuracy(model, images.x_train, images.y_train),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all methods and writes the JSON; returns 0 if all are as expected, else 1."""
    asked = read_options(argv, __file__, __doc__, SEEDS, EPOCHS, images=True, figure=False)

    @functools.cache
    def trainer(method: str) -> Trainer:
        images = asked.images(SEEDS[0])
        return Trainer(network(images, UNITS), METHODS[method](images))

    settings = {
        "data": asked.data,
        "epochs": asked.epochs,
        "flipped": FLIPPED,
        "batch": BATCH,
        "units": UNITS,
    }
    found = study(
        asked.methods(METHODS),
        lambda method, seed: measure(method, seed, asked, trainer(method)),
        asked.seeds,
        settings,
    )
    return finish(found, asked, EXPECTED)


if __name__ == "__main__":
    raise SystemExit(main())
