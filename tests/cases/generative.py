"""Generative and contrastive autoencoders."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from keras.regularizers import L2

from keras_regzoo import models, objectives
from tests.cases.case import BAD_AMOUNTS, BAD_FRACTIONS, BAD_SEEDS, Case, Trained, each
from tests.cases.models import _SPOILED_MODELS, _SPOILED_OBJECTIVES
from tests.cases.networks import encoder_and_decoder, own_losses
from tests.cases.variational import COMMON_BAD, EXCEPTIONS, ends, negative_bound


class Summed(keras.Sequential):
    """A chain that is trained, whatever loss is asked for, by the squared error of an example."""

    def compile(self, *args: Any, **kwargs: Any) -> None:
        kwargs["loss"] = lambda y, made: ops.sum(ops.square(y - made), axis=-1)
        super().compile(*args, **kwargs)


def summed_loss(trained: Trained) -> float:
    own = own_losses(trained.net, trained.x)
    return own + trained.x.shape[1] * (trained.plain - own)


def decayed_loss(trained: Trained) -> float:
    codes = ops.convert_to_numpy(trained.net(trained.x))
    kernel = ops.convert_to_numpy(trained.technique.decoder.weights[0])
    norms = 0.5 * 0.5 * np.square(codes).sum(axis=-1).mean() + 2.0 * np.square(kernel).sum()
    return summed_loss(trained) + norms


def committed_loss(trained: Trained) -> float:
    codes = ops.convert_to_numpy(trained.net(trained.x))
    book = ops.convert_to_numpy(trained.technique.quantizer.codebook)
    distances = np.square(codes[:, None] - book).sum(axis=-1).min(axis=1)
    return trained.plain + 0.5 * distances.mean()


CASES = (
    Case(
        models.WassersteinAutoencoder,
        "model",
        arguments=lambda: {**encoder_and_decoder(), "strength": 0.5},
        variations=(
            lambda: {**encoder_and_decoder(), "kernel": "rbf", "scales": [0.5, 2.0]},
            lambda: {
                **encoder_and_decoder(),
                "stddev": 2.0,
                "seed": 1,
                "objectives": [objectives.WeightNoise(0.01)],
            },
        ),
        bad=each(
            encoder=_SPOILED_MODELS,
            decoder=_SPOILED_MODELS,
            strength=BAD_AMOUNTS,
            kernel=("gaussian", None),
            scales=(1.0, [], [0.0]),
            stddev=(0.0, -1.0, "1", None),
            objectives=_SPOILED_OBJECTIVES,
            seed=BAD_SEEDS,
        ),
        zero=lambda: {**encoder_and_decoder(), "strength": 0.0},
        counted=lambda: {**encoder_and_decoder(losses=True), "strength": 0.0},
        loss=summed_loss,
        plain=lambda technique: Summed([technique.encoder, technique.decoder]),
        net=lambda technique: technique.encoder,
        reconstructs=True,
    ),
    Case(
        models.InfoVAE,
        "model",
        arguments=ends(scaling=2.0, seed=1),
        variations=(
            ends(alpha=0.5, scaling=0.5, kernel="imq", scales=[0.5, 2.0]),
            ends(alpha=-1.0, scaling=3.0, likelihood="gaussian", stddev="learned"),
            lambda: ends(objectives=[objectives.SharpnessAware(0.05)], name="info")(),
        ),
        bad=each(
            alpha=(1.1, "1", None),
            scaling=(-0.1, "1", None),
            kernel=("gaussian", None),
            scales=(1.0, [], [0.0]),
            **COMMON_BAD,
        ),
        counted=ends(losses=True, zeros=True, alpha=0.3, scaling=0.7),
        loss=negative_bound,
        net=lambda technique: technique.encoder,
        reconstructs=True,
        in_unit_interval=True,
        exceptions=EXCEPTIONS,
    ),
    Case(
        models.RegularizedAutoencoder,
        "model",
        arguments=lambda: {**encoder_and_decoder(), "beta": 0.1, "strength": 0.1},
        variations=(
            lambda: {**encoder_and_decoder(), "penalty": "gradient", "probes": 2, "seed": 1},
            lambda: {**encoder_and_decoder(), "penalty": "spectral"},
            lambda: {**encoder_and_decoder(), "objectives": [objectives.SharpnessAware(0.05)]},
        ),
        bad=each(
            encoder=_SPOILED_MODELS,
            decoder=_SPOILED_MODELS,
            penalty=("L1", None),
            beta=BAD_AMOUNTS,
            strength=BAD_AMOUNTS,
            probes=(0, 1.5),
            objectives=_SPOILED_OBJECTIVES,
            seed=BAD_SEEDS,
        ),
        zero=lambda: {**encoder_and_decoder(), "beta": 0.0, "strength": 0.0},
        counted=lambda: {**encoder_and_decoder(losses=True), "beta": 0.5, "strength": 2.0},
        loss=decayed_loss,
        plain=lambda technique: Summed([technique.encoder, technique.decoder]),
        net=lambda technique: technique.encoder,
        reconstructs=True,
    ),
    Case(
        models.RegularizedAutoencoder,
        "model",
        label="gradient",
        arguments=lambda: {**encoder_and_decoder(), "penalty": "gradient", "strength": 0.1},
        zero=lambda: {
            **encoder_and_decoder(),
            "penalty": "gradient",
            "beta": 0.0,
            "strength": 0.0,
        },
        counted=lambda: {
            **encoder_and_decoder(losses=True),
            "penalty": "gradient",
            "beta": 0.0,
            "strength": 0.0,
        },
        loss=summed_loss,
        plain=lambda technique: Summed([technique.encoder, technique.decoder]),
        net=lambda technique: technique.encoder,
        reconstructs=True,
    ),
    Case(
        models.VectorQuantizedVAE,
        "model",
        arguments=lambda: {**encoder_and_decoder(), "codes": 3, "seed": 1},
        variations=(
            lambda: {**encoder_and_decoder(), "codes": 2, "decay": 0.9, "revival": 0.0},
            lambda: {
                **encoder_and_decoder(),
                "codes": 4,
                "commitment": 0.0,
                "objectives": [objectives.WeightPenalty({"decoder/.*kernel": L2(0.1)})],
            },
        ),
        bad=each(
            encoder=_SPOILED_MODELS,
            decoder=_SPOILED_MODELS,
            codes=(0, 1.5, None),
            commitment=BAD_AMOUNTS,
            decay=BAD_FRACTIONS,
            revival=BAD_FRACTIONS,
            objectives=_SPOILED_OBJECTIVES,
            seed=BAD_SEEDS,
        ),
        counted=lambda: {**encoder_and_decoder(losses=True), "codes": 3, "commitment": 0.5},
        loss=committed_loss,
        plain=lambda technique: keras.Sequential(
            [technique.encoder, technique.quantizer, technique.decoder]
        ),
        net=lambda technique: technique.encoder,
        reconstructs=True,
    ),
    Case(
        models.ContrastiveAutoencoder,
        "model",
        arguments=lambda: {**encoder_and_decoder(), "strength": 0.5, "temperature": 0.5},
        variations=(
            lambda: {**encoder_and_decoder(), "projection": keras.layers.Dense(3), "stddev": 0.2},
            lambda: {
                **encoder_and_decoder(),
                "augmentation": keras.layers.GaussianNoise(0.1, seed=1),
                "seed": 1,
                "objectives": [objectives.WeightNoise(0.01)],
            },
        ),
        bad=each(
            encoder=_SPOILED_MODELS,
            decoder=_SPOILED_MODELS,
            augmentation=("flip", 3),
            stddev=BAD_AMOUNTS,
            temperature=(0.0, -1.0, "1", None),
            strength=BAD_AMOUNTS,
            projection=("dense", 3),
            objectives=_SPOILED_OBJECTIVES,
            seed=BAD_SEEDS,
        ),
        zero=lambda: {**encoder_and_decoder(), "strength": 0.0},
        counted=lambda: {**encoder_and_decoder(losses=True), "strength": 0.0},
        plain=lambda technique: keras.Sequential([technique.encoder, technique.decoder]),
        net=lambda technique: technique.encoder,
        reconstructs=True,
    ),
)
