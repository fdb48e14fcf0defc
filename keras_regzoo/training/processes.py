"""Trainings one after the other or in processes of joblib, with the same results."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import errno
import importlib
import pickle
import warnings
from collections.abc import Generator, Iterator, Sequence
from typing import Any, Protocol

import keras
from rich.console import Console
from rich.progress import Progress

from keras_regzoo import validation
from keras_regzoo.training.fresh import Build, fresh
from keras_regzoo.training.python_random import undisturbed

Settings = tuple[str, str, str, Any]


class Training(Protocol):
    """What can be run anywhere: a value that can be pickled."""

    def run(self) -> Any:
        """Returns what came of it."""
        ...


def run_all(
    trainings: Sequence[Training], jobs: int | None, build: Build | None, progress: str = ""
) -> list[Any]:
    """Returns what each training returns, in order: a dataclass that holds the trained `model`.

    Args:
        trainings: They seed themselves.
        jobs: Number of processes; −1 for one a core, `None` for what `joblib.parallel_config` says.
        build: Returns a model such as they train, whose classes need not be registered with Keras
            then; `None` where there is no such function.
        progress: What a progress bar counts; by default none is shown.

    Raises:
        ValueError: If a model cannot come back from a process.
        ImportError: If joblib is needed and not installed.
    """
    parallel = _processes(jobs)
    with Progress(console=Console(stderr=True), disable=not progress) as bar:

        def in_order(ended: Iterator[tuple[int, Any]]) -> list[Any]:
            found = dict(bar.track(ended, len(trainings), description=progress))
            return [found[number] for number in range(len(trainings))]

        if parallel is None:
            return in_order(as_they_end(trainings, 1))
        with _known_classes(build):
            packed = in_order(_spread([_Packed(each) for each in trainings], parallel))
            return [_unpacked(result) for result in packed]


def as_they_end(trainings: Sequence[Training], jobs: int | None = 1) -> Generator[tuple[int, Any]]:
    """Yields the position of each training, and what it returns, as soon as it has ended.

    Closed before all have ended, it cancels the others.

    Args:
        trainings: They seed themselves; what they return can be pickled.
        jobs: As for `run_all`.

    Raises:
        ImportError: If joblib is needed and not installed.
        ChildProcessError: If a process of this machine is killed.
    """
    parallel = _processes(jobs)
    if parallel is None:
        return ((number, each.run()) for number, each in enumerate(trainings))
    return _spread(trainings, parallel)


def _processes(jobs: int | None) -> Any:
    """Returns joblib's processes; `None` if there is one alone, or threads."""
    if jobs == 1:
        return None
    joblib = validation.extra("joblib", "recipes", "Training in several processes")
    backend, _ = joblib.parallel.get_active_backend()
    streams = getattr(backend, "supports_return_generator", False)
    # A batch of several would be known to have ended with its last one.
    parallel = joblib.Parallel(
        jobs, return_as="generator_unordered" if streams else "list", batch_size=1
    )
    alone = parallel.n_jobs == 1 or getattr(backend, "uses_threads", False)
    return None if alone else parallel


def _spread(trainings: Sequence[Training], parallel: Any) -> Generator[tuple[int, Any]]:
    settings = _settings()
    joblib = importlib.import_module("joblib")
    run = joblib.delayed(_run)
    try:
        ended = parallel(run(number, each, settings) for number, each in enumerate(trainings))
        with _quietly_closed(ended):
            yield from map(tuple, ended)
    except _MistakeElsewhere as found:
        raise found.args[0] from None
    except concurrent.futures.BrokenExecutor as error:
        raise ChildProcessError(
            errno.ECHILD,
            "A process that trained was killed, or had no memory left: try fewer at a time",
        ) from error


@contextlib.contextmanager
def _quietly_closed(ended: Any) -> Iterator[None]:
    """Closes joblib's results, which it warns of where some have not come."""
    try:
        yield
    finally:
        if isinstance(ended, Generator):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                ended.close()


class _MistakeElsewhere(Exception):
    """Holds what a training raised that is one sentence; joblib keeps of a traceback its text."""


@dataclasses.dataclass(frozen=True)
class _Packed:
    """A training whose model is returned as bytes."""

    training: Training

    def run(self) -> Any:
        result = self.training.run()
        with _one_sentence():
            return dataclasses.replace(result, model=pickle.dumps(result.model))


def _settings() -> Settings:
    config = keras.config
    policy = keras.saving.serialize_keras_object(config.dtype_policy())
    return config.backend(), config.floatx(), config.image_data_format(), policy


def _run(number: int, training: Training, settings: Settings) -> tuple[int, Any]:
    """Runs in another process, whose mistakes come back as those of this one."""
    try:
        with undisturbed():
            _set(settings)
            return number, training.run()
    except (ValueError, OSError, ImportError) as error:
        if not validation.is_mistake(error):
            raise
        raise _MistakeElsewhere(error) from None


def _set(settings: Settings) -> None:
    backend, floatx, image_data_format, policy = settings
    if keras.config.backend() != backend:
        raise ValueError(
            f"The backend of every process must be {backend!r}, which the environment variable "
            f"KERAS_BACKEND sets; one has {keras.config.backend()!r}."
        )
    keras.config.set_floatx(floatx)
    keras.config.set_image_data_format(image_data_format)
    keras.config.set_dtype_policy(keras.saving.deserialize_keras_object(policy))
    keras.utils.set_random_seed(0)  # the first time loads what draws from what it has seeded


def _unpacked(result: Any) -> Any:
    with _one_sentence():
        return dataclasses.replace(result, model=pickle.loads(result.model))


@contextlib.contextmanager
def _known_classes(build: Build | None) -> Iterator[None]:
    """Lets Keras find by their plain names the classes of a model, and those registered here.

    Elsewhere they may not be registered: a class of a script travels without its decorators.
    """
    known = {each.__name__: each for each in keras.saving.get_custom_objects().values()}
    sample = None if build is None else fresh(build)
    if sample is not None:
        known.update({type(each).__name__: type(each) for each in sample._flatten_layers()})
    with keras.saving.custom_object_scope(known):
        if sample is not None:
            with _one_sentence():  # before anything is trained
                config = keras.saving.serialize_keras_object(sample)
                keras.saving.deserialize_keras_object(config, safe_mode=False)
        yield


@contextlib.contextmanager
def _one_sentence() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise ValueError(
            "`build` must return a model that Keras can save and load, to come back from another "
            "process (jobs=1 needs no such thing); "
            f"received {type(error).__name__}: {' '.join(str(error).split())}"
        ) from error
