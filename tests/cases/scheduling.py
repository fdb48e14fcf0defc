"""Callbacks that move something while training, or watch it."""

from __future__ import annotations

from tests.cases.case import Case

CASES: tuple[Case, ...] = ()
