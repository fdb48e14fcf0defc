"""Variational models."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers as keras_layers
from keras import ops

from keras_regzoo import models, objectives
from tests.cases.case import BAD_AMOUNTS, BAD_SEEDS, Arguments, Case, Trained, each
from tests.cases.networks import net, own_losses

_SPOILED_MODELS = ("net", None)
_SPOILED_OBJECTIVES = ("sam", [3], [keras.regularizers.L2])
EXCEPTIONS = {
    "inactive_at_inference": "Its loss is the bound and its logs hold the bound's terms, where the "
    "check compares with a mean squared error: the test of the model computes what evaluate "
    "reports.",
}
COMMON_BAD: dict[str, Any] = {
    "encoder": _SPOILED_MODELS,
    "decoder": _SPOILED_MODELS,
    "likelihood": ("normal", None),
    "stddev": (0.0, -1.0, "one", None),
    "objectives": _SPOILED_OBJECTIVES,
    "seed": BAD_SEEDS,
}


def ends(
    losses: bool = False, zeros: bool = False, sharp: bool = False, **others: Any
) -> Arguments:
    """Returns arguments with an encoder to two latents; `zeros` makes the decoder ignore them.

    With `sharp` there is an objective that evaluates the loss at other weights.
    """

    def made() -> dict[str, Any]:
        kernel = "zeros" if zeros else "glorot_uniform"
        last = keras_layers.Dense(6, kernel_initializer=kernel, bias_initializer="ones")
        decoder = keras.Sequential([keras.Input((2,)), last], name="decoder")
        further = {"objectives": [objectives.SharpnessAware(0.05)]} if sharp else {}
        return {"encoder": net(outputs=4, losses=losses), "decoder": decoder, **further, **others}

    return made


def divergence(trained: Trained) -> np.ndarray:
    """Returns in NumPy the divergence of each example's code."""
    mean, log_variance = np.split(ops.convert_to_numpy(trained.net(trained.x)), 2, axis=-1)
    return 0.5 * np.sum(mean**2 + np.exp(log_variance) - 1 - log_variance, axis=-1)


def distortion(trained: Trained) -> np.ndarray:
    """Returns in NumPy the Bernoulli cross-entropy at logits of 1."""
    return np.sum(np.log1p(np.e) - trained.x, axis=-1)


def negative_bound(trained: Trained) -> float:
    losses = distortion(trained) + 0.7 * divergence(trained)
    return losses.mean() + own_losses(trained.net, trained.x)


def certain_ends(**others: Any) -> Arguments:
    """Returns arguments whose importance weights do not depend on the draws: q(z | x) = p(z)."""

    def made() -> dict[str, Any]:
        arguments = ends(losses=True, zeros=True, **others)()
        last = arguments["encoder"].get_layer("outputs")
        last.kernel.assign(0.0 * last.kernel)
        return arguments

    return made


def known_bound(trained: Trained) -> float:
    return distortion(trained).mean() + own_losses(trained.net, trained.x)


CASES = (
    Case(
        models.VariationalAutoencoder,
        "model",
        arguments=ends(beta=0.5, seed=1),
        variations=(
            ends(likelihood="continuous_bernoulli", free_bits=0.1),
            ends(likelihood="gaussian", stddev=0.5),
            ends(likelihood="gaussian", stddev="learned"),
            ends(sharp=True, name="vae"),
        ),
        bad=each(beta=BAD_AMOUNTS, free_bits=BAD_AMOUNTS, **COMMON_BAD),
        counted=ends(losses=True, zeros=True, beta=0.7),
        loss=negative_bound,
        net=lambda technique: technique.encoder,
        reconstructs=True,
        in_unit_interval=True,
        exceptions=EXCEPTIONS,
    ),
    Case(
        models.ImportanceWeightedAutoencoder,
        "model",
        arguments=ends(samples=3, seed=1),
        variations=(
            ends(samples=2, gradient="doubly_reparameterized"),
            ends(likelihood="gaussian", stddev="learned"),
            ends(sharp=True, name="iwae"),
            ends(
                gradient="doubly_reparameterized",
                sharp=True,
                likelihood="continuous_bernoulli",
            ),
        ),
        bad=each(samples=(0, 1.5, "5", None), gradient=("dreg", None), **COMMON_BAD),
        counted=certain_ends(samples=3),
        loss=known_bound,
        net=lambda technique: technique.encoder,
        reconstructs=True,
        in_unit_interval=True,
        exceptions=EXCEPTIONS,
    ),
    Case(
        models.BetaTCVAE,
        "model",
        arguments=ends(dataset_size=20, seed=1),
        variations=(
            ends(dataset_size=20, estimator="stratified", beta=2.0, alpha=0.5, gamma=0.5),
            ends(dataset_size=20, likelihood="gaussian", stddev="learned"),
            ends(dataset_size=20, sharp=True, name="tcvae"),
        ),
        bad=each(
            dataset_size=(0, 1.5, "5", None),
            estimator=("mws", None),
            beta=BAD_AMOUNTS,
            alpha=BAD_AMOUNTS,
            gamma=BAD_AMOUNTS,
            **COMMON_BAD,
        ),
        counted=ends(losses=True, zeros=True, dataset_size=20, alpha=0.0, beta=0.0, gamma=0.0),
        loss=known_bound,
        net=lambda technique: technique.encoder,
        reconstructs=True,
        in_unit_interval=True,
        exceptions=EXCEPTIONS,
    ),
)
