"""A search of autoencoders: what each trial is, and that a search works."""

import keras_tuner
import numpy as np
import pytest

from keras_regzoo.models import Autoencoder, DenoisingAutoencoder, SparseAutoencoder
from keras_regzoo.quiet import QUIET
from keras_regzoo.tuning import AutoencoderHyperModel

pytestmark = pytest.mark.one_backend

X = np.random.default_rng(0).random((32, 8), dtype="float32")


def trial(search, **values):
    hp = keras_tuner.HyperParameters()
    hp.values.update(values)
    return search.build(hp), hp


def widths(model):
    return [layer.units for layer in model.encoder.layers if hasattr(layer, "units")]


def test_hidden_layers_halve_and_are_never_narrower_than_the_code():
    search = AutoencoderHyperModel((8,))
    assert widths(trial(search, width=40, depth=3, latent=12)[0]) == [40, 20, 12, 12]
    assert widths(trial(search, width=40, depth=0, latent=12)[0]) == [12]


@pytest.mark.parametrize(
    ("kind", "cls"),
    [("none", Autoencoder), ("noise", DenoisingAutoencoder), ("sparsity", SparseAutoencoder)],
)
def test_kind_is_that_of_the_trial_with_its_strength_alone(kind, cls):
    model, hp = trial(AutoencoderHyperModel((8,)), kind=kind)
    assert type(model) is cls
    active = {each.name for each in hp.space if hp.is_active(each)}
    assert ("noise/corruption" in active) == (kind == "noise")
    assert ("sparsity/sparsity" in active) == (kind == "sparsity")
    assert float(model.optimizer.learning_rate) == pytest.approx(hp.get("learning_rate"))


def test_kinds_that_are_not_wanted_are_not_searched():
    _, hp = trial(AutoencoderHyperModel((8,), kinds=("none",)))
    assert [each.name for each in hp.space] == ["depth", "latent", "width", "kind", "learning_rate"]


def test_width_is_searched_only_where_there_are_hidden_layers():
    for depth in (0, 2):
        _, hp = trial(AutoencoderHyperModel((8,)), depth=depth)
        active = {each.name for each in hp.space if hp.is_active(each)}
        assert ("width" in active) == ("width" in hp.values) == bool(depth)
    _, hp = trial(AutoencoderHyperModel((8,), depth=(0, 0)))
    assert "width" not in {each.name for each in hp.space}
    model, hp = trial(AutoencoderHyperModel((8,), width=(16, 16), depth=(1, 1), latent=(2, 2)))
    assert widths(model) == [16, 2]


def test_keras_tuner_searches_it(tmp_path):
    space = AutoencoderHyperModel((8,), width=(8, 16), depth=(0, 1), latent=(1, 8))
    assert isinstance(space, keras_tuner.HyperModel)
    tuner = keras_tuner.RandomSearch(
        space,
        "val_loss",
        max_trials=5,
        seed=0,
        directory=tmp_path,
        project_name="search",
    )
    tuner.search(X, epochs=2, validation_data=(X, X), verbose=QUIET)
    trials = tuner.oracle.get_best_trials(5)
    assert len({each.hyperparameters.get("kind") for each in trials}) > 1
    scores = [each.score for each in trials]
    assert scores == sorted(scores)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 32}, "`width` must be a pair"),
        ({"width": (0, 4)}, "`width` must be an integer in"),
        ({"depth": (2, 1)}, "`depth` must be an integer in"),
        ({"latent": (1.5, 2)}, "`latent` must be an integer in"),
        ({"kinds": ()}, "`kinds` must be a list of names"),
        ({"kinds": "noise"}, "`kinds` must be a list of names"),
        ({"kinds": 3}, "`kinds` must be a list of names"),
        ({"input_shape": 3}, "`input_shape` must be a list of sizes, at least one; received 3"),
        ({"kinds": ("dropout",)}, "`kinds` must be one of"),
        ({"input_shape": (0,)}, "`input_shape` must"),
    ],
)
def test_bad_arguments_are_one_sentence(changes, message):
    with pytest.raises(ValueError, match=message):
        AutoencoderHyperModel(**{"input_shape": (8,), **changes})
