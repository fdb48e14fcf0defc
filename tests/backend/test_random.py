"""Random numbers of the backend."""

import numpy as np
import pytest
from keras import ops

from keras_regzoo.backend import normal, uniform
from tests.compiled import as_they_are, compiled


@pytest.mark.parametrize("draw", [uniform, normal])
def test_integer_gives_the_same_numbers_each_time_compiled_or_not(draw):
    found = [
        ops.convert_to_numpy(run(lambda: draw((4, 3), 7))())
        for run in (as_they_are, as_they_are, compiled)
    ]
    assert np.unique(found[0]).size == 12
    np.testing.assert_array_equal(found[1], found[0])
    np.testing.assert_allclose(found[2], found[0], rtol=1e-5)
    assert (ops.convert_to_numpy(draw((4, 3), 8)) != found[0]).all()
