"""The hyperparameters of a technique in a KerasTuner search."""

from __future__ import annotations

from typing import Any

from keras_regzoo import validation
from keras_regzoo.spaces import SPACES


def search_space(technique: str, hp: Any, name: str | None = None) -> dict[str, Any]:
    """Declares what to search of a technique, and returns this trial's values.

        θ ~ U(low, high)   or   log θ ~ U(log low, log high)

    Ranges hold the values of the technique's catalogue entry, which names their source, and are
    ours beyond that; penalties and radii are searched on a logarithmic scale. What makes sense with
    another value alone, such as a random start with one step, is conditional: where it is not
    active it is left out, so that the class's default holds.

    It is *not* a search of what the technique is applied to: layers, encoders and patterns are
    given beside it.

    Args:
        technique: Its name in the catalogue.
        hp: KerasTuner's `HyperParameters`, as a hypermodel's `build` receives them.
        name: What the hyperparameters' names begin with, `name/argument`; by default the
            technique's. Give one where a technique is used twice.

    Returns:
        Keyword arguments for the technique's class.

    Raises:
        ValueError: If there is no such technique, or nothing of it to search, or `hp` is something
            else.

    Example:

    >>> import keras_tuner
    >>> hp = keras_tuner.HyperParameters()
    >>> keras_regzoo.objectives.Mixup(**keras_regzoo.tuning.search_space("mixup", hp)).name
    'mixup'
    >>> [each.name for each in hp.space]
    ['mixup/alpha']

    Reference: Bergstra & Bengio (2012), Random Search for Hyper-Parameter Optimization, sec. 2
    (scales).
    """
    validation.one_of("technique", technique, SPACES)
    if not hasattr(hp, "conditional_scope"):
        raise ValueError(
            f"`hp` must be KerasTuner's HyperParameters; received {validation.shown(hp)}."
        )
    prefix = technique if name is None else name
    drawn: dict[str, Any] = {}
    for setting in SPACES[technique]:
        full = f"{prefix}/{setting.argument}"
        if not setting.parent:
            drawn[setting.argument] = setting.draw(hp, full)
            continue
        with hp.conditional_scope(f"{prefix}/{setting.parent}", list(setting.parent_values)):
            value = setting.draw(hp, full)
        if drawn[setting.parent] in setting.parent_values:
            drawn[setting.argument] = value
    return drawn
