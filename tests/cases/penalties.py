"""Objectives that penalize weights, Jacobians and tangents."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from scipy.stats import norm

from keras_regzoo import objectives
from tests.cases.case import BAD_AMOUNTS, BAD_SEEDS, Case, Trained, each
from tests.cases.networks import net


def _array(variable: Any) -> np.ndarray:
    return ops.convert_to_numpy(variable).astype("float64")


def _contractive_loss(trained: Trained) -> float:
    layer = trained.net.get_layer("hidden")
    hidden = np.tanh(trained.x @ _array(layer.kernel) + _array(layer.bias))
    slopes = np.square(1 - hidden**2).mean(0)
    return trained.plain + 2.0 * (slopes * np.square(_array(layer.kernel)).sum(0)).sum()


@keras.saving.register_keras_serializable(package="tests")
def along_the_first_inputs(x: Any) -> Any:
    """Returns two tangents: the axes of the first two inputs."""
    axes = ops.cast(ops.eye(2, 6), x.dtype)
    return ops.zeros_like(x)[:, None] + axes[None]


def _tangent_loss(trained: Trained) -> float:
    hidden, outputs = (trained.net.get_layer(name) for name in ("hidden", "outputs"))
    kernel = _array(hidden.kernel)
    slopes = 1 - np.tanh(trained.x @ kernel + _array(hidden.bias)) ** 2
    changes = np.einsum("nh,th,ho->nto", slopes, kernel[:2], _array(outputs.kernel))
    return trained.plain + 2.0 * np.square(changes).sum() / len(trained.x)


def _tying_loss(trained: Trained) -> float:
    return trained.plain + 2.0 * np.square(_array(trained.net.get_layer("hidden").kernel) - 1).sum()


def _sharing_loss(trained: Trained) -> float:
    weights = _array(trained.net.get_layer("hidden").kernel)[..., None]
    stddev = np.hypot(0.001, 0.5)
    densities = norm.pdf(weights, [-0.5, 0.5], stddev).mean(-1)
    return trained.plain - 2.0 * np.log(densities).sum()


CASES: tuple[Case, ...] = (
    Case(
        objectives.ContrastiveLoss,
        "objective",
        arguments=lambda: {"encoder": "hidden", "strength": 0.5, "temperature": 0.5},
        variations=(
            lambda: {"augmentation": keras.layers.GaussianNoise(0.1, seed=1), "seed": 1},
            lambda: {"encoder": "hidden", "supervised": False, "stddev": 0.2, "name": "contrast"},
        ),
        bad=each(
            encoder=(3, ["hidden"]),
            temperature=(0.0, -1.0, "1", None),
            strength=BAD_AMOUNTS,
            augmentation=("flip", 3),
            stddev=BAD_AMOUNTS,
            projection=("dense", 3),
            supervised=("yes", 2),
            seed=BAD_SEEDS,
        ),
        zero=lambda: {"encoder": "hidden", "strength": 0.0},
    ),
    Case(
        objectives.ContrastiveLoss,
        "objective",
        label="projected",
        arguments=lambda: {"encoder": "hidden", "projection": keras.layers.Dense(3)},
        counted=lambda: {
            "encoder": "hidden",
            "projection": keras.layers.Dense(3),
            "strength": 0.0,
        },
    ),
    Case(
        objectives.ContractivePenalty,
        "objective",
        arguments=lambda: {"encoder": "hidden", "strength": 0.5},
        variations=(
            lambda: {"method": "hutchinson", "probes": 2, "seed": 1},
            lambda: {"higher_order": 0.5, "stddev": 0.2, "samples": 2, "encoder": "hidden"},
            lambda: {"method": "exact", "encoder": "hidden", "name": "contraction"},
        ),
        bad=each(
            encoder=(3, ["hidden"]),
            strength=BAD_AMOUNTS,
            method=("jacobian", None),
            probes=(0, 1.5),
            higher_order=(-1.0, "1"),
            stddev=BAD_AMOUNTS,
            samples=(0, 1.5),
            seed=BAD_SEEDS,
        ),
        zero=lambda: {"encoder": "hidden", "strength": 0.0},
        counted=lambda: {"encoder": "hidden", "strength": 2.0},
        loss=_contractive_loss,
    ),
    Case(
        objectives.ContractivePenalty,
        "objective",
        label="probed",
        arguments=lambda: {"method": "hutchinson", "higher_order": 0.5, "strength": 0.5},
        zero=lambda: {"method": "hutchinson", "higher_order": 0.5, "strength": 0.0},
    ),
    Case(
        objectives.MaximumMeanDiscrepancy,
        "objective",
        arguments=lambda: {"encoder": "hidden", "strength": 0.5},
        variations=(
            lambda: {"kernel": "rbf", "scales": [0.5, 2.0], "stddev": 2.0, "seed": 1},
            lambda: {"encoder": "hidden", "name": "prior"},
        ),
        bad=each(
            encoder=(3, ["hidden"]),
            strength=BAD_AMOUNTS,
            kernel=("gaussian", None),
            scales=(1.0, [], [0.0], [1.0, "2"], None),
            stddev=(0.0, -1.0, "1", None),
            seed=BAD_SEEDS,
        ),
        zero=lambda: {"encoder": "hidden", "strength": 0.0},
    ),
    Case(
        objectives.ParameterTying,
        "objective",
        arguments=lambda: {"first": None, "second": net(), "strength": 0.1},
        variations=(
            lambda: {"first": "hidden/bias", "second": "beta"},
            lambda: {"first": "hidden/bias", "second": [np.ones(5, "float32")]},
        ),
        bad=each(
            first=(3, ["hidden"]),
            second=(3, None, [], [1.0]),
            strength=BAD_AMOUNTS,
        ),
        zero=lambda: {"first": None, "second": net(), "strength": 0.0},
        counted=lambda: {
            "first": "hidden/kernel",
            "second": [np.ones((6, 5), "float32")],
            "strength": 2.0,
        },
        loss=_tying_loss,
    ),
    Case(
        objectives.SoftWeightSharing,
        "objective",
        arguments=lambda: {"strength": 0.01},
        variations=(
            lambda: {"components": 1, "part": "hidden"},
            lambda: {"components": 2, "spread": 0.3, "min_stddev": 0.01, "part": None},
        ),
        bad=each(
            components=(0, 1.5),
            spread=(0.0, "1", None),
            min_stddev=(0.0, "1", None),
            part=(3, ["kernel"]),
            strength=BAD_AMOUNTS,
        ),
        zero=lambda: {"strength": 0.0},
        counted=lambda: {"components": 2, "part": "hidden/kernel", "strength": 2.0},
        loss=_sharing_loss,
        exceptions={
            "identity_at_zero_strength": "Its mixture is among the weights compared, and plain "
            "training has none: tests/objectives/test_soft_weight_sharing.py compares the rest.",
        },
    ),
    Case(
        objectives.TangentProp,
        "objective",
        arguments=lambda: {"tangents": along_the_first_inputs, "strength": 0.5},
        bad=each(
            tangents=(3, None, "rotation", [], ["shear"]),
            strength=BAD_AMOUNTS,
            stddev=(0.0, -1.0, "1", None),
        ),
        zero=lambda: {"tangents": along_the_first_inputs, "strength": 0.0},
        counted=lambda: {"tangents": along_the_first_inputs, "strength": 2.0},
        loss=_tangent_loss,
        exceptions={
            "loads_in_a_fresh_process": "Its tangents are a function of the tests, which another "
            "process does not import: tests/objectives/test_tangent_prop.py loads one.",
        },
    ),
    Case(
        objectives.TangentProp,
        "objective",
        label="images",
        input_shape=(6, 5, 1),
        arguments=lambda: {"tangents": ("rotation", "thickness"), "stddev": 0.7},
        zero=lambda: {"tangents": ("rotation", "scaling"), "strength": 0.0},
    ),
)
