"""Tables of the user's own in a text file."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from keras_regzoo.data import tables
from keras_regzoo.data.source import Source

MISSING = frozenset({"", "na", "n/a", "nan", "null", "?"})


def read_csv(path: Path, target: str | None) -> Source:
    """Reads a table with a header, in UTF-8, whose cells are parted by `,`, `;` or tabs.

    Columns of numbers are taken as they are; columns of text become one column of 0 and 1 a
    category.

    Args:
        path: The file.
        target: Name of the column to predict.

    Raises:
        ValueError: If the file is no such table, `target` is none of its columns, or a cell is
            empty or says that it is missing (`NA`, `N/A`, `NaN`, `null`, `?` in any case).
    """
    header, rows = _read_rows(path)
    if target not in header:
        raise ValueError(
            f"`target` must name the column to predict, one of {', '.join(map(repr, header))}; "
            f"received target={target!r}."
        )
    if len(header) < 2:
        raise ValueError(
            f"`source` {str(path)!r} must have a column beside the target; received only "
            f"{target!r}."
        )
    cells = dict(zip(header, zip(*rows, strict=True), strict=True)) if rows else {}
    _check_missing(cells, path)
    columns = {
        name: _parse(values, name, path, mixed=name == target) for name, values in cells.items()
    }
    if not columns:
        return Source(path.stem, (np.empty((0, len(header) - 1)), np.empty(0)), target=target)
    y = columns.pop(target)
    x, features = tables.encode_columns(columns, str(path))
    return Source(path.stem, (x, y), features=features, target=target)


def _read_rows(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = re.sub(r'"[^"]*"', "", file.readline())
            delimiter = max(",;\t", key=first.count)
            file.seek(0)
            reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True, strict=True)
            header = [cell.strip() for cell in next(reader, [])]
            rows = []
            for row in filter(None, reader):
                if len(row) != len(header):
                    raise ValueError(
                        f"`source` {str(path)!r} must have {len(header)} cells in each row, as "
                        f"its header has; received {len(row)} in line {reader.line_num}."
                    )
                rows.append([cell.strip() for cell in row])
    except (csv.Error, UnicodeDecodeError) as error:
        raise ValueError(
            f"`source` {str(path)!r} must be a table of text in UTF-8; reading it failed with: "
            f"{error}."
        ) from error
    if not header:
        raise ValueError(
            f"`source` {str(path)!r} must have a header and at least one example; received an "
            f"empty file."
        )
    repeated = sorted({name for name in header if header.count(name) > 1 or not name})
    if repeated:
        raise ValueError(
            f"`source` {str(path)!r} must have a different name for each column in its first "
            f"line; received {repeated[0]!r} for more than one or for none."
        )
    return header, rows


def _check_missing(cells: dict[str, tuple[str, ...]], path: Path) -> None:
    counts = {name: sum(v.lower() in MISSING for v in values) for name, values in cells.items()}
    found = [
        f"the column {n!r} ({tables.plural_rows(count)})" for n, count in counts.items() if count
    ]
    if found:
        raise ValueError(
            f"`source` {str(path)!r} must have a value in every cell; received missing values or "
            f"NaN in {', '.join(found[:5])}: fill them or leave the rows out."
        )


def _parse(values: Sequence[str], name: str, path: Path, mixed: bool) -> np.ndarray:
    """Returns numbers where all cells are numbers, text where none is (or `mixed` is allowed)."""
    text = np.asarray(values)
    try:
        return text.astype(np.float64)
    except ValueError:
        pass
    if not mixed:
        numeric = [_is_number(value) for value in values]
        if any(numeric):
            row = numeric.index(False)
            raise ValueError(
                f"`source` {str(path)!r} must have numbers or text in a column, not both; "
                f"received {values[row]!r} in row {row + 1} of the column {name!r}."
            )
    return text


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
