"""What a training and a validation error say about a model, and what to try."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.table import Table

from keras_regzoo import validation

AGAINST_VARIANCE = {
    "image_augmentation": "more examples, of which these are the cheapest",
    "mixup": "more examples between those there are",
    "weight_decay": "smaller weights",
    "dropout": "many thinned networks in one",
    "early_stopping": "no more steps than help",
    "sharpness_aware": "flat minima",
    "label_smoothing": "no certainty about single labels",
    "stochastic_weight_averaging": "the mean of many weights",
    "consistency": "unlabelled examples, where there are some",
}
AGAINST_BIAS = {
    "": "a larger network, more steps, another learning rate, less regularization",
    "batch_normalization": "deeper networks that train",
    "highway": "shortcuts for gradients",
    "gradient_monitor": "layers that do not learn are named",
    "greedy_pretraining": "a better start for deep networks",
    "loss_smoothing": "a way around poor minima",
}


@dataclass(frozen=True)
class Diagnosis:
    """What a training and a validation error say about a model.

    Attributes:
        bias: The training error above the target.
        variance: The validation error above the training error.
        tolerance: How large either may be.
    """

    bias: float
    variance: float
    tolerance: float

    @property
    def high_bias(self) -> bool:
        """Whether the training examples are not fitted well enough."""
        return self.bias > self.tolerance

    @property
    def high_variance(self) -> bool:
        """Whether new examples fare worse than those trained on."""
        return self.variance > self.tolerance

    @property
    def verdict(self) -> str:
        """`"high bias"`, `"high variance"`, both, or neither."""
        if self.high_bias and self.high_variance:
            return "high bias and high variance"
        if self.high_bias or self.high_variance:
            return "high bias" if self.high_bias else "high variance"
        return "neither high bias nor high variance"

    @property
    def techniques(self) -> tuple[str, ...]:
        """Names of catalogue entries to try; those against bias come first."""
        return tuple(name for name, _ in self._advice() if name)

    def table(self) -> Table:
        """Returns the verdict and what to try as a rich table."""
        table = Table(title=f"{self.verdict}: bias {self.bias:.3g}, variance {self.variance:.3g}")
        table.add_column("try")
        table.add_column("for")
        for name, why in self._advice():
            table.add_row(name or "the network itself", why)
        return table

    def _advice(self) -> list[tuple[str, str]]:
        against_bias = AGAINST_BIAS.items() if self.high_bias else ()
        against_variance = AGAINST_VARIANCE.items() if self.high_variance else ()
        return [*against_bias, *against_variance]


def diagnose(
    training_error: float, validation_error: float, target: float = 0.0, tolerance: float = 0.02
) -> Diagnosis:
    """Tells high bias from high variance, and names what to try.

        bias = training error − target,   variance = validation error − training error

    The target is the error that nothing can beat, such as that of people, or of noisy labels; a
    training error above it can be avoided. Both errors are plain ones: without penalties, dropout
    or augmentation, which `model.evaluate` on the training examples gives and the log of `fit` does
    not.

    It is *not* the decomposition of one expected error: `bias_variance` measures that, with many
    training sets.

    Args:
        training_error: Error on the examples trained on, at least 0: a share of wrong predictions,
            or any other error that is better when smaller.
        validation_error: The same error on examples held out, at least 0.
        target: The error to be reached, at least 0.
        tolerance: The bias and the variance that do not matter, in units of the error, at least 0.

    Returns:
        A `Diagnosis`; its `table()` prints with rich.

    Raises:
        ValueError: If an argument is outside its range.

    Example:

    >>> found = keras_regzoo.diagnostics.diagnose(0.01, 0.11)
    >>> found.verdict, found.techniques[:3]
    ('high variance', ('image_augmentation', 'mixup', 'weight_decay'))

    Reference: Ng (2018), Machine Learning Yearning, ch. 20-27; Goodfellow, Bengio & Courville
    (2016), Deep Learning, sec. 11.3.
    """
    errors: dict[str, Any] = {
        "training_error": training_error,
        "validation_error": validation_error,
        "target": target,
        "tolerance": tolerance,
    }
    for name, value in errors.items():
        validation.number(name, value, "[0, inf)")
    return Diagnosis(training_error - target, validation_error - training_error, tolerance)
