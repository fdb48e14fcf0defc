"""The one class that overrides `compute_loss`."""

from __future__ import annotations

import threading
from typing import Any

import keras
from keras import ops, tree

from keras_regzoo.backend import Pass, PureView
from keras_regzoo.objectives.criterion import Criterion
from keras_regzoo.objectives.data_loss import DATA_LOSS, data_loss, from_logits
from keras_regzoo.objectives.inputs import as_fed
from keras_regzoo.objectives.lean_steps import LeanSteps
from keras_regzoo.objectives.loss import Loss, Point, Step, Tensor, Terms, aggregate
from keras_regzoo.objectives.objective import Objective, checked, same_objects
from keras_regzoo.objectives.term_means import ScalarMean, TermMeans, update_trackers
from keras_regzoo.objectives.unlabelled import labelled, update_metrics, without_unlabelled
from keras_regzoo.validation import plain_sentences

_in_step = threading.local()  # replicas of one model trace their steps in threads of their own


class ObjectiveModel(LeanSteps):
    """Trains a base model on its compiled loss as a list of objectives transforms it (abstract).

    Everything else is Keras's: `compile`, `fit`, `evaluate`, `predict`, callbacks, saving. In
    training `objectives[0]` is applied to the loss first, the last one outermost. Validation and
    `evaluate` report the plain loss.

    A subclass says what its base model is, and may fill in `targets`.

    Args:
        base: The model that makes the predictions.
        objectives: Their objects, with names that differ.
        name: Name of the model.
        built_in: Objectives that make the model what it is, applied before the others.
        criterion: The loss in place of a compiled one, or `None`.

    Raises:
        ValueError: If an objective is not one, or two have one name.
    """

    def __init__(
        self,
        base: keras.Model,
        objectives: list[Objective] | tuple = (),
        name: str | None = None,
        built_in: list[Objective] | tuple = (),
        criterion: Criterion | None = None,
    ) -> None:
        super().__init__(name=name, dtype=base.dtype_policy, autocast=False)
        self.base = base
        self.built_in = list(built_in)
        self.objectives = checked(objectives, self.built_in)
        self.criterion = criterion
        self.supports_masking = True
        self._attached = False
        self._from_logits: bool | None = None
        self._takes_unlabelled = any(each.takes_unlabelled for each in self.acting)
        terms = [term for objective in self.acting for term in objective.terms]
        names = [DATA_LOSS, *terms] if self.acting else []
        self._term_means = TermMeans(names) if names else None
        self._criterion_trackers = criterion.trackers() if criterion else []
        if base.built:
            self._attach()
            self.built = True

    def targets(self, x: Any, y: Any) -> Any:
        """Returns what the outputs are compared with, given a batch's inputs and labels."""
        return y

    @property
    def acting(self) -> list[Objective]:
        return [*self.built_in, *self.objectives]

    @property
    def core(self) -> keras.Model:
        """The model that makes the predictions, in whatever wraps it."""
        return self.base.core if isinstance(self.base, ObjectiveModel) else self.base

    @property
    def output_names(self) -> list[str]:
        return self.base.output_names

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Keras's own, and those that the base keeps as attributes, which Keras leaves out."""
        return [*super().metrics, *self.core._metrics]

    @property
    def compute_dtype(self) -> str:
        """The base casts for itself: the wrapper works at the variables' own precision."""
        return self.variable_dtype

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Within a step straight to `call`: what Keras does around it, it does for the base too."""
        in_step = getattr(_in_step, "model", None) is self
        if in_step and self.built and ops.is_tensor(inputs):
            return self.call(inputs, *args, **kwargs)
        return super().__call__(inputs, *args, **kwargs)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        in_step = getattr(_in_step, "model", None) is self
        if not (in_step and training and self._transforms and self._attached):
            outputs = self.core(inputs, training=training)
            self._attach()
            return outputs
        return self._first_pass(inputs)

    def take_step(self, *args: Any) -> Any:
        """Keras's own: only within it does `call` make the pass that objectives act on."""
        _in_step.model, before = self, getattr(_in_step, "model", None)
        try:
            return super().take_step(*args)
        finally:
            _in_step.model = before

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        """The base has put its masks on the outputs already."""

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self.base.compute_output_shape(input_shape)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        super().compile(*args, **kwargs)
        if self.criterion is not None and self.loss is not None:
            raise ValueError(
                f"`loss` must be left out: that of {type(self.criterion).__name__} is part of "
                f"{self.name!r}; received {self.loss!r}."
            )
        object.__setattr__(self, "_loss_tracker", ScalarMean("loss"))  # which Keras lists itself
        self._from_logits = from_logits(self.loss)
        for objective in self.acting:
            objective.check(self.loss, self.acting)
            objective.check_weights(getattr(self._compile_loss, "_user_loss_weights", None))

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles as the saved model was: what Keras does for a class without a `compile`."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.built:
            self.optimizer.build(self.trainable_variables)

    def fit(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        return super().fit(x, self._weighted_targets(x, y, kwargs), *args, **kwargs)

    def evaluate(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        return super().evaluate(x, self._weighted_targets(x, y, kwargs), *args, **kwargs)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        labels, y = y, self.targets(x, y)
        known = labelled(y, self.loss) if self._takes_unlabelled else None
        if known is not None:
            y, sample_weight = without_unlabelled(y, sample_weight, known)
        _in_step.training = training
        if not (training and self._transforms):
            if self.criterion is not None:
                return self._evaluated(x, y, sample_weight)
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        step, draws = self._take_step(x, y_pred)
        step.predicted, step.labels, step.labelled = y_pred, labels, known
        if self._compile_loss is not None and self._compile_loss.metrics:
            self._compile_loss(y, y_pred, sample_weight)  # its losses per output are logged once
        loss = Loss(step, self._plain_loss(step))
        for objective, draw in zip(self.awake, draws, strict=True):
            loss = objective.transform(loss, draw)
        value, terms = loss.evaluate(Point(step.weights, step.x, y, sample_weight))
        for objective in self.awake:
            objective.update(terms)
        self._log(terms, x, training)
        return value

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        y = self.targets(x, y)
        if self._takes_unlabelled and self._compile_metrics is not None:
            update_metrics(self._compile_metrics, y, y_pred, sample_weight, self.loss)
            logs = self.get_metrics_result()
        else:
            logs = super().compute_metrics(x, y, y_pred, sample_weight)
        if not getattr(_in_step, "training", True):
            for term in self._term_means.terms if self._term_means else ():
                logs.pop(term, None)
        return logs

    def export(self, filepath: Any, *args: Any, **kwargs: Any) -> Any:
        """Exports the base, which predicts the same."""
        return self.core.export(filepath, *args, **kwargs)

    def get_build_config(self) -> None:
        """The base carries its own."""

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "objectives": [keras.saving.serialize_keras_object(o) for o in self.objectives],
        }

    def _weighted_targets(self, x: Any, y: Any, options: dict[str, Any]) -> Any:
        """Names the targets where examples have weights, which Keras drops if `y` is `None`."""
        weighted = options.get("sample_weight") is not None
        return self.targets(x, None) if y is None and weighted else y

    @property
    def _transforms(self) -> bool:
        """Whether training needs a pass of the engine's own."""
        return bool(self.acting) or self.criterion is not None

    def _attach(self) -> None:
        core = self.core
        if not self._attached and core.built:
            with plain_sentences():
                for objective in self.acting:
                    objective.join(core)
            taps = [tap for objective in self.acting for tap in objective.taps]
            if self.criterion is not None:
                taps += tree.flatten(self.criterion.taps)
            self._view = PureView(core, taps)
            self._attached = True

    def _begin(self, x: Any) -> tuple[Step, list[Any]]:
        step = Step(self._view, as_fed(self.core, x), self._from_logits)
        with plain_sentences():
            return step, [objective.draw(step.weights, step.x) for objective in self.awake]

    def _first_pass(self, inputs: Any) -> Any:
        """Makes the trainer's pass where the trained loss will first be evaluated."""
        step, draws = self._begin(inputs)
        weights, x = step.weights, step.x
        for objective, draw in zip(reversed(self.awake), reversed(draws), strict=True):
            weights, x = step.once(objective.move, draw, weights, x)
        if weights is step.weights:
            outputs, taps = self._view.call_layer(x, training=True)
            made = Pass(outputs, self.core.losses, [], [], taps)
        else:
            state = step.state._replace(generator=None)
            made = self._view(weights, state, x, training=True)
            self._view.assign(made.updates, state)
        step.remember(weights, x, made)
        _in_step.begun = (self, made.outputs, step, draws)
        return made.outputs

    def _take_step(self, x: Any, y_pred: Any) -> tuple[Step, list[Any]]:
        """Returns the step that the pass which made `y_pred` began, or a new one without it."""
        begun, _in_step.begun = getattr(_in_step, "begun", None), None
        if begun is not None:
            model, outputs, step, draws = begun
            if model is self and same_objects(tree.flatten(outputs), tree.flatten(y_pred)):
                return step, draws
        return self._begin(x)

    def _plain_loss(self, step: Step) -> Any:
        """The compiled loss plus the losses the base collects, each counted once."""

        def evaluate(
            weights: list[Tensor], x: Any, y: Any, sample_weight: Any
        ) -> tuple[Tensor, Terms]:
            return self._loss_of(step.forward(weights, x), y, sample_weight, training=True)

        return evaluate

    def _evaluated(self, x: Any, y: Any, sample_weight: Any) -> Tensor:
        """Returns the criterion outside of training, and logs its terms."""
        step = Step(self._view, x)
        criterion: Any = self.criterion
        made = criterion.evaluation_pass(self._view, step.weights, step.state, x)
        value, terms = self._loss_of(made, y, sample_weight, training=False)
        self._log(terms, x, training=False)
        return value

    def _loss_of(
        self, made: Pass, y: Any, sample_weight: Any, training: bool
    ) -> tuple[Tensor, Terms]:
        collected = [*made.losses, *made.penalties]
        if self.criterion is not None:
            value, terms = self.criterion.mean_loss(made, y, sample_weight, training)
            terms = {DATA_LOSS: value, **terms}
        elif self._compile_loss is not None:
            value, terms = data_loss(self._compile_loss, y, made.outputs, sample_weight)
        elif collected:
            value, terms = ops.zeros(()), {DATA_LOSS: ops.zeros(())}
        else:
            raise ValueError("No loss to compute. Provide a `loss` argument in `compile()`.")
        return sum((aggregate(ops.cast(c, value.dtype)) for c in collected), value), terms

    def _log(self, terms: Terms, x: Any, training: bool) -> None:
        examples = ops.shape(tree.flatten(x)[0])[0]
        if training and self._term_means:
            self._term_means.update_state(terms, examples)
        update_trackers(self._criterion_trackers, terms, examples)
