"""Where joblib's processes run: on this machine, or on a cluster of Ray or Dask."""

from __future__ import annotations

import contextlib
import logging
import numbers
import os
from collections.abc import Iterator
from typing import Any

from keras_regzoo import validation

LOKY, RAY, DASK = "loky", "ray", "dask"
BACKENDS = (LOKY, RAY, DASK)


def check_jobs(jobs: Any, backend: Any) -> None:
    """Raises unless there can be so many processes on this backend.

    Raises:
        ValueError: If `jobs` or `backend` is not as it must be.
        ImportError: If a package that the backend needs is not installed.
    """
    if jobs != -1 and not (isinstance(jobs, numbers.Integral) and int(jobs) >= 1):
        raise ValueError(
            f"`jobs` must be an integer in [1, inf), or -1 for one a core; received {jobs!r}."
        )
    validation.one_of("backend", backend, BACKENDS)
    if jobs == 1:
        return
    validation.extra("joblib", "recipes", "Training in several processes")
    if backend == RAY:
        validation.extra("ray", "cluster", "The backend 'ray'")
    if backend == DASK:
        validation.extra("distributed", "cluster", "The backend 'dask'")


@contextlib.contextmanager
def joblib_backend(backend: str, jobs: int) -> Iterator[None]:
    """Makes joblib's processes those of a backend, within the context.

    Args:
        backend: `"loky"`, processes of this machine; `"ray"`, on the cluster whose address the
            environment variable `RAY_ADDRESS` holds, or on a local one that is started for the
            context; `"dask"`, likewise with `DASK_SCHEDULER_ADDRESS`.
        jobs: Number of processes, or −1 for all that there can be.
    """
    started = {LOKY: _loky, RAY: _ray, DASK: _dask}[backend]
    joblib = validation.extra("joblib", "recipes", "Training in several processes")
    with started(jobs), joblib.parallel_config(backend):
        yield


@contextlib.contextmanager
def ended_processes(backend: str, jobs: int) -> Iterator[None]:
    """Ends, on leaving the context, the processes that joblib keeps on this machine for later.

    Those of a cluster are left to it.

    Args:
        backend: As for `joblib_backend`.
        jobs: Number of processes; with 1 there are none.
    """
    try:
        yield
    finally:
        if backend == LOKY and jobs != 1:
            joblib = validation.extra("joblib", "recipes", "Training in several processes")
            joblib.externals.loky.get_reusable_executor(reuse=True).shutdown()


@contextlib.contextmanager
def _loky(jobs: int) -> Iterator[None]:
    yield


@contextlib.contextmanager
def _ray(jobs: int) -> Iterator[None]:
    ray = validation.extra("ray", "cluster", "The backend 'ray'")
    backends = validation.extra("ray.util.joblib.ray_backend", "cluster", "The backend 'ray'")
    joblib = validation.extra("joblib", "recipes", "Training in several processes")

    class Streaming(backends.RayBackend):
        """Hands over each result as it comes, which joblib leaves out for lack of tests."""

        supports_return_generator = True

    joblib.register_parallel_backend(RAY, Streaming)
    ours = not ray.is_initialized()
    if ours:
        here = "RAY_ADDRESS" not in os.environ
        cores = {"num_cpus": jobs, "include_dashboard": False} if here and jobs > 0 else {}
        ray.init(logging_level=logging.ERROR, log_to_driver=False, **cores)
    try:
        yield
    finally:
        if ours:
            ray.shutdown()


@contextlib.contextmanager
def _dask(jobs: int) -> Iterator[None]:
    distributed = validation.extra("distributed", "cluster", "The backend 'dask'")
    with contextlib.ExitStack() as stack:
        if "DASK_SCHEDULER_ADDRESS" in os.environ:
            client = distributed.Client(set_as_default=True)
        else:
            workers = {"n_workers": jobs} if jobs > 0 else {}
            cluster = distributed.LocalCluster(
                threads_per_worker=1, dashboard_address=None, **workers
            )
            stack.enter_context(cluster)
            client = distributed.Client(cluster)
        stack.enter_context(client)
        yield
