"""Seeds without what setting TensorFlow's own costs."""

from contextlib import nullcontext
from unittest import mock

import keras

CLEAR = "tensorflow.python.eager.context.pywrap_tfe.TFE_ContextClearCaches"


def set_seed(seed: int) -> None:
    """Sets all seeds, but keeps the kernels that TensorFlow drops with its own.

    No layer draws from a kernel with a state: what Keras and the package draw depends on the seed
    alone. Compiling the kernels anew takes longer than most tests.
    """
    with mock.patch(CLEAR) if keras.backend.backend() == "tensorflow" else nullcontext():
        keras.utils.set_random_seed(seed)


def reset_draws(model: keras.Model) -> None:
    """Puts the seeds of a model's layers, which Keras does not save, to one state."""
    for variable in model.variables:
        if variable.name == "seed_generator_state":
            variable.assign([0, 1])
