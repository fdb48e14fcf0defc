"""A small search from end to end."""

import importlib
import json
import warnings

import keras
import keras_tuner
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from keras_regzoo import data, tuning
from keras_regzoo.diagnostics.base_models import mlp
from keras_regzoo.quiet import QUIET
from keras_regzoo.tuning import network_search
from keras_regzoo.tuning.appliers import APPLIERS
from keras_regzoo.tuning.cross_validated_tuner import CrossValidatedTuner
from keras_regzoo.tuning.network_search import OF_CLASSES
from keras_regzoo.tuning.sound_tuner import _steady
from tests.diagnostics import bad_networks

pytestmark = pytest.mark.one_backend

FOLDS = 2
SMALL = {
    "trials": 4,
    "folds": FOLDS,
    "epochs": 1,
    "train_size": 40,
    "spread": 1.0,
    "max_techniques": 1,
    "progress": False,
}


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return tuning.search("digits", "l2,dropout", out=tmp_path_factory.mktemp("s") / "out", **SMALL)


def saved(result):
    return json.loads((result.folder / "search.json").read_text(encoding="utf-8"))


def test_json_holds_every_trial_with_its_folds_values_and_score(result):
    found = saved(result)
    assert [trial["number"] for trial in found["trials"]] == [0, 1, 2, 3]
    for trial in found["trials"]:
        assert len(trial["folds"]) == FOLDS
        names = [] if trial["techniques"] == "none" else trial["techniques"].split("+")
        assert {name.split("/")[0] for name in trial["values"]} == set(names)
        error = abs(trial["folds"][0] - trial["folds"][1]) / 2  # s / √2 of two numbers
        assert trial["error"] == pytest.approx(error)
        assert trial["score"] == pytest.approx(np.mean(trial["folds"]) + error)
    assert found["best"]["score"] == min(trial["score"] for trial in found["trials"])
    assert found["settings"]["backend"] == keras.config.backend()
    assert str(result.folder) not in json.dumps(found)
    for figure in ("best_so_far", "hyperparameters", "parallel_coordinates"):
        assert (result.folder / f"{figure}.png").read_bytes().startswith(b"\x89PNG")


def test_saved_network_is_the_users_and_has_the_test_error(result):
    network = keras.models.load_model(result.folder / "best.keras")
    digits = data.load("digits", seed=0)
    predicted = network.predict(digits.x_test, verbose=QUIET).argmax(axis=1)
    assert result.refit["test"]["error"] == pytest.approx(np.mean(predicted != digits.y_test))
    assert result.refit["steps"] == 5  # 155 of 310 examples, in batches of 32


def test_a_kill_while_the_network_is_saved_leaves_the_old_one(result, monkeypatch):
    path = result.folder / "best.keras"
    before, names = path.read_bytes(), sorted(each.name for each in result.folder.iterdir())
    save = keras.Model.save

    def torn(self, filepath, *args, **options):
        save(self, filepath, *args, **options)
        with open(filepath, "r+b") as file:
            file.truncate(100)
        raise KeyboardInterrupt

    monkeypatch.setattr(keras.Model, "save", torn)
    with pytest.raises(KeyboardInterrupt):
        tuning.search("digits", "l2,dropout", out=result.folder, **SMALL)
    assert path.read_bytes() == before
    assert sorted(each.name for each in result.folder.iterdir()) == names


@pytest.mark.parametrize("name", ["l2", "dropout", "mixup"])
def test_network_trained_with_any_technique_can_be_loaded(name, tmp_path, monkeypatch):
    module = importlib.import_module("keras_regzoo.tuning.regularized_hyper_model")
    sets = property(lambda self: {name: (name,)})
    monkeypatch.setattr(module.RegularizedHyperModel, "sets", sets)
    monkeypatch.setattr(module, "NONE", name)
    found = tuning.search("digits", name, out=tmp_path / "out", **{**SMALL, "trials": 1})
    assert found.best["techniques"] == name
    network = keras.models.load_model(found.folder / "best.keras")
    assert network.predict(np.zeros((1, 8, 8, 1)), verbose=QUIET).shape == (1, 10)


def test_trials_of_seed_0_do_not_depend_on_what_was_drawn_before(tmp_path):
    values = []
    for number in range(2):
        keras.utils.set_random_seed(number)
        examples = network_search.Examples(data.load("digits", seed=0))
        settings = {"techniques": ["l2"], "max_techniques": 1, "oracle": "random", "folds": 2}
        settings |= {"seed": 0, "spread": 0.0, "learning_rate": 1e-3}
        folder = tmp_path / str(number) / "runs"
        made = network_search.make_tuner(examples, mlp, settings, 3, folder).oracle
        values.append([made.create_trial(str(i)).hyperparameters.values for i in range(3)])
    assert values[0] == values[1]


def test_same_call_again_runs_no_fold_and_more_trials_the_rest(result, monkeypatch):
    made, score = [], CrossValidatedTuner._score

    def counted(self, trial, *args):
        made.append(trial.trial_id)
        return score(self, trial, *args)

    monkeypatch.setattr(CrossValidatedTuner, "_score", counted)
    of_numpy = {name: np.array(value)[()] for name, value in SMALL.items() if name != "progress"}
    again = tuning.search("digits", "l2,dropout", out=result.folder, **{**SMALL, **of_numpy})
    assert made == []
    assert again.trials == result.trials
    more = tuning.search("digits", "l2,dropout", out=result.folder, **{**SMALL, "trials": 5})
    assert made == ["4"] * FOLDS
    assert more.trials[:4] == result.trials


