"""Files that others may have made, read such that nothing in them runs or fills the memory."""

from __future__ import annotations

import json
import math
import os
import stat
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import h5py
import keras
import numpy as np

EXPANSION = 100  # zlib cannot pack more than 1032 bytes into one: zeros, not weights or data
FLOOR = 2**26  # bytes that anything may unpack to
LARGEST_JSON = 2**26
WEIGHTS = "model.weights.h5"
MEMBERS = {"metadata.json", "config.json", WEIGHTS}  # and assets

PathLike = str | os.PathLike[str]


def parse_json(text: str | bytes, kind: type = dict, finite: bool = True) -> Any:
    """Returns what a JSON document holds.

    Args:
        text: The document, in UTF-8.
        kind: `dict` or `list`: what it must hold.
        finite: Whether NaN and infinite numbers, which JSON does not know, are an error.

    Raises:
        ValueError: If it is no JSON, something else, or nested too deeply.
    """
    options: dict[str, Any] = {"parse_constant": _refuse, "parse_float": _finite} if finite else {}
    try:
        value = json.loads(text, **options)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(value, kind):
        expected = "an object" if kind is dict else "a list"
        raise ValueError(f"it must hold {expected}, not a {type(value).__name__}")
    return value


def read_json(path: PathLike, kind: type = dict, finite: bool = True) -> Any:
    """Returns what `parse_json` does of a file, which is not read if it is larger than 64 MiB.

    Raises:
        ValueError: As `parse_json`, or if it is too large.
        OSError: If it cannot be read.
    """
    size = os.path.getsize(path)
    if size > LARGEST_JSON:
        raise ValueError(f"its {size} bytes are more than {LARGEST_JSON}")
    return parse_json(Path(path).read_bytes(), kind, finite)


def read_arrays(
    path: PathLike, wanted: Callable[[list[str]], Iterable[str]] = list
) -> dict[str, np.ndarray]:
    """Returns arrays of an `.npz` file by name; none of Python objects, which may run code.

    Args:
        path: The file.
        wanted: Given the names of all arrays, returns those to read.

    Raises:
        ValueError: If the file is no such archive, or damaged; if an array is larger than what is
            stored of it, unpacks to more than a hundred times its size, or holds Python objects.
    """
    check_zip(path)
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            with archive.open(info) as member:
                _check_array(member, info.file_size)
    with np.load(path, allow_pickle=False) as archive:
        names = list(wanted(archive.files))
        return {name: archive[name] for name in names}


def load_model(path: PathLike) -> keras.Model:
    """Returns the model of a `.keras` or `.h5` file, not compiled, in Keras's safe mode.

    A `Lambda` layer in it, or anything else that would run code of the file, is an error.

    Raises:
        ValueError: If the file is no such model, damaged, or unpacks to far more than its size.
    """
    return _guarded(path, lambda: keras.saving.load_model(path, compile=False, safe_mode=True))


def load_weights(model: keras.Model, path: PathLike) -> None:
    """Gives `model` the weights of a `.weights.h5` file.

    Raises:
        ValueError: If the file is no such file, damaged, or of another model.
    """
    _guarded(path, lambda: model.load_weights(path))


def check_zip(path: PathLike) -> None:
    """Raises a ValueError unless a file is an archive of sound names and sizes, by its directory.

    A member must stay in the folder that it would be unpacked to, be no link, and unpack to less
    than 64 MiB, or less than a hundred times what is stored of it; so must all together.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
        raise ValueError(f"it is no whole archive ({error})") from error
    for member in members:
        name = member.filename
        parts = {*PurePosixPath(name).parts, *PureWindowsPath(name).parts}
        outside = PurePosixPath(name).is_absolute() or PureWindowsPath(name).anchor
        if outside or ".." in parts or stat.S_ISLNK(member.external_attr >> 16):
            raise ValueError(f"its member {name!r} leads out of its folder")
        _check_expansion(repr(name), member.file_size, member.compress_size)
    _check_expansion("all in it", sum(each.file_size for each in members), os.path.getsize(path))


def _guarded(path: PathLike, load: Callable[[], Any]) -> Any:
    try:
        if os.fspath(path).endswith(".keras"):
            check_zip(path)
            with zipfile.ZipFile(path) as archive:
                _check_members(archive.namelist())
                with archive.open(WEIGHTS) as member:
                    _check_hdf5(member)
        else:
            _check_hdf5(path)
        return load()
    except Exception as error:  # whatever Keras, h5py and zipfile know to raise
        message = f"{os.fspath(path)!r} cannot be loaded safely: {_reason(error)}"
        raise ValueError(message) from error


def _reason(error: Exception) -> str:
    """Returns the first paragraph of an error, and the next if a colon announces it."""
    first, *more = (" ".join(each.split()) for each in (str(error) or repr(error)).split("\n\n"))
    return f"{first} {more[0]}" if first.endswith(":") and more else first


def _check_members(names: list[str]) -> None:
    """Raises a ValueError unless an archive holds the parts that Keras saves of a model, alone."""
    for name in names:
        if name not in MEMBERS and not name.startswith("assets/"):
            raise ValueError(f"its member {name!r} is no part of a model that Keras saves")
    for name in MEMBERS - set(names):
        raise ValueError(f"it has no {name!r}")


def _check_hdf5(source: Any) -> None:
    stored: list[int] = []
    declared: list[int] = []

    def check(name: str, item: Any) -> None:
        if not isinstance(item, h5py.Dataset):
            return
        if item.external or item.is_virtual:
            raise ValueError(f"its data set {name!r} lies in another file")
        declared.append(math.prod(item.shape or ()) * item.dtype.itemsize)
        stored.append(item.id.get_storage_size())
        _check_expansion(repr(name), declared[-1], stored[-1])

    with h5py.File(source, "r") as file:
        file.visititems(check)
    _check_expansion("all in it", sum(declared), sum(stored))


def _check_expansion(what: str, unpacked: int, packed: int) -> None:
    if unpacked > max(FLOOR, EXPANSION * packed):
        raise ValueError(f"{what} would unpack from {packed} to {unpacked} bytes")


def _check_array(file: Any, size: int) -> None:
    """Raises a ValueError if the header of an array claims more than there is, or objects."""
    version = np.lib.format.read_magic(file)
    readers = {(1, 0): np.lib.format.read_array_header_1_0}
    reader = readers.get(version, np.lib.format.read_array_header_2_0)
    shape, _, dtype = reader(file)
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are never unpickled")
    if math.prod(shape) * dtype.itemsize > size:
        raise ValueError(f"an array of shape {shape} does not fit into {size} bytes")


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)
