"""Python's own random numbers, from which Keras draws the seeds of layers and initializers."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

_FUNCTIONS = tuple(name for name in random.__all__ if name.islower())  # of one generator


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Gives the threads that run beside this one a generator of their own, within the context.

    A thread of Dask's draws from Python's generator now and then: what is seeded and drawn here
    would not be the same in each process.
    """
    others = {thread.ident for thread in threading.enumerate()} - {threading.get_ident()}
    theirs = random.Random()
    ours = {name: getattr(random, name) for name in _FUNCTIONS}
    for name, function in ours.items():
        setattr(random, name, _by_thread(function, getattr(theirs, name), others))
    try:
        yield
    finally:
        for name, function in ours.items():
            setattr(random, name, function)


def _by_thread(
    ours: Callable[..., Any], theirs: Callable[..., Any], others: set[int | None]
) -> Callable[..., Any]:
    def function(*args: Any, **kwargs: Any) -> Any:
        return (theirs if threading.get_ident() in others else ours)(*args, **kwargs)

    return function
