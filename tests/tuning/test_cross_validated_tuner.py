"""Searches with cross-validated objectives: their scores, their end, their life after a kill."""

import os
import sys

import keras_tuner
import numpy as np
import pytest

from keras_regzoo import tuning
from keras_regzoo.training import cross_validate
from keras_regzoo.tuning.cross_validated_tuner import PEERS
from tests.tuning.search_process import FIT, FOLDS, TRIALS, X, Y, build, results, tuner

pytestmark = [
    pytest.mark.one_backend,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # KerasTuner's and gRPC's own
]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    search = tuner(tmp_path_factory.mktemp("alone"))
    search.search(X, Y, **FIT)
    return search


def test_score_is_the_mean_over_the_folds_of_their_best_epochs(alone):
    assert len(alone.oracle.trials) == TRIALS
    for trial in alone.oracle.trials.values():
        found = cross_validate(
            lambda trial=trial: build(trial.hyperparameters),
            X,
            Y,
            FOLDS,
            seed=3,
            **FIT,
        )
        folds = alone.fold_scores(trial.trial_id)
        assert [fold.epoch for fold in folds] == [3] * FOLDS, "the loss still falls"
        assert trial.score == pytest.approx(found.mean["loss"], rel=1e-4)
        spread = trial.metrics.get_best_value("val_loss_spread")
        assert spread == pytest.approx(found.scores["loss"].std(), rel=1e-4)


def test_with_spread_the_score_is_worse_by_so_many_standard_errors(alone, tmp_path):
    search = tuner(tmp_path, trials=2, spread=2.0)
    search.search(X, Y, **FIT)
    for trial in search.oracle.trials.values():
        values = np.array([fold.value for fold in search.fold_scores(trial.trial_id)])
        error = np.sqrt(((values - values.mean()) ** 2).sum() / (FOLDS - 1) / FOLDS)
        assert trial.score == pytest.approx(values.mean() + 2 * error)
        assert trial.metrics.get_best_value("val_loss_mean") == pytest.approx(values.mean())
        assert values.mean() == pytest.approx(alone.oracle.trials[trial.trial_id].score, rel=1e-4)


class Counted:
    """Builds the model, counts how often, and dies instead of building it so many times."""

    def __init__(self, most=float("inf")):
        self.built, self.most = 0, most

    def __call__(self, hp):
        if self.built == self.most:
            raise KilledError
        self.built += 1
        return build(hp)


class KilledError(BaseException):
    pass


ORACLES = {
    "random": lambda: keras_tuner.oracles.RandomSearchOracle("val_loss", max_trials=3),
    "bayesian": lambda: keras_tuner.oracles.BayesianOptimizationOracle("val_loss", max_trials=3),
    "grid": lambda: keras_tuner.oracles.GridSearchOracle("val_loss", max_trials=3),
    "hyperband": lambda: keras_tuner.oracles.HyperbandOracle("val_loss", max_epochs=2, factor=2),
}


def test_a_killed_search_goes_on_with_the_next_fold(alone, tmp_path):
    killed, resumed = Counted(5), Counted()  # one for the space; trial 0 has three, trial 1 one
    with pytest.raises(KilledError):
        tuner(tmp_path, killed).search(X, Y, **FIT)
    search = tuner(tmp_path, resumed)
    search.search(X, Y, **FIT)
    assert results(search) == results(alone)
    assert killed.built - 1 + resumed.built == TRIALS * FOLDS


@pytest.mark.parametrize("oracle", ORACLES.values(), ids=ORACLES)
def test_a_search_without_a_seed_killed_in_its_first_trial_goes_on_with_that_trial(
    oracle, tmp_path
):
    killed, resumed = Counted(3), Counted()  # one for the space; trial 0 has two folds
    with pytest.raises(KilledError):
        tuner(tmp_path, killed, oracle=oracle()).search(X, Y, **FIT)
    (name,) = (path.name for path in (tmp_path / "search").glob("trial_*"))
    saved = tuner(tmp_path, oracle=oracle()).oracle.trials[name.removeprefix("trial_")]
    rate = saved.hyperparameters.values["rate"]
    search = tuner(tmp_path, resumed, oracle=oracle())
    search.search(X, Y, **FIT)
    assert search.oracle.trials[saved.trial_id].hyperparameters.values["rate"] == rate
    assert killed.built - 1 + resumed.built == len(search.oracle.trials) * FOLDS


