"""Models."""

from __future__ import annotations

import keras
from keras import layers as keras_layers
from keras.regularizers import L2

from keras_regzoo import RegularizedModel, models, objectives
from tests.cases.case import BAD_AMOUNTS, BAD_FRACTIONS, BAD_SEEDS, Case, each
from tests.cases.networks import encoder_and_decoder, net
from tests.cases.objectives import weight_penalty_loss

_SPOILED_MODELS = ("net", None)
_SPOILED_OBJECTIVES = ("sam", [3], [keras.regularizers.L2])

CASES = (
    Case(
        RegularizedModel,
        "model",
        arguments=lambda: {"model": net(), "objectives": [objectives.SharpnessAware(0.05)]},
        variations=(
            lambda: {
                "model": net(),
                "objectives": [objectives.Mixup(0.2), objectives.WeightNoise(0.01)],
            },
        ),
        bad=each(model=_SPOILED_MODELS, objectives=_SPOILED_OBJECTIVES),
        zero=lambda: {"model": net()},
        counted=lambda: {
            "model": net(losses=True),
            "objectives": [objectives.WeightPenalty({"hidden/kernel": L2(0.1)}, 3.0)],
        },
        loss=weight_penalty_loss,
        plain=lambda technique: technique.base,
    ),
    Case(
        models.Autoencoder,
        "model",
        arguments=encoder_and_decoder,
        variations=(
            lambda: {
                **encoder_and_decoder(),
                "objectives": [objectives.WeightPenalty({"decoder/.*kernel": L2(0.1)})],
            },
        ),
        bad=each(encoder=_SPOILED_MODELS, decoder=_SPOILED_MODELS, objectives=_SPOILED_OBJECTIVES),
        zero=encoder_and_decoder,
        counted=lambda: encoder_and_decoder(losses=True),
        plain=lambda technique: keras.Sequential([technique.encoder, technique.decoder]),
        net=lambda technique: technique.encoder,
        reconstructs=True,
    ),
    Case(
        models.ContractiveAutoencoder,
        "model",
        arguments=lambda: {**encoder_and_decoder(), "strength": 0.1, "seed": 1},
        variations=(
            lambda: {**encoder_and_decoder(), "method": "hutchinson", "probes": 2},
            lambda: {
                **encoder_and_decoder(),
                "objectives": [objectives.WeightPenalty({"decoder/.*kernel": L2(0.1)})],
            },
        ),
        bad=each(
            encoder=_SPOILED_MODELS,
            decoder=_SPOILED_MODELS,
            strength=BAD_AMOUNTS,
            method=("trace", None),
            probes=(0, 1.5, "1", None),
            objectives=_SPOILED_OBJECTIVES,
            seed=BAD_SEEDS,
        ),
        zero=lambda: {**encoder_and_decoder(), "strength": 0.0},
        counted=lambda: {**encoder_and_decoder(losses=True), "strength": 0.0},
        plain=lambda technique: keras.Sequential([technique.encoder, technique.decoder]),
        net=lambda technique: technique.encoder,
        reconstructs=True,
    ),
    Case(
        models.DenoisingAutoencoder,
        "model",
        arguments=lambda: {**encoder_and_decoder(), "corruption": 0.3},
        variations=(
            lambda: {**encoder_and_decoder(), "corruption": keras_layers.GaussianNoise(0.3)},
            lambda: {**encoder_and_decoder(), "corruption": 0.3, "emphasis": (1.0, 0.25)},
            lambda: {**encoder_and_decoder(), "objectives": [objectives.WeightNoise(0.01)]},
        ),
        bad=each(
            encoder=_SPOILED_MODELS,
            decoder=_SPOILED_MODELS,
            corruption=BAD_FRACTIONS,
            emphasis=(0.5, (1.0,), (-1.0, 0.0), (1.0, "0"), "full"),
            objectives=_SPOILED_OBJECTIVES,
        ),
        zero=lambda: {**encoder_and_decoder(), "corruption": 0.0},
        counted=lambda: {**encoder_and_decoder(losses=True), "corruption": 0.0},
        plain=lambda technique: keras.Sequential([technique.encoder, technique.decoder]),
        net=lambda technique: technique.encoder,
        reconstructs=True,
    ),
)
