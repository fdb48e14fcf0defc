"""Every regularization technique and autoencoder of the textbooks, as Keras objects.

>>> import keras_regzoo
"""

import sys
from importlib.metadata import version
from pathlib import Path

try:
    import keras as _keras  # noqa: F401
except ModuleNotFoundError as error:
    sentence = (
        f"Keras needs its backend, the package `{error.name}`, which is not installed: run `pip "
        'install "keras-regzoo[tensorflow]"`, or set KERAS_BACKEND to one that is (jax, torch).'
    )
    if Path(sys.argv[0]).stem == "regzoo":  # nobody is there to catch it
        print(f"regzoo: {sentence}", file=sys.stderr)
        sys.exit(2)
    raise ImportError(sentence) from None

from keras_regzoo import (
    backend,
    callbacks,
    constraints,
    data,
    diagnostics,
    ensembles,
    layers,
    models,
    objectives,
    regularizers,
    training,
    tuning,
)
from keras_regzoo.objectives import RegularizedModel

__version__ = version("keras-regzoo")

__all__ = [
    "RegularizedModel",
    "__version__",
    "backend",
    "callbacks",
    "constraints",
    "data",
    "diagnostics",
    "ensembles",
    "layers",
    "models",
    "objectives",
    "regularizers",
    "training",
    "tuning",
]
