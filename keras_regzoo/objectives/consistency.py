"""The Π-model: predictions that do not hang on the noise of a pass."""

from __future__ import annotations

from typing import Any

from keras_regzoo.objectives.loss import Loss, Tensor
from keras_regzoo.objectives.two_views import TwoViews
from keras_regzoo.registration import register


@register
class Consistency(TwoViews):
    """Penalizes how much two passes over the same examples disagree, unlabelled ones too (Π-model).

        L'(w) = L(w; x̂) + λ / (B K) Σᵢ ‖p(x̂ᵢ; w, η) − p(x̃ᵢ; w, η̃)‖²,   x̂ = g(x) + σ ε,   x̃ alike

    p are the predicted probabilities of K classes. The two passes differ in their dropout masks
    (η and η̃), in the noise ε on the inputs, and in what the augmentation g draws; gradients flow
    through both. The loss itself is evaluated at the first view x̂, as in the paper. Without
    dropout, noise or augmentation the penalty is 0. All examples of the batch count alike, whatever
    their sample weights; of a sequence, what the Keras mask of the first pass keeps.

    An integer label of -1, or a one-hot row of zeros, marks an unlabelled example: it enters this
    penalty, but neither the supervised loss nor the metrics. Give them in the same `fit(x, y)`.
    Active in training alone; each step takes one training pass more.

    It is *not* temporal ensembling, which remembers the predictions of earlier epochs.

    Args:
        strength: λ, at least 0 (where it adds nothing). May be scheduled, and should rise slowly
            from 0: the paper ramps it up as `exp(−5 (1 − t)²)` over its first 80 epochs, to 100
            times the labelled fraction. Default 1.
        stddev: σ, the standard deviation of Gaussian noise on floating-point inputs, in their
            units, at least 0; integer inputs get none. May be scheduled. Default 0; the paper's
            0.15 is for images of variance 1.
        augmentation: g, a `keras.layers.Layer` without trainable weights that keeps the shape of
            a single floating-point input, such as `keras.layers.RandomTranslation`, or `None`.
        from_logits: Whether outputs are logits; `None` for what the compiled loss says.
        seed: Integer, or `None`, for the noise; the augmentation has a seed of its own.
        name: Name in logs and paths. Logs the added term.

    Takes any inputs, of any shapes, batch first; the output is of shape `(batch, ..., K)`, or
    `(batch, ..., 1)` for two classes.

    Raises:
        ValueError: If an argument is out of its range; if the augmentation does not fit the model's
            inputs, or has trainable weights; at `compile`, if `from_logits` is `None` and the loss
            is no cross-entropy; at the first step, if there are several outputs or targets.

    Example:

    >>> model = keras.Sequential(
    ...     [keras.Input((4,)), keras.layers.Dropout(0.5), keras.layers.Dense(3, "softmax")]
    ... )
    >>> wrapped = keras_regzoo.RegularizedModel(model, [keras_regzoo.objectives.Consistency(10.0)])
    >>> wrapped.compile("sgd", "sparse_categorical_crossentropy")
    >>> labels = np.array([0, 1, 2, -1, -1, -1, -1, -1])
    >>> history = wrapped.fit(np.ones((8, 4)), labels, verbose=0)
    >>> sorted(history.history)
    ['consistency', 'data_loss', 'loss']

    Reference: Laine & Aila (2017), Temporal Ensembling for Semi-Supervised Learning, sec. 2.1 and
    algorithm 1.
    """

    def __init__(
        self,
        strength: float = 1.0,
        stddev: float = 0.0,
        augmentation: Any = None,
        from_logits: bool | None = None,
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(strength, stddev, augmentation, from_logits, seed, name)

    def begin(self, weights: list[Tensor]) -> None:
        """The other pass is made at the same weights: nothing is needed."""

    def target(self, loss: Loss, weights: list[Tensor], x: Any, begun: None) -> Any:
        return loss.outputs(weights, x, draw=1)
