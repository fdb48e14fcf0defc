"""Objective: what maps the loss to the loss that is trained in its place."""

from __future__ import annotations

import re
import weakref
from abc import ABC, abstractmethod
from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.backend import graph_of
from keras_regzoo.objectives.loss import Loss, Point, Tensor, Terms, aggregate
from keras_regzoo.strengths import add_strength, strength_config


class Objective(keras.layers.Layer):
    """Maps a loss to the loss trained in its place (abstract).

    An objective is a value in the list given to `RegularizedModel`. It is a `keras.layers.Layer`
    only in that the model tracks, saves and shows its variables: it is never called. It acts in
    training alone.

    Subclass `Penalty`, `BatchTransform` or `WeightTransform` where one of them fits; override
    `transform` where the loss or its gradient is needed to find where to evaluate the loss.

    Args:
        name: Name in logs and paths; by default the class name in snake case.
        strengths: Under each constructor argument that training may move, its value and the
            interval it must lie in. Each becomes a variable of that name.
    """

    rests_at_zero = ""  # the strength at whose 0 it changes nothing, not even the logs
    takes_unlabelled = False  # whether -1 and rows of zeros among the targets mark missing labels
    retakes = False  # whether the trained loss is taken in other passes than its logged parts

    def __init__(self, name: str | None = None, **strengths: tuple[float, str]) -> None:
        super().__init__(name=name or snake_case(type(self).__name__))
        self.strengths = {}
        for argument, (value, within) in strengths.items():
            setattr(self, argument, add_strength(self, argument, value, within))
        self._model: weakref.ref[keras.Model] | None = None
        self._seen: tuple[weakref.ref[Any], ...] = ()
        self._made_for_model: tuple[weakref.ref[Any], ...] = ()
        self.built = True

    @property
    def terms(self) -> tuple[str, ...]:
        """The names of the numbers it adds to the logs."""
        return (self.name,)

    def join(self, model: keras.Model) -> None:
        """Attaches it to a model, the only one if it looks anything up there.

        A model that it is attached to already and that has not been rebuilt since is left as it
        is, and so is what the objective has learned there.

        Raises:
            ValueError: If it acts on another one already, or the model does not fit.
        """
        looks_up = type(self).attach is not Objective.attach
        known = self._model() if self._model is not None and looks_up else None
        if known is not None and known is not model:
            raise ValueError(
                f"{self.name!r} must act on one model; received {model.name!r} beside "
                f"{known.name!r}: make another {type(self).__name__} for it."
            )
        built = [each for each in (graph_of(model), *model.variables) if each is not None]
        if known is None or not same_objects([each() for each in self._seen], built):
            self._attach_anew(model)
        self._model = weakref.ref(model)
        self._seen = tuple(map(weakref.ref, built))

    def _attach_anew(self, model: keras.Model) -> None:
        """Attaches it without the variables of its own that it made for the model as it was."""
        for reference in self._made_for_model:
            self._untrack_variable(reference())  # which the layer has kept alive until here
        before = set(map(id, self._own_variables))
        self.attach(model)
        made = [each for each in self._own_variables if id(each) not in before]
        self._made_for_model = tuple(map(weakref.ref, made))  # saving walks through what it holds

    @property
    def _own_variables(self) -> list[keras.Variable]:
        """Its variables without those of layers that it holds."""
        return [*self._trainable_variables, *self._non_trainable_variables]

    def attach(self, model: keras.Model) -> None:
        """Looks up, once, what it needs of the built base `model`.

        Raises:
            ValueError: If the model does not fit.
        """

    @property
    def taps(self) -> list[Any]:
        """The symbolic tensors of the model's graph that it reads in each pass: see `Pass.taps`.

        Asked for once, after `attach`.
        """
        return []

    def check(self, loss: Any, objectives: list[Objective]) -> None:
        """Looks, when the model is compiled, whether it fits the rest.

        Args:
            loss: What `compile(loss=...)` was given.
            objectives: All objectives of the model, itself among them.

        Raises:
            ValueError: If it cannot act on such a loss, or beside one of the others.
        """

    def check_weights(self, loss_weights: Any) -> None:
        """Looks, when the model is compiled, whether it fits `compile(loss_weights=...)`.

        Raises:
            ValueError: If it cannot act on a loss that is weighted so.
        """

    def check_before(self, objectives: list[Objective], others: list[Objective], why: str) -> None:
        """Raises a `ValueError` if one of `others` is applied before it, saying `why` not."""
        before = objectives[: objectives.index(self)]
        names = [each.name for each in before if each in others]
        if names:
            raise ValueError(
                f"`objectives` must have {self.name} before {' and '.join(names)}, {why}; "
                f"received {', '.join(each.name for each in objectives)}."
            )

    def draw(self, weights: list[Tensor], x: Any) -> Any:
        """Returns the random numbers of one step, drawn once, whatever is evaluated with them."""

    def move(self, draw: Any, weights: list[Tensor], x: Any) -> tuple[list[Tensor], Any]:
        """Returns where the first pass of the step is made.

        The trainer makes that pass before it has seen the targets; whatever an objective changes
        without them it changes here, so that no pass is made in vain.
        """
        return weights, x

    def transform(self, loss: Loss, draw: Any) -> Loss:
        """Returns the loss to train in place of `loss`, given the step's `draw`."""
        raise NotImplementedError(f"{type(self).__name__} must override `transform`.")

    def update(self, terms: Terms) -> None:
        """Assigns to its own variables what the step has found, once a step.

        Within `transform` nothing may be assigned: it may be differentiated.

        Args:
            terms: All terms of the trained loss, what it has noted there under
                `f"{self.name}/..."` among them.
        """

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, **strength_config(self)}


