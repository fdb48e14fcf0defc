"""Trainings one after the other or in processes of joblib, with the same results."""

from __future__ import annotations

import contextlib
import dataclasses
import pickle
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import keras
from rich.console import Console
from rich.progress import Progress

from keras_regzoo import validation
from keras_regzoo.training.fresh import Build, fresh

Settings = tuple[str, str, str, Any]


class Training(Protocol):
    """What can be run anywhere: a value that can be pickled."""

    def run(self) -> Any:
        """Returns a dataclass that holds the trained `model`."""
        ...


def run_all(
    trainings: Sequence[Training], jobs: int | None, build: Build | None, progress: str = ""
) -> list[Any]:
    """Returns what each training returns, in order.

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
    with Progress(console=Console(stderr=True), disable=not progress) as bar:

        def listed(results: Iterable[Any]) -> list[Any]:
            return list(bar.track(results, len(trainings), description=progress))

        if jobs == 1:
            return listed(training.run() for training in trainings)
        joblib = validation.extra("joblib", "recipes", "Training in several processes")
        backend, _ = joblib.parallel.get_active_backend()
        streams = getattr(backend, "supports_return_generator", False)
        parallel = joblib.Parallel(jobs, return_as="generator" if streams else "list")
        if parallel.n_jobs == 1 or getattr(backend, "uses_threads", False):
            return listed(training.run() for training in trainings)
        with _known_classes(build):
            run, settings = joblib.delayed(_run), _settings()
            packed = listed(parallel(run(training, settings) for training in trainings))
            return [_unpacked(result) for result in packed]


def _settings() -> Settings:
    config = keras.config
    policy = keras.saving.serialize_keras_object(config.dtype_policy())
    return config.backend(), config.floatx(), config.image_data_format(), policy


def _run(training: Training, settings: Settings) -> Any:
    """Runs in another process; the model is returned as bytes."""
    backend, floatx, image_data_format, policy = settings
    if keras.config.backend() != backend:
        raise RuntimeError(
            f"The backend of every process must be {backend!r}, which the environment variable "
            f"KERAS_BACKEND sets; one has {keras.config.backend()!r}."
        )
    keras.config.set_floatx(floatx)
    keras.config.set_image_data_format(image_data_format)
    keras.config.set_dtype_policy(keras.saving.deserialize_keras_object(policy))
    keras.utils.set_random_seed(0)  # the first time loads what draws from what it has seeded
    result = training.run()
    with _one_sentence():
        return dataclasses.replace(result, model=pickle.dumps(result.model))


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
