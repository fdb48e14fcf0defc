"""The contrastive loss of the codes of two views."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.backend import PureView
from keras_regzoo.objectives.encoder import Encoder
from keras_regzoo.objectives.inputs import known_inputs, require_floating
from keras_regzoo.objectives.loss import Loss, Point, Tensor
from keras_regzoo.objectives.objective import Penalty
from keras_regzoo.objectives.views import View, Views
from keras_regzoo.registration import register

_TINY = 1e-12  # a squared norm below it has no direction
_EXCLUDED = -1e9


@register
class ContrastiveLoss(Penalty):
    """Makes codes of two views of one example alike, and unlike those of all other examples.

        L' = L + λ / (2B) Σᵢ −1/|P(i)| Σ_{p ∈ P(i)} log [exp(uᵢ·u_p/τ) / Σ_{a ≠ i} exp(uᵢ·u_a/τ)]
        u = q(h(x̂)) / ‖q(h(x̂))‖,   x̂ = g(x) + σ ε

    i, p and a run over the 2B views of a batch. P(i) holds the other view of the same example
    (InfoNCE, NT-Xent); with labels, all other views of examples with the same label too (supervised
    contrastive). The loss itself is evaluated at the inputs as they are; h is the code, q an
    optional projection, trained with the model and left aside afterwards. Codes that are all
    equal give `λ log(2B − 1)`. Active in training alone; under a `tf.distribute` strategy each
    replica compares its own share.

    It is *not* consistency of predictions (`Consistency`), which codes that are all alike satisfy
    best.

    Args:
        encoder: A layer of the model or its name: the code is what it gives for the model's inputs.
            By default the encoder of an autoencoder, a layer called `"encoder"`, or else the whole
            model.
        temperature: τ, positive. May be scheduled. Default 0.1.
        strength: λ, at least 0 (where it changes nothing). May be scheduled. Default 1.
        augmentation: g, any layer without trainable weights that keeps the inputs' shape and is
            random in training, such as `keras.layers.RandomTranslation(0.1, 0.1)`, or `None`.
        stddev: σ, in units of the inputs, at least 0. May be scheduled. Default 0.1. Without it
            and an augmentation the views differ by dropout masks alone.
        projection: q, a layer that takes the flattened code, or `None`.
        supervised: Whether labels are used: `y`, as given to `fit`, one integer for each example,
            of which -1 is none; `None` for where it is such. Weights of examples are not used.
        seed: Integer, or `None` for a seed of its own: of the noise.
        name: Name in logs and paths. Logs the added term.

    Takes a single floating-point input of any shape, and a single code of any shape, batch first.
    Costs a pass of the encoder over both views.

    Raises:
        ValueError: If an argument is out of its range; if the model has no such layer, or is fed
            several inputs or integers; if the augmentation changes shapes or has weights to train;
            if labels are to be used and are not integers, one for each example.

    Example:

    >>> model = keras.Sequential(
    ...     [keras.Input((4,)), keras.layers.Dense(3, name="encoder"), keras.layers.Dense(2)]
    ... )
    >>> contrast = keras_regzoo.objectives.ContrastiveLoss(temperature=0.5)
    >>> wrapped = keras_regzoo.RegularizedModel(model, [contrast])
    >>> wrapped.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    >>> history = wrapped.fit(np.ones((8, 4)), np.arange(8) % 2, verbose=0)
    >>> sorted(history.history)
    ['contrastive_loss', 'data_loss', 'loss']

    Reference: Chen, Kornblith, Norouzi & Hinton (2020), A Simple Framework for Contrastive Learning
    of Visual Representations, eq. 1; with labels: Khosla, Teterwak, Wang, Sarna, Tian, Isola,
    Maschinot, Liu & Krishnan (2020), Supervised Contrastive Learning, eq. 2.
    """

    def __init__(
        self,
        encoder: keras.layers.Layer | str | None = None,
        temperature: float = 0.1,
        strength: float = 1.0,
        augmentation: keras.layers.Layer | None = None,
        stddev: float = 0.1,
        projection: keras.layers.Layer | None = None,
        supervised: bool | None = None,
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            strength, name, temperature=(temperature, "(0, inf)"), stddev=(stddev, "[0, inf)")
        )
        if encoder is not None and not isinstance(encoder, str):
            encoder = validation.instance("encoder", encoder, (str, keras.layers.Layer)).name
        if projection is not None:
            validation.instance("projection", projection, keras.layers.Layer)
        self.encoder = encoder
        self.projection = projection
        self.supervised = validation.one_of("supervised", supervised, (None, False, True))
        self.seed = validation.seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self._views = Views(type(self).__name__, augmentation, self.stddev, self.seed_generator)
        self.augmentation = augmentation

    def attach(self, model: keras.Model) -> None:
        self._views.attach(model)
        self._found = Encoder(model, self.encoder)
        if self.projection is not None:
            if not self.projection.built:
                inputs = known_inputs(model)
                if not inputs:
                    raise ValueError(
                        "`projection` must be built where the model does not tell its inputs; "
                        f"received {self.projection.name!r}, which is not."
                    )
                shape = self._found.output_shape(inputs)
                self.projection.build((None, math.prod(shape[1:])))
            self._project = PureView(self.projection)

    def draw(self, weights: list[Tensor], x: Any) -> tuple[View, View]:
        require_floating(x, "ContrastiveLoss", single=True)
        return self._views.draw(x)

    def penalty(self, loss: Loss, point: Point, draw: tuple[View, View]) -> Tensor:
        views = [tree.flatten(self._views.view(each, point.x))[0] for each in draw]
        codes = self._found(loss.step, point.weights, ops.concatenate(views, axis=0))
        codes = ops.reshape(codes, (-1, math.prod(codes.shape[1:])))
        if self.projection is not None:
            view = self._project
            codes = view(view.weights(), view.state(), codes, training=True).outputs
        labels = self._labels(loss.step.labels, codes)
        return contrastive_loss(codes, labels, self.temperature)

    def _labels(self, y: Any, codes: Tensor) -> Tensor:
        """Returns one integer for each view: its example's label, or the example's own number."""
        leaves = tree.flatten(y)
        number = ops.arange(ops.shape(codes)[0] // 2, dtype="int32")
        usable = len(leaves) == 1 and is_labels(leaves[0])
        if self.supervised and not usable:
            shapes = [tuple(leaf.shape) for leaf in leaves if leaf is not None]
            raise ValueError(
                "`y` must hold one integer for each example, its label, where supervised=True; "
                f"received {shapes or None}."
            )
        if usable and self.supervised is not False:
            given = ops.cast(ops.reshape(leaves[0], (-1,)), "int32")
            labels = ops.where(given < 0, -1 - number, given)
        else:
            labels = number
        return ops.concatenate([labels, labels], axis=0)

    def get_config(self) -> dict[str, Any]:
        layers = {"augmentation": self.augmentation, "projection": self.projection}
        return {
            **super().get_config(),
            **{
                name: layer and keras.saving.serialize_keras_object(layer)
                for name, layer in layers.items()
            },
            **{name: getattr(self, name) for name in ("encoder", "supervised", "seed")},
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> ContrastiveLoss:
        restore = keras.saving.deserialize_keras_object
        layers = {name: config[name] for name in ("augmentation", "projection")}
        restored = {name: layer and restore(layer) for name, layer in layers.items()}
        return cls(**{**config, **restored})


def is_labels(y: Any) -> bool:
    """Returns whether `y` holds one integer for each example."""
    if not hasattr(y, "dtype") or "int" not in keras.backend.standardize_dtype(y.dtype):
        return False
    return len(y.shape) == 1 or (len(y.shape) == 2 and y.shape[1] == 1)


def contrastive_loss(codes: Tensor, labels: Tensor, temperature: Any) -> Tensor:
    """Returns the mean over rows of minus the mean log-probability of their likes, in float32.

    Args:
        codes: Of shape (n, d); a code of zeros is as far from all others.
        labels: Integers, of shape (n,): rows with the same are to be alike; each has another.
        temperature: τ.
    """
    codes = ops.cast(codes, "float32")
    square = ops.sum(ops.square(codes), axis=-1, keepdims=True)
    tiny = square < _TINY
    unit = codes * ops.where(tiny, 0.0, ops.rsqrt(ops.where(tiny, 1.0, square)))
    itself = ops.eye(ops.shape(codes)[0], dtype="float32")
    logits = ops.matmul(unit, ops.transpose(unit)) / temperature
    logits = ops.where(itself > 0, _EXCLUDED, logits)
    likely = logits - ops.logsumexp(logits, axis=-1, keepdims=True)
    alike = ops.cast(ops.equal(labels[:, None], labels[None, :]), "float32") - itself
    each = ops.sum(ops.where(alike > 0, likely, 0.0), axis=-1)
    return -ops.mean(each / ops.sum(alike, axis=-1))
