"""What XLA is told in tests, where small graphs are compiled once and run a few times."""

from importlib.metadata import PackageNotFoundError, version


def xla_flags() -> str:
    """Returns flags that spare XLA's optimizations, which cost tests more than they save."""
    flags = [
        "--xla_backend_optimization_level=0",
        "--xla_llvm_disable_expensive_passes=true",
        "--xla_cpu_parallel_codegen_split_count=1",
    ]
    try:
        known = version("jaxlib").startswith("0.10.")
    except PackageNotFoundError:
        known = True
    if known:  # a version that does not know a flag ends the process at it
        flags.append("--xla_cpu_use_fusion_emitters=false")
    return " ".join(flags)
