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
Expected: test accuracy 0.835 plainly, 0.933 self-paced and 0.892 with SuperLoss, means over five
seeds; 256 s on two busy cores.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from keras_regzoo import RegularizedModel, data
from keras_regzoo.callbacks import Scheduler
from keras_regzoo.cli.recipe_options import finish, read_options
from keras_regzoo.diagnostics import study
from keras_regzoo.objectives import SelfPaced, SuperLoss
from keras_regzoo.quiet import QUIET

FLIPPED = 0.4
SEEDS = (0, 1, 2, 3, 4)
EPOCHS = 60
BATCH = 64
UNITS = 128
TEST = 0.3
WARM_UP = 5
CHANCE = math.log(10)  # the loss of an example that is as likely as chance has it
METHODS: dict[str, Callable[[], list[Any]]] = {
    "plain": list,
    "self_paced": lambda: [SelfPaced(math.inf)],
    "super_loss": lambda: [SuperLoss(0.25, threshold=CHANCE)],
}
EXPECTED = {
    "plain/test": (0.805, 0.865),
    "self_paced/test": (0.903, 0.963),
    "super_loss/test": (0.862, 0.922),
}


def threshold(epoch: int) -> float:
    """Takes all examples in at first, then those whose label is likelier than chance."""
    return math.inf if epoch < WARM_UP else CHANCE


def measure(method: str, seed: int, epochs: int) -> dict[str, float]:
    """Trains once; returns the accuracy on test digits, and on training digits' true labels."""
    digits = data.load("digits", test=TEST, seed=seed)
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Dense(UNITS, "relu"),
            layers.Dense(UNITS, "relu"),
            layers.Dense(10),
        ]
    )
    wrapped = RegularizedModel(model, METHODS[method]())
    wrapped.compile(
        keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    labels = data.add_label_noise(digits.y_train, FLIPPED, seed=seed)
    options: Any = {"batch_size": BATCH, "epochs": epochs, "verbose": QUIET}
    if method == "self_paced":
        options["callbacks"] = [Scheduler("self_paced/threshold", threshold)]
    wrapped.fit(digits.x_train, labels, **options)
    pairs = {"test": (digits.x_test, digits.y_test), "train": (digits.x_train, digits.y_train)}
    return {
        name: float(np.mean(model.predict(x, verbose=QUIET).argmax(-1) == y))
        for name, (x, y) in pairs.items()
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all methods and writes the JSON; returns 0 if all are as expected, else 1."""
    asked = read_options(argv, __file__, __doc__, SEEDS, EPOCHS)
    settings = {"flipped": FLIPPED, "batch": BATCH, "units": UNITS, "test": TEST}
    found = study(
        list(METHODS),
        lambda method, seed: measure(method, seed, asked.epochs),
        asked.seeds,
        {"epochs": asked.epochs, **settings},
    )
    for method in list(METHODS)[1:] if asked.compares else ():
        gain = found.gain(method, "plain", "test")
        low, high = gain.interval or (gain.mean, gain.mean)
        print(f"{method} - plain: {gain.mean:+.3f}, 95 % interval {low:+.3f} to {high:+.3f}")
    return finish(found, asked, EXPECTED)


if __name__ == "__main__":
    raise SystemExit(main())
