"""What variational autoencoders have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo import validation
from keras_regzoo.layers.gaussian_sampling import half, halves
from keras_regzoo.models.from_disk import from_disk
from keras_regzoo.models.gaussian_code import FirstDraw, GaussianCode
from keras_regzoo.models.generative_autoencoder import GenerativeAutoencoder
from keras_regzoo.models.importance import log_mean_weights
from keras_regzoo.models.inputs import check_arrays, check_names
from keras_regzoo.models.likelihoods import Likelihood, likelihood_layer
from keras_regzoo.models.variational_criterion import VariationalCriterion
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.quiet import QUIET

_SHAPING = (keras.layers.Reshape, keras.layers.Flatten, keras.layers.Cropping2D)
_ACTIVATIONS = (keras.layers.Softmax, keras.layers.ReLU, keras.layers.ELU)
_FAR, _NEAR = 1e4, 10.0  # an activation is limited if it brings what is far near to zero

MakeCriterion = Callable[[dict[str, Any], Likelihood], VariationalCriterion]


class VariationalModel(GenerativeAutoencoder):
    """An autoencoder with a Gaussian posterior and a likelihood (abstract).

    A variant hands over its `VariationalCriterion`; `compile` takes no loss.

    Args:
        encoder: Model from inputs to means and log-variances.
        decoder: Model from codes to the likelihood's parameters.
        criterion: Makes the loss, of the network's symbolic tensors and the likelihood.
        likelihood: `"bernoulli"`, `"continuous_bernoulli"` or `"gaussian"`.
        stddev: σ of the Gaussian likelihood, or `"learned"`.
        samples: Draws of the code for each example.
        objectives: Objectives of `keras_regzoo.objectives`.
        seed: Integer, or `None`.
        name: Name of the model.
        built_in: The variant's own objectives.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        criterion: MakeCriterion,
        likelihood: str,
        stddev: float | str,
        samples: int = 1,
        objectives: list[Objective] | tuple = (),
        seed: int | None = None,
        name: str | None = None,
        built_in: list[Objective] | tuple = (),
    ) -> None:
        layer = likelihood_layer(likelihood, stddev)
        self._parts = {
            "code": GaussianCode(samples, seed, name="code"),
            "likelihood": layer,
            "first": FirstDraw(samples, name="first_draw", dtype="float32"),
        }
        self._options = {"likelihood": likelihood, "stddev": stddev, "seed": validation.seed(seed)}
        super().__init__(
            encoder,
            decoder,
            objectives,
            name,
            built_in,
            lambda: criterion(self._taps(), layer),
        )
        self.likelihood = layer
        self.valid_range = layer.valid_range

    def network(self, encoder: keras.Model, decoder: keras.Model) -> keras.Model:
        layer = self._parts["likelihood"]
        _check_built(encoder, decoder)
        _check_decoder(decoder, layer)
        average = _Mean(layer)
        check_names([encoder, decoder, average, *self._parts.values()])
        inputs = self.inputs_of(encoder)
        mean, log_variance = halves(encoder(self.prepared(inputs)))
        code, further = self.passed(self._parts["code"]([mean, log_variance]))
        parameters = layer(decoder(self.decoder_inputs(code, self.prepared(inputs))))
        outputs = self._parts["first"](average(parameters))
        taps = {"mean": mean, "log_variance": log_variance, "code": code, "parameters": parameters}
        self._taps = lambda: {**taps, **further}
        return keras.Model(inputs, outputs, name="reconstruction")

    def inputs_of(self, encoder: keras.Model) -> Any:
        """Returns the model's symbolic inputs."""
        inputs = [keras.Input(batch_shape=each.shape, dtype=each.dtype) for each in encoder.inputs]
        return inputs[0] if len(inputs) == 1 else inputs

    def prepared(self, inputs: Any) -> Any:
        """Returns the inputs, symbolic or not, as the encoder takes them."""
        return inputs

    def passed(self, code: Any) -> tuple[Any, dict[str, Any]]:
        """Returns the symbolic code as the decoder gets it, and further taps of the criterion."""
        return code, {}

    def decoder_inputs(self, code: Any, prepared: Any) -> Any:
        """Returns what the decoder takes for a code; `prepared` has a row for each of its rows."""
        return code

    def code_shape(self, shape: Any) -> Any:
        parts = [tuple(each) for each in shape] if isinstance(shape[0], list | tuple) else []
        if (parts and (len(parts) != 2 or parts[0] != parts[1])) or (not parts and shape[-1] % 2):
            raise ValueError(
                "`encoder` must give means and as many log-variances, as two outputs or as the "
                f"halves of one's last axis; received one with outputs of shape {shape}."
            )
        return parts[0] if parts else (*shape[:-1], half(shape))

    def encode(self, x: Any, batch_size: int | None = None) -> np.ndarray:
        """Returns the means of the codes of `x`."""
        return self.posterior(x, batch_size)[0]

    def posterior(self, x: Any, batch_size: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Returns the means and the standard deviations of the codes of `x`."""
        self.check_inputs("x", x)
        given = self.prepared(x)
        made = from_disk(self.encoder.predict, given, batch_size=batch_size, verbose=QUIET)
        mean, log_variance = halves(made)
        return mean, np.exp(0.5 * log_variance)

    def decode(self, codes: Any, batch_size: int | None = None) -> np.ndarray:
        """Returns the means of the likelihoods that the decoder makes of `codes`."""
        made = super().decode(codes, batch_size)
        return ops.convert_to_numpy(self.likelihood.mean(self.likelihood(made)))

    def log_likelihood(
        self, x: Any, samples: int = 200, batch_size: int = 100, seed: int = 0
    ) -> np.ndarray:
        """Returns an estimate of `log p(x)` of each example by importance sampling, in nats.

            log p(x) ≥ E log 1/K Σ_k p(x | z_k) p(z_k) / q(z_k | x),   z_k ~ q(z | x)

        In expectation it is a lower bound, tighter with more samples. Memory is bounded by
        `batch_size` times 20 samples of an example, however many there are.

        Args:
            x: Array of inputs, batch first.
            samples: K, at least 1. Burda et al. used 5000.
            batch_size: Examples at a time, at least 1.
            seed: Integer: of the draws.

        Returns:
            Array of shape (examples,).

        Raises:
            ValueError: If an argument or the data are out of their range.

        Reference: Burda, Grosse & Salakhutdinov (2016), Importance Weighted Autoencoders, eq. 8.
        """
        check_arrays("x", x)
        self.check_inputs("x", x, self.valid_range)
        validation.integer("samples", samples, "[1, inf)")
        validation.integer("batch_size", batch_size, "[1, inf)")
        validation.integer("seed", seed)
        return log_mean_weights(self, x, samples, batch_size, seed)

    def get_config(self) -> dict[str, Any]:
        return {**self._options, **super().get_config()}


class _Mean(keras.layers.Layer):
    """Returns the mean of a likelihood, given its parameters."""

    def __init__(self, likelihood: Likelihood) -> None:
        super().__init__(name="mean", dtype="float32")
        self._mean = lambda parameters: likelihood.mean(parameters)

    def call(self, parameters: Any) -> Any:
        return self._mean(parameters)


def _check_built(encoder: keras.Model, decoder: keras.Model) -> None:
    for name, model in (("encoder", encoder), ("decoder", decoder)):
        if not (model.built and hasattr(model, "inputs")):
            raise ValueError(
                f"`{name}` must be a Sequential or functional model with known inputs; received "
                f"{model!r}, whose inputs are not known: begin it with `keras.Input`."
            )


def _check_decoder(decoder: keras.Model, likelihood: Likelihood) -> None:
    last = _last_layer(decoder)
    activation = last if isinstance(last, _ACTIVATIONS) else getattr(last, "activation", None)
    if likelihood.squashes and _is_limited(activation):
        name = getattr(activation, "__name__", type(activation).__name__)
        raise ValueError(
            "`decoder` must give logits, without limits, for this likelihood; received one whose "
            f"layer {last.name!r} ends in a {name}."
        )


def _is_limited(activation: Any) -> bool:
    """Returns whether an activation of Keras's has a least or a greatest value."""
    made_by = activation if hasattr(activation, "__name__") else type(activation)
    if not made_by.__module__.startswith("keras."):
        return False
    ends = np.ravel(ops.convert_to_numpy(activation(ops.array([[-_FAR, _FAR]]))))
    return bool(ends[0] > -_NEAR or ends[1] < _NEAR)


def _last_layer(model: keras.Model) -> Any:
    """Returns the layer that makes the numbers of a model's output, whatever shapes them."""
    layers = [each for each in model.layers if not isinstance(each, _SHAPING)]
    last = layers[-1] if layers else model
    return _last_layer(last) if isinstance(last, keras.Model) and last is not model else last