def test_other_settings_are_refused(result):
    with pytest.raises(
        ValueError, match=r"`out` must be a new folder.* made with spread 1\.0 \(now"
    ):
        tuning.search("digits", "l2,dropout", out=result.folder, **{**SMALL, "spread": 0.0})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"techniques": "l3"}, "`techniques` must be one of 'l1', 'l2'"),
        ({"techniques": "l2,l2"}, "`techniques` must name one at least, and each once"),
        ({"techniques": 3}, "`techniques` must be names"),
        ({"oracle": ["random"]}, "`oracle` must be one of"),
        ({"trials": 0}, "`trials` must be an integer"),
        ({"folds": 1}, "`folds` must be an integer"),
        ({"folds": 400}, r"`folds` must be an integer in \[2, 30\]"),
        ({"oracle": "oracle"}, "`oracle` must be one of 'random', 'bayesian', 'hyperband', 'grid'"),
        ({"max_techniques": 0}, "`max_techniques` must be an integer"),
        ({"spread": -1}, "`spread` must be a number"),
        ({"epochs": 0}, "`epochs` must be an integer"),
        ({"model": "json:dumps"}, "cannot build a network"),
        ({"train_size": 3}, "`train_size` must be an integer"),
        ({"seed": -1}, "`seed` must be an integer"),
    ],
)
def test_bad_argument_is_one_sentence_and_leaves_nothing_behind(tmp_path, changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        tuning.search(out=tmp_path / "out", **{"techniques": "l2", **SMALL, **changes})
    assert list(tmp_path.iterdir()) == []


def test_search_by_several_processes_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    with pytest.raises(ValueError, match=r"A search of techniques runs in one process; .* unset"):
        tuning.search("digits", "l2", out=tmp_path / "out", **SMALL)
    assert list(tmp_path.iterdir()) == []


def test_techniques_that_cannot_be_trained_are_one_sentence(tmp_path, monkeypatch):
    def fails(self, *args):
        raise ValueError("no such thing")

    monkeypatch.setattr(CrossValidatedTuner, "_score", fails)
    with pytest.raises(ValueError, match="3 trials failed, the last with ValueError: no"):
        tuning.search("digits", "l2", out=tmp_path, **SMALL)


def test_label_smoothing_is_no_technique_of_a_regression(tmp_path, monkeypatch):
    x = np.linspace(0, 1, 60, dtype="float32")[:, None]
    np.savez(tmp_path / "line.npz", x=x, y=x[:, 0])
    names, module = [], importlib.import_module("keras_regzoo.tuning.search")

    def noted(examples, builder, settings, *others):
        names.extend(settings["techniques"])
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "make_tuner", noted)
    with pytest.raises(KeyboardInterrupt):
        tuning.search(tmp_path / "line.npz", out=tmp_path / "out", **{**SMALL, "train_size": None})
    assert len(names) == 11 and "label_smoothing" not in names


def test_technique_that_does_not_fit_is_one_sentence_and_leaves_nothing_behind(
    tmp_path, monkeypatch
):
    x = np.linspace(0, 1, 60, dtype="float32")[:, None]
    np.savez(tmp_path / "line.npz", x=x, y=x[:, 0])
    small = {**SMALL, "train_size": None, "out": tmp_path / "out"}
    for name in OF_CLASSES:
        with pytest.raises(ValueError, match=f"suit a regression, .*; received {name!r}"):
            tuning.search(tmp_path / "line.npz", ["l2", name], **small)
        assert not small["out"].exists()
    monkeypatch.setattr(bad_networks, "build", without_hidden_layer, raising=False)
    with pytest.raises(ValueError, match="`techniques` has 'dropout', which does not fit the net"):
        tuning.search(
            tmp_path / "line.npz", "l2,dropout", model=f"{bad_networks.__name__}:build", **small
        )
    assert not small["out"].exists()


def without_hidden_layer(shape, outputs):
    return keras.Sequential([keras.Input(shape), keras.layers.Dense(outputs)])


@pytest.mark.parametrize("name", APPLIERS)
def test_techniques_of_classes_are_those_that_a_regression_cannot_train_with(name):
    def build(hp):
        hidden = keras.layers.Dense(2, "relu")
        model = keras.Sequential([keras.Input((1,)), hidden, keras.layers.Dense(1)])
        model.compile("sgd", keras.losses.MeanSquaredError())
        return model

    hp, x = keras_tuner.HyperParameters(), np.ones((4, 1), "float32")
    hp.values["techniques"] = name
    try:
        tuning.RegularizedHyperModel(build, (name,)).build(hp).fit(x, x, verbose=QUIET)
        fits = True
    except ValueError:
        fits = False
    assert fits == (name not in OF_CLASSES)


@pytest.mark.parametrize("oracle", ["bayesian", "hyperband", "grid"])
def test_each_oracle_searches_a_regression(tmp_path, oracle):
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 3)).astype("float32")
    np.savez(tmp_path / "line.npz", x=x, y=(1000 + 50 * x[:, 0]).astype("float32"))
    options = {**SMALL, "train_size": None, "trials": 3, "oracle": oracle, "epochs": 3}
    found = tuning.search(
        tmp_path / "line.npz", "l2", task="regression", out=tmp_path / "out", **options
    )
    assert 1 <= len(found.trials) <= 3
    assert found.best["mean"] < 2  # targets are standardized
    assert 1 < found.refit["test"]["error"] < 100  # and errors in their unit


def test_a_bayesian_oracle_keeps_to_itself_that_its_process_does_not_converge_and_nothing_else():
    oracle = keras_tuner.oracles.BayesianOptimizationOracle("val_loss", max_trials=2, seed=1)
    found = iter([ConvergenceWarning, UserWarning])
    oracle.populate_space = lambda trial_id: warnings.warn("near a bound", next(found), 2)
    _steady(oracle)
    oracle.populate_space("0")
    with pytest.warns(UserWarning, match="near a bound"):
        oracle.populate_space("1")
