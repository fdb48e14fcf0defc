"""RegularizedModel: any Keras model, trained on a transformed loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.objectives.objective_model import ObjectiveModel
from keras_regzoo.registration import register


@register
class RegularizedModel(ObjectiveModel):
    """Trains a Keras model with a list of objectives, through an ordinary `fit`.

        L' = (T_n ∘ … ∘ T₁)(L),   T_i the objectives, L the compiled loss plus the model's own

    The list is a composition, the first one innermost:
    `RegularizedModel(model, [Mixup(0.2), SharpnessAware(0.05)])` takes the sharpness-aware step
    on the mixed-up loss. With an empty list training is that of `model` itself.

    The model is not changed: `wrapped.base` is `model`, with the same weights, to be saved,
    exported and used on its own. Prediction through the wrapper equals prediction through it.
    `evaluate` and validation report the plain loss; objectives act in training alone. Training
    logs hold `loss`, the loss that is trained, `data_loss`, the compiled loss of the pass that is
    made anyway, and one entry for each term that an objective adds. Training metrics are those of
    that same pass: under a batch transform they compare predictions for the transformed inputs
    with the batch's own labels.

    Args:
        model: Any `keras.Model`, built or not: Sequential, functional with several inputs and
            outputs, subclassed. Its own losses (`add_loss`, weight and activity regularizers)
            stay in force.
        objectives: List of objectives; each name once.
        name: Name of the wrapper.

    Input and output shapes are those of `model`.

    Raises:
        ValueError: If `model` is not a Keras model, or brings a `train_step`, `compute_loss`,
            `test_step`, `predict_step` or `compute_metrics` of its own, which this class would
            silently replace; if an objective is not one, two have one name, or one acts on another
            model.

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> wrapped = keras_regzoo.RegularizedModel(
    ...     model, [keras_regzoo.objectives.WeightPenalty({"kernel": keras.regularizers.L2(1e-4)})]
    ... )
    >>> wrapped.compile("sgd", "mse")
    >>> history = wrapped.fit(np.ones((8, 4)), np.ones((8, 1)), verbose=0)
    >>> sorted(history.history)
    ['data_loss', 'loss', 'weight_penalty']

    Reference: Goodfellow, Bengio & Courville (2016), Deep Learning, ch. 7, eq. 7.1.
    """

    def __init__(
        self,
        model: keras.Model,
        objectives: list[Objective] | tuple = (),
        name: str | None = None,
    ) -> None:
        validation.instance("model", model, keras.Model)
        _refuse_own_training(model)
        own = (model.built_in, model.criterion) if isinstance(model, ObjectiveModel) else ((), None)
        super().__init__(model, objectives, name, *own)

    def targets(self, x: Any, y: Any) -> Any:
        return self.base.targets(x, y) if isinstance(self.base, ObjectiveModel) else y

    def fit(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        x, y = self.prepared_for_fit(x, y, kwargs, self.loss)
        return self.fed(super().fit, x, y, *args, **kwargs)

    def evaluate(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        x, y = self.prepared_for(x, y, kwargs, self.loss)
        return self.fed(super().evaluate, x, y, *args, **kwargs)

    def predict(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        return self.fed(super().predict, x, *args, **kwargs)

    def fed(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Calls `fit`, `evaluate` or `predict` on data as the model is fed with them."""
        return (
            self._reader.fed(method, *args, **kwargs) if self._reader else method(*args, **kwargs)
        )

    def prepared_for_fit(self, x: Any, y: Any, options: dict[str, Any], loss: Any) -> Any:
        """Returns inputs and targets as the model prepares what it is given, if it does."""
        return self._reader.prepared_for_fit(x, y, options, loss) if self._reader else (x, y)

    def prepared_for(self, x: Any, y: Any, options: dict[str, Any], loss: Any) -> Any:
        """The same where nothing is held out."""
        return self._reader.prepared_for(x, y, options, loss) if self._reader else (x, y)

    @property
    def _reader(self) -> Any:
        """The model, if it has its own way with data."""
        own = isinstance(self.base, ObjectiveModel) and hasattr(self.base, "prepared_for_fit")
        return self.base if own else None

    def get_config(self) -> dict[str, Any]:
        model = keras.saving.serialize_keras_object(self.base)
        return {"model": model, **super().get_config()}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> RegularizedModel:
        restore = keras.saving.deserialize_keras_object
        return cls(
            restore(config["model"], custom_objects),
            [restore(objective, custom_objects) for objective in config["objectives"]],
            config["name"],
        )


def _refuse_own_training(model: keras.Model) -> None:
    if isinstance(model, ObjectiveModel):
        if model.objectives:
            names = ", ".join(objective.name for objective in model.objectives)
            raise ValueError(
                f"`model` must have no objectives of its own; received {model.name!r} with "
                f"{names}: give all of them in one list."
            )
        return
    for method in ("train_step", "compute_loss", "test_step", "predict_step", "compute_metrics"):
        if getattr(type(model), method) is not getattr(keras.Model, method):
            raise ValueError(
                "`model` must be trained, evaluated and asked for predictions as Keras does it; "
                f"received {type(model).__name__}, whose own `{method}` would be lost."
            )
