"""A hypermodel that searches which techniques to use, and how strong. Needs the `tuner` extra."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.objectives import RegularizedModel
from keras_regzoo.training.fresh import fresh
from keras_regzoo.tuning.appliers import ALONE, APPLIERS, STOPPERS
from keras_regzoo.tuning.search_space import search_space

keras_tuner: Any = validation.extra("keras_tuner", "tuner", "RegularizedHyperModel")

NONE = "none"
CHOSEN = "techniques"
VALIDATION = ("validation_data", "validation_split")


class RegularizedHyperModel(keras_tuner.HyperModel):
    """Searches which techniques to add to a model, and how strong.

        S ⊆ techniques, |S| ≤ max_techniques,   θ_t ~ its search space for each t in S

    Every KerasTuner tuner takes it. The hyperparameter `techniques` names those of a trial, joined
    by `+`, or is `"none"`; the strengths of each, `technique/argument`, are conditional on it.
    Penalties act on all kernels, constraints on each unit's incoming weights, layers after every
    hidden activation; what stops training early is added to the callbacks of `fit`, and looks at
    its validation loss, unless it has none. Whatever the order of their names, penalties come
    first, then layers, wrappers, constraints and the other objectives. No set has two wrappers of
    layers (`drop_connect`, `concrete_dropout`) or two constraints: a layer takes one of each.

    It is *not* a search for the network: `build_model` may search that with the same `hp`.

    Args:
        build_model: Function of KerasTuner's `hp` that returns a new compiled model.
        techniques: Catalogue names to choose from, at least one, such as `("l2", "mixup")`.
        max_techniques: How many a trial may use at most, at least 1. With n techniques there are
            about n to that power sets to choose from.

    Raises:
        ValueError: If an argument is outside its range, or a technique does not fit the model.
        ImportError: If KerasTuner is not installed, which the `tuner` extra brings.

    Example:

    >>> import keras_tuner
    >>> def build_model(hp):
    ...     hidden = keras.layers.Dense(hp.Int("units", 4, 8), "relu")
    ...     model = keras.Sequential([keras.Input((2,)), hidden, keras.layers.Dense(1)])
    ...     model.compile("adam", "mse")
    ...     return model
    >>> search = keras_regzoo.tuning.RegularizedHyperModel(build_model, ("l2", "mixup"))
    >>> hp = keras_tuner.HyperParameters()
    >>> model = search.build(hp)
    >>> [each.name for each in hp.space]
    ['units', 'techniques', 'l2/l2', 'mixup/alpha']

    Reference: Bergstra, Bardenet, Bengio & Kégl (2011), Algorithms for Hyper-Parameter
    Optimization, sec. 1 (conditional spaces).
    """

    def __init__(
        self,
        build_model: Callable[[Any], keras.Model],
        techniques: Sequence[str],
        max_techniques: int = 2,
    ) -> None:
        self.build_model = validation.function("build_model", build_model)
        techniques = validation.items("techniques", techniques, "names")
        for name in techniques:
            validation.one_of("techniques", name, (*APPLIERS, *STOPPERS))
        self.techniques = tuple(dict.fromkeys(techniques))
        most = validation.integer("max_techniques", max_techniques, "[1, inf)")
        self.max_techniques = min(most, len(self.techniques))
        super().__init__()

    @property
    def sets(self) -> dict[str, tuple[str, ...]]:
        """The sets of techniques to choose from, by what names them."""
        kinds = [set(kind) for kind in ALONE]
        sizes = range(1, self.max_techniques + 1)
        chosen = itertools.chain.from_iterable(
            itertools.combinations(self.techniques, size) for size in sizes
        )
        fitting = (names for names in chosen if all(len(kind & {*names}) < 2 for kind in kinds))
        return {NONE: (), **{"+".join(names): names for names in fitting}}

    def build(self, hp: Any) -> keras.Model:
        """Returns a new compiled model with the techniques of this trial.

        Raises:
            ValueError: If `build_model` returns no compiled model, or a technique does not fit it.
        """
        plain = fresh(lambda: self.build_model(hp))
        strengths = self._chosen(hp)
        base, objectives = plain, []
        for name, apply in APPLIERS.items():
            if name in strengths:
                base, added = apply(base, name, strengths[name])
                objectives += added
        if base is plain and not objectives:
            return plain
        model = RegularizedModel(base, objectives) if objectives else base
        _compile_alike(model, plain)
        return model

    def fit(self, hp: Any, model: keras.Model, *args: Any, **kwargs: Any) -> Any:
        """Trains a model of this trial, with the callbacks of its techniques, by `model.fit`."""
        validated = any(kwargs.get(each) is not None for each in VALIDATION)
        strengths = self._chosen(hp) if validated else {}
        added = [make(**strengths[name]) for name, make in STOPPERS.items() if name in strengths]
        callbacks = [*(kwargs.pop("callbacks", None) or []), *added]
        return model.fit(*args, callbacks=callbacks, **kwargs)

    def _chosen(self, hp: Any) -> dict[str, dict[str, Any]]:
        """Declares everything, and returns the strengths of this trial's techniques."""
        sets = self.sets
        chosen = sets[hp.Choice(CHOSEN, list(sets), default=NONE)]
        strengths = {}
        for name in self.techniques:
            active = [key for key, names in sets.items() if name in names]
            with hp.conditional_scope(CHOSEN, active):
                strengths[name] = search_space(name, hp)
        return {name: strengths[name] for name in chosen}


def _compile_alike(model: keras.Model, plain: keras.Model) -> None:
    """Compiles a model as another one, also with a function that cannot be saved."""
    options = dict(plain._compile_config.config)
    optimizer = keras.optimizers.get(options.pop("optimizer"))
    model.compile(type(optimizer).from_config(optimizer.get_config()), **options)
