"""Layers that make codes: sparse, tied, stochastic, quantized."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers as keras_layers
from keras import ops
from scipy.spatial.distance import cdist

from keras_regzoo import layers
from keras_regzoo.backend import normal, replicas
from tests.cases.case import BAD_AMOUNTS, BAD_FRACTIONS, BAD_SEEDS, Case, Trained, each
from tests.cases.networks import batch, net, own_losses


def _keep_largest(k: int) -> Any:
    """Returns a function that keeps the k largest of each row, in NumPy."""

    def keep(x: Any) -> np.ndarray:
        x = ops.convert_to_numpy(x)
        return np.where(x >= np.sort(x, axis=-1)[:, -k, None], x, 0.0)

    return keep


def _kl_sparsity_loss(trained: Trained) -> float:
    mean = np.clip(trained.x.mean(axis=0, dtype="float64"), 1e-7, 1 - 1e-7)
    return trained.plain + 2.0 * np.sum(0.2 * np.log(0.2 / mean) + 0.8 * np.log(0.8 / (1.0 - mean)))


def _built_dense(units: int = 6) -> keras.layers.Layer:
    dense = keras_layers.Dense(units, use_bias=False)
    dense.build((None, 4))
    return dense


def _built_conv(**options: Any) -> keras.layers.Layer:
    conv = keras_layers.Conv2D(2, 3, use_bias=False, **options)
    conv.build((None, 8, 8, 3))
    return conv


def _latents(x: Any) -> tuple[Any, Any]:
    half = x.shape[-1] // 2
    return x[..., :half], x[..., half:]


def _gaussian_sampling_loss(trained: Trained) -> float:
    """Draws the noise again that the step is going to draw, in each replica the same."""
    sampling = trained.technique
    again = keras.random.SeedGenerator(0)
    again.state.assign(sampling.seed_generator.state)
    mean, log_variance = _latents(trained.x.astype("float64"))
    noise = normal((len(mean) // replicas(), mean.shape[1]), again)
    noise = np.tile(ops.convert_to_numpy(noise), (replicas(), 1))
    code = (mean + np.exp(log_variance / 2) * noise).astype("float32")
    decoder = net(code.shape[1:], losses=True)
    decoder.set_weights([ops.convert_to_numpy(v) for v in trained.net.trainable_variables])
    _, y = batch(GAUSSIAN_SAMPLING)
    error = np.square(ops.convert_to_numpy(decoder(code)) - y).mean() + own_losses(decoder, code)
    divergence = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).mean(axis=0)
    return error + 0.7 * divergence.sum()


def _vector_quantizer_loss(trained: Trained) -> float:
    distances = cdist(trained.x, ops.convert_to_numpy(trained.technique.codebook), "sqeuclidean")
    return trained.plain + 0.4 * distances.min(axis=1).mean()


def _quantized(technique: Any) -> Any:
    """Returns a function that looks up the nearest codes, in NumPy."""

    def quantize(x: Any) -> np.ndarray:
        codebook = ops.convert_to_numpy(technique.codebook)
        return codebook[cdist(ops.convert_to_numpy(x), codebook).argmin(axis=1)]

    return quantize


GAUSSIAN_SAMPLING = Case(
    layers.GaussianSampling,
    "layer",
    arguments=lambda: {"beta": 0.5},
    variations=(lambda: {"free_bits": 0.1, "seed": 1},),
    bad=each(beta=BAD_AMOUNTS, free_bits=BAD_AMOUNTS, seed=BAD_SEEDS),
    counted=lambda: {"beta": 0.7, "seed": 5},
    loss=_gaussian_sampling_loss,
    plain=lambda technique: lambda x: _latents(x)[0],
)

CASES = (
    GAUSSIAN_SAMPLING,
    Case(
        layers.KLSparsity,
        "layer",
        arguments=lambda: {"target": 0.2, "strength": 2.0},
        variations=(lambda: {"target": 0.01},),
        bad=each(target=(0.0, 1.0, "0.5", True, None), strength=BAD_AMOUNTS),
        zero=lambda: {"strength": 0.0},
        counted=lambda: {"target": 0.2, "strength": 2.0},
        loss=_kl_sparsity_loss,
        exceptions={
            "two_virtual_devices/tensorflow": "Each replica has the mean of its own share.",
        },
    ),
    Case(
        layers.KSparse,
        "layer",
        arguments=lambda: {"k": 3},
        variations=(lambda: {"k": 2, "alpha": 2.5},),
        bad=each(k=(0, 2.5, "3", True, None), alpha=(0.9, float("nan"), "1", True, None)),
        zero=lambda: {"k": 6},
        plain=lambda technique: _keep_largest(technique.get_config()["k"]),
    ),
    Case(
        layers.TiedConv2DTranspose,
        "layer",
        arguments=lambda: {"layer": _built_conv(strides=2, padding="same")},
        variations=(
            lambda: {
                "layer": _built_conv(strides=2, padding="same"),
                "activation": "tanh",
                "use_bias": False,
                "output_padding": 0,
            },
            lambda: {"layer": _built_conv(dilation_rate=2)},
        ),
        bad=lambda: [
            ("layer", keras_layers.Dense(2)),
            ("layer", "conv"),
            *each(
                activation=("no_such", 3),
                use_bias=("yes", None),
                output_padding=(-1, 0.5, "1", True, (1, 2, 3)),
            )(),
        ],
        plain=lambda technique: technique,
        input_shape=(4, 4, 2),
    ),
    Case(
        layers.TiedDense,
        "layer",
        arguments=lambda: {"layer": _built_dense()},
        variations=(lambda: {"layer": _built_dense(), "activation": "tanh", "use_bias": False},),
        bad=lambda: [
            ("layer", keras_layers.Flatten()),
            ("layer", "dense"),
            *each(activation=("no_such", 3), use_bias=("yes", None))(),
        ],
        plain=lambda technique: (
            lambda x: x @ ops.transpose(technique.layer.kernel) + technique.bias
        ),
    ),
    Case(
        layers.VectorQuantizer,
        "layer",
        arguments=lambda: {"codes": 5},
        variations=(
            lambda: {"codes": 3, "commitment": 1.0, "decay": 0.5, "revival": 0.5, "seed": 1},
            lambda: {"codes": 1, "decay": 0.0, "revival": 0.0},
        ),
        bad=each(
            codes=(0, 2.5, "3", True, None),
            commitment=BAD_AMOUNTS,
            decay=BAD_FRACTIONS,
            revival=BAD_FRACTIONS,
            seed=BAD_SEEDS,
        ),
        counted=lambda: {"codes": 5, "commitment": 0.4},
        loss=_vector_quantizer_loss,
        plain=_quantized,
    ),
    Case(
        layers.WinnerTakeAll,
        "layer",
        arguments=lambda: {"rate": 0.3},
        bad=each(rate=(0.0, 1.1, "0.5", True, None), spatial=("yes", None)),
        zero=lambda: {"rate": 1.0},
    ),
    Case(
        layers.WinnerTakeAll,
        "layer",
        label="maps",
        arguments=lambda: {"rate": 0.3, "spatial": True},
        variations=(lambda: {"rate": 1.0, "spatial": True},),
        zero=lambda: {"rate": 1.0},
        input_shape=(3, 4, 2),
    ),
)
