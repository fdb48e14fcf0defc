"""KerasTuner's files, written such that a kill leaves none of them torn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from keras_regzoo.diagnostics.run_store import write_atomically


def write_whole(oracle: Any) -> None:
    """Makes an oracle write its own file, and those of its trials, whole or not at all."""

    def save() -> None:
        write_state(oracle._get_oracle_fname(), oracle)

    def save_trial(trial: Any) -> None:
        write_state(Path(oracle._get_trial_dir(trial.trial_id)) / "trial.json", trial)

    oracle.save, oracle._save_trial = save, save_trial


def write_state(path: Any, stateful: Any) -> None:
    """Writes the state of a tuner, an oracle or a trial."""
    write_atomically(Path(path), json.dumps(stateful.get_state()))
