"""The file that a run is saved in."""

import numpy as np
import pytest

from keras_regzoo.callbacks.run_file import RunFile

pytestmark = pytest.mark.one_backend


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int64", "bool"])
def test_a_file_holds_arrays_of_any_type_and_shape(tmp_path, dtype):
    arrays = [np.ones(shape).astype(np.dtype(dtype)) for shape in ((), (0, 3), (2, 3))]
    RunFile(tmp_path, "run").save({}, arrays)
    saved = RunFile(tmp_path, "run").load()
    assert saved is not None
    _, found = saved
    for array, expected in zip(found, arrays, strict=True):
        assert array.dtype == expected.dtype
        np.testing.assert_array_equal(array, expected)
