"""The vector quantized variational autoencoder."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo.layers import VectorQuantizer
from keras_regzoo.models.chain import Models, chain
from keras_regzoo.models.generative_autoencoder import GenerativeAutoencoder
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register

_QUANTIZER = "quantizer"


@register
class VectorQuantizedVAE(GenerativeAutoencoder):
    """Learns a code of integers: each vector that the encoder gives becomes one of a codebook.

        minimize over f, g:  mean L(x, g(z)) + β mean ‖f(x) − sg(z)‖²,   z = e_k
        k = argmin_j ‖f(x) − e_j‖,   codebook e by moving averages (sg: no gradient)

    It is an autoencoder with a `layers.VectorQuantizer` as its middle, which says how the codebook
    follows the encoder and how unused codes are revived. An encoder of images gives a map of
    vectors, of which each becomes an integer; one of rows gives a single vector.

    It is *not* variational in what is trained: the posterior has no noise, the prior is uniform,
    and so the divergence is a constant, `log codes` for each vector.

    Args:
        encoder: Model f from inputs to vectors (batch, ..., features), built or not.
        decoder: Model g from as many vectors to reconstructions of the inputs' shape.
        codes: Number of codes, at least 1. Default 512, the paper's.
        commitment: β, at least 0. May be scheduled as `"quantizer/commitment"`. Default 0.25, the
            paper's. The squared distance is a sum over a vector's elements.
        decay: Of the codebook's moving averages, in [0, 1). Default 0.99.
        revival: The share of the uses, relative to an even one, below which a code is revived, in
            [0, 1). Default 0.01; 0 never does.
        objectives: Objectives of `keras_regzoo.objectives`, as for `RegularizedModel`.
        seed: Integer, or `None` for a seed of its own: of the first codebook and of revivals.
        name: Name of the model.

    Trained by `fit(x)`, with batches of any shape that the encoder takes; outputs have the shape of
    the inputs. `compile` takes the reconstruction loss L: `"mse"` is a mean over elements, beside
    which β weighs more than beside the paper's sum. Logs `quantizer/perplexity`, how many codes are
    in use. The commitment is part of the loss in evaluation too.

    `encode` gives the vectors of the codebook, `indices` their integers, `decode` and
    `decode_indices` what they stand for. Between two codes, as in `interpolate`, the decoder meets
    vectors that are in no codebook. `sample` draws the integers independently of each other, each
    code as often as it has been used: a map of many then looks like no example. The paper learns a
    prior of its own; what any model of `indices(x)` draws, `decode_indices` decodes.

    Raises:
        ValueError: If an argument is out of its range, the encoder or decoder not a Keras model,
            or their shapes do not meet.

    Example:

    >>> autoencoder = keras_regzoo.models.VectorQuantizedVAE(
    ...     *keras_regzoo.models.dense_autoencoder((8,), hidden=(6,), latent=2), codes=4
    ... )
    >>> autoencoder.compile("adam", "mse")
    >>> history = autoencoder.fit(np.ones((16, 8), "float32"), verbose=0)
    >>> autoencoder.indices(np.ones((3, 8), "float32")).shape
    (3,)

    Reference: Van den Oord, Vinyals & Kavukcuoglu (2017), Neural Discrete Representation Learning,
    eq. 1 to 3 and appendix A.1.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        codes: int = 512,
        commitment: float = 0.25,
        decay: float = 0.99,
        revival: float = 0.01,
        objectives: list[Objective] | tuple = (),
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        layer = VectorQuantizer(codes, commitment, decay, revival, seed, name=_QUANTIZER)
        self._stage = [layer]
        super().__init__(encoder, decoder, objectives, name)
        self.quantizer = layer
        coder = chain(encoder, [encoder, layer], "coder")
        self._coder = lambda: coder
        if not layer.built and self.decoder_shape():  # else a loaded codebook has no place
            layer.build(self.decoder_shape())

    def stages(self, encoder: keras.Model, decoder: keras.Model) -> Models:
        return [encoder, *self._stage, decoder]

    @property
    def coder(self) -> keras.Model:
        return self._coder()

    def indices(self, x: Any, batch_size: int | None = None) -> np.ndarray:
        """Returns the integers of the codes of `x`, of shape (examples, ...)."""
        return self._nearest(self.encode(x, batch_size))

    def decode_indices(self, indices: Any, batch_size: int | None = None) -> np.ndarray:
        """Returns the reconstructions of codes given by their integers.

        Args:
            indices: Array of integers below `codes`, of shape (examples, ...), as from `indices`.
            batch_size: Examples decoded at a time.

        Raises:
            ValueError: If there are others than integers from 0 to `codes` − 1.
        """
        indices = np.asarray(indices)
        integers = indices.dtype.kind in "iu" and indices.size > 0
        if not integers or not np.isin(indices, np.arange(len(self._book))).all():
            found = f"{indices.dtype.name} of shape {indices.shape}"
            found += f" from {indices.min()} to {indices.max()}" if integers else ""
            raise ValueError(
                f"`indices` must be integers from 0 to {len(self._book) - 1}; received {found}."
            )
        return self.decode(self._book[indices], batch_size)

    def prior_codes(self, n: int, random: np.random.Generator) -> np.ndarray:
        shape = (n, *self.prior_shape()[:-1])
        counts = ops.convert_to_numpy(self.quantizer.counts).astype("float64")
        return self._book[random.choice(len(counts), size=shape, p=counts / counts.sum())]

    @property
    def _book(self) -> np.ndarray:
        return ops.convert_to_numpy(self.quantizer.codebook)

    def _nearest(self, vectors: np.ndarray) -> np.ndarray:
        """Returns the integers of vectors that are in the codebook, a part at a time."""
        parts = [vectors[i : i + 1024] for i in range(0, len(vectors), 1024)]
        return np.concatenate([ops.convert_to_numpy(self.quantizer.nearest(p)) for p in parts])

    def get_config(self) -> dict[str, Any]:
        own = self.quantizer.get_config()
        names = ("codes", "commitment", "decay", "revival", "seed")
        return {**{name: own[name] for name in names}, **super().get_config()}
