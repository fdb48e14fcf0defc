"""Weight scaling, one pass, is the geometric mean over the 1024 networks that dropout trains.

The first hidden layer has ten units with dropout, so that all masks can be tried: their
probabilities are averaged, arithmetically and geometrically, beside the mean over masks drawn at
random and the one pass with weights scaled. Where only the softmax follows (shallow), weight
scaling is the geometric mean exactly; with a second hidden layer (deep) it stays near. Both read
about as many digits right as the arithmetic mean, at a lower cross-entropy; a hundred sampled
masks reach that mean and ten do not. A network of ten units has no unit to spare: it is better
without dropout, by far. A layer of 256 (wide) errs as often with it as without: here dropout gains
nothing.

Reference: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov 2014, Dropout, sec. 7.5 (Monte
Carlo averages); Goodfellow, Bengio & Courville 2016, Deep Learning, §7.12.

Command: regzoo run dropout_ensemble
With --data tfds:mnist it takes 10 000 of those; with --figure PATH it draws how many masks are
enough.
Expected: test error, shallow: 0.114 with weight scaling and the geometric mean, 0.129 with the
arithmetic mean, 0.153 and 0.127 with 10 and 100 masks, 0.058 without dropout; deep: 0.110, 0.093,
0.101, 0.115, 0.103 and 0.051; wide: 0.027 with and 0.032 without dropout. Weight scaling is 0.057
in total variation from the geometric mean (deep), 0.000 (shallow); means over three seeds; 82 s of
processor time on TensorFlow.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from keras_regzoo import data, validation
from keras_regzoo.cli.classifier import Trainer
from keras_regzoo.cli.recipe_figures import curves
from keras_regzoo.cli.recipe_options import Asked, finish, read_options
from keras_regzoo.diagnostics import study
from keras_regzoo.diagnostics.study import Measured
from keras_regzoo.quiet import QUIET

UNITS = {"shallow": (10,), "deep": (10, 64), "wide": (256,)}  # the first layer has dropout
RATE = 0.5
EPOCHS = 60
BATCH = 64
SEEDS = (0, 1, 2)
DRAWS = (1, 3, 10, 30, 100, 300, 1000)
CHUNK = 64  # masks at a time
RULES = ("weight_scaling", "geometric", "arithmetic", "sampled_10", "sampled_100", "sampled_1000")
METHODS = (
    *(f"{net}/{rule}" for net in ("shallow", "deep") for rule in ("without_dropout", *RULES)),
    *("wide/without_dropout", "wide/weight_scaling"),
)
EXPECTED = {
    "shallow/weight_scaling/from_geometric": (0.0, 1e-5),
    "shallow/without_dropout/error": (0.05, 0.11),
    "shallow/weight_scaling/error": (0.08, 0.16),
    "shallow/weight_scaling - shallow/arithmetic/error": (-0.03, 0.01),
    "deep/weight_scaling/from_geometric": (0.02, 0.1),
    "deep/weight_scaling/error": (0.07, 0.14),
    "deep/sampled_100/from_arithmetic": (0.02, 0.06),
    "deep/sampled_1000/from_arithmetic": (0.006, 0.02),
}


def network(images: data.Dataset, units: Sequence[int], rate: float) -> keras.Model:
    first, *others = [layers.Dense(each, "relu") for each in units]
    stack = [keras.Input(images.shape), layers.Flatten(), first, layers.Dropout(rate)]
    return keras.Sequential([*stack, *others, layers.Dense(images.num_classes)])


def log_softmax(logits: Any) -> np.ndarray:
    return ops.convert_to_numpy(ops.log_softmax(ops.cast(logits, "float32")))


def all_masks(units: int, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns the masks of so many units, a row each, scaled up, and their probabilities."""
    kept = np.array(list(itertools.product((0.0, 1.0), repeat=units)))
    return kept / (1 - rate), np.prod(np.where(kept, 1 - rate, rate), axis=1)


