"""One technique: what it is, when to use it, what it costs and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from keras_regzoo.catalogue.reference import Reference

Kind = Literal[
    "regularizer", "constraint", "layer", "objective", "callback", "model", "training", "data"
]


@dataclass(frozen=True)
class Cost:
    """The least a training step can cost, in passes through the base model.

    Args:
        forward: Forward passes; a plain step is 1.
        backward: Backward passes; a plain step is 1, one for the input's gradient alone 0.5.
        note: What the two numbers leave out or assume.
    """

    forward: float = 1.0
    backward: float = 1.0
    note: str = ""

    def __str__(self) -> str:
        return f"{self.forward:g} F + {self.backward:g} B"


@dataclass(frozen=True)
class Entry:
    """One technique of the catalogue.

    Args:
        name: Its name in snake case, such as `"group_lasso"`.
        kind: Where it plugs into `model.fit`.
        summary: What it does, in one sentence.
        equation: Its definition, in plain text.
        when: When to use it.
        when_not: When not to.
        suggested: Values to start from, and where they come from.
        composes_badly_with: What it should not be combined with carelessly, and why.
        reference: The publication that introduced it, or defines it best.
        symbol: Its public name, such as `"keras_regzoo.regularizers.GroupLasso"`.
        cost: What a training step costs at least.
        further: Other publications it rests on.
        aliases: Other names it is known by, such as `"sam"`.
        evidence: Path of what was measured of it, whether it supports it or not.
    """

    name: str
    kind: Kind
    summary: str
    equation: str
    when: str
    when_not: str
    suggested: str
    composes_badly_with: str
    reference: Reference
    symbol: str
    cost: Cost = Cost()
    further: tuple[Reference, ...] = ()
    aliases: tuple[str, ...] = ()
    evidence: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Every name it can be found by: its own, its class's and its aliases."""
        return (self.name, self.symbol.split(".")[-1], *self.aliases)

    @property
    def origin(self) -> str:
        """The package it comes from: `"keras"` or `"keras_regzoo"`."""
        return self.symbol.split(".")[0]

    @property
    def references(self) -> tuple[Reference, ...]:
        """Every publication it rests on, the main one first."""
        return (self.reference, *self.further)
