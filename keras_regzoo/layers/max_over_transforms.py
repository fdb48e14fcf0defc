"""The maximum over a set of transforms of the input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.registration import register

SETS = ("mirror", "flips", "rotations", "dihedral")


@register
class MaxOverTransforms(keras.layers.Wrapper):
    """Takes the largest of the wrapped layer's outputs over a set of transforms of its input.

        y_k = max_t f_k(T_t x)

    If the transforms form a group, the output does not change when the input is transformed by one
    of them: the invariance is exact at inference, and needs no augmentation. The wrapped layer
    should end in features without position (after `Flatten`, `Dense` or a global pooling): the
    maximum of feature maps compares one place of the input with another.

    It is *not* test-time augmentation, which averages predictions of a net trained without, nor
    `MaxPooling2D`, which pools over places. Active alike in training and at inference. All
    transforms go through `layer` as one batch: a step costs that of a batch as many times larger,
    batch statistics and activity losses are those over all transforms.

    Args:
        layer: The layer or model f, from a batch of inputs to a tensor.
        transforms: For images, `"mirror"` (left to right, and none), `"flips"` (left to right, top
            to bottom, both, none), `"rotations"` (the four quarter turns) or `"dihedral"` (these
            and their mirror images, eight). Or a list of functions from a batch to a batch of its
            shape, each registered by `keras.saving.register_keras_serializable`; list the identity
            too if the input itself is to count.
        data_format: `"channels_last"` or `"channels_first"`, for images. By default
            `keras.config.image_data_format()`.
        **kwargs: `name`, `dtype`.

    Input and output shapes are those of `layer`; images are of shape (batch, height, width,
    channels), and square where they are turned.

    Raises:
        ValueError: If an argument is none of these, if a function is not registered, or, when
            built or called, images to turn are not square, or a function changes the shape.

    Example:

    >>> net = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(3)])
    >>> layer = keras_regzoo.layers.MaxOverTransforms(net, "rotations")
    >>> x = keras.random.normal((2, 5, 5, 1))
    >>> turned = keras.ops.rot90(x, axes=(1, 2))
    >>> bool(keras.ops.max(keras.ops.abs(layer(x) - layer(turned))) < 1e-6)
    True

    Reference: Laptev, Savinov, Buhmann & Pollefeys (2016), TI-pooling: Transformation-Invariant
    Pooling for Feature Learning in Convolutional Neural Networks, figure 1.
    """

    def __init__(
        self,
        layer: keras.layers.Layer,
        transforms: str | Sequence[Callable[[Any], Any]] = "rotations",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        validation.instance("layer", layer, keras.layers.Layer)
        super().__init__(layer, **kwargs)
        self.transforms = _checked(transforms)
        data_format = data_format or keras.config.image_data_format()
        formats = ("channels_last", "channels_first")
        self.data_format = validation.one_of("data_format", data_format, formats)

    def build(self, input_shape: Any) -> None:
        if isinstance(self.transforms, str):
            self._check_image(tuple(input_shape))
        super().build((None, *input_shape[1:]))

    def call(self, inputs: Any) -> Any:
        if isinstance(self.transforms, str):
            self._check_image(tuple(inputs.shape))
        made = [transform(inputs) for transform in self._functions()]
        _check_shapes(inputs, made)
        outputs = self.layer(ops.concatenate(made, axis=0))
        return ops.max(ops.reshape(outputs, (len(made), -1, *ops.shape(outputs)[1:])), axis=0)

    def _functions(self) -> Sequence[Callable[[Any], Any]]:
        if not isinstance(self.transforms, str):
            return self.transforms
        return image_transforms(self.transforms, self._spatial_axes())

    def _spatial_axes(self) -> tuple[int, int]:
        return (1, 2) if self.data_format == "channels_last" else (2, 3)

    @validation.plain_sentences()
    def _check_image(self, shape: tuple[int | None, ...]) -> None:
        if len(shape) != 4:
            raise ValueError(
                f"`transforms={self.transforms!r}` must have images of shape (batch, height, "
                f"width, channels) as inputs; received shape {shape}."
            )
        height, width = (shape[axis] for axis in self._spatial_axes())
        turns = self.transforms in ("rotations", "dihedral")
        if turns and None not in (height, width) and height != width:
            raise ValueError(
                f"`transforms={self.transforms!r}` must have square images as inputs; "
                f"received shape {shape}."
            )

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self.layer.compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        transforms = self.transforms
        if not isinstance(transforms, str):
            transforms = [keras.saving.serialize_keras_object(each) for each in transforms]
        own = {"transforms": transforms, "data_format": self.data_format}
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> MaxOverTransforms:
        restore = partial(keras.saving.deserialize_keras_object, custom_objects=custom_objects)
        transforms = config["transforms"]
        if not isinstance(transforms, str):
            transforms = [restore(each) for each in transforms]
        return cls(**{**config, "layer": restore(config["layer"]), "transforms": transforms})


@validation.plain_sentences()
def _check_shapes(inputs: Any, made: list[Any]) -> None:
    shapes = [tuple(each.shape) for each in made if tuple(each.shape) != tuple(inputs.shape)]
    known = [shape for shape in shapes if None not in (*shape, *inputs.shape[1:])]
    if known:
        raise ValueError(
            f"`transforms` must keep the shape of the inputs, {tuple(inputs.shape)}; "
            f"received one that makes {known[0]} of it."
        )


def image_transforms(name: str, axes: tuple[int, int]) -> list[Callable[[Any], Any]]:
    """Returns the group of transforms called `name`, of images whose rows and columns are `axes`.

    Each is a mirror image along rows, along columns, a transposition, in this order, or not.
    """
    turned = ((0, 0, 0), (1, 0, 1), (1, 1, 0), (0, 1, 1))
    others = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1))
    groups = {
        "mirror": ((0, 0, 0), (0, 1, 0)),
        "flips": ((0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0)),
        "rotations": turned,
        "dihedral": (*turned, *others),
    }
    return [partial(_transformed, axes=axes, steps=steps) for steps in groups[name]]


def _transformed(x: Any, axes: tuple[int, int], steps: tuple[int, int, int]) -> Any:
    flipped = [axis for axis, flips in zip(axes, steps, strict=False) if flips]
    if flipped:
        x = ops.flip(x, axis=flipped)
    return ops.swapaxes(x, *axes) if steps[2] else x


def _checked(transforms: Any) -> str | list[Callable[[Any], Any]]:
    if isinstance(transforms, str):
        return validation.one_of("transforms", transforms, SETS)
    functions = transforms if isinstance(transforms, list | tuple) else ()
    if not functions or not all(map(_is_registered, functions)):
        listed = ", ".join(repr(name) for name in SETS)
        raise ValueError(
            f"`transforms` must be one of {listed}, or a list of functions registered by "
            f"`keras.saving.register_keras_serializable`; received {transforms!r}."
        )
    return list(functions)


def _is_registered(function: Any) -> bool:
    if not callable(function):
        return False
    name = keras.saving.get_registered_name(function)
    return keras.saving.get_registered_object(name) is function