class Penalty(Objective, ABC):
    """Adds `strength · penalty` to the loss (abstract): `L' = L + λ Ω`.

    Fill in `penalty`. It costs no second pass as long as it asks for none: `loss.outputs` at the
    point it is given is the pass that the loss itself is made of. Logs the added term.

    Args:
        strength: λ, at least 0.
        name: Name in logs and paths.
    """

    def __init__(
        self, strength: float = 1.0, name: str | None = None, **strengths: tuple[float, str]
    ) -> None:
        super().__init__(name, strength=(strength, "[0, inf)"), **strengths)

    @abstractmethod
    def penalty(self, loss: Loss, point: Point, draw: Any) -> Tensor:
        """Returns the scalar Ω at `point`."""

    def transform(self, loss: Loss, draw: Any) -> Loss:
        def penalized(point: Point) -> tuple[Tensor, Terms]:
            value, terms = loss.evaluate(point)
            term = aggregate(self.strength * self.penalty(loss, point, draw))
            return value + ops.cast(term, value.dtype), {**terms, self.name: term}

        return loss.then(penalized)


class BatchTransform(Objective, ABC):
    """Evaluates the loss on another batch (abstract): `L'(w, x, y) = Σᵢ aᵢ L(w, T(x), yᵢ)`.

    Fill in `transform_inputs`, and `transform_targets` where targets change too. The other batch
    is the only one the model sees: metrics, batch statistics and activity losses of training are
    those of `T(x)`. Adds no term to the logs.
    """

    @property
    def terms(self) -> tuple[str, ...]:
        return ()

    @abstractmethod
    def transform_inputs(self, x: Any, draw: Any) -> Any:
        """Returns `T(x)`."""

    def transform_targets(
        self, y: Any, sample_weight: Any, draw: Any
    ) -> list[tuple[Tensor | float, Any, Any]]:
        """Returns the `(aᵢ, yᵢ, sample_weightᵢ)` whose weighted losses are summed."""
        return [(1.0, y, sample_weight)]

    def move(self, draw: Any, weights: list[Tensor], x: Any) -> tuple[list[Tensor], Any]:
        return weights, self.transform_inputs(x, draw)

    def transform(self, loss: Loss, draw: Any) -> Loss:
        def transformed(point: Point) -> tuple[Tensor, Terms]:
            weights, x = loss.step.once(self.move, draw, point.weights, point.x)
            targets = self.transform_targets(point.y, point.sample_weight, draw)
            parts = [
                (share, loss.evaluate(Point(weights, x, y, sample_weight)))
                for share, y, sample_weight in targets
            ]
            value = sum(share * part for share, (part, _) in parts)
            names = parts[0][1][1]
            return value, {
                name: sum(share * terms[name] for share, (_, terms) in parts) for name in names
            }

        return loss.then(transformed)


class WeightTransform(Objective, ABC):
    """Evaluates the loss at other weights (abstract): `L'(w, ·) = L(T(w), ·)`.

    Fill in `transform_weights`; gradients flow through it. Adds no term to the logs.
    """

    @property
    def terms(self) -> tuple[str, ...]:
        return ()

    @abstractmethod
    def transform_weights(self, weights: list[Tensor], draw: Any) -> list[Tensor]:
        """Returns `T(w)`."""

    def move(self, draw: Any, weights: list[Tensor], x: Any) -> tuple[list[Tensor], Any]:
        return self.transform_weights(weights, draw), x

    def transform(self, loss: Loss, draw: Any) -> Loss:
        def transformed(point: Point) -> tuple[Tensor, Terms]:
            weights, x = loss.step.once(self.move, draw, point.weights, point.x)
            return loss.evaluate(point._replace(weights=weights, x=x))

        return loss.then(transformed)


def snake_case(name: str) -> str:
    """Returns a class's name as Keras writes that of a layer."""
    return re.sub(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", name).lower()


def same_objects(a: list[Any], b: list[Any]) -> bool:
    """Returns whether two lists hold the very same objects."""
    return len(a) == len(b) and all(one is other for one, other in zip(a, b, strict=True))


def checked(objectives: Any, built_in: list[Objective]) -> list[Objective]:
    """Returns the list of objectives, each of another name, those built in too.

    Raises:
        ValueError: If it is none.
    """
    if not isinstance(objectives, list | tuple):
        raise ValueError(f"`objectives` must be a list of objectives; received {objectives!r}.")
    for objective in objectives:
        validation.instance("objectives", objective, Objective)
    names = [objective.name for objective in [*built_in, *objectives]]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(
                f"`objectives` must have names that differ; received {name!r} twice: "
                "give one of them another `name`."
            )
    return list(objectives)
