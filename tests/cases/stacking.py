"""Autoencoders of autoencoders."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers as keras_layers

from keras_regzoo import models, objectives
from tests.cases.case import Case, each
from tests.cases.networks import net

_SPOILED_OBJECTIVES = ("sam", [3], [keras.regularizers.L2])


def _stages(second: int, losses: bool = False) -> list[Any]:
    """Returns two stages, the second of which takes as many numbers as told."""

    def dense(given: int, units: int, name: str) -> keras.Model:
        return keras.Sequential([keras.Input((given,)), keras_layers.Dense(units)], name=name)

    first = net(outputs=3, losses=losses), dense(3, 6, "decoder")
    return [first, (dense(second, 2, "encoder"), dense(2, second, "decoder"))]


def _arguments(chained: bool, losses: bool = False) -> Any:
    second = 12 if chained else 3
    return lambda: {"stages": _stages(second, losses), "chained": chained}


def _case(chained: bool) -> Case:
    return Case(
        models.StackedAutoencoder,
        "model",
        arguments=_arguments(chained),
        variations=(
            lambda: {**_arguments(chained)(), "objectives": [objectives.WeightNoise(0.01)]},
        ),
        bad=each(
            stages=("net", [], ["net"], [("net", "net")], None),
            chained=("yes", None, 2),
            objectives=_SPOILED_OBJECTIVES,
        ),
        zero=_arguments(chained),
        counted=_arguments(chained, losses=True),
        plain=lambda technique: keras.Sequential([technique.encoder, technique.decoder]),
        net=lambda technique: technique.stage_models[0][0],
        reconstructs=True,
        label="chained" if chained else "",
    )


CASES = (_case(chained=False), _case(chained=True))
