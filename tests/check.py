"""What a check is, and the list of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import NamedTuple

from tests.backends import BACKEND
from tests.cases.case import KINDS, Case

SAVED = tuple(kind for kind in KINDS if kind != "callback")


class Check(NamedTuple):
    """A check, the kinds it is for, and the backends that have what it needs.

    For the kinds in `once` the backend hardly matters: `make test` runs it on PyTorch alone.
    """

    function: Callable[..., None]
    kinds: tuple[str, ...]
    backends: tuple[str, ...]
    once: tuple[str, ...]

    def applies_to(self, case: Case) -> bool:
        return case.kind in self.kinds and BACKEND in self.backends


CHECKS: dict[str, Check] = {}


def check(
    *kinds: str,
    backends: tuple[str, ...] = ("tensorflow", "jax", "torch"),
    once: tuple[str, ...] = (),
) -> Callable:
    """Enters a function `check_NAME` in `CHECKS` as `NAME`."""

    def enter(function: Callable[..., None]) -> Callable[..., None]:
        CHECKS[function.__name__.removeprefix("check_")] = Check(function, kinds, backends, once)
        return function

    return enter


def parameters(cls: type) -> list[str]:
    signature = inspect.signature(cls.__init__).parameters.values()
    return [str(p).split(":")[0] if p.kind is p.VAR_KEYWORD else p.name for p in signature][1:]
