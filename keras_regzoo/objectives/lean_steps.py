"""Training steps without the objectives that change nothing at present."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import keras

from keras_regzoo.backend import values_before_step
from keras_regzoo.objectives.objective import Objective


class LeanSteps(keras.Model):
    """Compiles the training step anew where an objective comes to rest, or leaves it (abstract).

    A branch within the compiled step would not do: one that is not taken still passes all weights
    and their gradients through. Steps that have been compiled are kept, one for each set of
    objectives at rest.
    """

    _resting: frozenset[str] = frozenset()

    @property
    def acting(self) -> list[Objective]:
        """All objectives, in the order in which they are applied."""
        raise NotImplementedError(f"{type(self).__name__} must override `acting`.")

    @property
    def awake(self) -> list[Objective]:
        """The objectives that act in the step being made: those not at rest."""
        return [each for each in self.acting if each.name not in self._resting]

    @property
    def train_step(self) -> Callable[..., Any]:
        """`take_step`, as another function each time: JAX compiles equal ones once."""
        return lambda *args: self.take_step(*args)

    def take_step(self, *args: Any) -> Any:
        """Takes Keras's own training step."""
        return keras.Model.train_step(self, *args)

    def make_train_function(self, force: bool = False) -> None:
        """Makes what takes each step by the function for the strengths as they then are."""
        if self.train_function is not None and not force:
            return
        may_rest = [each for each in self.acting if each.rests_at_zero]
        own_step = type(self).train_step is not LeanSteps.train_step  # JAX would take one for all
        if own_step or not may_rest:
            super().make_train_function(force)
            return
        strengths = [each.strengths[each.rests_at_zero].variable for each in may_rest]
        names = [each.name for each in may_rest]
        sets = [frozenset(some) for n in range(len(names) + 1) for some in combinations(names, n)]
        functions = {each: self._made_function() for each in sets}  # not compiled before the call
        resting: frozenset[str] = frozenset()

        def step(*args: Any) -> Any:
            nonlocal resting
            values = values_before_step(self, strengths, args)
            if values is not None:
                pairs = zip(may_rest, values, strict=True)
                resting = frozenset(each.name for each, value in pairs if value == 0)
            object.__setattr__(self, "_resting", resting)
            try:
                return functions[resting](*args)
            finally:
                object.__setattr__(self, "_resting", frozenset())

        self.train_function = step

    def _made_function(self) -> Any:
        super().make_train_function(force=True)
        return self.train_function
