"""Making the runs of a comparison: here one after the other, or in several processes."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
from collections.abc import Generator
from pathlib import Path

from rich.progress import Progress, TaskID

from keras_regzoo.diagnostics.base_models import find_builder
from keras_regzoo.diagnostics.comparison import Run
from keras_regzoo.diagnostics.experiment import Budget, DataSource, Experiment
from keras_regzoo.diagnostics.run_store import RunStore
from keras_regzoo.diagnostics.saved_run import check_run
from keras_regzoo.diagnostics.technique_names import Treatment
from keras_regzoo.training.joblib_backend import joblib_backend
from keras_regzoo.training.processes import as_they_end

Planned = tuple[int, Treatment]


@dataclasses.dataclass(frozen=True)
class Maker:
    """Makes the runs that are not saved yet, and saves each as soon as it has ended.

    Args:
        experiment: What to run.
        store: Where runs are saved, by this process alone.
        jobs: Number of processes; −1 for one a core.
        backend: Of joblib, where there are several: `"loky"`, `"ray"` or `"dask"`.
        bar: Where progress is shown.
    """

    experiment: Experiment
    store: RunStore
    jobs: int
    backend: str
    bar: Progress

    def make(self, plan: list[Planned], doing: str) -> list[Run]:
        """Returns the run of each seed and technique of the plan, in order.

        Args:
            plan: The runs.
            doing: What they are for, to be shown.
        """
        saved = {(seed, t.key): self._saved(seed, t) for seed, t in plan}
        missing = [(seed, t) for seed, t in plan if saved[seed, t.key] is None]
        shown = self.bar.add_task(
            "", total=len(plan), completed=len(plan) - len(missing), doing=doing
        )
        with contextlib.closing(self._ended(missing, shown, doing)) as ended:
            for (seed, treatment), run in ended:
                self.store.save(treatment.key, seed, run)
                saved[seed, treatment.key] = run
                self.bar.advance(shown)
        self.bar.update(shown, doing=doing)
        return [{**(saved[seed, t.key] or {}), "technique": t.label} for seed, t in plan]

    def _saved(self, seed: int, treatment: Treatment) -> Run | None:
        settings = self.experiment.settings
        return self.store.load(
            treatment.key, seed, lambda run: check_run(run, treatment, seed, settings)
        )

    def _ended(
        self, missing: list[Planned], shown: TaskID, doing: str
    ) -> Generator[tuple[Planned, Run]]:
        if self.jobs == 1 or len(missing) < 2:
            for seed, treatment in missing:
                self.bar.update(shown, doing=f"{doing} {treatment.label}, seed {seed}".strip())
                yield (seed, treatment), self.experiment.run(treatment, seed)
            return
        tasks = [_RunElsewhere.of(self.experiment, treatment, seed) for seed, treatment in missing]
        with joblib_backend(self.backend, self.jobs):
            for number, run in as_they_end(tasks, self.jobs):
                yield missing[number], run


@dataclasses.dataclass(frozen=True)
class _RunElsewhere:
    """One run in another process, which loads data and builds networks itself, once for all."""

    source: DataSource
    model: str
    budget: Budget
    data_sha256: str
    treatment: Treatment
    seed: int

    @classmethod
    def of(cls, experiment: Experiment, treatment: Treatment, seed: int) -> _RunElsewhere:
        source = experiment.source
        if source.is_file:  # the other process may stand elsewhere
            source = dataclasses.replace(source, data=str(Path(source.data).absolute()))
        digest = experiment.settings["data_sha256"]
        return cls(source, experiment.model, experiment.budget, digest, treatment, seed)

    def run(self) -> Run:
        experiment = _experiment(self.source, self.model, self.budget, self.data_sha256)
        return experiment.run(self.treatment, self.seed)


@functools.lru_cache(maxsize=1)
def _experiment(source: DataSource, model: str, budget: Budget, data_sha256: str) -> Experiment:
    experiment = Experiment(source, model, find_builder(model), [], budget)
    if experiment.settings["data_sha256"] != data_sha256:
        raise ValueError(
            f"`data` {os.fspath(source.data)!r} must be the same in every process; received "
            "others in one."
        )
    return experiment
