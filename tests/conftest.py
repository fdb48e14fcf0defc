"""What every test starts from."""

import gc
import os
from pathlib import Path
from typing import Any
from unittest import mock

from tests.xla_flags import xla_flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# A worker has one core: threads that wait for each other's would take ten times as long.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("XLA_FLAGS", xla_flags())
# JAX compiles what another test, or the other worker, has compiled only once.
os.environ.setdefault(
    "JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "jax")
)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")

import keras
import pytest

from tests.seeds import set_seed

DEALT_SINGLY = ("test_contracts.py", "test_pairs.py")  # modules of many tests
SHARE_A_PROCESS = (
    "test_runs_under_two_virtual_devices",
    "test_saved_model_loads_in_a_fresh_process",
)


if keras.backend.backend() == "tensorflow":
    # Small models take XLA longer to compile than to train: what is about XLA asks for it.
    mock.patch.object(keras.Model, "_resolve_auto_jit_compile", lambda model: False).start()


@pytest.fixture(autouse=True, scope="module")
def settled_heap():
    """Spares each garbage collection, KerasTuner's at every build too, what imports have made."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def fixed_seed():
    set_seed(0)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Deals the tests of a module to one worker, which makes once what they share."""
    from xdist.scheduler import LoadScopeScheduling

    class Dealer(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            module, _, test = nodeid.partition("::")
            if not module.endswith(DEALT_SINGLY):
                return module
            function = test.partition("[")[0]
            return function if function in SHARE_A_PROCESS else nodeid

    return Dealer(config, log)
