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
from tests.cases.networks import encoder_and_decoder, net

_SPOILED_MODELS = ("net", None)
_SPOILED_OBJECTIVES = ("sam", [3], [keras.regularizers.L2])


def _sparse(sparsity: Any, losses: bool = False, **others: Any) -> Any:
    return lambda: {**encoder_and_decoder(losses=losses), "sparsity": sparsity(), **others}


def _activity_loss(trained: Trained) -> float:
    code = ops.convert_to_numpy(trained.net(trained.x))
    return trained.plain + 0.3 * np.abs(code).sum(axis=1).mean()


def _dictionary(**others: Any) -> Any:
    return lambda: {"inputs": 6, "latents": 8, "seed": 1, **others}


def _parts(technique: Any) -> tuple[np.ndarray, ...]:
    """Returns pre-activations' weights and biases, atoms and their bias."""
    analysis, atoms = (technique.base.get_layer(name) for name in ("analysis", "atoms"))
    variables = (analysis.kernel, analysis.bias, atoms.kernel, atoms.bias)
    return tuple(ops.convert_to_numpy(ops.convert_to_tensor(each)) for each in variables)


def _jump_relu_loss(trained: Trained) -> float:
    """Of which all pre-activations beyond 0.2 are active, at a strength of 0.3."""
    v, c, w, b = _parts(trained.technique)
    a = (trained.x - b) @ v + c
    code = np.where(a > 0.2, a, 0.0)
    error = np.sum((trained.x - code @ w - b) ** 2, axis=1)
    return np.mean(error + 0.3 * np.count_nonzero(code, axis=1))


def _top_k_loss(trained: Trained) -> float:
    v, c, w, b = _parts(trained.technique)
    a = np.maximum((trained.x - b) @ v + c, 0)
    code = np.where(a >= np.sort(a, axis=1)[:, [-2]], a, 0)
    return np.mean(np.sum((trained.x - code @ w - b) ** 2, axis=1))


_DICTIONARY_EXCEPTIONS = {
    "inactive_at_inference": "It brings its own loss and logs, which "
    "tests/models/test_sparse_dictionary.py checks.",
}
_BAD_COUNTS = (0, 2.5, "3", True, None)
_BAD_DICTIONARY: dict[str, Any] = {
    "inputs": _BAD_COUNTS,
    "latents": _BAD_COUNTS,
    "dead_after": (*_BAD_COUNTS, 2**24 + 1),
    "objectives": _SPOILED_OBJECTIVES,
    "seed": ("zero", 1.5),
}

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
    Case(
        models.TopKDictionary,
        "model",
        arguments=_dictionary(k=2),
        variations=(
            _dictionary(k=2, auxiliary=0.1, auxiliary_k=3, dead_after=4),
            lambda: {**_dictionary(k=1)(), "objectives": [objectives.WeightNoise(0.01)]},
        ),
        bad=each(
            k=(9, *_BAD_COUNTS),
            auxiliary=BAD_AMOUNTS,
            auxiliary_k=(0, 9, 2.5, "3", True),
            **_BAD_DICTIONARY,
        ),
        counted=_dictionary(k=2),
        loss=_top_k_loss,
        net=lambda technique: net(losses=True),
        reconstructs=True,
        exceptions=_DICTIONARY_EXCEPTIONS,
    ),
    Case(
        models.JumpReLUDictionary,
        "model",
        arguments=_dictionary(strength=0.1, bandwidth=0.5),
        variations=(
            _dictionary(strength=0.1, threshold=0.2, dead_after=4),
            lambda: {**_dictionary()(), "objectives": [objectives.WeightNoise(0.01)]},
        ),
        bad=each(
            strength=BAD_AMOUNTS,
            bandwidth=(0.0, *BAD_AMOUNTS),
            threshold=(0.0, *BAD_AMOUNTS),
            **_BAD_DICTIONARY,
        ),
        counted=_dictionary(strength=0.3, threshold=0.2),
        loss=_jump_relu_loss,
        net=lambda technique: net(losses=True),
        reconstructs=True,
        exceptions=_DICTIONARY_EXCEPTIONS,
    ),
)
