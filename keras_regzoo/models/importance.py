"""Importance sampling of a variational model's marginal likelihood, in bounded memory."""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import keras
import numpy as np
from keras import ops, tree

from keras_regzoo.layers.gaussian_sampling import halves
from keras_regzoo.models.gaussian_code import repeated

_AT_A_TIME = 20  # samples of an example


def log_mean_weights(model: Any, x: Any, samples: int, batch_size: int, seed: int) -> np.ndarray:
    """Returns `log 1/K Σ_k w_k` of each example, `w = p(x | z) p(z) / q(z | x)`, `z ~ q`."""
    random = np.random.default_rng(seed)
    shape = model.code_shape(model.encoder.output_shape)[1:]
    weigh = functools.cache(lambda at_a_time: _LogWeights(model, at_a_time))
    results = []
    for start in range(0, len(tree.flatten(x)[0]), batch_size):
        part = slice(start, start + batch_size)
        batch = tree.map_structure(operator.itemgetter(part), x)
        rows = len(tree.flatten(batch)[0])
        total = np.full(rows, -np.inf)
        for done in range(0, samples, _AT_A_TIME):
            at_a_time = min(_AT_A_TIME, samples - done)
            noise = random.standard_normal((rows, at_a_time, *shape), dtype="float32")
            weights = np.asarray(weigh(at_a_time).predict_on_batch([batch, noise]), "float64")
            total = np.logaddexp(total, np.logaddexp.reduce(weights, axis=1))
        results.append(total - math.log(samples))
    return np.concatenate(results)


class _LogWeights(keras.Model):
    """Maps inputs and standard normal noise (batch, k, ...) to `log w`, (batch, k)."""

    def __init__(self, model: Any, samples: int) -> None:
        super().__init__(name="log_weights", dtype=model.dtype_policy, autocast=False)
        self.model = model
        self.samples = samples
        self.compile(jit_compile="auto")

    def call(self, inputs: Any) -> Any:
        x, noise = inputs
        model, samples = self.model, self.samples
        statistics = halves(model.encoder(model.prepared(x), training=False))
        mean, log_variance = (ops.cast(each, "float32") for each in statistics)
        code = mean[:, None] + ops.exp(0.5 * log_variance[:, None]) * noise
        rows = ops.reshape(code, (-1, *code.shape[2:]))
        many = tree.map_structure(lambda each: repeated(each, samples), x)
        given = model.decoder_inputs(rows, model.prepared(many))
        made = model.likelihood(model.decoder(given, training=False))
        likely = model.likelihood.log_probability(model.targets(many, None), made)
        prior = ops.square(code) - ops.square(noise) - log_variance[:, None]
        prior = ops.sum(ops.reshape(prior, (-1, samples, math.prod(code.shape[2:]))), axis=-1)
        return ops.reshape(likely, (-1, samples)) - 0.5 * prior

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape[1][:2])
