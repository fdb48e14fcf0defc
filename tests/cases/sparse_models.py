"""Sparse models."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers as keras_layers
from keras import ops
from keras.regularizers import L2

from keras_regzoo import layers, models, objectives
from tests.cases.case import BAD_AMOUNTS, Case, Trained, each
from tests.cases.networks import encoder_and_decoder

_SPOILED_MODELS = ("net", None)
_SPOILED_OBJECTIVES = ("sam", [3], [keras.regularizers.L2])


def _sparse(sparsity: Any, losses: bool = False, **others: Any) -> Any:
    return lambda: {**encoder_and_decoder(losses=losses), "sparsity": sparsity(), **others}


def _activity_loss(trained: Trained) -> float:
    code = ops.convert_to_numpy(trained.net(trained.x))
    return trained.plain + 0.3 * np.abs(code).sum(axis=1).mean()


CASES = (
    Case(
        models.SparseAutoencoder,
        "model",
        arguments=_sparse(lambda: 0.1),
        variations=(
            _sparse(lambda: layers.KSparse(1)),
            _sparse(lambda: keras_layers.ActivityRegularization(l1=0.1)),
            lambda: {
                **encoder_and_decoder(),
                "objectives": [objectives.WeightPenalty({"decoder/.*kernel": L2(0.1)})],
            },
        ),
        bad=each(
            encoder=_SPOILED_MODELS,
            decoder=_SPOILED_MODELS,
            sparsity=BAD_AMOUNTS,
            objectives=_SPOILED_OBJECTIVES,
        ),
        zero=_sparse(lambda: 0.0),
        counted=_sparse(lambda: 0.3, losses=True),
        loss=_activity_loss,
        plain=lambda technique: keras.Sequential([technique.encoder, technique.decoder]),
        net=lambda technique: technique.encoder,
        reconstructs=True,
    ),
)
