"""A KerasTuner search whose objective is cross-validated. Needs the `tuner` extra."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_regzoo import validation
from keras_regzoo.data.folds import Fold, fold_indices
from keras_regzoo.data.splits import SEEDS
from keras_regzoo.diagnostics.run_store import write_atomically
from keras_regzoo.training import fit_options
from keras_regzoo.training.exact_steps import History, check_options
from keras_regzoo.training.examples import count, digest, finite_arrays, finite_if_given, take
from keras_regzoo.training.fresh import fresh
from keras_regzoo.training.retrain_on_all_data import Retrained
from keras_regzoo.tuning.fold_score import (
    FoldScore,
    TrialFolds,
    cautious_mean,
    means_and_spreads,
    read_folds,
    resume_folds,
    write_folds,
)
from keras_regzoo.tuning.sound_tuner import SoundTuner
from keras_regzoo.tuning.step_counter import StepCounter

keras_tuner: Any = validation.extra("keras_tuner", "tuner", "CrossValidatedTuner")

DIGEST = "folds.sha256"  # of data, seed and folds
EPOCHS = "tuner/epochs"  # that Hyperband gives a trial
REFUSED = ("validation_data", "validation_split", "validation_freq", "sample_weight")
PEERS = 3  # trials at least that a poor one is compared with


class CrossValidatedTuner(SoundTuner):
    """Searches hyperparameters by an objective's mean, and spread, over folds, with any oracle.

        v_k = best_epoch objective(f_θ trained without fold k; fold k)
        score(θ) = m + spread · s / √K,   m and s: mean and standard deviation of v_1 … v_K

    One split and its luck no longer decide: all trials see the same folds, and fold k begins with
    the seed `seed + k` in each. A trial's metrics are the means at the best epoch of each fold, and
    `NAME_spread`, the standard deviation over folds (the root of the mean square). With `spread`,
    the objective's own is the score, and `NAME_mean` its mean: of two settings with one mean, the
    steadier is better. Folds share training examples, so that s / √K is no honest standard error,
    but alike for all trials. A poor trial ends early: after `patience` folds its score is worse
    than the median, over the trials of as many epochs that have come as far, of theirs.

    Every fold is saved in the trial's folder as it ends: a search that was killed goes on with the
    next fold when it is started anew with the same `directory` and `project_name`, and refuses
    other data, `splits` or `seed`. In a search by
    several processes (KerasTuner's environment variables) each trial runs once; the results are
    those of one process, but for poor trials, whose peers depend on time.

    It is *not* an estimate for the winner, whose score is too good: it was chosen by it. Nest the
    search in `cross_validate(nested=True)` for that.

    Args:
        oracle: A KerasTuner oracle with one objective that `fit` logs on held-out examples, such as
            `RandomSearchOracle("val_loss", max_trials=20)`, Bayesian, grid or Hyperband.
        hypermodel: Function of `hp` that returns a new compiled model, or a `HyperModel`, whose
            `fit` gives `callbacks` to `model.fit` and returns its `History`.
        splits: Number of folds, or a scikit-learn splitter, as in `cross_validate`.
        patience: Folds at least before a poor trial ends, at least 1; `None` never ends one.
        seed: Seed of the folds and of training.
        spread: Weight of the spread in the score, at least 0; subtracted where more is better.
        **kwargs: Of `keras_tuner.Tuner`, such as `directory` and `project_name`.

    Raises:
        ValueError: If an argument is outside its range, there are several objectives, or a file in
            the folder is damaged.
        ImportError: If KerasTuner is not installed, which the `tuner` extra brings.

    Example:

    >>> import keras_tuner, tempfile
    >>> def build(hp):
    ...     model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    ...     model.compile(keras.optimizers.SGD(hp.Float("rate", 0.01, 0.1)), "mse")
    ...     return model
    >>> oracle = keras_tuner.oracles.RandomSearchOracle("val_loss", max_trials=2, seed=1)
    >>> x = np.linspace(0, 1, 12)[:, None]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tuner = keras_regzoo.tuning.CrossValidatedTuner(oracle, build, 3, directory=folder)
    ...     tuner.search(x, x, epochs=2, verbose=0)
    ...     sorted(tuner.oracle.get_best_trials(1)[0].metrics.metrics)
    ['loss', 'loss_spread', 'val_loss', 'val_loss_spread']

    Reference: Stone (1974), Cross-Validatory Choice; Golovin, Solnik, Moitra, Kochanski, Karro &
    Sculley (2017), Google Vizier, sec. 3.2.2 (the median stopping rule).
    """

    def __init__(
        self,
        oracle: Any,
        hypermodel: Any,
        splits: Any = 5,
        patience: int | None = 2,
        seed: int = 0,
        spread: float = 0.0,
        **kwargs: Any,
    ) -> None:
        if patience is not None:
            validation.integer("patience", patience, "[1, inf)")
        validation.instance("oracle", oracle, keras_tuner.Oracle)
        if hasattr(oracle.objective, "objectives"):
            raise ValueError("`oracle` must have one objective; received several.")
        if (executions := kwargs.get("executions_per_trial", 1)) != 1:
            raise ValueError(
                "`executions_per_trial` must be 1, as a trial trains once on each of `splits` "
                f"folds and `refit` once on all examples; received {executions!r}."
            )
        self.splits, self.patience = splits, patience
        self.spread = validation.number("spread", spread, "[0, inf)")
        self.seed = validation.integer("seed", seed, SEEDS)
        super().__init__(oracle, hypermodel, **kwargs)

    def search(self, x: Any, y: Any = None, **fit: Any) -> None:
        """Runs the trials that are left.

        Args:
            x: Array of inputs, batch first, or a list or dict of such.
            y: Array of targets, or a list or dict of such; `None` where the model takes none.
            **fit: Passed to `fit`; `callbacks` is a function that returns a list of new ones for
                each fold. Hyperband's epochs take the place of `epochs`, which is left out where
                the hypermodel's `fit` chooses them.

        Raises:
            ValueError: If the examples cannot be split or are not finite, an option of `fit` is
                outside its range or says what to validate on, or the folder holds folds of other
                data, `splits` or `seed`; later, if all trials fail, or several in a row.
        """
        x, y = _finite(x, y)
        folds = fold_indices(self.splits, y, count(x), seed=self.seed)
        for option in REFUSED:
            if fit.get(option) is not None:
                raise ValueError(f"`{option}` must be left out of a cross-validated search.")
        fit_options.check_callbacks(fit.get("callbacks"))
        fit_options.check_counts(fit)
        self._claim(x, y, folds)
        super().search(x, y, **fit)

    def run_trial(self, trial: Any, x: Any, y: Any = None, **fit: Any) -> dict[str, float]:
        """Trains on each fold that is left; returns the means and spreads of the metrics."""
        folds = fold_indices(self.splits, y, count(x), seed=self.seed)
        folder = self.get_trial_dir(trial.trial_id)
        saved = resume_folds(folder, trial.hyperparameters.values)
        scores = saved.scores
        for number in range(len(scores), len(folds)):
            if self._is_poor(folder, saved):
                break
            train, held = folds[number]
            scores.append(self._score(trial, number, x, y, train, held, fit))
            write_folds(folder, saved)
        means, spreads = means_and_spreads(scores)
        if self.spread:
            name = self.oracle.objective.name
            means = {**means, f"{name}_mean": means[name], name: self._together(scores)}
        return {**means, **spreads}

    def _together(self, scores: list[FoldScore]) -> float:
        values = [score.value for score in scores]
        return cautious_mean(values, self.spread, self.oracle.objective.direction)

    def fold_scores(self, trial_id: str) -> list[FoldScore]:
        """Returns what the folds of a trial gave that are done.

        Raises:
            ValueError: If the file that holds it is damaged.
        """
        return read_folds(self.get_trial_dir(trial_id)).scores

    def best_trial(self) -> Any:
        """Returns the trial with the best score of those that have run all folds.

        Raises:
            ValueError: If no trial has ended.
        """
        trials = self.scored_trials()
        if not trials:
            raise ValueError("`search` must have run a trial before `refit`; none has ended.")
        return max(trials, key=lambda trial: len(self.fold_scores(trial.trial_id)))  # the first

    def refit(self, x: Any, y: Any = None, batch_size: int | None = None, **fit: Any) -> Retrained:
        """Trains the best trial's model on all examples, for the median of its folds' best steps.

        The hypermodel's `fit` trains it, as it trained the folds, and is ended after these steps.

        Args:
            x: All inputs.
            y: All targets; `None` where the model takes none.
            batch_size: That of the search; `None` where it had none or the hypermodel chooses it.
            **fit: Other options of `fit`, but those that count epochs or steps; `callbacks` is a
                function that returns a list of new ones.

        Raises:
            ValueError: If an argument is not as it must be, or no trial has ended.
        """
        check_options(fit)
        if batch_size is not None:
            fit["batch_size"] = validation.integer("batch_size", batch_size, "[1, inf)")
        inputs = _finite(x, y)
        best = self.best_trial()
        median = np.median([score.steps for score in self.fold_scores(best.trial_id)])
        steps = max(1, round(float(median)))
        keras.utils.set_random_seed(self.seed)
        model = fresh(lambda: self._build_hypermodel(best.hyperparameters))
        model.steps_per_execution = 1
        with fit_options.default_epochs(model, steps):
            options = fit_options.for_one_fit(fit)
            history, ends = self._fit(best.hyperparameters, model, inputs, options, steps)
        return Retrained(model, ends[-1], history)

    def load_model(self, trial: Any) -> keras.Model:
        """Raises a ValueError: models of folds are not kept, whoever asks for them."""
        raise ValueError(
            "`get_best_models` must give way to `refit`, which trains the best trial's model on "
            "all examples: the models of single folds are not kept."
        )

    def _score(
        self, trial: Any, number: int, x: Any, y: Any, train: Any, held: Any, fit: dict[str, Any]
    ) -> FoldScore:
        keras.utils.set_random_seed((self.seed + number) % 2**32)
        model = self._try_build(trial.hyperparameters)
        options = fit_options.for_one_fit(fit)
        given = trial.hyperparameters.values
        if EPOCHS in given:
            options["epochs"] = given[EPOCHS]
        options["validation_data"] = (take(x, held), take(y, held))
        inputs = take(x, train), take(y, train)
        history, ends = self._fit(trial.hyperparameters, model, inputs, options)
        name, direction = self.oracle.objective.name, self.oracle.objective.direction
        if name not in history:
            raise keras_tuner.errors.FatalValueError(
                f"`oracle` must have an objective that `fit` logs, one of {sorted(history)}; "
                f"received {name!r}."
            )
        values = np.array(history[name], "float64") * (1 if direction == "min" else -1)
        if not np.isfinite(values).any():
            raise keras_tuner.errors.FailedTrialError(f"{name} was never finite.")
        best = int(np.nanargmin(np.where(np.isfinite(values), values, np.nan)))
        metrics = {
            key: float(logged[best]) for key, logged in history.items() if np.isfinite(logged[best])
        }
        return FoldScore(metrics[name], best + 1, ends[best], metrics)

    def _fit(
        self, hp: Any, model: Any, inputs: Any, options: dict[str, Any], limit: int | None = None
    ) -> tuple[History, list[int]]:
        """Trains as the hypermodel does, for at most `limit` steps; also counts them, by epochs."""
        counter = StepCounter(limit)
        options["callbacks"] = [*(options.get("callbacks") or []), counter]
        made = self.hypermodel.fit(hp, model, *inputs, **options)
        if not isinstance(made, keras.callbacks.History) or not counter.ends:
            raise keras_tuner.errors.FatalValueError(
                "`hypermodel` must have a `fit` that gives `callbacks` to `model.fit` and returns "
                f"its History; received {self.hypermodel!r}."
            )
        return made.history, counter.ends

    def _is_poor(self, own: str, saved: TrialFolds) -> bool:
        done = len(saved.scores)
        if self.patience is None or done < self.patience:
            return False
        folders = Path(self.project_dir).glob("trial_*")
        others = [read_folds(folder) for folder in folders if folder != Path(own)]
        peers = [
            self._together(values)
            for epochs, values in ((o.values.get(EPOCHS), o.scores[:done]) for o in others)
            if epochs == saved.values.get(EPOCHS) and len(values) == done
        ]
        if len(peers) < PEERS:
            return False
        sign = 1 if self.oracle.objective.direction == "min" else -1
        return bool(sign * (self._together(saved.scores) - np.median(peers)) > 0)

    def _claim(self, x: Any, y: Any, folds: list[Fold]) -> None:
        """Notes what the folds are of; raises a ValueError if those in the folder are of others."""
        path = Path(self.project_dir) / DIGEST
        found = digest([self.seed, folds, x, y])
        if not path.is_file():
            write_atomically(path, found)
        elif path.stat().st_size != len(found) or path.read_bytes() != found.encode():
            raise ValueError(
                "`directory` must hold a search of the same data, `splits` and `seed`, or a new "
                f"one; received {str(path.parent)!r}."
            )


def _finite(x: Any, y: Any) -> tuple[Any, Any]:
    """Returns both as arrays; raises a ValueError for NaN and infinity."""
    x = finite_arrays("x", x)
    return x, finite_if_given("y", y, count(x))
