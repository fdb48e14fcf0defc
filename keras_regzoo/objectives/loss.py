"""The loss as a pure function, and the pass it is made of."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from keras import ops, tree

from keras_regzoo import backend
from keras_regzoo.backend import Pass, PureView, State
from keras_regzoo.objectives.predictive import log_probabilities

Tensor = Any
Terms = dict[str, Tensor]

DATA_LOSS = "data_loss"  # the term of the loss of the data, without what objectives add

_HALF_PRECISION_SCALE = 2.0**10  # keeps the small gradients of a mean from vanishing in float16


class Point(NamedTuple):
    """Where a loss is evaluated.

    Attributes:
        weights: The values of the model's trainable variables, in their order.
        x: The inputs of the batch: a tensor, list or dict.
        y: The targets, or `None`.
        sample_weight: The weights of the examples, or `None`.
    """

    weights: list[Tensor]
    x: Any
    y: Any
    sample_weight: Any


class Step:
    """One training step: the state it starts from, and every pass made in it.

    What is computed twice from the very same tensors is computed once. That is all the sharing
    there is on PyTorch, where the trainer's own forward pass is reused this way; under XLA equal
    passes at equal tensors are merged by the compiler as well.

    Args:
        view: The model as a pure function.
        x: The inputs the trainer feeds.
        from_logits: Whether the outputs are logits; `None` if the compiled loss does not tell.

    Attributes:
        predicted: The outputs of the trainer's pass, for their shapes.
        labels: What `fit` was given as `y`, where the model itself says what its targets are.
        labelled: Which examples have a label, of the shape of their losses; `None` if all have.
    """

    def __init__(self, view: PureView, x: Any, from_logits: bool | None = None) -> None:
        self.view = view
        self.x = x
        self.from_logits = from_logits
        self._trained = view.layer.trainable_variables
        self.weights = view.weights(self._trained)
        self.state = view.state()
        self.predicted: Any = None
        self.labels: Any = None
        self.labelled: Any = None
        self._draw = 0
        self._known: dict[Any, tuple[Any, Any]] = {}

    @functools.cached_property
    def positions(self) -> dict[int, int]:
        """Where each trainable variable is among `weights`, by its id: those frozen are not."""
        return {id(variable): position for position, variable in enumerate(self._trained)}

    @property
    def drawn(self) -> State:
        """The state that passes start from, with the seeds of those being made."""
        return self.view.reseed(self.state, self._draw)

    def once(self, function: Callable[..., Any], *args: Any) -> Any:
        """Returns `function(*args)`, remembered for these very tensors."""
        key = _identity(function, args)
        if key not in self._known:
            self._known[key] = (function(*args), args)  # args are kept so that no id is reused
        return self._known[key][0]

    def forward(self, weights: list[Tensor], x: Any, draw: int = 0) -> Pass:
        """Returns the training pass at `weights` and `x`, with the step's dropout masks.

        Args:
            weights: Values of the trainable variables.
            x: Inputs.
            draw: 0 for the masks of the trainer's pass, the same in the whole step; any other
                number for masks of its own, within `redrawn` too.
        """
        return self.once(self._forward, weights, x, self._draw + draw)

    def made(self, weights: list[Tensor], x: Any) -> Pass | None:
        """Returns what `forward(weights, x)` has returned before in this step, if it has."""
        known = self._known.get(_identity(self._forward, (weights, x, self._draw)))
        return known and known[0]

    @contextmanager
    def redrawn(self, draw: int) -> Iterator[None]:
        """Gives the passes made within it dropout masks of their own; see `forward`.

        Draws add up, so that passes which differ in their masks still do within it.
        """
        self._draw += draw
        try:
            yield
        finally:
            self._draw -= draw

    def remember(self, weights: list[Tensor], x: Any, made: Pass) -> None:
        """Makes `forward(weights, x)` return the pass that the trainer has made."""
        args = (weights, x, 0)
        self._known[_identity(self._forward, args)] = (made, args)

    def _forward(self, weights: list[Tensor], x: Any, draw: int) -> Pass:
        state = self.view.reseed(self.state, draw)
        return self.view(weights, state, x, training=True)


class Loss:
    """A scalar loss, as a pure function `loss(weights, x, y, sample_weight)`.

    An objective receives one and returns one. Beside its value a loss has terms, the numbers
    that go to the logs.

    Args:
        step: The training step.
        evaluate: Maps a point's four parts to `(value, terms)`.
    """

    def __init__(self, step: Step, evaluate: Callable[..., tuple[Tensor, Terms]]) -> None:
        self.step = step
        self._evaluate = evaluate

    def __call__(self, weights: list[Tensor], x: Any, y: Any, sample_weight: Any = None) -> Tensor:
        return self._evaluate(weights, x, y, sample_weight)[0]

    def evaluate(self, point: Point) -> tuple[Tensor, Terms]:
        """Returns the loss and its terms at `point`."""
        return self._evaluate(*point)

    def gradient(
        self,
        point: Point,
        argument: str = "weights",
        differentiable: bool = False,
        term: str | None = None,
    ) -> tuple[Tensor, Terms, Any]:
        """Returns the loss, its terms, and a gradient with respect to one part of `point`.

        Args:
            point: Where to differentiate.
            argument: `"weights"`, `"x"` or `"sample_weight"`.
            differentiable: Whether the gradient will be differentiated again.
            term: Which of the terms to differentiate; `None` for the loss.
        """
        scale = _HALF_PRECISION_SCALE if self.step.view.layer.compute_dtype == "float16" else 1

        def along(part: Any) -> tuple[Tensor, tuple[Tensor, Terms]]:
            value, terms = self._evaluate(*point._replace(**{argument: part}))
            return (value if term is None else terms[term]) * scale, (value, terms)

        value_and_grad = backend.value_and_grad(along, True, differentiable)
        (_, (value, terms)), gradient = value_and_grad(getattr(point, argument))
        if scale != 1:
            gradient = tree.map_structure(lambda part: part / scale, gradient)
        return value, terms, gradient

    def per_example(self, point: Point) -> Tensor:
        """Returns the data loss of each example, of shape `(batch,)`, whatever their weights.

        The term of the data is linear in the weights of the examples, with `lᵢ / n` as its
        derivatives where it is a mean over the batch: that takes no other pass, however the loss is
        composed. Other terms need not be linear, and do not count: penalties on gradients are
        quadratic. The weights must be one number for each example.
        `compile` must be given a loss whose reduction is `"sum_over_batch_size"`, the default.
        """
        examples = ops.shape(tree.flatten(point.x)[0])[0]
        weight = point.sample_weight
        if weight is None:
            weight = ops.ones((examples,))
        point = point._replace(sample_weight=weight)
        _, _, gradient = self.gradient(point, "sample_weight", term=DATA_LOSS)
        each = ops.reshape(gradient, (-1,))
        return each * ops.cast(examples * backend.replicas(), each.dtype)

    def outputs(self, weights: list[Tensor], x: Any, draw: int = 0) -> Any:
        """Returns the model's training-mode predictions; see `Step.forward` for `draw`."""
        return self.step.forward(weights, x, draw).outputs

    def log_probabilities(self, outputs: Any, from_logits: bool | None = None) -> Tensor:
        """Returns the logarithms of the class probabilities, in nats and float32.

        Args:
            outputs: Predictions, of shape `(..., K)`; see `predictive` for K = 1.
            from_logits: Whether they are logits; `None` for what the compiled loss says.

        Raises:
            ValueError: If the model has several outputs.
        """
        leaves = tree.flatten(outputs)
        if len(leaves) > 1:
            raise ValueError(
                "`model` must have a single output for class probabilities to be compared; "
                f"received one with {len(leaves)}."
            )
        given = self.step.from_logits if from_logits is None else from_logits
        return log_probabilities(ops.cast(leaves[0], "float32"), bool(given))

    def then(self, evaluate: Callable[[Point], tuple[Tensor, Terms]]) -> Loss:
        """Returns a loss of the same step that is evaluated by `evaluate`."""
        return Loss(self.step, lambda *parts: evaluate(Point(*parts)))


def _identity(function: Callable[..., Any], args: tuple) -> tuple:
    """Names a call by its very arguments; a list by its elements, since lists are made anew.

    A step that held its own method would keep all of its tensors until garbage is collected.
    """
    owner, plain = getattr(function, "__self__", None), getattr(function, "__func__", function)
    return (
        plain,
        id(owner),
        *(tuple(map(id, each)) if isinstance(each, list) else id(each) for each in args),
    )


def aggregate(term: Tensor) -> Tensor:
    """Returns a scalar term as one replica's share of it: replicas sum their losses."""
    term = ops.sum(term) if len(term.shape) else term
    shares = backend.replicas()
    return term / shares if shares > 1 else term


def unscale(value: Tensor) -> Tensor:
    """Returns a replica's share of a loss as an estimate of the whole, for the logs."""
    shares = backend.replicas()
    return value * shares if shares > 1 else value