def test_a_grid_goes_on_after_its_last_trial_with_the_next_values(tmp_path):
    def searched(folder, trials):
        oracle = keras_tuner.oracles.GridSearchOracle("val_loss", max_trials=trials)
        search = tuner(folder, oracle=oracle)
        search.search(X, Y, **{**FIT, "epochs": 1})
        return results(search)

    assert len(searched(tmp_path / "twice", 2)) == 2
    assert searched(tmp_path / "twice", 4) == searched(tmp_path / "once", 4)


def test_folds_of_a_trial_with_other_hyperparameters_are_not_taken(tmp_path):
    search = tuner(tmp_path, trials=1)
    search.search(X, Y, **FIT)
    for name in ("oracle.json", "tuner0.json", "trial_0/trial.json"):
        (tmp_path / "search" / name).unlink()
    oracle = keras_tuner.oracles.RandomSearchOracle("val_loss", max_trials=1, seed=2)
    other = tuner(tmp_path, oracle=oracle)
    other.search(X, Y, **FIT)
    ((rate, score),) = results(other)
    assert rate != results(search)[0][0]
    alone = tuner(
        tmp_path / "alone",
        oracle=keras_tuner.oracles.RandomSearchOracle("val_loss", max_trials=1, seed=2),
    )
    alone.search(X, Y, **FIT)
    assert results(alone) == [(rate, score)]


def test_folds_of_other_data_seed_or_splits_are_not_taken(tmp_path):
    search = tuner(tmp_path, trials=1)
    search.search(X, Y, **FIT)
    for change in ({"seed": 4}, {"splits": 2}):
        other = tuner(tmp_path, trials=1)
        vars(other).update(change)
        with pytest.raises(ValueError, match="`directory` must hold a search of the same data"):
            other.search(X, Y, **FIT)
    for data in ((X * 5, Y), (X, Y * 100), (X, None)):
        with pytest.raises(ValueError, match="`directory` must hold a search of the same data"):
            tuner(tmp_path, trials=2).search(*data, **FIT)
    tuner(tmp_path, trials=1).search(X.copy(), Y, **FIT)


def test_a_kill_while_files_are_written_tears_none(tmp_path, monkeypatch):
    tuner(tmp_path, trials=2).search(X, Y, **FIT)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.json")}
    search = tuner(tmp_path, trials=3)

    def dies(*paths):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", dies)
    for save in (search.save, lambda: search.oracle._save_trial(search.oracle.trials["0"])):
        with pytest.raises(KeyboardInterrupt):
            save()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.json")} == before


@pytest.mark.parametrize("name", ["oracle.json", "trial_0/trial.json", "tuner0.json"])
def test_a_torn_file_of_a_search_is_one_sentence(name, tmp_path):
    tuner(tmp_path, trials=1).search(X, Y, **FIT)
    (tmp_path / "search" / name).write_text("{")
    with pytest.raises(ValueError, match="`directory` must hold no damaged search"):
        tuner(tmp_path, trials=1)


@pytest.mark.parametrize("name", ["oracle.json", "trial_0/trial.json"])
def test_a_missing_file_of_a_search_is_one_sentence(name, tmp_path):
    tuner(tmp_path, trials=1).search(X, Y, **FIT)
    (tmp_path / "search" / name).unlink()
    with pytest.raises(ValueError, match="`directory` must hold no damaged search"):
        tuner(tmp_path, trials=1)


def test_torn_folds_are_one_sentence_that_says_what_to_delete(tmp_path):
    tuner(tmp_path, trials=1).search(X, Y, **FIT)
    (tmp_path / "search" / "trial_0" / "folds.json").write_text("{")
    with pytest.raises(
        ValueError, match=r"folds\.json' is damaged \(.*/search' to search anew"
    ) as e:
        tuner(tmp_path, trials=1).refit(X, Y)
    assert "\n" not in str(e.value)


def test_a_trial_that_was_not_noted_before_a_kill_is_run(alone, tmp_path, monkeypatch):
    search = tuner(tmp_path)
    save_trial = search.oracle._save_trial

    def killed(trial):
        save_trial(trial)
        if trial.trial_id == "2":
            raise KilledError

    monkeypatch.setattr(search.oracle, "_save_trial", killed)
    with pytest.raises(KilledError):
        search.search(X, Y, **FIT)
    resumed = tuner(tmp_path)
    resumed.search(X, Y, **FIT)
    assert results(resumed) == results(alone)


