"""The conditional variational autoencoder."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo import validation
from keras_regzoo.models.code_line import line
from keras_regzoo.models.inputs import check_data, check_joints, check_shapes
from keras_regzoo.models.variational_autoencoder import NegativeELBO
from keras_regzoo.models.variational_model import VariationalModel
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register
from keras_regzoo.strengths import strength_config


@register
class ConditionalVAE(VariationalModel):
    """Learns to generate what a label, or any condition, asks for.

        minimize over f, g:  mean −log p(x | z, c) + β KL(q(z | x, c) ‖ N(0, 1)),   z ~ q(z | x, c)
        q(z | x, c) = N(μ(x, c), σ²(x, c)),   [μ, log σ²] = f(x, c),   p(x | z, c) of g(z, c)

    It is a `VariationalAutoencoder` whose encoder and decoder both see a condition c; both terms
    are in nats per example, and with β = 1 `−loss ≤ log p(x | c)` on average. As the condition says
    what it says, the code is left with the rest, such as the style of a digit.

    It is *not* a classifier, and gives no p(c | x); the prior of the code does not depend on c.

    Args:
        encoder: Model f with two known inputs, x and c, as `conditional_dense_autoencoder` makes
            it; its outputs are a list `[μ, log σ²]`, or one tensor with the means in the first half
            of the last axis.
        decoder: Model g with two known inputs, a code and c; its outputs are logits or means,
            shaped as x.
        classes: With an integer K of at least 2 conditions are labels 0 to K − 1, of shape
            (batch,), and the models' input c is of shape (batch, K), one-hot. With `None` (default)
            conditions are given as the models take them.
        beta: β, at least 0. Default 1. May be scheduled as `"negative_elbo/beta"`.
        likelihood: `"bernoulli"`, `"continuous_bernoulli"` or `"gaussian"`, as for
            `VariationalAutoencoder`.
        stddev: σ of the Gaussian likelihood in units of the data, positive, or `"learned"`.
            Default 1.
        free_bits: λ, in nats for each latent, at least 0, as for `VariationalAutoencoder`.
        objectives: Objectives of `keras_regzoo.objectives`, as for `RegularizedModel`.
        seed: Integer, or `None` for a seed of its own.
        name: Name of the model.

    Trained by `fit([x, c])`, or a `tf.data` of `((x, c),)`, with batches of any shape that the
    encoder takes; outputs have the shape of x. `encode`, `reconstruct`, `reconstruction_error`,
    `interpolate` and `log_likelihood` take `[x, c]` as well. Labels of a `tf.data` are not looked
    into: one out of range is there no class at all, or an error of the backend's. Logs as
    `VariationalAutoencoder` does.

    Raises:
        ValueError: If an argument is out of its range, the models' inputs are not known or not two,
            their shapes do not meet, the decoder ends in a sigmoid where it must give logits, a
            loss is given to `compile`, data (of a feed, its first batch) are not
            in the likelihood's range, or labels are not whole numbers below `classes`.

    Example:

    >>> autoencoder = keras_regzoo.models.ConditionalVAE(
    ...     *keras_regzoo.models.conditional_dense_autoencoder((8,), 3, hidden=(6,), latent=2),
    ...     classes=3,
    ... )
    >>> autoencoder.compile("adam")
    >>> x, labels = np.ones((16, 8), "float32"), np.arange(16) % 3
    >>> history = autoencoder.fit([x, labels], verbose=0)
    >>> autoencoder.sample(4, condition=2).shape
    (4, 8)

    Reference: Sohn, Lee & Yan (2015), Learning Structured Output Representation using Deep
    Conditional Generative Models, sec. 4, there with a prior that depends on the condition.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        classes: int | None = None,
        beta: float = 1.0,
        likelihood: str = "bernoulli",
        stddev: float | str = 1.0,
        free_bits: float = 0.0,
        objectives: list[Objective] | tuple = (),
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        self.classes = (
            None if classes is None else validation.integer("classes", classes, "[2, inf)")
        )
        super().__init__(
            encoder,
            decoder,
            lambda taps, layer: NegativeELBO(taps, layer, beta, free_bits),
            likelihood,
            stddev,
            objectives=objectives,
            seed=seed,
            name=name,
        )

    def inputs_of(self, encoder: keras.Model) -> Any:
        x, condition = super().inputs_of(encoder)
        if self.classes is not None:
            condition = keras.Input((), dtype="int32", name="label")
        return [x, condition]

    def prepared(self, inputs: Any) -> Any:
        x, condition = inputs
        return [x, self._as_taken(condition)]

    def decoder_inputs(self, code: Any, prepared: Any) -> Any:
        return [code, prepared[1]]

    def check_ends(self, encoder: keras.Model, decoder: keras.Model) -> None:
        for name, model in (("encoder", encoder), ("decoder", decoder)):
            number = len(getattr(model, "inputs", None) or ())
            if number != 2:
                raise ValueError(
                    f"`{name}` must have two known inputs, the second of them the condition; "
                    f"received {model.name!r}, with {number}."
                )
        (x, condition), (code, again) = encoder.input_shape, decoder.input_shape
        labels = (None, self.classes)
        check_joints(
            {
                "the encoder's output and the decoder's first input": (
                    self.code_shape(encoder.output_shape),
                    code,
                ),
                "the encoder's first input and the decoder's output": (x, decoder.output_shape),
                "their second inputs": (condition, again),
                "one-hot labels and the second inputs": (
                    condition if self.classes is None else labels,
                    condition,
                ),
            }
        )

    def targets(self, x: Any, y: Any, name: str = "y") -> Any:
        return super().targets(x[0], y, name)

    def check_inputs(
        self, name: str, x: Any, valid_range: tuple[float, float] | None = None
    ) -> None:
        if not isinstance(x, list | tuple):
            if isinstance(x, np.ndarray | dict):
                found = "a dict" if isinstance(x, dict) else f"an array alone, of shape {x.shape}"
                raise ValueError(
                    f"`{name}` must be a list of inputs and conditions; received {found}."
                )
            return
        if len(x) != 2:
            raise ValueError(
                f"`{name}` must be a list of inputs and conditions; received {len(x)} parts."
            )
        check_shapes(name, x, self.base)
        check_data(name, x[0], valid_range)
        check_data(name, x[1])
        self._check_labels(name, x)

    def evaluate(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        self._check_labels("x", x)
        return super().evaluate(x, y, *args, **kwargs)

    def predict(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        self._check_labels("x", x)
        return super().predict(x, *args, **kwargs)

    def decode(self, codes: Any, batch_size: int | None = None) -> np.ndarray:
        """Returns the means of the likelihoods that the decoder makes of `[codes, conditions]`."""
        return super().decode(self._checked(codes), batch_size)

    def sample(self, n: int, condition: Any = None, seed: int | None = None) -> np.ndarray:
        """Returns `n` new examples of a condition, decoded from codes drawn from the prior.

        Args:
            n: How many, at least 1.
            condition: A label, or an array of one condition, for all of them; or `n` of either.
            seed: Integer, or `None` for other codes each time.

        Raises:
            ValueError: If `n` or the condition is not as it must be.
        """
        validation.integer("n", n, "[1, inf)")
        one = () if self.classes is not None else tuple(self.encoder.input_shape[1][1:])
        given = np.asarray(condition)
        if condition is None or given.shape not in (one, (n, *one)):
            raise ValueError(
                f"`condition` must be of shape {one}, or {(n, *one)} for one each; received "
                f"condition={condition!r}."
            )
        if self.classes is not None:
            check_labels("condition", given, self.classes)
        random = np.random.default_rng(validation.seed(seed, "[0, inf)"))
        return self.decode([self.prior_codes(n, random), np.broadcast_to(given, (n, *one))])

    def decoder_shape(self) -> Any:
        return self.decoder.input_shape[0]

    def interpolate(self, a: Any, b: Any, steps: int = 8) -> np.ndarray:
        """Returns what is decoded on the line between two lists `[x, c]`, conditions among them.

        Codes and conditions (labels as one-hot) go from those of `a` to those of `b`.

        Args:
            a: List of inputs and conditions.
            b: List of as many.
            steps: Number of points on each line, its ends among them, at least 2.

        Returns:
            Array of shape (examples, steps, ...).

        Raises:
            ValueError: If there are not as many `b` as `a`, or fewer than 2 steps.
        """
        codes = line(self.encode(a), self.encode(b), steps)
        first, last = (np.asarray(self._as_taken(np.asarray(each[1]))) for each in (a, b))
        made = super().decode([codes, line(first, last, steps)])
        return made.reshape(-1, steps, *made.shape[1:])

    def posterior(self, x: Any, batch_size: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Returns the means and the standard deviations of the codes of `[x, c]`."""
        self.check_inputs("x", x)
        return super().posterior(x, batch_size)

    def _as_taken(self, condition: Any) -> Any:
        """Returns a condition, symbolic or not, as the encoder and the decoder take it."""
        if self.classes is None:
            return condition
        if isinstance(condition, np.ndarray):
            return np.eye(self.classes, dtype="float32")[condition.reshape(-1).astype(int)]
        return ops.one_hot(ops.cast(condition, "int32"), self.classes)

    def _check_labels(self, name: str, x: Any) -> None:
        if self.classes is not None and isinstance(x, list | tuple) and len(x) == 2:
            labels = ops.convert_to_numpy(x[1]) if ops.is_tensor(x[1]) else np.asarray(x[1])
            check_labels(name, labels, self.classes)

    def _checked(self, codes: Any) -> list[Any]:
        if not isinstance(codes, list | tuple) or len(codes) != 2:
            raise ValueError(
                "`codes` must be a list of codes and conditions; received "
                f"{type(codes).__name__} of {len(codes)}."
            )
        code, condition = codes
        condition = np.asarray(condition)
        if self.classes is not None:
            check_labels("codes", condition, self.classes)
        return [code, self._as_taken(condition)]

    def get_config(self) -> dict[str, Any]:
        return {
            "classes": self.classes,
            **strength_config(self.criterion),
            **super().get_config(),
        }


def check_labels(name: str, labels: np.ndarray, classes: int) -> None:
    """Raises a ValueError if labels are not single whole numbers from 0 to `classes` − 1."""
    if labels.dtype.kind not in "biuf" or labels.shape[1:] not in ((), (1,)):
        raise ValueError(
            f"`{name}` must hold labels from 0 to {classes - 1}, one for each example; received "
            f"{labels.dtype.name} of shape {labels.shape}."
        )
    wrong = (labels < 0) | (labels >= classes) | (labels != np.floor(labels))
    if wrong.any():
        raise ValueError(
            f"`{name}` must hold labels from 0 to {classes - 1}; received {labels[wrong][0]}."
        )
