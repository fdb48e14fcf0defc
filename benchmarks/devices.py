"""What a benchmark asks of the device below a backend: its name, its memory, its precision."""

from __future__ import annotations

import importlib
import resource
import sys
from typing import Any

import keras

PRECISIONS = ("float32", "tf32", "mixed_bfloat16")
CPU = "CPU"


def _backend() -> tuple[str, Any]:
    name = keras.config.backend()
    return name, importlib.import_module(name)


def name() -> str:
    """Returns the name of the CUDA device that Keras computes on, or `"CPU"`."""
    backend, module = _backend()
    if backend == "torch":
        return module.cuda.get_device_name() if module.cuda.is_available() else CPU
    if backend == "jax":
        device = module.devices()[0]
        return CPU if device.platform == "cpu" else device.device_kind
    found = module.config.list_physical_devices("GPU")
    details = module.config.experimental.get_device_details(found[0]) if found else {}
    return details.get("device_name", "GPU") if found else CPU


def set_precision(policy: str) -> None:
    """Sets in what numbers everything made from now on is computed.

    Args:
        policy: `"float32"`, whose products are exact to float32, `"tf32"`, whose products are
            rounded to 10 bits on a CUDA device, or a Keras dtype policy such as
            `"mixed_bfloat16"`.
    """
    keras.config.set_dtype_policy("float32" if policy == "tf32" else policy)
    backend, module = _backend()
    rounded = policy == "tf32"
    if backend == "torch":
        module.set_float32_matmul_precision("high" if rounded else "highest")
        module.backends.cudnn.allow_tf32 = rounded
    elif backend == "jax":
        precision = "tensorfloat32" if rounded else "float32"
        module.config.update("jax_default_matmul_precision", precision)
    else:
        module.config.experimental.enable_tensor_float_32_execution(rounded)


def peak_bytes() -> int:
    """Returns the most memory in use so far: of the CUDA device, or of this process on a CPU."""
    backend, module = _backend()
    if name() == CPU:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else 1024 * peak
    if backend == "torch":
        return module.cuda.max_memory_allocated()
    if backend == "jax":
        return module.devices()[0].memory_stats()["peak_bytes_in_use"]
    return module.config.experimental.get_memory_info("GPU:0")["peak"]