def test_poor_trials_end_after_their_first_folds(tmp_path):
    search = tuner(tmp_path, trials=8, patience=1)
    search.search(X, Y, **FIT)
    done = {i: len(search.fold_scores(i)) for i in search.oracle.trials}
    assert set(done.values()) == {1, FOLDS}
    assert done[search.oracle.get_best_trials(1)[0].trial_id] == FOLDS
    worst = max(search.oracle.trials.values(), key=lambda trial: trial.score)
    assert worst.trial_id in dict(list(done.items())[:3]) or done[worst.trial_id] == 1


def test_refit_takes_the_best_trials_steps_on_all_data(alone):
    best = alone.oracle.get_best_trials(1)[0]
    steps = [fold.steps for fold in alone.fold_scores(best.trial_id)]
    assert steps == [2 * 3] * FOLDS  # 16 examples in batches of 8, three epochs
    refitted = alone.refit(X, Y, batch_size=8)
    assert refitted.steps == int(refitted.model.optimizer.iterations) == 6
    rate = best.hyperparameters.get("rate")
    assert float(refitted.model.optimizer.learning_rate) == pytest.approx(rate)


def test_trials_of_other_epochs_make_no_trial_poor(tmp_path):
    oracle = keras_tuner.oracles.HyperbandOracle("val_loss", max_epochs=4, factor=2, seed=1)
    search = tuner(tmp_path, oracle=oracle, patience=1)
    search.search(X, Y, batch_size=8)
    ended = {}
    for number, trial in search.oracle.trials.items():
        epochs = trial.hyperparameters.values["tuner/epochs"]
        ended.setdefault(epochs, []).append(len(search.fold_scores(number)) < FOLDS)
    assert len(ended) > 1
    for epochs, those in ended.items():
        assert not any(those[:PEERS]), f"{epochs} epochs"


def test_steps_per_epoch_are_counted_and_refitted(tmp_path):
    search = tuner(tmp_path, trials=1)
    search.search(X, Y, epochs=2, steps_per_epoch=1, batch_size=8)
    assert [fold.steps for fold in search.fold_scores("0")] == [2] * FOLDS
    refitted = search.refit(X, Y, batch_size=8)
    assert refitted.steps == int(refitted.model.optimizer.iterations) == 2


def test_early_stopping_searches_and_refits_without_validation(tmp_path):
    space = tuning.RegularizedHyperModel(build, ["early_stopping"])
    oracle = keras_tuner.oracles.GridSearchOracle("val_loss", max_trials=2)
    search = tuner(tmp_path, space, oracle=oracle)
    search.search(X, Y, epochs=2, batch_size=8)
    trials = search.oracle.trials.values()
    assert "early_stopping" in {trial.hyperparameters.get("techniques") for trial in trials}
    assert search.refit(X, Y, batch_size=8).steps == 4


@pytest.mark.parametrize(
    "oracle",
    [
        keras_tuner.oracles.BayesianOptimizationOracle("val_loss", max_trials=3, seed=1),
        keras_tuner.oracles.GridSearchOracle("val_loss", max_trials=3),
        keras_tuner.oracles.HyperbandOracle("val_loss", max_epochs=2, factor=2, seed=1),
    ],
    ids=lambda oracle: type(oracle).__name__,
)
def test_any_oracle_searches(oracle, tmp_path):
    search = tuner(tmp_path, oracle=oracle)
    search.search(X, Y, **{**FIT, "epochs": 1})
    assert np.isfinite([trial.score for trial in search.oracle.get_best_trials(3)]).all()
    if isinstance(oracle, keras_tuner.oracles.HyperbandOracle):
        epochs = {t.hyperparameters.values["tuner/epochs"] for t in search.oracle.trials.values()}
        assert epochs == {1, 2}


def test_a_model_without_targets_is_searched_and_refitted(tmp_path):
    space = tuning.AutoencoderHyperModel((3,), width=(4, 8), depth=(0, 1), latent=(1, 2))
    search = tuner(tmp_path, space, trials=2)
    search.search(X, **FIT)
    best = search.oracle.get_best_trials(1)[0]
    assert np.isfinite(best.score)
    refitted = search.refit(X, batch_size=8)
    assert refitted.model.reconstruct(X).shape == X.shape


