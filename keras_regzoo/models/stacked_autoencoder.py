"""The stacked autoencoder."""

from __future__ import annotations

import itertools
from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.models.base_autoencoder import BaseAutoencoder
from keras_regzoo.models.chain import Models
from keras_regzoo.models.inputs import check_fit
from keras_regzoo.models.sharing import mark_shared
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register

Pair = tuple[keras.Model, keras.Model]


@register
class StackedAutoencoder(BaseAutoencoder):
    """An autoencoder made of autoencoders, one on the codes of another, or one after another.

        deep:     minimize mean L(x, g₁(⋯ g_K(f_K(⋯ f₁(x)))))
        chained:  x₁ = x,   x_{k+1} = [x_k, g_k(f_k(x_k))],
                  minimize mean L(x, the first part of g_K(f_K(x_K)))

    In the deep form each stage encodes the codes of the stage before; `encode` gives the deepest
    ones. In the chained form each stage sees the input and the output of the stage before side by
    side, on the last axis, which is twice as long each time; only the last one's is in the loss, so
    that those before it learn what helps it, not to reconstruct. `encode` gives the last stage's
    code and `decode` what that stage makes of it, as far as it stands for x.

    It is *not* pretrained by itself: `keras_regzoo.training.greedy_pretrain` trains the stages of
    the deep form one after the other, `fit` all of them at once.

    Args:
        stages: List of at least one pair (encoder f_k, decoder g_k) of Keras models.
        chained: Whether the form is the chained one, whose models must be built.
        objectives: Objectives of `keras_regzoo.objectives`, as for `RegularizedModel`.
        name: Name of the model.

    Trained by `fit(x)` or `fit(x, x)`, with batches of any input shape that the first encoder
    takes; outputs have the shape of the inputs.

    Raises:
        ValueError: If `stages` is no list of pairs of models, `chained` no boolean, or shapes do
            not meet.

    Example:

    >>> stages = [
    ...     keras_regzoo.models.dense_autoencoder((8,), hidden=(), latent=4),
    ...     keras_regzoo.models.dense_autoencoder((4,), hidden=(), latent=2),
    ... ]
    >>> autoencoder = keras_regzoo.models.StackedAutoencoder(stages)
    >>> found = keras_regzoo.training.greedy_pretrain(
    ...     autoencoder, np.ones((32, 8), "float32"), epochs=1, verbose=0
    ... )
    >>> autoencoder.encode(np.ones((3, 8), "float32")).shape
    (3, 2)

    Reference: Vincent, Larochelle, Lajoie, Bengio & Manzagol (2010), Stacked Denoising
    Autoencoders, sec. 3.5 (the deep form); the chained form is this library's.
    """

    def __init__(
        self,
        stages: list[Pair],
        chained: bool = False,
        objectives: list[Objective] | tuple = (),
        name: str | None = None,
    ) -> None:
        pairs = _checked(stages)
        validation.one_of("chained", chained, (False, True))
        encoder, decoder = (_chained if chained else _deep)(pairs)
        super().__init__(encoder, decoder, objectives, name)
        self.stage_models = pairs
        self.chained = chained

    def stages(self, encoder: keras.Model, decoder: keras.Model) -> Models:
        return [encoder, decoder]

    def get_config(self) -> dict[str, Any]:
        kept = super().get_config()
        del kept["encoder"], kept["decoder"]  # made of the stages
        serialize = keras.saving.serialize_keras_object
        stages = [[serialize(model) for model in pair] for pair in self.stage_models]
        for pair in stages:
            mark_shared(*pair)
        return {"stages": stages, "chained": self.chained, **kept}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> StackedAutoencoder:
        def restored(parts: Any) -> list[Any]:
            return [keras.saving.deserialize_keras_object(each, custom_objects) for each in parts]

        stages = [tuple(restored(pair)) for pair in config["stages"]]
        return cls(**{**config, "stages": stages, "objectives": restored(config["objectives"])})


def _checked(stages: Any) -> list[Pair]:
    if not isinstance(stages, list | tuple) or not stages:
        raise ValueError(
            f"`stages` must be a list of at least one pair (encoder, decoder); received {stages!r}."
        )
    pairs = []
    for pair in stages:
        parts = pair if isinstance(pair, list | tuple) else ()
        if len(parts) != 2 or not all(isinstance(part, keras.Model) for part in parts):
            raise ValueError(
                "`stages` must be a list of pairs (encoder, decoder) of Keras models; received "
                f"{pair!r} in it."
            )
        encoder, decoder = parts
        check_fit(encoder, decoder, lambda shape: shape)
        pairs.append((encoder, decoder))
    return pairs


def _deep(pairs: list[Pair]) -> Pair:
    for (below, _), (above, _) in itertools.pairwise(pairs):
        if _known(below, above):
            _check_next("the codes", above.input_shape, below.output_shape)
    encoders = [_named(encode, "encoder", k) for k, (encode, _) in enumerate(pairs)]
    decoders = [_named(decode, "decoder", k) for k, (_, decode) in enumerate(pairs)]
    encoder = keras.Sequential(encoders, name="encoder")
    decoder = keras.Sequential(decoders[::-1], name="decoder")
    for model, first in ((encoder, pairs[0][0]), (decoder, pairs[-1][1])):
        if _known(first):
            model.build(first.input_shape)
    return encoder, decoder


def _chained(pairs: list[Pair]) -> Pair:
    for pair in pairs:
        if not _known(*pair):
            raise ValueError(
                "`stages` must hold built models, of known shapes, in the chained form; received "
                f"{', '.join(model.name for model in pair if not _known(model))}, not built."
            )
    shape = pairs[0][0].input_shape
    inputs = seen = keras.Input(batch_shape=shape)
    for k, (encode, decode) in enumerate(pairs[:-1]):
        made = _named(decode, "decoder", k)(_named(encode, "encoder", k)(seen))
        seen = keras.layers.Concatenate()([seen, made])
        _check_next("inputs and outputs, joined,", pairs[k + 1][0].input_shape, tuple(seen.shape))
    last_encoder, last_decoder = pairs[-1]
    encoder = keras.Model(inputs, last_encoder(seen), name="encoder")
    codes = keras.Input(batch_shape=last_decoder.input_shape)
    decoder = keras.Model(codes, last_decoder(codes)[..., : shape[-1]], name="decoder")
    return encoder, decoder


def _named(model: keras.Model, role: str, k: int) -> keras.Sequential:
    """Wraps a model, since those of one name cannot be in one model."""
    return keras.Sequential([model], name=f"{role}_{k + 1}")


def _known(*models: keras.Model) -> bool:
    return all(model.built and getattr(model, "inputs", None) for model in models)


def _check_next(what: str, wanted: Any, received: Any) -> None:
    if tuple(wanted)[1:] != tuple(received)[1:]:
        raise ValueError(
            f"`stages` must fit together: each must take {what} of the one before, here of shape "
            f"{tuple(received)[1:]}; received one that takes {tuple(wanted)[1:]}."
        )
