"""DropBlock: dropping squares of feature maps."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.layers.masks import keep_mask
from keras_regzoo.registration import register
from keras_regzoo.strengths import add_strength, strength_config

FORMATS = ("channels_last", "channels_first")


@register
class DropBlock(keras.layers.Layer):
    """Drops square blocks of two-dimensional feature maps while training.

        y = m ⊙ x · (number of elements of m) / (number of ones in m)
        m = 0 in the s × s squares that start at the seeds,   seed ~ Bernoulli(γ)
        γ = p / s² · (height · width) / ((height − s + 1) (width − s + 1)),   s = block_size

    Seeds lie where their square fits into the map. As squares overlap, somewhat less than the
    fraction p is dropped; what is left is scaled up by what was counted, over the batch, as in the
    authors' code. Active in training alone.

    With `block_size=1` it is dropout up to that scale, with blocks as large as the map
    `keras.layers.SpatialDropout2D`. It is *not* cutout, which erases squares of the input image.

    Args:
        rate: p, about the fraction that is dropped, in [0, 1); 1 − `keep_prob` of the paper, which
            took 0.1 and raised it linearly from 0 during training. May be scheduled.
        block_size: Side of the squares, in elements of the map, at least 1. Default 7, the paper's.
        per_channel: Whether each channel has blocks of its own, which the paper found better, or
            all channels of an example share them.
        data_format: `"channels_last"`, `"channels_first"`, or `None` for
            `keras.config.image_data_format()`.
        seed: Integer, or `None` for a seed of its own.
        **kwargs: `name`, `dtype`.

    Input shape: (batch, height, width, channels), or (batch, channels, height, width) with
    `"channels_first"`; output shape: the same.

    Raises:
        ValueError: If an argument is out of its range, the inputs are not of rank 4, or the maps
            are smaller than a block. Where the layer is built without their height or width, a
            larger block is cut to the map.

    Example:

    >>> drop = keras_regzoo.layers.DropBlock(0.1, block_size=3, seed=0)
    >>> drop(keras.ops.ones((2, 8, 8, 4)), training=True).shape[1]
    8

    Reference: Ghiasi, Lin & Le (2018), DropBlock: A regularization method for convolutional
    networks, algorithm 1 and eq. 1.
    """

    def __init__(
        self,
        rate: float = 0.1,
        block_size: int = 7,
        per_channel: bool = True,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rate = add_strength(self, "rate", rate, "[0, 1)")
        self.block_size = validation.integer("block_size", block_size, "[1, inf)")
        self.per_channel = validation.one_of("per_channel", per_channel, (False, True))
        validation.one_of("data_format", data_format, (None, *FORMATS))
        self.data_format = data_format or keras.config.image_data_format()
        self.seed = validation.seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        if len(input_shape) != 4:
            raise ValueError(
                "DropBlock needs inputs of rank 4, with height and width; "
                f"received shape {tuple(input_shape)}."
            )
        sides = input_shape[1:3] if self.data_format == "channels_last" else input_shape[2:]
        if any(side is not None and side < self.block_size for side in sides):
            raise ValueError(
                f"`block_size` must be at most the height and width of the inputs, {tuple(sides)}; "
                f"received block_size={self.block_size}."
            )

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        if not training:
            return inputs
        mask = self._mask(ops.shape(inputs))
        if self.data_format == "channels_first":
            mask = ops.transpose(mask, (0, 3, 1, 2))
        scale = 1.0 / ops.maximum(ops.mean(mask), keras.config.epsilon())
        return inputs * ops.cast(mask * scale, inputs.dtype)

    def _mask(self, shape: Any) -> Any:
        """Returns ones and, in the blocks, zeros, with the channels last."""
        last = self.data_format == "channels_last"
        batch, height, width, channels = shape if last else [shape[i] for i in (0, 2, 3, 1)]
        side, gamma = self.block_size, seed_rate(self.rate, self.block_size, height, width)
        rows, columns = places(height, side), places(width, side)
        seeds = (batch, rows, columns, channels if self.per_channel else 1)
        starts = 1.0 - keep_mask(seeds, gamma, self.seed_generator, "float32")
        return 1.0 - squares(starts, side)[:, :height, :width]

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        names = ("block_size", "per_channel", "data_format", "seed")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **strength_config(self), **own}


def seed_rate(rate: Any, block_size: int, height: Any, width: Any) -> Any:
    """Returns γ of eq. 1: so many seeds that blocks would cover the fraction `rate` of a map."""
    rows, columns = places(height, block_size), places(width, block_size)
    block = ops.cast((height - rows + 1) * (width - columns + 1), "float32")
    area, valid = ops.cast(height * width, "float32"), ops.cast(rows * columns, "float32")
    return rate / block * area / valid


def places(length: Any, block_size: int) -> Any:
    """Returns how many places there are for a block along an axis: one if it fills the axis."""
    fitting = length - block_size + 1
    return max(fitting, 1) if isinstance(fitting, int) else ops.maximum(fitting, 1)


def squares(starts: Any, side: int) -> Any:
    """Returns ones in the squares whose upper left corners are ones of `starts`, zeros else.

    Args:
        starts: Zeros and ones, of shape (batch, rows, columns, channels).
        side: Side of a square; rows and columns grow by `side − 1`.
    """
    border = (side - 1, side - 1)
    padded = ops.pad(starts, ((0, 0), border, border, (0, 0)))
    return ops.max_pool(padded, side, strides=1, padding="valid", data_format="channels_last")
