"""The parts of a search: its examples, its tuner, its trials, and the best one trained anew."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_regzoo import validation
from keras_regzoo.callbacks.checkpoint_path import save_whole
from keras_regzoo.data import Dataset
from keras_regzoo.diagnostics.base_models import Builder
from keras_regzoo.diagnostics.measures import CHUNK, Scale, measure, predict
from keras_regzoo.diagnostics.progress_bar import progress_bar
from keras_regzoo.diagnostics.technique_names import fitting
from keras_regzoo.objectives import RegularizedModel
from keras_regzoo.quiet import QUIET
from keras_regzoo.training.retrain_on_all_data import Retrained
from keras_regzoo.tuning.failures import failure_of
from keras_regzoo.tuning.fold_score import cautious_mean

LOSS = "val_loss"
OF_CLASSES = (
    *("label_smoothing", "virtual_adversarial_training", "r_drop"),
    *("consistency", "mean_teacher", "pseudo_label"),
)
INSTEAD_OF_0 = 2**31  # KerasTuner draws a seed in its place
RATE = 3  # Hyperband's factor: Li et al. 2018, §3.6, advise 3 or 4


class Examples:
    """The examples to search with: those of training and validation, and test data set aside.

    Args:
        data: The data.
    """

    def __init__(self, data: Dataset) -> None:
        self.data = data
        self.x = np.concatenate([data.x_train, data.x_validation])
        y = np.concatenate([data.y_train, data.y_validation])
        self.scale = Scale(None if data.classes else y)
        self.y = self.scale(y)

    @property
    def most_folds(self) -> int:
        """So many examples as the rarest class has; of a regression, all."""
        rarest = np.unique(self.y, return_counts=True)[1].min()
        return int(rarest) if self.data.classes else len(self.x)

    def build(self, builder: Builder, learning_rate: float) -> keras.Model:
        """Returns a new compiled network for them."""
        model = builder(self.data.shape, max(1, self.data.num_classes))
        loss: Any = keras.losses.MeanSquaredError()
        if self.data.classes:
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(learning_rate), loss)
        return model

    def test(self, model: keras.Model) -> dict[str, float | None]:
        """Returns what is measured of a network on the test data."""
        x, y = self.data.x_test, self.data.y_test
        return measure(predict(model, x, min(CHUNK, len(x))), y, self.scale)


def _random(oracles: Any, settings: dict[str, Any], **common: Any) -> Any:
    return oracles.RandomSearchOracle(**common)


def _bayesian(oracles: Any, settings: dict[str, Any], **common: Any) -> Any:
    return oracles.BayesianOptimizationOracle(**common)


def _hyperband(oracles: Any, settings: dict[str, Any], max_trials: int, **common: Any) -> Any:
    oracle = oracles.HyperbandOracle(max_epochs=settings["epochs"], factor=RATE, **common)
    oracle.max_trials = max_trials
    return oracle


def _grid(oracles: Any, settings: dict[str, Any], **common: Any) -> Any:
    return oracles.GridSearchOracle(**common)


ORACLES: dict[str, Callable[..., Any]] = {
    "random": _random,
    "bayesian": _bayesian,
    "hyperband": _hyperband,
    "grid": _grid,
}


def check_techniques(examples: Examples, builder: Builder, settings: dict[str, Any]) -> None:
    """Raises a ValueError if a technique of a search does not fit the network, or a regression."""
    keras_tuner = validation.extra("keras_tuner", "tuner", "A search")
    space = _space(examples, builder, settings)
    for name in settings["techniques"]:
        if name in OF_CLASSES and not examples.data.classes:
            raise ValueError(
                f"`techniques` must suit a regression, which has no classes; received {name!r}."
            )
        hp = keras_tuner.HyperParameters()
        hp.values["techniques"] = name
        with fitting(name):
            space.build(hp)


def _space(examples: Examples, builder: Builder, settings: dict[str, Any]) -> Any:
    from keras_regzoo.tuning.regularized_hyper_model import RegularizedHyperModel

    return RegularizedHyperModel(
        lambda hp: examples.build(builder, settings["learning_rate"]),
        settings["techniques"],
        settings["max_techniques"],
    )


def make_tuner(
    examples: Examples, builder: Builder, settings: dict[str, Any], trials: int, folder: Path
) -> Any:
    """Returns the tuner, with the trials that the folder holds.

    Raises:
        ValueError: If a file is damaged.
    """
    keras_tuner = validation.extra("keras_tuner", "tuner", "A search")
    from keras_regzoo.tuning.cross_validated_tuner import CrossValidatedTuner

    space = _space(examples, builder, settings)
    oracle = ORACLES[settings["oracle"]](
        keras_tuner.oracles,
        settings,
        objective=keras_tuner.Objective(LOSS, "min"),
        max_trials=trials,
        seed=settings["seed"] or INSTEAD_OF_0,
    )
    options: dict[str, Any] = {"seed": settings["seed"], "spread": settings["spread"]}
    options |= {"directory": str(folder.parent), "project_name": folder.name}
    with contextlib.redirect_stdout(io.StringIO()):  # it says where it reads trials from
        return CrossValidatedTuner(oracle, space, settings["folds"], **options)


def run_trials(
    tuner: Any, examples: Examples, settings: dict[str, Any], trials: int, progress: bool
) -> None:
    """Runs the trials that are left.

    Raises:
        ValueError: If none could be trained, or KerasTuner gave up after several that failed.
    """
    with progress_bar("trials", progress) as bar:
        shown = bar.add_task("", total=trials, doing="")

        def show() -> list[keras.callbacks.Callback]:
            """Shows how far the search is; called before each fold."""
            begun, ended = len(tuner.oracle.trials), len(tuner.oracle.end_order)
            best = tuner.scored_trials()
            score = f", best {best[0].score:.4g}" if best else ""
            bar.update(shown, completed=ended, doing=f"trial {begun}{score}")
            return []

        tuner.search(
            examples.x,
            examples.y,
            epochs=settings["epochs"],
            batch_size=settings["batch_size"],
            verbose=QUIET,
            callbacks=show,
        )
        bar.update(shown, completed=trials, doing="trials")


def trials_of(tuner: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Returns each hyperparameter, and each trial, as what JSON can hold."""
    trials = sorted(tuner.oracle.trials.values(), key=lambda trial: int(trial.trial_id))
    return [_range(each) for each in tuner.oracle.get_space().space], [
        _trial(tuner, trial) for trial in trials
    ]


