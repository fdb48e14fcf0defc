"""The sparse autoencoder."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.models.base_autoencoder import BaseAutoencoder
from keras_regzoo.models.chain import Models, chain, check_stage
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register
from keras_regzoo.strengths import add_strength


@register
class SparseAutoencoder(BaseAutoencoder):
    """Learns a code, often wider than the input, of which few units are active for an example.

        minimize over f, g:  mean L(x, g(s(f(x)))) + Ω(f(x))

    `sparsity` is what makes it sparse, a layer between encoder and decoder, as it is in training
    and at inference:

    - a number λ: activity L1, `Ω = λ mean over the batch of Σ_j |h_j|`, in training alone;
    - `layers.KSparse(k)`: exactly k units an example, also at inference (with its own `alpha`);
    - `layers.KLSparsity(target)`: each unit near a mean activation, by a penalty; end the encoder
      in sigmoids;
    - `layers.WinnerTakeAll(rate)`: each unit's largest activations of the batch, in training
      alone: codes at inference are dense, unless the encoder ends in rectifiers;
    - any other layer of the code, such as `keras.layers.ActivityRegularization`.

    `encode` gives the code behind that layer, `coder` is the model that makes it, for
    `diagnostics.dead_units(autoencoder.coder, x)`; `encoder` is f alone. It is *not* sparse in its
    weights.

    Args:
        encoder: Model f from inputs to codes, built or not.
        decoder: Model g from codes to reconstructions of the inputs' shape. With a penalty its
            weights should be bounded (weight decay, unit norms, tying): it could else undo smaller
            codes by larger weights.
        sparsity: λ, at least 0, or a layer whose outputs are shaped as its inputs. λ may be
            scheduled as `"sparsity/strength"`, and a layer's own numbers by its name. Default
            1e-3.
        objectives: Further objectives of `keras_regzoo.objectives`.
        name: Name of the model.

    Trained by `fit(x)` or `fit(x, x)`, with batches of any input shape that the encoder takes;
    outputs have the shape of the inputs. Validation reports the loss without λ's term.

    Raises:
        ValueError: If `sparsity` is neither a number of at least 0 nor a layer, if the encoder or
            decoder is not a Keras model, or if their shapes do not meet.

    Example:

    >>> autoencoder = keras_regzoo.models.SparseAutoencoder(
    ...     *keras_regzoo.models.dense_autoencoder((8,), hidden=(), latent=20),
    ...     sparsity=keras_regzoo.layers.KSparse(3),
    ... )
    >>> autoencoder.compile("adam", "mse")
    >>> x = np.random.default_rng(0).normal(size=(16, 8))
    >>> history = autoencoder.fit(x, verbose=0)
    >>> int(np.count_nonzero(autoencoder.encode(x), axis=1).max())
    3

    Reference: Ng (2011), Sparse autoencoder (CS294A lecture notes), sec. 3; Makhzani & Frey (2014),
    k-Sparse Autoencoders, sec. 2; Makhzani & Frey (2015), Winner-Take-All Autoencoders; Goodfellow,
    Bengio & Courville (2016), Deep Learning, sec. 14.2.1.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        sparsity: float | keras.layers.Layer = 1e-3,
        objectives: list[Objective] | tuple = (),
        name: str | None = None,
    ) -> None:
        if not isinstance(sparsity, keras.layers.Layer):
            sparsity = _ActivityL1(validation.number("sparsity", sparsity, "[0, inf)"))
        else:
            validation.instance("encoder", encoder, keras.Model)
            check_stage("sparsity", sparsity, encoder, "output_shape")
        self._stage = [sparsity]
        super().__init__(encoder, decoder, objectives, name)
        self.sparsity = sparsity
        coder = chain(encoder, [encoder, sparsity], "coder")
        self._coder = lambda: coder

    @property
    def coder(self) -> keras.Model:
        return self._coder()

    def stages(self, encoder: keras.Model, decoder: keras.Model) -> Models:
        return [encoder, *self._stage, decoder]

    def get_config(self) -> dict[str, Any]:
        sparsity: Any = self.sparsity
        if isinstance(sparsity, _ActivityL1):
            own = sparsity.strengths["strength"].initial
        else:
            own = keras.saving.serialize_keras_object(sparsity)
        return {"sparsity": own, **super().get_config()}


class _ActivityL1(keras.layers.Layer):
    """Adds `λ Σ_j |h_j|`, a mean over the batch, in training; it is saved as λ alone."""

    def __init__(self, strength: float) -> None:
        super().__init__(name="sparsity")
        self.strength = add_strength(self, "strength", strength, "[0, inf)")
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        if training:
            total = ops.sum(ops.abs(ops.cast(inputs, "float32")))
            self.add_loss(self.strength * total / ops.cast(ops.shape(inputs)[0], "float32"))
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape
