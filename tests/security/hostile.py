"""Files that would run code, leave their folder or fill the memory where they are trusted."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np

GIGABYTE = 2**30


class Trap:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return Path.touch, (self.canary,)


def member(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def zeros_of_a_gigabyte(archive, name, header=b""):
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    block = bytes(2**24)
    with archive.open(info, "w", force_zip64=True) as file:
        file.write(header)
        for _ in range(GIGABYTE // len(block)):
            file.write(block)


def pickled(path, canary):
    path.write_bytes(pickle.dumps(Trap(canary)))


def of_objects(path, canary):
    objects = np.array([Trap(canary)] * 3, object)
    np.savez(path.with_suffix(".npz"), x=objects, y=objects, notes=objects)
    path.with_suffix(".npz").rename(path)


def climbing(path, canary):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"../{canary.name}", b"")
        archive.writestr("config.json", "{}")
        for name in ("x", "y", "notes"):
            archive.writestr(f"{name}.npy", member(np.zeros((3, 1))))


def linked(path, canary):
    link = zipfile.ZipInfo("x.npy")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, str(canary))
        archive.writestr("y.npy", member(np.zeros(3)))


def claiming(path, canary):
    header = io.BytesIO()
    shape = {"descr": "<f8", "fortran_order": False, "shape": (10**14,)}
    np.lib.format.write_array_header_1_0(header, shape)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", header.getvalue())
        archive.writestr("y.npy", member(np.zeros(3)))


def torn(path, canary):
    path.write_bytes(b"PK\x03\x04" + bytes(100))


def assert_one_sentence(error, longest=700):
    text = str(error.value)
    assert "\n" not in text and 10 < len(text) < longest, text


FILES = [pickled, of_objects, climbing, linked, claiming, torn]


BAD_JSON = {
    "pickle": b"\x80\x04cposix\nsystem\n",
    "no object": b"[1, 2]",
    "a number": b"7",
    "deep": b"[" * 10**5 + b"]" * 10**5,
    "deep object": b'{"a":' * 10**5 + b"1" + b"}" * 10**5,
    "NaN": b'{"error": NaN}',
    "infinite": b'{"error": 1e999}',
    "long number": b'{"error": ' + b"9" * 10**5 + b"}",
    "not UTF-8": b'{"error": "\xff"}',
}
