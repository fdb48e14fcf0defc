"""KerasTuner's tuner with files that a kill does not tear, and failures that are one sentence."""

from __future__ import annotations

import functools
import json
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from keras_regzoo import safe_files, validation
from keras_regzoo.diagnostics.run_store import write_atomically
from keras_regzoo.tuning.failures import check_outcome

keras_tuner: Any = validation.extra("keras_tuner", "tuner", "CrossValidatedTuner")


class SoundTuner(keras_tuner.Tuner):
    """A tuner whose files are written whole, and which is silent about failures until all is lost.

    Abstract: `run_trial` is left to others.

    Args:
        oracle: A KerasTuner oracle.
        hypermodel: As KerasTuner takes it.
        **kwargs: Of `keras_tuner.Tuner`.

    Raises:
        ValueError: If a file in the folder is damaged.
    """

    def __init__(self, oracle: Any, hypermodel: Any, **kwargs: Any) -> None:
        _write_whole(oracle)
        _steady(oracle)
        super().__init__(oracle, hypermodel, **kwargs)

    def reload(self) -> None:
        """Reads the tuner, its oracle and its trials from the folder.

        Raises:
            ValueError: If one of their files is damaged.
        """
        try:
            for path in self._files():
                safe_files.read_json(path, finite=False)
            super().reload()
            if not self._is_worker():
                _order_trials(self.oracle)
                _order_grid(self.oracle)
        except Exception as error:  # whatever a state with other parts makes KerasTuner raise
            if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
                raise
            raise ValueError(
                f"`directory` must hold no damaged search; received {self.project_dir!r}: delete "
                "it to search anew."
            ) from error

    def _files(self) -> list[Path]:
        """Returns what KerasTuner reads again."""
        own = [Path(self._get_tuner_fname())]
        if self._is_worker():
            return own
        trials = Path(self.project_dir).glob("trial_*/trial.json")
        return [*own, Path(self.oracle._get_oracle_fname()), *trials]

    def save(self) -> None:
        """Saves the tuner, and its oracle but on a worker."""
        if not self._is_worker():
            self.oracle.save()
        _write_state(self._get_tuner_fname(), self)

    def on_search_begin(self) -> None:
        """Saves the oracle and its seed: KerasTuner does so only after the first trial."""
        super().on_search_begin()
        self.save()

    def search(self, *data: Any, **fit: Any) -> None:
        """Runs the trials that are left.

        Raises:
            ValueError: If all trials fail, or several in a row.
        """
        gave_up = None
        try:
            super().search(*data, **fit)
        except RuntimeError as error:  # several trials in a row failed
            gave_up = error
        if not self._is_worker():
            check_outcome([*self.oracle.trials.values()], gave_up)
        elif gave_up:
            raise gave_up

    def scored_trials(self) -> list[Any]:
        """Returns the trials with a score, the best first."""
        trials = self.oracle.get_best_trials(len(self.oracle.trials))  # those without come last
        return [trial for trial in trials if trial.status == "COMPLETED"]

    def _try_run_and_update_trial(self, trial: Any, *data: Any, **fit: Any) -> None:
        """As KerasTuner's, but what a trial failed with is its message, and not printed."""
        try:
            self._run_and_update_trial(trial, *data, **fit)
            trial.status = "COMPLETED"
        except keras_tuner.errors.FatalError:
            raise
        except Exception as error:
            final = isinstance(error, keras_tuner.errors.FailedTrialError)
            trial.status = "FAILED" if final else "INVALID"
            trial.message = traceback.format_exc()


def _write_whole(oracle: Any) -> None:
    """Makes an oracle write its own file, and those of its trials, whole or not at all."""

    def save() -> None:
        _write_state(oracle._get_oracle_fname(), oracle)

    def save_trial(trial: Any) -> None:
        _write_state(Path(oracle._get_trial_dir(trial.trial_id)) / "trial.json", trial)

    oracle.save, oracle._save_trial = save, save_trial


def _steady(oracle: Any) -> None:
    """Makes what a Bayesian oracle draws for a trial depend on its seed and the trial alone.

    It does not save how many numbers it has drawn: after a kill it would draw others. It is silent
    where its Gaussian process does not converge, as after trials that differ little.
    """
    if not isinstance(oracle, keras_tuner.oracles.BayesianOptimizationOracle):
        return
    exceptions = validation.extra("sklearn.exceptions", "recipes", "A Bayesian search")
    populate = oracle.populate_space

    def seeded(trial_id: str) -> Any:
        seeds = [oracle.seed % 2**32, len(oracle.trials)]
        oracle._random_state = np.random.RandomState(seeds)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", exceptions.ConvergenceWarning)
            return populate(trial_id)

    oracle.populate_space = seeded


def _order_trials(oracle: Any) -> None:
    """Restores the order of the trials, without one that the oracle had not noted before a kill."""
    oracle.trials = {name: oracle.trials[name] for name in oracle.start_order}


def _order_grid(oracle: Any) -> None:
    """Restores what a grid's oracle does not save: its trials in order, and those to go on from."""
    if not isinstance(oracle, keras_tuner.oracles.GridSearchOracle):
        return

    def compare(one: str, other: str) -> int:
        values = [oracle.trials[name].hyperparameters.values for name in (one, other)]
        return oracle._compare(*values)

    for name in sorted(oracle.start_order, key=functools.cmp_to_key(compare)):
        oracle._ordered_ids.insert(name)
    oracle._populate_next = list(oracle.end_order)


def _write_state(path: Any, stateful: Any) -> None:
    """Writes the state of a tuner, an oracle or a trial."""
    write_atomically(Path(path), json.dumps(stateful.get_state()))
