"""The runs of a comparison: same data, network, initial weights and budget for each technique."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_regzoo import data as sources
from keras_regzoo import validation
from keras_regzoo.data import Dataset
from keras_regzoo.diagnostics.base_models import Builder, build, check_base, check_new
from keras_regzoo.diagnostics.comparison import Run
from keras_regzoo.diagnostics.environment import environment
from keras_regzoo.diagnostics.technique_names import Treatment, fitting
from keras_regzoo.diagnostics.training_run import TreatedNetwork

KEPT = 32  # compiled networks: more than are compared, fewer than a search would fill memory with


@dataclasses.dataclass(frozen=True)
class Budget:
    """What each run may spend.

    Args:
        epochs: Number of epochs, at least 1.
        batch_size: Examples in a mini-batch, at least 1.
        learning_rate: Of Adam, above 0.

    Raises:
        ValueError: If one is out of its range.
    """

    epochs: int
    batch_size: int
    learning_rate: float

    def __post_init__(self) -> None:
        numbers = {
            "epochs": validation.integer("epochs", self.epochs, "[1, inf)"),
            "batch_size": validation.integer("batch_size", self.batch_size, "[1, inf)"),
            "learning_rate": validation.number("learning_rate", self.learning_rate, "(0, inf)"),
        }
        for name, value in numbers.items():  # Python's, as JSON takes none of NumPy
            object.__setattr__(self, name, value)


@dataclasses.dataclass(frozen=True)
class DataSource:
    """Data that each seed splits and draws a training set from.

    Args:
        data: What `keras_regzoo.data.load` takes.
        target: Column to predict, of a `.csv` file.
        task: Kind of task, or `None` to tell it from the targets.
        train_size: Number of training examples to keep, or `None` for all.
    """

    data: str | os.PathLike[str]
    target: str | None
    task: str | None
    train_size: int | None

    def load(self, seed: int) -> Dataset:
        """Returns the data as `seed` splits them.

        Raises:
            ValueError: If they do not fit the arguments.
            OSError: If they are missing.
        """
        loaded = sources.load(self.data, target=self.target, task=self.task, seed=seed)
        if self.train_size is None:
            return loaded
        smallest = max(1, loaded.num_classes)
        size = f"[{smallest}, {len(loaded.x_train)}]"
        validation.integer("train_size", self.train_size, size)
        return loaded.with_training_size(self.train_size, seed)

    @property
    def is_file(self) -> bool:
        """Whether the data lie in a file."""
        return str(self.data).lower().endswith((".npz", ".csv"))

    @property
    def name(self) -> str:
        """What the data are called, a file without its folder."""
        return Path(self.data).name if self.is_file else str(self.data)


class Experiment:
    """Makes the runs of a comparison, one at a time.

    Everything that can be wrong with the data, the network and the techniques is found when it
    is constructed. A technique's network is compiled once and serves all seeds.

    Args:
        source: The data.
        model: Name of the network.
        builder: Builds it.
        treatments: The techniques, each of which is tried on the network.
        budget: What each run may spend.

    Raises:
        ValueError: If the data, the network and the techniques do not fit each other.
        OSError: If the data are missing.
    """

    def __init__(
        self,
        source: DataSource,
        model: str,
        builder: Builder,
        treatments: list[Treatment],
        budget: Budget,
    ) -> None:
        self.source, self.model, self.builder, self.budget = source, model, builder, budget
        self.treatments = treatments
        data = source.load(seed=0)
        self._loaded = (0, data)
        self._valid_range = _valid_range(data)
        base = self._base(seed=0)
        check_base(base, model, data.x_train[:2], self._outputs, bool(data.classes))
        check_new(base, self._base(seed=0))
        self._networks: dict[str, TreatedNetwork] = {}  # the last used comes last
        for treatment in treatments:
            self._network(treatment, data)
        self.settings: dict[str, Any] = {
            "data": source.name,
            "data_sha256": _digest_data(data),
            "target": source.target,
            "task": data.task,
            "train_size": len(data.x_train),
            "validation_size": len(data.x_validation),
            "test_size": len(data.x_test),
            "model": model,
            "model_sha256": _digest_model(base),
            "parameters": base.count_params(),
            **dataclasses.asdict(budget),
            "optimizer": "Adam",
            "backend": keras.config.backend(),
        }

    @property
    def _outputs(self) -> int:
        return max(1, self._loaded[1].num_classes)

    def _base(self, seed: int) -> keras.Model:
        return build(self.builder, self._loaded[1].shape, self._outputs, seed)

    def _network(self, treatment: Treatment, data: Dataset) -> TreatedNetwork:
        network = self._networks.pop(treatment.key, None) or self._treated(treatment, data)
        self._networks[treatment.key] = network
        if len(self._networks) > KEPT:
            del self._networks[next(iter(self._networks))]
        return network

    def _treated(self, treatment: Treatment, data: Dataset) -> TreatedNetwork:
        with fitting(treatment.label):
            return TreatedNetwork(
                treatment.treat(self._base(seed=0), self._valid_range),
                regression=not data.classes,
                learning_rate=self.budget.learning_rate,
                steps_per_epoch=len(data.x_train) // self._batch_size(data),
            )

    def _batch_size(self, data: Dataset) -> int:
        return min(self.budget.batch_size, len(data.x_train))

    def run(self, treatment: Treatment, seed: int) -> Run:
        """Trains and measures one network.

        Returns:
            What `TreatedNetwork.train` returns, with the technique, its options, the seed and the
            environment.
        """
        if self._loaded[0] != seed:
            self._loaded = (seed, self.source.load(seed))
        data = self._loaded[1]
        measured = self._network(treatment, data).train(
            self._base(seed).get_weights(), data, seed, self.budget.epochs, self._batch_size(data)
        )
        return {
            "technique": treatment.label,
            "options": treatment.options,
            "seed": seed,
            **measured,
            "environment": environment(),
        }


def _valid_range(data: Dataset) -> tuple[float, float] | None:
    """Returns the range of pixels where the inputs are images in [0, 1], else `None`."""
    image = len(data.shape) >= 2 and data.x_train.min() >= 0 and data.x_train.max() <= 1
    return (0.0, 1.0) if image else None


def _digest_data(data: Dataset) -> str:
    digest = hashlib.sha256()
    for part in ("train", "validation", "test"):
        for array in (getattr(data, f"x_{part}"), getattr(data, f"y_{part}")):
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _digest_model(base: keras.Model) -> str:
    """Returns what tells this network from others, but not from itself in another process."""
    try:
        config = json.dumps(base.get_config(), sort_keys=True, default=str)
    except NotImplementedError:  # a subclassed model without a config
        config = type(base).__name__
    counters = r'_\d+(?=")|0x[0-9a-f]+|"shared_object_id": \d+'
    shapes = [tuple(weight.shape) for weight in base.weights]
    return hashlib.sha256(f"{re.sub(counters, '', config)}{shapes}".encode()).hexdigest()
