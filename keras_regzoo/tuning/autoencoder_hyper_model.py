"""A hypermodel of an autoencoder: its size, and noise or sparsity. Needs the `tuner` extra."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.models import (
    Autoencoder,
    DenoisingAutoencoder,
    SparseAutoencoder,
    dense_autoencoder,
)
from keras_regzoo.tuning.search_space import search_space

keras_tuner: Any = validation.extra("keras_tuner", "tuner", "AutoencoderHyperModel")

REGULARIZED = {
    "noise": ("denoising_autoencoder", DenoisingAutoencoder),
    "sparsity": ("sparse_autoencoder", SparseAutoencoder),
}
KINDS = ("none", *REGULARIZED)
Range = tuple[int, int]


class AutoencoderHyperModel(keras_tuner.HyperModel):
    """Searches a dense autoencoder: width, depth, code size, and noise or sparsity.

        hidden = (width, width / 2, …), `depth` of them, none narrower than the code

    Every KerasTuner tuner takes it. The hyperparameters are `depth`, `latent`, `width` where there
    are hidden layers, `learning_rate` of Adam, and `kind`, with `noise/corruption` where that is
    `"noise"` and `sparsity/sparsity` where it is `"sparsity"`. The `val_loss` of all is that of
    inputs without noise, and has no penalty in it: trials can be compared by it, as `search(x,
    validation_data=(x_val, x_val))` does.

    It is *not* a way to a small code: a larger one always rebuilds better. Bound `latent` by what
    the code is for.

    Args:
        input_shape: Shape of one example.
        width: Least and greatest number of units of the first hidden layer, at least 1.
        depth: Least and greatest number of hidden layers, at least 0.
        latent: Least and greatest number of units of the code, at least 1.
        kinds: Of `"none"`, `"noise"` and `"sparsity"` those to choose from, at least one.
        loss: What is compiled.
        output_activation: Of the reconstruction; `"sigmoid"` for data in [0, 1].

    Raises:
        ValueError: If an argument is outside its range.
        ImportError: If KerasTuner is not installed, which the `tuner` extra brings.

    Example:

    >>> import keras_tuner
    >>> search = keras_regzoo.tuning.AutoencoderHyperModel((8,), width=(4, 16), latent=(2, 4))
    >>> hp = keras_tuner.HyperParameters()
    >>> search.build(hp).reconstruct(np.ones((1, 8))).shape
    (1, 8)
    >>> [each.name for each in hp.space][:4]
    ['depth', 'latent', 'width', 'kind']

    Reference: Vincent, Larochelle, Lajoie, Bengio & Manzagol (2010), Stacked Denoising
    Autoencoders, table 1 (the same choices, on a grid).
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        width: Range = (32, 512),
        depth: Range = (0, 3),
        latent: Range = (2, 64),
        kinds: Sequence[str] = KINDS,
        loss: Any = "mse",
        output_activation: str | None = None,
    ) -> None:
        self.input_shape = tuple(validation.items("input_shape", input_shape, "sizes"))
        self.width = _range("width", width, 1)
        self.depth = _range("depth", depth, 0)
        self.latent = _range("latent", latent, 1)
        names = validation.items("kinds", kinds, "names")
        self.kinds = tuple(validation.one_of("kinds", name, KINDS) for name in names)
        self.loss = loss
        self.output_activation = output_activation
        dense_autoencoder(self.input_shape, (), 1, output_activation=output_activation)  # checks
        super().__init__()

    def build(self, hp: Any) -> keras.Model:
        """Returns a new compiled autoencoder of this trial."""
        depth = hp.Int("depth", *self.depth)
        latent = hp.Int("latent", *self.latent, sampling="log")
        hidden = []
        if deep := [each for each in range(self.depth[0], self.depth[1] + 1) if each]:
            with hp.conditional_scope("depth", deep):
                width = hp.Int("width", *self.width, sampling="log")
            hidden = [max(latent, width >> level) for level in range(depth)]
        ends = dense_autoencoder(
            self.input_shape, hidden, latent, output_activation=self.output_activation
        )
        kind = hp.Choice("kind", list(self.kinds))
        drawn: dict[str, dict[str, Any]] = {"none": {}}
        for name, (technique, _) in REGULARIZED.items():
            if name in self.kinds:
                with hp.conditional_scope("kind", [name]):
                    drawn[name] = search_space(technique, hp, name)
        cls = REGULARIZED[kind][1] if kind in REGULARIZED else Autoencoder
        model = cls(*ends, **drawn[kind])
        rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log")
        model.compile(keras.optimizers.Adam(rate), self.loss)
        return model


def _range(name: str, given: Any, least: int) -> Range:
    if not isinstance(given, list | tuple) or len(given) != 2:
        raise ValueError(f"`{name}` must be a pair (least, greatest); received {name}={given!r}.")
    low = validation.integer(name, given[0], f"[{least}, inf)")
    return low, validation.integer(name, given[1], f"[{low}, inf)")
