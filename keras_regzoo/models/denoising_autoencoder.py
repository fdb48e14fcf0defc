"""The denoising autoencoder."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_regzoo import validation
from keras_regzoo.layers import MaskingNoise
from keras_regzoo.models.base_autoencoder import BaseAutoencoder
from keras_regzoo.models.chain import Models, check_stage
from keras_regzoo.models.emphasis import Emphasis
from keras_regzoo.models.inputs import check_data, with_last_axis
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register


@register
class DenoisingAutoencoder(BaseAutoencoder):
    """Learns to undo a corruption of its input.

        minimize over f, g:  mean L(x, g(f(x̃))),   x̃ ~ q(x̃ | x)

    The corruption acts in training alone; the target is the clean input. Validation and
    prediction start from what they are given. With an `emphasis` the elements that were corrupted
    count α in the trained loss, and the others β:

        α Σ_{j corrupted} ℓ(x_j, g(f(x̃))_j) + β Σ_{j not} ℓ(x_j, g(f(x̃))_j)

    over the number of elements. Those count as corrupted that the noise has changed or drawn: a 0
    that was masked does. `impute` fills in missing values.

    Args:
        encoder: Model f from inputs to codes, built or not.
        decoder: Model g from codes to reconstructions of the inputs' shape.
        corruption: A rate in [0, 1) of masking noise, or any layer that is active in training
            alone, such as `keras.layers.GaussianNoise(0.3)`. Default 0.25; Vincent used 0.1
            to 0.5.
        emphasis: Pair (α, β) of numbers of at least 0, or `None` for (1, 1); (1, 0) is the paper's
            full emphasis. `compile` must then be given `"mse"`, `"mae"` or
            `"binary_crossentropy"`, with the default reduction. May be scheduled as
            `"emphasis/alpha"` and `"emphasis/beta"`.
        objectives: Objectives of `keras_regzoo.objectives`, as for `RegularizedModel`.
        name: Name of the model.

    Trained by `fit(x)` or `fit(x, x)`, with batches of any input shape that the encoder takes;
    outputs have the shape of the inputs. The rate may be scheduled as `"masking_noise/rate"`.

    Raises:
        ValueError: If `corruption` is neither a rate in [0, 1) nor a layer, `emphasis` no pair of
            numbers of at least 0, the encoder or decoder not a Keras model, or their shapes do not
            meet; in `compile`, if the loss is no mean over elements, or has weights, where there
            is an emphasis.

    Example:

    >>> autoencoder = keras_regzoo.models.DenoisingAutoencoder(
    ...     *keras_regzoo.models.dense_autoencoder((8,), hidden=(6,), latent=4), corruption=0.3
    ... )
    >>> autoencoder.compile("adam", "mse")
    >>> history = autoencoder.fit(np.ones((16, 8), "float32"), verbose=0)
    >>> x = np.array([[np.nan, *range(7)]])
    >>> autoencoder.impute(x, np.isnan(x)).shape
    (1, 8)

    Reference: Vincent, Larochelle, Lajoie, Bengio & Manzagol (2010), Stacked Denoising
    Autoencoders, sec. 3.1 to 3.3; emphasis: eq. 13 and 14.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        corruption: float | keras.layers.Layer = 0.25,
        emphasis: tuple[float, float] | None = None,
        objectives: list[Objective] | tuple = (),
        name: str | None = None,
    ) -> None:
        if isinstance(corruption, keras.layers.Layer):
            validation.instance("encoder", encoder, keras.Model)
            check_stage("corruption", corruption, encoder, "input_shape")
            layer = corruption
        else:
            rate = validation.number("corruption", corruption, "[0, 1)")
            layer = MaskingNoise(rate, name="masking_noise")
        built_in: list[Objective] = []
        if emphasis is not None:
            built_in = [Emphasis(layer.name, *_pair(emphasis))]
        self._stage = [layer]
        super().__init__(encoder, decoder, objectives, name, built_in)
        self.corruption = layer
        self.emphasis = None if emphasis is None else tuple(emphasis)

    def stages(self, encoder: keras.Model, decoder: keras.Model) -> Models:
        return [*self._stage, encoder, decoder]

    def impute(
        self,
        x: Any,
        mask: Any,
        start: Any = 0.0,
        steps: int = 2,
        batch_size: int | None = None,
    ) -> np.ndarray:
        """Returns `x` with its missing values filled in.

            x̂⁰ = start,   x̂ᵗ⁺¹ = g(f(x̂ᵗ)) where missing, else x

        Args:
            x: Array of inputs, batch first; what it has where values are missing, NaN say, does
                not matter.
            mask: Boolean array of its shape, true where a value is missing.
            start: What stands for missing values at first: a number, or an array that fits. Masking
                noise has taught the model 0; after another corruption the means of the training
                data are better.
            steps: How often it is reconstructed, at least 1. Default 2: on digits the second step
                of a denoiser helps (the first alone is best with full emphasis), while those beyond
                lead away; a narrow linear model gains by dozens.
            batch_size: Examples at a time.

        Raises:
            ValueError: If `mask` is not boolean or not of the shape of `x`, `start` not finite
                numbers that fit, `steps` not an integer of at least 1, or a value that is not
                missing is NaN or infinite.

        Reference: Goodfellow, Bengio & Courville (2016), Deep Learning, sec. 14.5.
        """
        x, mask, start = np.asarray(x), np.asarray(mask), np.asarray(start)
        if mask.dtype != bool or mask.shape != x.shape:
            raise ValueError(
                f"`mask` must be an array of booleans of the shape of `x`, {x.shape}; received "
                f"{mask.dtype} of shape {mask.shape}."
            )
        if start.dtype.kind not in "biuf" or not np.isfinite(start).all() or not _fits(start, x):
            raise ValueError(
                "`start` must be a finite number, or an array of such that fits the shape of `x`, "
                f"{x.shape}; received {start.dtype} of shape {start.shape}."
            )
        validation.integer("steps", steps, "[1, inf)")
        shape = x.shape
        x, mask = (with_last_axis(each, self.encoder) for each in (x, mask))
        if x.ndim > len(shape) and start.ndim:
            start = start[..., None]
        filled = np.where(mask, start, x).astype(keras.config.floatx())
        check_data("x", np.where(mask, 0.0, filled))
        for _ in range(steps):
            filled = np.where(mask, self.reconstruct(filled, batch_size), filled)
        return filled.reshape(shape)

    def get_config(self) -> dict[str, Any]:
        corruption = keras.saving.serialize_keras_object(self.corruption)
        return {"corruption": corruption, "emphasis": self.emphasis, **super().get_config()}


def _fits(part: np.ndarray, whole: np.ndarray) -> bool:
    sides = zip(part.shape[::-1], whole.shape[::-1], strict=False)
    return part.ndim <= whole.ndim and all(a in (1, b) for a, b in sides)


def _pair(emphasis: Any) -> tuple[float, float]:
    if not isinstance(emphasis, list | tuple) or len(emphasis) != 2:
        raise ValueError(
            f"`emphasis` must be a pair (alpha, beta) or None; received emphasis={emphasis!r}."
        )
    alpha, beta = (validation.number("emphasis", each, "[0, inf)") for each in emphasis)
    return alpha, beta
