"""How many steps a backend can take at once."""

import keras
import numpy as np

from keras_regzoo.backend import steps_per_execution
from keras_regzoo.quiet import QUIET
from tests.backends import BACKEND


def test_every_backend_trains_with_the_steps_it_is_given():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", steps_per_execution=steps_per_execution(4))
    x = np.ones((8, 1), "float32")
    model.fit(x, x, batch_size=1, verbose=QUIET)
    assert int(model.optimizer.iterations) == 8
    assert steps_per_execution(4) == (1 if BACKEND == "torch" else 4)
