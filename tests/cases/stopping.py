"""Stopping callbacks."""

from __future__ import annotations

from tests.cases.case import Case

CASES: tuple[Case, ...] = ()
