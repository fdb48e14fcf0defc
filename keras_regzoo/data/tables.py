"""Columns of numbers and text made into one array a network can take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

MOST_CATEGORIES = 100


def encode_columns(
    columns: Mapping[str, np.ndarray], source: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Returns the columns side by side, those of text one-hot, and the names of the result.

    A column `colour` of text becomes one column a category, named `colour=blue`, `colour=red`,
    in sorted order.

    Args:
        columns: Arrays of numbers or text, each of shape `(n,)`, by name; at least one.
        source: Where they come from, for the errors.

    Returns:
        A float64 array of shape `(n, d)` and `d` names.

    Raises:
        ValueError: If a column of text has more than 100 categories, such as names or dates.
    """
    arrays: list[np.ndarray] = []
    names: list[str] = []
    for name, values in columns.items():
        if values.dtype.kind != "U":
            arrays.append(values.astype(np.float64)[:, None])
            names.append(name)
            continue
        categories = np.unique(values)
        if len(categories) > MOST_CATEGORIES:
            raise ValueError(
                f"`source` {source!r} must have at most {MOST_CATEGORIES} categories in a column "
                f"of text; received {len(categories)} in the column {name!r}: leave it out."
            )
        arrays.append((values[:, None] == categories).astype(np.float64))
        names.extend(f"{name}={category}" for category in categories)
    return np.concatenate(arrays, axis=1), tuple(names)


def check_finite(x: np.ndarray, features: Sequence[str], source: str) -> None:
    """Raises a ValueError naming the columns of `x` that hold NaN or what float32 cannot hold.

    Args:
        x: Numbers of shape `(n, ...)`.
        features: Names of the columns where `x` is a table, else `()`.
        source: Where they come from, for the error.
    """
    if x.dtype.kind in "biu":
        return
    bad = ~(np.abs(x) <= np.finfo(np.float32).max)
    if not bad.any():
        return
    if features:
        rows = bad.sum(axis=0)
        found = ", ".join(
            f"the column {features[column]!r} ({plural_rows(int(rows[column]))})"
            for column in np.flatnonzero(rows)[:5]
        )
    else:
        found = f"`x` ({plural_rows(int(bad.reshape(len(x), -1).any(axis=1).sum()))})"
    raise ValueError(
        f"`source` {source!r} must hold finite float32 numbers only; received NaN or infinite "
        f"values in {found}."
    )


def standardize(train: np.ndarray, *others: np.ndarray) -> list[np.ndarray]:
    """Shifts and scales each column to mean 0 and standard deviation 1 over `train`.

    A column that is constant in `train` is shifted only.

    Args:
        train: Table of shape `(n, d)` whose means and standard deviations are used for all.
        *others: Further tables of `d` columns.

    Returns:
        The tables in the order given, as float32.
    """
    train = train.astype(np.float64)
    mean, stddev = train.mean(axis=0), train.std(axis=0)
    # A constant that is no binary fraction has a deviation of rounding errors, not of zero.
    constant = np.ptp(train, axis=0) <= 10 * np.finfo(np.float64).eps * np.abs(mean)
    stddev[constant] = 1.0
    return [((table - mean) / stddev).astype(np.float32) for table in (train, *others)]


def plural_rows(count: int) -> str:
    """Returns `"1 row"` or, say, `"3 rows"`."""
    return f"{count} row" if count == 1 else f"{count} rows"
