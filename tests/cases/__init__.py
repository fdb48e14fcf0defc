"""One entry for every exported class: how to build it, what it is tried in, what it must refuse.

A new technique adds a `Case` to the file of its kind, and every check of `tests/checks.py` that
fits the kind runs on it. Everything that holds Keras objects is a function, so that each check gets
new ones and importing this package makes none.
"""

from __future__ import annotations

import itertools

import keras_regzoo
from tests.cases import (
    averaging,
    callbacks,
    coding_layers,
    constraints,
    feature_layers,
    generative,
    gradient_objectives,
    label_objectives,
    models,
    noise_layers,
    objectives,
    penalties,
    regularizers,
    scheduling,
    semi_supervised,
    sparse_models,
    stacking,
    stopping,
    variational,
)
from tests.cases.case import Case

MODULES = (
    regularizers,
    constraints,
    noise_layers,
    coding_layers,
    feature_layers,
    objectives,
    penalties,
    gradient_objectives,
    label_objectives,
    semi_supervised,
    callbacks,
    stopping,
    scheduling,
    averaging,
    models,
    generative,
    sparse_models,
    variational,
    stacking,
)
CASES: tuple[Case, ...] = tuple(itertools.chain.from_iterable(each.CASES for each in MODULES))

_ABSTRACT = "abstract: its final subclasses have cases"
_BUILDER = "a function that returns plain Keras models; tests/models tests it"

NOT_CASES = {
    "BaseAutoencoder": _ABSTRACT,
    "BatchTransform": _ABSTRACT,
    "Objective": _ABSTRACT,
    "Penalty": _ABSTRACT,
    "Resumable": _ABSTRACT,
    "Stopping": _ABSTRACT,
    "WeightTransform": _ABSTRACT,
    "ConditionalVAE": "it takes two inputs; its test runs the checks that fit",
    "CurriculumScheduler": "it trains on a dataset of its own; its test runs the checks that fit",
    "ResampleDeadLatents": "it needs a sparse dictionary; tests/models/test_sparse_dictionary.py",
    "Loss": "no Keras object: what an objective receives and returns within one step",
    "Point": "no Keras object: where a `Loss` is evaluated",
    "conditional_dense_autoencoder": _BUILDER,
    "conv_autoencoder": _BUILDER,
    "dense_autoencoder": _BUILDER,
    "image_tangents": "a function of arrays; tests/objectives/test_image_tangents.py tests it",
}

PACKAGES = (
    keras_regzoo.regularizers,
    keras_regzoo.constraints,
    keras_regzoo.layers,
    keras_regzoo.objectives,
    keras_regzoo.callbacks,
    keras_regzoo.models,
)


def by_id(wanted: str) -> Case:
    """Returns the case of that id."""
    (found,) = (case for case in CASES if case.id == wanted)
    return found
