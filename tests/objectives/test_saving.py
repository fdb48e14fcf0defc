"""A wrapped model is saved, loaded in another process, resumed and exported."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel
from keras_regzoo.objectives import (
    AdversarialTraining,
    Mixup,
    ParameterTying,
    SharpnessAware,
    SoftWeightSharing,
    WeightNoise,
    WeightPenalty,
)
from keras_regzoo.quiet import QUIET
from tests.objectives.networks import LOSS, X, Y, full, train

LOAD = """
import sys
import numpy as np
import keras, keras_regzoo
model = keras.saving.load_model(sys.argv[1])
x, y, before = (np.load(path) for path in sys.argv[2:5])
np.testing.assert_allclose(model.predict(x, verbose=0), before, rtol=1e-5, atol=1e-6)
np.testing.assert_allclose(model.base.predict(x, verbose=0), before, rtol=1e-5, atol=1e-6)
assert float(model.objectives[-1].radius) == 0.25, float(model.objectives[-1].radius)
assert model.objectives[-1].get_config()["radius"] == 0.1
assert np.isfinite(model.fit(x, y, verbose=0).history["loss"][0])
print("loaded")
"""


def everything() -> RegularizedModel:
    return RegularizedModel(
        full(),
        [
            WeightPenalty({"kernel": keras.regularizers.L2(0.1), "bias": None}, strength=0.5),
            Mixup(0.3, seed=1),
            AdversarialTraining(0.1, norm="l2", steps=2, valid_range=(-3.0, 3.0)),
            WeightNoise(0.1),
            SharpnessAware(0.1, name="sam"),
        ],
        name="everything",
    )


@pytest.mark.one_backend
def test_a_fresh_process_loads_it_in_safe_mode_and_goes_on(tmp_path):
    model = everything()
    train(model)
    model.objectives[-1].radius.assign(0.25)
    paths = [str(tmp_path / name) for name in ("model.keras", "x.npy", "y.npy", "before.npy")]
    model.save(paths[0])
    for path, array in zip(paths[1:], (X, Y, model.predict(X, verbose=QUIET)), strict=True):
        np.save(path, array)
    result = subprocess.run(
        [sys.executable, "-c", LOAD, *paths], capture_output=True, text=True, check=False
    )
    assert result.stdout.strip().endswith("loaded"), result.stderr


def test_the_base_is_saved_on_its_own(tmp_path):
    model = everything()
    train(model)
    model.base.save(tmp_path / "base.keras")
    base = keras.saving.load_model(tmp_path / "base.keras")
    np.testing.assert_allclose(
        base.predict(X, verbose=QUIET), model.predict(X, verbose=QUIET), rtol=1e-5
    )


def test_config_round_trip_keeps_the_list():
    model = everything()
    again = RegularizedModel.from_config(model.get_config())
    assert [o.get_config() for o in again.objectives] == [o.get_config() for o in model.objectives]
    assert again.name == "everything"


@pytest.mark.parametrize(
    "penalty",
    [
        WeightPenalty({"body/kernel": keras.regularizers.L2(0.1)}),
        SoftWeightSharing(part="body"),
        ParameterTying("body/kernel", [np.zeros((5, 3), "float32")]),
    ],
    ids=lambda penalty: penalty.name,
)
@pytest.mark.filterwarnings("ignore:Gradients do not exist")  # for a mixture of no weights
def test_what_is_saved_while_its_weights_are_frozen_is_loaded_and_thawed(penalty, tmp_path):
    body, head = (keras.layers.Dense(3, name=name) for name in ("body", "head"))
    model = RegularizedModel(keras.Sequential([keras.Input((5,)), body, head]), [penalty])
    before = train(model).history[penalty.name][0]
    body.trainable = False
    model.save(tmp_path / "model.keras")
    loaded: Any = keras.saving.load_model(tmp_path / "model.keras")
    assert train(loaded).history[penalty.name] == [0.0]
    loaded.base.get_layer("body").trainable = True
    body.trainable = True
    expected = train(model).history[penalty.name][0]
    assert train(loaded).history[penalty.name][0] == pytest.approx(expected, rel=1e-5)
    assert expected not in (0, before)


@pytest.mark.filterwarnings("ignore")  # of the exporters of TensorFlow and torch
def test_export_is_that_of_the_base(tmp_path):
    keras.utils.set_random_seed(0)
    base = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
    model = RegularizedModel(base, [SharpnessAware()])
    model.compile("sgd", LOSS)
    model.fit(X, Y, verbose=QUIET)
    one = X[:1]  # Keras fixes a batch of 1 on PyTorch, unless it is told which axes vary
    if keras.backend.backend() == "torch":
        torch = pytest.importorskip("torch")
        model.export(tmp_path / "exported.pt2", format="torch", verbose=False)
        served = torch.export.load(tmp_path / "exported.pt2").module()(torch.tensor(one)).detach()
    else:
        tf = pytest.importorskip("tensorflow")
        model.export(tmp_path / "exported", verbose=False)
        exported = tf.saved_model.load(tmp_path / "exported")  # its variables live as long as it
        served = exported.serve(one)
    np.testing.assert_allclose(np.asarray(served), model.predict(one, verbose=QUIET), rtol=1e-5)
