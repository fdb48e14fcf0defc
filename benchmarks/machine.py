"""What a measurement was made with, as every result file records it."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import Any

import keras

_PACKAGES = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}


def describe() -> dict[str, Any]:
    """Returns versions and machine, without names or paths."""
    backend = keras.backend.backend()
    return {
        "keras_regzoo": version("keras-regzoo"),
        "keras": keras.__version__,
        "backend": backend,
        "backend_version": _backend_version(backend),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
    }


def _backend_version(backend: str) -> str:
    module = __import__(_PACKAGES[backend])
    return module.__version__
