"""The code of docs/scaling.md that needs no process of its own runs."""

import keras
import numpy as np
import pytest

from tests.scaling import page

BACKEND = keras.backend.backend()


def run(code: str) -> dict:
    names = {"__name__": "page"}
    exec(compile(code, str(page.PAGE), "exec"), names)
    return names


@pytest.mark.one_backend
def test_folds_are_scored_wherever_joblib_runs_them():
    pytest.importorskip("joblib")
    code = page.block("joblib.parallel_config")
    here = code.replace("n_jobs=2", "n_jobs=1")
    assert here != code
    assert run(here)["found"].scores["loss"].shape == (3,)


if BACKEND == "jax":

    def test_data_parallel_is_two_lines():
        previous = keras.distribution.distribution()
        try:
            run(page.block("DataParallel())"))
            assert isinstance(keras.distribution.distribution(), keras.distribution.DataParallel)
        finally:
            keras.distribution.set_distribution(previous)


if BACKEND == "tensorflow":

    def test_strategy_trains_the_wrapped_model():
        wrapped = run(page.block("MirroredStrategy"))["wrapped"]
        assert wrapped.optimizer.iterations == 2
        assert np.isfinite(wrapped.history.history["loss"]).all()