def every_mask(model: keras.Model, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the arithmetic and the geometric mean of the probabilities over all masks."""
    place = next(i for i, each in enumerate(model.layers) if isinstance(each, layers.Dropout))
    dropout: Any = model.layers[place]
    hidden: Any = x
    for layer in model.layers[:place]:
        hidden = layer(hidden)
    hidden = ops.convert_to_numpy(hidden)
    masks, chances = all_masks(hidden.shape[-1], dropout.rate)
    arithmetic: Any = 0.0
    logarithm: Any = 0.0
    for start in range(0, len(masks), CHUNK):
        masked = masks[start : start + CHUNK, None] * hidden
        outputs: Any = masked.reshape(-1, hidden.shape[-1]).astype("float32")
        for layer in model.layers[place + 1 :]:
            outputs = layer(outputs)
        log = log_softmax(outputs).reshape(*masked.shape[:2], -1).astype("float64")
        arithmetic += np.tensordot(chances[start : start + CHUNK], np.exp(log), 1)
        logarithm += np.tensordot(chances[start : start + CHUNK], log, 1)
    return arithmetic, normalized(logarithm)


def normalized(logarithm: np.ndarray) -> np.ndarray:
    """Returns the probabilities of which these are the logarithms but for a constant."""
    return validation.extra("scipy.special", "recipes", "A softmax").softmax(logarithm, axis=-1)


def sample(model: keras.Model, x: np.ndarray, draws: int) -> np.ndarray:
    """Returns log-probabilities under random masks, of shape (draws, examples, classes)."""
    parts = []
    for start in range(0, draws, CHUNK):
        more = min(CHUNK, draws - start)
        outputs = model(np.tile(x, (more, *[1] * (x.ndim - 1))), training=True)
        parts.append(log_softmax(outputs).reshape(more, len(x), -1))
    return np.concatenate(parts)


def distance(p: np.ndarray, q: np.ndarray) -> float:
    """Returns the mean total variation distance of two predictions."""
    return float(np.mean(np.abs(p - q).sum(axis=-1)) / 2)


class Ensemble:
    """What networks trained with and without dropout predict, by every rule.

    Args:
        asked: What the command line asks for.
    """

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.trainer = functools.cache(self.trainer)
        self.predictions = functools.cache(self.predictions)

    def trainer(self, net: str, rate: float) -> Trainer:
        keras.utils.set_random_seed(0)
        return Trainer(network(self.asked.images(SEEDS[0]), UNITS[net], rate))

    def predictions(self, net: str, seed: int) -> dict[str, np.ndarray]:
        """Returns the probabilities of test images by each rule."""
        images = self.asked.images(seed)
        options = {"batch_size": BATCH, "epochs": self.asked.epochs}

        def trained(rate: float) -> keras.Model:
            return self.trainer(net, rate)(images.x_train, images.y_train, seed, **options)

        x = images.x_test
        plain = trained(0.0).predict(x, batch_size=len(x), verbose=QUIET)
        model = trained(RATE)
        scaled = model.predict(x, batch_size=len(x), verbose=QUIET)
        made = {
            "without_dropout": np.exp(log_softmax(plain)),
            "weight_scaling": np.exp(log_softmax(scaled)),
        }
        if net != "wide":
            made["arithmetic"], made["geometric"] = every_mask(model, x)
            drawn = sample(model, x, max(DRAWS))
            for draws in DRAWS:
                made[f"sampled_{draws}"] = np.exp(drawn[:draws]).mean(axis=0)
                made[f"geometric_of_{draws}"] = normalized(drawn[:draws].mean(axis=0))
        return made

    def measure(self, method: str, seed: int) -> Measured:
        """Returns the error, the cross-entropy and how far the rule is from both ensembles."""
        net, _, rule = method.partition("/")
        y, made = self.asked.images(seed).y_test, self.predictions(net, seed)
        p = made[rule]
        nats = -np.log(np.maximum(p[np.arange(len(y)), y], 1e-30)).mean()
        found = {"error": float(np.mean(p.argmax(-1) != y)), "nats": float(nats)}
        exact = [name for name in ("arithmetic", "geometric") if name in made]
        return found | {f"from_{name}": distance(p, made[name]) for name in exact}

    def draw(self, seeds: Sequence[int]) -> Any:
        """Draws how far means over sampled masks are from those over all."""

        def away(net: str, rule: str, exact: str) -> float:
            pairs = [self.predictions(net, seed) for seed in seeds]
            return float(np.mean([distance(made[rule], made[exact]) for made in pairs]))

        panels = {
            f"{net}: {' and '.join(map(str, UNITS[net]))} units": {
                "arithmetic mean": [away(net, f"sampled_{n}", "arithmetic") for n in DRAWS],
                "geometric mean": [away(net, f"geometric_of_{n}", "geometric") for n in DRAWS],
                "weight scaling": [away(net, "weight_scaling", "arithmetic")] * len(DRAWS),
            }
            for net in ("shallow", "deep")
        }
        return curves(
            panels,
            DRAWS,
            "Means over sampled masks come near those over all 1024",
            "Weight scaling, one pass, beside the arithmetic mean over all masks.",
            ("masks sampled", "mean total variation distance"),
            log_y=True,
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all rules and writes the JSON; returns 0 if all are as expected, else 1."""
    asked = read_options(argv, __file__, __doc__, SEEDS, EPOCHS, images=True)
    ensemble = Ensemble(asked)
    settings = {"units": UNITS, "rate": RATE, "batch": BATCH}
    found = study(
        asked.methods(METHODS),
        ensemble.measure,
        asked.seeds,
        {"data": asked.data, "epochs": asked.epochs, **settings},
    )
    return finish(found, asked, EXPECTED, lambda: ensemble.draw(asked.seeds))


if __name__ == "__main__":
    raise SystemExit(main())
