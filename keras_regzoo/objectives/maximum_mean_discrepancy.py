"""The maximum mean discrepancy between codes and a normal prior."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.backend import normal
from keras_regzoo.objectives.encoder import Encoder
from keras_regzoo.objectives.loss import Loss, Point, Tensor
from keras_regzoo.objectives.objective import Penalty
from keras_regzoo.registration import register

KERNELS: dict[str, Callable[[Tensor], Tensor]] = {
    "imq": lambda ratio: 1.0 / (1.0 + ratio),
    "rbf": lambda ratio: ops.exp(-ratio),
}


@register
class MaximumMeanDiscrepancy(Penalty):
    """Draws the codes of a batch, taken together, to a normal distribution.

        L' = L + λ MMD²(Z, Z̃),   Z = {h(x₁), ..., h(xₙ)},   Z̃ = {z̃₁, ..., z̃ₙ} ~ N(0, σ² I)
        MMD² = Σ_{i≠j} [k(zᵢ, zⱼ) + k(z̃ᵢ, z̃ⱼ)] / (n (n − 1)) − 2 Σ_{ij} k(zᵢ, z̃ⱼ) / n²
        k(a, b) = Σ_s q(‖a − b‖² / (s C)),   C = 2 d σ²

    with `q(r) = 1/(1 + r)`, the inverse multiquadratic kernel `sC/(sC + ‖a − b‖²)`, or
    `q(r) = exp(−r)`, the Gaussian one. C is the expected squared distance of two draws of the prior
    in d dimensions. The estimate is unbiased: 0 in expectation where the codes have the prior's
    distribution, and so below 0 about as often as above. A batch of one has none and adds 0. Active
    in training alone; under a `tf.distribute` strategy each replica compares its own share.

    It is *not* a divergence of each example's code, which could then say nothing of its example
    (`VariationalBottleneck`): only the codes of all examples together are to be normal.

    Args:
        encoder: A layer of the model or its name: the code is what it gives for the model's inputs.
            By default the encoder of an autoencoder, a layer called `"encoder"`, or else the whole
            model.
        strength: λ, at least 0 (where it changes nothing). May be scheduled. Default 10, the
            paper's for MNIST, beside a squared error summed over an example's elements.
        kernel: `"imq"` or `"rbf"`.
        scales: The s, positive. Default 1 alone; the authors' program sums over
            (0.1, 0.2, 0.5, 1, 2, 5, 10).
        stddev: σ, positive. Default 1.
        seed: Integer, or `None` for a seed of its own: of the draws.
        name: Name in logs and paths. Logs the added term.

    Takes a single input of any shape, and a single code of any shape, batch first; any targets.
    Costs no pass, but a kernel value for each pair of the batch's codes and draws; where the model
    is subclassed, one more pass of the encoder.

    Raises:
        ValueError: If an argument is out of its range, or the model has no such layer.

    Example:

    >>> autoencoder = keras_regzoo.models.Autoencoder(
    ...     *keras_regzoo.models.dense_autoencoder((8,), hidden=(6,), latent=2),
    ...     objectives=[keras_regzoo.objectives.MaximumMeanDiscrepancy(strength=1.0)],
    ... )
    >>> autoencoder.compile("adam", "mse")
    >>> history = autoencoder.fit(np.ones((16, 8), "float32"), verbose=0)
    >>> sorted(history.history)
    ['data_loss', 'loss', 'maximum_mean_discrepancy']

    Reference: Tolstikhin, Bousquet, Gelly & Schölkopf (2018), Wasserstein Auto-Encoders,
    algorithm 2 and sec. 4; Gretton, Borgwardt, Rasch, Schölkopf & Smola (2012), A Kernel Two-Sample
    Test.
    """

    def __init__(
        self,
        encoder: keras.layers.Layer | str | None = None,
        strength: float = 10.0,
        kernel: str = "imq",
        scales: Sequence[float] = (1.0,),
        stddev: float = 1.0,
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(strength, name)
        if encoder is not None and not isinstance(encoder, str):
            encoder = validation.instance("encoder", encoder, (str, keras.layers.Layer)).name
        self.encoder = encoder
        self.kernel = validation.one_of("kernel", kernel, tuple(KERNELS))
        self.scales = _checked_scales(scales)
        self.stddev = validation.number("stddev", stddev, "(0, inf)")
        self.seed = validation.seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def attach(self, model: keras.Model) -> None:
        self._found = Encoder(model, self.encoder)

    @property
    def taps(self) -> list[Any]:
        return self._found.taps

    def draw(self, weights: list[Tensor], x: Any) -> Tensor:
        """Returns standard normal numbers of the codes' shape."""
        inputs = tree.flatten(x)
        if len(inputs) != 1:
            raise ValueError(
                "MaximumMeanDiscrepancy needs a model with a single input; "
                f"this one is fed {len(inputs)} inputs."
            )
        return normal(self._found.output_shape(x), self.seed_generator)

    def penalty(self, loss: Loss, point: Point, draw: Tensor) -> Tensor:
        codes = self._found.at(loss, point)
        size = math.prod(codes.shape[1:])
        codes, prior = (
            ops.reshape(ops.cast(each, "float32"), (-1, size))
            for each in (codes, self.stddev * draw)
        )
        return squared_discrepancy(codes, prior, self.kernel, self.scales, self.stddev)

    def get_config(self) -> dict[str, Any]:
        names = ("encoder", "kernel", "stddev", "seed")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own, "scales": list(self.scales)}


def squared_discrepancy(
    codes: Tensor, prior: Tensor, kernel: str, scales: Sequence[float], stddev: float
) -> Tensor:
    """Returns the unbiased estimate of MMD², a scalar that may be below 0; 0 of a single code.

    Args:
        codes: Float32, of shape (n, d).
        prior: As many draws of the prior.
        kernel: A key of `KERNELS`.
        scales: What C is multiplied with, one for each kernel of the sum.
        stddev: σ, in `C = 2 d σ²`.
    """
    base = 2.0 * codes.shape[-1] * stddev**2
    own, mixed, priors = (
        ops.matmul(a, ops.transpose(b)) for a, b in ((codes, codes), (codes, prior), (prior, prior))
    )
    of_code, of_prior = ops.diagonal(own), ops.diagonal(priors)

    def values(products: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        distances = ops.maximum(rows[:, None] + columns[None, :] - 2.0 * products, 0.0)
        return sum(KERNELS[kernel](distances / (base * scale)) for scale in scales)

    def of_others(values: Tensor) -> Tensor:
        return ops.sum(values) - ops.trace(values)

    n = ops.cast(ops.shape(codes)[0], "float32")
    within = of_others(values(own, of_code, of_code))
    within = within + of_others(values(priors, of_prior, of_prior))
    between = ops.sum(values(mixed, of_code, of_prior))
    each = within / ops.maximum(n * (n - 1.0), 1.0) - 2.0 * between / ops.square(n)
    return ops.where(n > 1.0, each, 0.0)


def _checked_scales(scales: Any) -> tuple[float, ...]:
    if not isinstance(scales, list | tuple) or not scales:
        raise ValueError(
            f"`scales` must be a list of positive numbers; received scales={scales!r}."
        )
    return tuple(validation.number("scales", each, "(0, inf)") for each in scales)
