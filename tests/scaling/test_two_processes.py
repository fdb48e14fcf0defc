"""Two processes that each feed half of every batch train what one process trains."""

import json
import socket

import jax
import keras
import numpy as np
import pytest
from keras import ops

from tests.scaling import page

CODE = page.block("class Share")


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processes")
    (folder / "train.py").write_text(CODE)
    joined = {
        "KERAS_DISTRIBUTION_JOB_ADDRESSES": f"127.0.0.1:{free_port()}",
        "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
    }
    both = [
        page.start("train.py", cwd=folder, KERAS_DISTRIBUTION_PROCESS_ID=str(rank), **joined)
        for rank in range(2)
    ]
    histories = [json.loads(page.finished(each).splitlines()[-1]) for each in both]
    return histories, keras.saving.load_model(folder / "trained.keras")


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("process"))
        names = {"__name__": "page"}
        exec(compile(CODE, str(page.PAGE), "exec"), names)
    assert jax.process_count() == 1
    return names


def test_two_processes_log_the_losses_of_one(two, one):
    histories, _ = two
    assert set(one["history"]) == {"loss", "data_loss", "weight_penalty", "sharpness_aware"}
    for history in histories:
        for name, values in one["history"].items():
            assert len(values) == 3
            np.testing.assert_allclose(history[name], values, rtol=1e-4, err_msg=name)


def test_two_processes_end_at_the_weights_of_one(two, one):
    _, trained = two
    for made, expected in zip(trained.weights, one["model"].weights, strict=True):
        made, expected = ops.convert_to_numpy(made), ops.convert_to_numpy(expected)
        np.testing.assert_allclose(made, expected, atol=1e-5)
