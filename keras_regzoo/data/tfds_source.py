"""Any supervised data set of images or tables in TensorFlow Datasets."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from keras_regzoo import safe_files, validation
from keras_regzoo.data import tables
from keras_regzoo.data.source import Part, Source

PARTS = ("train", "validation", "test")
CLASS_KEYS = ("pythonClassName", "type")  # of today's and earlier descriptions of features


def read_tfds(name: str) -> Source:
    """Reads the splits called train, validation and test of the TFDS data set `name`.

    The files under the environment variable `TFDS_DATA_DIR` are used, or those under TFDS's own
    default directory; only a data set that is not prepared there is downloaded.

    Args:
        name: A name TFDS knows, such as `"mnist"`, `"mnist:3.0.1"` or `"emnist/letters"`.

    Raises:
        ImportError: If tensorflow-datasets, or TensorFlow, which reads its files, is missing.
        ValueError: If there is no such data set, it cannot be downloaded, or it is not made of
            inputs of one shape with one target each; if it would be read by code of others: one of
            a community, or whose files name classes that are not TFDS's own.
    """
    if re.match(r"\w+:(?![\d*])", name):
        raise ValueError(
            f"`source` must name a data set of TFDS itself, whose code it brings; received "
            f"'tfds:{name}'."
        )
    tfds = _import_tfds(name)
    directory = os.environ.get("TFDS_DATA_DIR") or None
    with _one_sentence(f"`source` 'tfds:{name}' must name a data set that TFDS knows"):
        _check_features(Path(directory or tfds.core.constants.DATA_DIR).expanduser(), name)
        builder = tfds.builder(name, data_dir=directory)
    keys = builder.info.supervised_keys
    if not keys or len(keys) != 2:
        raise ValueError(
            f"`source` 'tfds:{name}' must have supervised inputs and targets; received "
            f"supervised_keys={keys}."
        )
    if not builder.is_prepared():
        with _one_sentence(
            f"`source` 'tfds:{name}' must be prepared in {str(builder.data_path)!r} (see the "
            f"variable TFDS_DATA_DIR) or be downloaded"
        ):
            builder.download_and_prepare()
    if "train" not in builder.info.splits:
        raise ValueError(
            f"`source` 'tfds:{name}' must have a split 'train'; received "
            f"{sorted(builder.info.splits)}."
        )
    parts = {part: _read_part(tfds, builder, part) for part in PARTS if part in builder.info.splits}
    return _to_source(name, parts, builder.info.features[keys[1]], target=str(keys[1]))


def _check_features(directory: Path, name: str) -> None:
    """Raises a ValueError if prepared files name a class that TFDS would import to read them."""
    folder = directory / re.split(r"[:/]", name)[0]
    for path in folder.rglob("features.json"):
        pending: list[Any] = [safe_files.read_json(path)]
        while pending:
            value = pending.pop()
            if not isinstance(value, dict | list):
                continue
            for key, part in value.items() if isinstance(value, dict) else enumerate(value):
                pending.append(part)
                module = str(part).rpartition(".")[0]
                own = module.startswith("tensorflow_datasets.") or module in sys.modules
                if key in CLASS_KEYS and module and not own:
                    raise ValueError(f"{str(path)!r} names the class {part!r}, not one of TFDS")


def _import_tfds(name: str) -> ModuleType:
    purpose = f"The data set 'tfds:{name}'"
    other_backend = "tensorflow" not in sys.modules
    tfds = validation.extra("tensorflow_datasets", "datasets", purpose)
    tensorflow = validation.extra("tensorflow", "tensorflow", purpose)
    if other_backend:
        # TensorFlow would reserve the memory of every GPU that the active backend trains on.
        tensorflow.config.set_visible_devices([], "GPU")
    return tfds


def _read_part(tfds: ModuleType, builder: Any, part: str) -> tuple[Any, np.ndarray]:
    with _one_sentence(f"`source` 'tfds:{builder.name}' must have {part} inputs of one shape"):
        data = builder.as_dataset(split=part, as_supervised=True, batch_size=-1)
        return tfds.as_numpy(data)


def _to_source(
    name: str, parts: dict[str, tuple[Any, np.ndarray]], feature: Any, target: str
) -> Source:
    sizes = [len(y) for _, y in parts.values()]
    inputs = [x for x, _ in parts.values()]
    features: tuple[str, ...] = ()
    if isinstance(inputs[0], dict):
        columns = {
            column: _check_column(np.concatenate([x[column] for x in inputs]), column, name)
            for column in sorted(inputs[0])
        }
        table, features = tables.encode_columns(columns, f"tfds:{name}")
        inputs = np.split(table, np.cumsum(sizes)[:-1])
    else:
        inputs = [_check_input(x, name) for x in inputs]
        if inputs[0].ndim == 2:
            features = tuple(f"x{column}" for column in range(inputs[0].shape[1]))
    targets = [_decode(y) for _, y in parts.values()]
    read: dict[str, Part] = dict(zip(parts, zip(inputs, targets, strict=True), strict=True))
    classes = tuple(getattr(feature, "names", None) or ())
    return Source(
        name,
        read["train"],
        read.get("validation"),
        read.get("test"),
        features=features,
        classes=classes,
        target=target,
    )


def _check_input(x: Any, name: str) -> np.ndarray:
    if not isinstance(x, np.ndarray) or x.dtype.kind not in "biuf" or x.ndim < 2:
        raise ValueError(
            f"`source` 'tfds:{name}' must have images or a table of numbers as inputs; received "
            f"{getattr(x, 'dtype', type(x).__name__)} of shape {np.shape(x)}."
        )
    return x.astype(np.float32) / 255.0 if x.dtype == np.uint8 and x.ndim > 2 else x


def _check_column(values: np.ndarray, column: str, name: str) -> np.ndarray:
    values = _decode(values)
    if values.ndim != 1 or values.dtype.kind not in "biufU":
        raise ValueError(
            f"`source` 'tfds:{name}' must have one number or text a row in each column; received "
            f"shape {values.shape} and dtype {values.dtype} in the column {column!r}."
        )
    return values


def _decode(values: np.ndarray) -> np.ndarray:
    """Returns text, which TFDS gives as bytes objects, as NumPy text."""
    values = np.asarray(values)
    if values.dtype.kind != "O":
        return values
    return np.array([value.decode("utf-8", "replace") for value in values.ravel()]).reshape(
        values.shape
    )


@contextlib.contextmanager
def _one_sentence(expected: str) -> Iterator[None]:
    """Turns whatever TFDS raises, often pages long, into one sentence."""
    try:
        yield
    except Exception as error:
        kind = ImportError if isinstance(error, ImportError) else ValueError
        reason = (str(error).strip() or repr(error)).splitlines()[0].rstrip(".")
        raise kind(f"{expected}; received the error: {reason}.") from error
