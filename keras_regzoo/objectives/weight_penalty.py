"""Any regularizer, on weights chosen by their paths, of a model already built."""

from __future__ import annotations

import re
from typing import Any

import keras
from keras import ops

from keras_regzoo import backend, validation
from keras_regzoo.objectives.loss import Loss, Point, Tensor
from keras_regzoo.objectives.objective import Penalty
from keras_regzoo.objectives.weight_names import Variables, weight_paths
from keras_regzoo.registration import register

Paths = list[tuple[keras.Variable, str]]

_UNDECAYED = frozenset({"bias", "gamma", "beta", "scale"})


@register
class WeightPenalty(Penalty):
    """Adds a regularizer of chosen weights to the loss of a model already built.

        L'(w) = L(w) + λ Σᵢ Ωᵢ(wᵢ)

    Weights are chosen by their paths: the names of the layers of the base that hold them, then
    their own, as in `"dense/kernel"` or `"encoder/conv2d_1/bias"`. Each key is a regular
    expression searched for in the path; the last key that matches a weight decides for it, and
    `None` takes it out. Biases and the scales and offsets of normalization layers are left alone
    unless a key names them (contains `bias`, `gamma`, `beta` or `scale`): they do not overfit, and
    shrinking them underfits. A frozen weight is not penalized, for as long as it is frozen. Active
    in training alone; costs no pass.

    It is *not* decoupled weight decay: an adaptive optimizer rescales this gradient like any
    other (use the optimizer's `weight_decay` for AdamW).

    Args:
        patterns: Dict from regular expressions to `keras.regularizers.Regularizer` (or a name
            that Keras knows, or `None`). A regularizer alone is for every weight that is not a
            bias, scale or offset.
        strength: λ, a factor on the whole, at least 0 (where it changes nothing). May be
            scheduled. Default 1.
        name: Name in logs and paths. Logs the added term.

    Takes any inputs and targets, of any shapes.

    Raises:
        ValueError: If there is no pattern, or one is not a regular expression, matches no weight
            that can be trained, frozen ones included (the sentence lists the paths), or only ones
            it would have to name; if a value is not a regularizer, or not one of a weight it
            matches; if `strength` is negative. A pattern that takes weights out must match one of
            whatever kind.

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> penalty = keras_regzoo.objectives.WeightPenalty({"kernel": keras.regularizers.L2(1e-4)})
    >>> wrapped = keras_regzoo.RegularizedModel(model, [penalty])

    Reference: Goodfellow, Bengio & Courville (2016), Deep Learning, sec. 7.1, eq. 7.1.
    """

    def __init__(
        self,
        patterns: dict[str, Any] | keras.regularizers.Regularizer,
        strength: float = 1.0,
        name: str | None = None,
    ) -> None:
        super().__init__(strength, name)
        if not isinstance(patterns, dict):
            patterns = {"": patterns}
        self.patterns = {_checked(key): _regularizer(value) for key, value in patterns.items()}
        if not self.patterns:
            raise ValueError("`patterns` must have at least one pattern; received {}.")
        self._penalized = Variables()

    def attach(self, model: keras.Model) -> None:
        paths = weight_paths(model)
        chosen: dict[int, Any] = {}
        for pattern, regularizer in self.patterns.items():
            matches = [(v, path) for v, path in paths if re.search(pattern, path)]
            named = [(v, path) for v, path in matches if _may_penalize(path, pattern)]
            if not (named if regularizer else matches):
                raise ValueError(_no_match(pattern, matches, paths))
            chosen.update({id(v): regularizer for v, _ in named})
        reached = [(chosen.get(id(v)), v, path) for v, path in paths]
        for regularizer, v, path in reached:
            if regularizer is not None:
                _try(regularizer, v, path)
        self._penalized = Variables((r, v) for r, v, _ in reached if r is not None)

    def penalty(self, loss: Loss, point: Point, draw: Any) -> Tensor:
        at = loss.step.positions
        pairs = [(r, point.weights[at[id(v)]]) for r, v in self._penalized if id(v) in at]
        return total(pairs) if pairs else ops.zeros(())

    def get_config(self) -> dict[str, Any]:
        patterns = {
            key: regularizer and keras.saving.serialize_keras_object(regularizer)
            for key, regularizer in self.patterns.items()
        }
        return {"patterns": patterns, **super().get_config()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> WeightPenalty:
        restore = keras.saving.deserialize_keras_object
        patterns = {key: value and restore(value) for key, value in config["patterns"].items()}
        return cls(**{**config, "patterns": patterns})


def _checked(pattern: Any) -> str:
    try:
        re.compile(validation.instance("patterns", pattern, str))
    except re.error as error:
        raise ValueError(
            f"`patterns` must have regular expressions as keys; received {pattern!r} ({error})."
        ) from error
    return pattern


def _regularizer(value: Any) -> keras.regularizers.Regularizer | None:
    if isinstance(value, str):
        try:
            value = keras.regularizers.get(value)
        except ValueError as error:
            raise ValueError(
                "`patterns` must hold regularizers, or names that `keras.regularizers.get` knows; "
                f"received {value!r}."
            ) from error
    if value is not None:
        validation.instance("patterns", value, keras.regularizers.Regularizer)
    return value


def _try(regularizer: Any, variable: keras.Variable, path: str) -> None:
    """Raises for a regularizer that does not take the weight, which the first step would tell."""
    name = type(regularizer).__name__
    wanted = f"`patterns` must hold regularizers of the weights that they match; {name}"
    try:
        value = regularizer(variable)
    except ValueError as error:
        raise ValueError(f"{wanted} refused {path}: {error}") from error
    shape = tuple(getattr(value, "shape", ()))
    if shape:
        raise ValueError(f"{wanted} returned an array of shape {shape} for {path}.")


def total(pairs: list[tuple[keras.regularizers.Regularizer, Tensor]]) -> Tensor:
    """Returns `Σ Ωᵢ(wᵢ)`; L2, the commonest, at one go for all weights with one coefficient."""
    squared: dict[tuple[float, Any], list[Tensor]] = {}
    values = []
    for regularizer, weight in pairs:
        if type(regularizer) is keras.regularizers.L2:
            squared.setdefault((float(regularizer.l2), weight.dtype), []).append(weight)
        else:
            values.append(regularizer(weight))
    values += [l2 * backend.sum_of_squares(same) for (l2, _), same in squared.items()]
    return sum(values[1:], values[0])


def _may_penalize(path: str, pattern: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return name not in _UNDECAYED or name in pattern


def _no_match(pattern: str, matches: Paths, paths: Paths) -> str:
    if not matches:
        return (
            f"`patterns` has {pattern!r}, which matches no weight; the paths are {_listed(paths)}."
        )
    return (
        f"`patterns` has {pattern!r}, which matches only {_listed(matches)}: "
        "a pattern must name a bias, scale or offset to penalize it."
    )


def _listed(paths: Paths) -> str:
    return ", ".join(path for _, path in paths)
