"""`load`: data by name or by path, ready for `model.fit`."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from keras_regzoo import validation as check
from keras_regzoo.data import splits, tables
from keras_regzoo.data.csv_source import read_csv
from keras_regzoo.data.dataset import TASKS, Dataset
from keras_regzoo.data.digits_source import read_digits
from keras_regzoo.data.labels import encode_targets
from keras_regzoo.data.npz_source import read_npz
from keras_regzoo.data.source import Part, Source
from keras_regzoo.data.tfds_source import read_tfds


def load(
    source: str | os.PathLike[str],
    *,
    target: str | None = None,
    task: str | None = None,
    validation: float = 0.15,
    test: float = 0.15,
    split: str | None = None,
    seed: int = 0,
    standardize: bool = True,
) -> Dataset:
    """Loads data and splits it into training, validation and test sets, the same way each time.

    Args:
        source: What to load:

            - `"digits"`: the 1797 handwritten digits inside scikit-learn, of shape `(8, 8, 1)`
              with values in `[0, 1]`.
            - `"tfds:NAME"`: any supervised data set of images or tables in TensorFlow Datasets,
              from the directory in the environment variable `TFDS_DATA_DIR` (or TFDS's own), and
              downloaded only if it is not prepared there. TensorFlow reads it, whatever the
              Keras backend; where nothing else has imported TensorFlow, it is kept off the GPU.
            - a path to an `.npz` file with the arrays `x` and `y`, or `x_train`, `y_train`,
              `x_test` and `y_test` (and `x_validation` and `y_validation`). Nothing in it is
              unpickled.
            - a path to a `.csv` file with a header. Columns of text become one column of 0 and 1
              a category; a missing cell is an error.

            Images in uint8 are scaled to `[0, 1]`; all other arrays of more than two dimensions
            are left as they are.
        target: Name of the column to predict: needed for a `.csv` file, and only there.
        task: `"binary"`, `"multiclass"`, `"regression"`, or `None` to tell it from the targets:
            text, booleans and at most 20 distinct whole numbers are classes, other numbers are
            regression.
        validation: Fraction of the examples to validate on, in `(0, 1)`; `validation + test` is
            below 1. It is cut from the training examples; a validation set that the source brings
            is kept instead.
        test: Fraction of the examples to test on, in the same way.
        split: `"stratified"` (each part has the classes in the proportions of the whole),
            `"random"`, `"chronological"` (nothing is shuffled; the first examples train, the last
            ones test), or `None` for stratified with classes and random without.
        seed: Seed of the split, an integer in `[0, 2**32 - 1]`.
        standardize: Whether the columns of a table are shifted and scaled to mean 0 and standard
            deviation 1 over the training set. Regression targets stay in their own unit.

    Returns:
        A `Dataset`: inputs as float32 of shape `(n, *shape)`; targets of shape `(n,)`, as int32
        class numbers from 0 or as float32 for regression.

    Raises:
        ValueError: In one sentence, if an argument is outside its range, the source is unknown,
            damaged, empty or of another form than above, a value is missing or not finite, or the
            labels fit neither the task nor the split.
        FileNotFoundError: If there is no such file.
        ImportError: If scikit-learn (the extra `recipes`), tensorflow-datasets (`datasets`) or
            TensorFlow (`tensorflow`) is needed and missing.

    Example:

    >>> from keras_regzoo import data
    >>> digits = data.load("digits", validation=0.1, test=0.2)
    >>> digits.x_train.shape, digits.y_train.shape, digits.task
    ((1258, 8, 8, 1), (1258,), 'multiclass')

    A table of your own:

    ```python
    houses = data.load("houses.csv", target="price", task="regression")
    model.fit(houses.x_train, houses.y_train,
              validation_data=(houses.x_validation, houses.y_validation))
    ```
    """
    splits.check_fractions(validation, test)
    seed = check.integer("seed", seed, splits.SEEDS)
    check.instance("standardize", standardize, bool)
    check.one_of("task", task, (*TASKS, None))
    check.one_of("split", split, (*splits.SPLITS, None))
    raw = _read(source, target)
    given = [part for part in (raw.train, raw.validation, raw.test) if part is not None]
    for x, y in given:
        _check_part(x, y, raw.features, str(source))
    targets, task, classes = encode_targets(
        [y for _, y in given], task, raw.classes, name=raw.target
    )
    if split == "stratified" and not classes:
        raise ValueError(
            "`split` must be 'random' or 'chronological' for regression; received "
            "split='stratified'."
        )
    split = split or ("stratified" if classes else "random")
    parts = dict(
        zip(
            ("train", *(p for p in ("validation", "test") if getattr(raw, p) is not None)),
            zip([x for x, _ in given], targets, strict=True),
            strict=True,
        )
    )
    fractions = {"validation": validation, "test": test}
    _cut(parts, fractions, split, seed, classes, f"`source` {str(source)!r}")
    if classes and len(np.unique(parts["train"][1])) < 2:
        raise ValueError(
            f"`source` {str(source)!r} must have at least two classes among its training examples; "
            f"received only {classes[parts['train'][1][0]]!r} after a {split} split."
        )
    inputs = [parts[part][0] for part in ("train", "validation", "test")]
    if raw.features and standardize:
        inputs = tables.standardize(*inputs)
    else:
        inputs = [x.astype(np.float32, copy=False) for x in inputs]
    return Dataset(
        x_train=inputs[0],
        y_train=parts["train"][1],
        x_validation=inputs[1],
        y_validation=parts["validation"][1],
        x_test=inputs[2],
        y_test=parts["test"][1],
        name=raw.name,
        task=task,
        classes=classes,
        features=raw.features,
        seed=seed,
    )


def _read(source: str | os.PathLike[str], target: str | None) -> Source:
    text = os.fspath(source) if isinstance(source, (str, os.PathLike)) else source
    suffix = Path(text).suffix.lower() if isinstance(text, str) else ""
    tfds = isinstance(text, str) and text.startswith("tfds:") and len(text) > len("tfds:")
    if text != "digits" and not tfds and suffix not in (".npz", ".csv"):
        raise ValueError(
            f"`source` must be 'digits', 'tfds:NAME' or the path of an .npz or .csv file; "
            f"received source={source!r}."
        )
    if target is not None and (tfds or suffix != ".csv"):
        raise ValueError(
            f"`target` must be None for a source that is no .csv file; received target={target!r} "
            f"with source={source!r}."
        )
    if tfds:
        return read_tfds(text[len("tfds:") :])
    if text == "digits":
        return read_digits()
    path = Path(text).expanduser()
    if not path.is_file():
        raise FileNotFoundError(
            f"`source` must be the path of an existing file; received source={str(source)!r}."
        )
    return read_npz(path) if suffix == ".npz" else read_csv(path, target)


def _check_part(x: np.ndarray, y: np.ndarray, features: tuple[str, ...], source: str) -> None:
    if len(x) != len(y):
        raise ValueError(
            f"`source` {source!r} must have one target for each input; received {len(x)} inputs "
            f"and {len(y)} targets."
        )
    if len(x) == 0:
        raise ValueError(f"`source` {source!r} must have at least one example; received none.")
    tables.check_finite(x, features, source)


def _cut(
    parts: dict[str, Part],
    fractions: dict[str, float],
    split: str,
    seed: int,
    classes: tuple[str, ...],
    name: str,
) -> None:
    """Cuts the parts that the source did not bring from the training examples, in place."""
    x, y = parts["train"]
    missing = [part for part in ("validation", "test") if part not in parts]
    if len(missing) == 2:
        indices = splits.split_indices(
            y, **fractions, split=split, seed=seed, classes=classes, name=name
        )
        for part, index in zip(("train", "validation", "test"), indices, strict=True):
            parts[part] = (x[index], y[index])
    elif missing:
        if len(y) < 2:
            raise ValueError(f"{name} must have 2 training examples to split; received {len(y)}.")
        count = min(max(1, round(fractions[missing[0]] * len(y))), len(y) - 1)
        kept, held = splits.hold_out(y, count, split=split, seed=seed, classes=classes, name=name)
        parts["train"], parts[missing[0]] = (x[kept], y[kept]), (x[held], y[held])
