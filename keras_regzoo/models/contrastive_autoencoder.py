"""The contrastive autoencoder."""

from __future__ import annotations

from typing import Any

import keras

from keras_regzoo.models.base_autoencoder import BaseAutoencoder
from keras_regzoo.models.chain import Models
from keras_regzoo.models.inputs import single
from keras_regzoo.objectives import ContrastiveLoss
from keras_regzoo.objectives.contrastive_loss import is_labels
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register

_TARGETS = (
    "`{}` must be left out, or be an array of labels, one integer for each example, or of what the "
    "inputs are to be reconstructed as, in their shape"
)


@register
class ContrastiveAutoencoder(BaseAutoencoder):
    """Learns a code from which the input is rebuilt, and by which examples are told apart.

        minimize over f, g:  mean L(x, g(f(x))) + λ C(f(x̂), f(x̃)),   x̂ = a(x) + σ ε,   x̃ alike

    It is an autoencoder with `objectives.ContrastiveLoss` on its code, which says what C is: two
    noisy or augmented views of one example get codes alike, and unlike those of all others. Given
    labels, `fit(x, labels)`, examples of one class get codes alike too; the target of the
    reconstruction stays the input. Active in training alone.

    It is *not* denoising: the reconstruction starts from the clean input, and the views are only
    encoded.

    Args:
        encoder: Model f from inputs to codes, built or not.
        decoder: Model g from codes to reconstructions of the inputs' shape.
        augmentation: a, any layer without trainable weights that keeps the inputs' shape and is
            random in training, or `None`. Keras does not compile its own image augmentations, nor
            a model with one of them, whose steps are slow on JAX.
        stddev: σ, in units of the inputs, at least 0. May be scheduled as
            `"contrastive_loss/stddev"`. Default 0.1.
        temperature: τ, positive. May be scheduled as `"contrastive_loss/temperature"`. Default 0.1.
        strength: λ, at least 0. May be scheduled as `"contrastive_loss/strength"`. Default 1.
        projection: A layer between the code and C, trained with the model and used by nothing
            else, or `None`.
        objectives: Further objectives of `keras_regzoo.objectives`.
        seed: Integer, or `None` for a seed of its own: of the noise.
        name: Name of the model.

    Trained by `fit(x)`, `fit(x, x)`, or `fit(x, labels)` with one integer for each example, -1 for
    none, with batches of any input shape that the encoder takes; outputs have the shape of the
    inputs. `compile` takes the reconstruction loss L; `"mse"` is a mean over elements, small beside
    C. Logs `contrastive_loss`, the term as it is added, and `data_loss`.

    Raises:
        ValueError: If an argument is out of its range, the encoder or decoder not a Keras model,
            or their shapes do not meet; if targets are neither labels nor shaped as the inputs.

    Example:

    >>> autoencoder = keras_regzoo.models.ContrastiveAutoencoder(
    ...     *keras_regzoo.models.dense_autoencoder((8,), hidden=(6,), latent=2), temperature=0.5
    ... )
    >>> autoencoder.compile("adam", "mse")
    >>> x = np.random.default_rng(0).normal(size=(16, 8)).astype("float32")
    >>> history = autoencoder.fit(x, np.arange(16) % 3, verbose=0)
    >>> sorted(history.history)
    ['contrastive_loss', 'data_loss', 'loss']

    Reference: Chen, Kornblith, Norouzi & Hinton (2020), A Simple Framework for Contrastive Learning
    of Visual Representations, eq. 1; with labels: Khosla, Teterwak, Wang, Sarna, Tian, Isola,
    Maschinot, Liu & Krishnan (2020), Supervised Contrastive Learning, eq. 2.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        augmentation: keras.layers.Layer | None = None,
        stddev: float = 0.1,
        temperature: float = 0.1,
        strength: float = 1.0,
        projection: keras.layers.Layer | None = None,
        objectives: list[Objective] | tuple = (),
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        contrast = ContrastiveLoss(
            None, temperature, strength, augmentation, stddev, projection, seed=seed
        )
        super().__init__(encoder, decoder, objectives, name, built_in=[contrast])
        self.contrast = contrast

    def stages(self, encoder: keras.Model, decoder: keras.Model) -> Models:
        return [encoder, decoder]

    def are_labels(self, x: Any, y: Any) -> bool:
        return is_labels(y) and getattr(single(x), "shape", None) != y.shape

    def targets(self, x: Any, y: Any, name: str = "y") -> Any:
        """Labels are no targets: the input is."""
        if self.are_labels(x, y):
            return super().targets(x, None, name)
        leaves = keras.tree.flatten(y)
        if y is not None and not all(hasattr(leaf, "shape") for leaf in leaves):
            raise ValueError(f"{_TARGETS.format(name)}; received a {type(y).__name__}.")
        shape = tuple(getattr(single(x), "shape", ()))
        if y is not None and any(tuple(leaf.shape) != shape for leaf in leaves):
            found = [f"{leaf.dtype} of shape {tuple(leaf.shape)}" for leaf in leaves]
            raise ValueError(f"{_TARGETS.format(name)}; received {', '.join(found)}.")
        return super().targets(x, y, name)

    def get_config(self) -> dict[str, Any]:
        own = self.contrast.get_config()
        names = ("augmentation", "stddev", "temperature", "strength", "projection", "seed")
        return {**{name: own[name] for name in names}, **super().get_config()}