def _range(each: Any) -> dict[str, Any]:
    config = each.get_config()
    if "values" in config:
        return {"name": each.name, "choices": list(config["values"])}
    return {
        "name": each.name,
        "low": config["min_value"],
        "high": config["max_value"],
        "scale": config["sampling"],
    }


def _trial(tuner: Any, trial: Any) -> dict[str, Any]:
    folds = tuner.fold_scores(trial.trial_id)
    given = trial.hyperparameters.values
    values = [fold.value for fold in folds]
    return {
        "number": int(trial.trial_id),
        "techniques": given["techniques"],
        "values": {k: v for k, v in given.items() if "/" in k and not k.startswith("tuner/")},
        "score": trial.score,
        "mean": float(np.mean(values)) if values else None,
        "error": cautious_mean(values, 1.0, "min") - float(np.mean(values)) if values[1:] else None,
        "folds": values,
        "epochs": given.get("tuner/epochs"),
        "stopped": trial.score is not None and len(folds) < tuner.splits,
        "failure": failure_of(trial),
    }


def refit_best(tuner: Any, examples: Examples, batch_size: int, path: Path) -> dict[str, Any]:
    """Trains the best trial's network on all examples, saves it, and returns its test error.

    Raises:
        ValueError: If no trial has ended.
    """
    refitted: Retrained = tuner.refit(examples.x, examples.y, batch_size=batch_size)
    model = refitted.model
    if isinstance(model, RegularizedModel):
        model = model.base
        if model.compiled:  # but not trained itself: loading would miss the optimizer's variables
            model.optimizer.build(model.trainable_variables)
    save_whole(model, path)
    return {"steps": refitted.steps, "test": examples.test(model)}