def test_what_needs_keras_tuner_says_so(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "keras_tuner", None)
    monkeypatch.delitem(sys.modules, "keras_regzoo.tuning.cross_validated_tuner")
    for name in ("autoencoder_hyper_model", "regularized_hyper_model", "sound_tuner"):
        monkeypatch.delitem(sys.modules, f"keras_regzoo.tuning.{name}", raising=False)
    assert tuning.search_space
    for name in ("AutoencoderHyperModel", "CrossValidatedTuner", "RegularizedHyperModel"):
        with pytest.raises(ImportError, match=f"{name} needs the package"):
            getattr(tuning, name)
    with pytest.raises(ImportError, match="A search needs the package `keras_tuner`"):
        tuning.search("digits", "l2", out=tmp_path / "out")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": X[:1], "y": Y[:1]}, "`x` must have at least 2 examples"),
        ({"y": Y[:3]}, "`y` must have one row"),
        ({"x": np.where(X > 1, np.nan, X)}, "`x` must be finite; received NaN or infinite"),
        ({"y": np.where(Y > 2, np.inf, Y)}, "`y` must be finite; received NaN or infinite"),
        ({"validation_data": (X, Y)}, "`validation_data` must be left out"),
        ({"validation_split": 0.1}, "`validation_split` must be left out"),
        ({"validation_freq": 2}, "`validation_freq` must be left out"),
        ({"callbacks": []}, "`callbacks` must be a function"),
        ({"epochs": 0}, "`epochs` must be an integer in"),
        ({"batch_size": 0}, "`batch_size` must be an integer in"),
    ],
)
def test_bad_arguments_are_one_sentence_before_the_first_trial(alone, changes, message):
    before = len(alone.oracle.trials)
    with pytest.raises(ValueError, match=message):
        alone.search(**{"x": X, "y": Y, **changes})
    assert len(alone.oracle.trials) == before


def test_models_of_folds_are_refused_in_a_sentence_that_names_refit(alone):
    with pytest.raises(ValueError, match="`get_best_models` must give way to `refit`"):
        alone.get_best_models(1)


@pytest.mark.parametrize("x", [X[:, :2], X.astype(str)], ids=["width", "text"])
def test_search_whose_trials_all_fail_is_one_sentence_and_prints_nothing(x, tmp_path, capfd):
    search = tuner(tmp_path, trials=2)
    with pytest.raises(ValueError, match="A search must have trials that can be trained; 2 trials"):
        search.search(x, Y, **FIT)
    assert "Traceback" not in "".join(capfd.readouterr())


def test_settings_out_of_range_are_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="`oracle` must be a `keras_tuner` Oracle"):
        tuning.CrossValidatedTuner("random", build, directory=str(tmp_path))
    oracle = keras_tuner.oracles.RandomSearchOracle("val_loss", seed=1)
    with pytest.raises(ValueError, match="`executions_per_trial` must be 1"):
        tuning.CrossValidatedTuner(oracle, build, executions_per_trial=3, directory=str(tmp_path))
    with pytest.raises(ValueError, match="`patience` must be an integer in"):
        tuner(tmp_path, patience=0)
    with pytest.raises(ValueError, match="`spread` must be a number in"):
        tuner(tmp_path, spread=-1)
    with pytest.raises(ValueError, match="`oracle` must have one objective"):
        several = ["val_loss", keras_tuner.Objective("loss", "min")]
        tuner(tmp_path, oracle=keras_tuner.oracles.RandomSearchOracle(several))
    search = tuner(tmp_path)
    with pytest.raises(ValueError, match="must have run a trial before `refit`"):
        search.refit(X, Y)


def test_objective_that_is_not_logged_is_one_sentence(tmp_path):
    objective = keras_tuner.Objective("val_accuracy", "max")
    oracle = keras_tuner.oracles.RandomSearchOracle(objective, max_trials=1)
    with pytest.raises(keras_tuner.errors.FatalValueError, match="objective that `fit` logs"):
        tuner(tmp_path, oracle=oracle).search(X, Y, **FIT)
