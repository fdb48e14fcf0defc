"""A sparse network learns from its first weights what it does not learn from other random ones.

Two hidden layers classify 8 x 8 digits. Trained, the smallest of their weights are pruned, the
others set back to what they were at first, and the sparse network is trained again, five times.
The ticket of the last round is beside the dense network it was found in, and beside other random
weights with the same wiring. All are trained for the same number of steps.

Reference: Frankle & Carbin 2019, The Lottery Ticket Hypothesis: Finding Sparse, Trainable Neural
Networks, sec. 1 and 2.

Command: regzoo run lottery_ticket_digits
With --data tfds:mnist it takes 10 000 of those; `python -m benchmarks.lottery_ticket` has the
paper's own network.
Expected: with 6 % of the weights test accuracy 0.949 from the first weights and 0.915 from others,
0.961 dense: the ticket beats its control, but is no match for the dense network. Means over four
seeds; 66 s of processor time on TensorFlow.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import keras

from keras_regzoo.cli.classifier import accuracy, loss, network
from keras_regzoo.cli.recipe_options import Asked, finish, read_options
from keras_regzoo.diagnostics import study
from keras_regzoo.quiet import QUIET
from keras_regzoo.training import LotteryTicket, find_lottery_ticket

METHODS = ("dense", "other_weights", "ticket")
SEEDS = (0, 1, 2, 3)
EPOCHS = 15
ROUNDS = 5
PRUNED = 0.45  # of the remaining weights, a round
BATCH = 32
RATE = 1.2e-3
UNITS = (128, 128)
EXPECTED = {
    "dense/test": (0.948, 0.987),
    "ticket - other_weights/test": (0.000587, 0.0469),
}


@functools.cache
def search(seed: int, asked: Asked) -> LotteryTicket:
    images = asked.images(seed)
    rounds = 1 if asked.smoke else ROUNDS

    def build() -> keras.Model:
        model = network(images, UNITS)
        model.compile(keras.optimizers.Adam(RATE), loss())
        return model

    def fit(model: keras.Model, callbacks: list[Any]) -> None:
        options: Any = {"batch_size": BATCH, "epochs": asked.epochs, "verbose": QUIET}
        model.fit(images.x_train, images.y_train, callbacks=callbacks, **options)

    return find_lottery_ticket(
        build,
        fit,
        score=lambda model: accuracy(model, images.x_test, images.y_test),
        rounds=rounds,
        rate=PRUNED,
        controls=(rounds,),
        seed=seed,
    )


def measure(method: str, seed: int, asked: Asked) -> dict[str, float]:
    """Returns the accuracy on test images, and the share of weights that are left."""
    rounds = search(seed, asked).rounds
    found = rounds[0] if method == "dense" else rounds[-1]
    score: Any = found.control if method == "other_weights" else found.score
    return {"test": float(score), "remaining": found.remaining}


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all and writes the JSON; returns 0 if all are as expected, else 1."""
    asked = read_options(argv, __file__, __doc__, SEEDS, EPOCHS, images=True, figure=False)
    settings = {
        "data": asked.data,
        "epochs": asked.epochs,
        "rounds": ROUNDS,
        "pruned": PRUNED,
        "batch": BATCH,
        "rate": RATE,
        "units": UNITS,
    }
    found = study(METHODS, lambda m, seed: measure(m, seed, asked), asked.seeds, settings)
    return finish(found, asked, EXPECTED)


if __name__ == "__main__":
    raise SystemExit(main())
