"""cross_validate: which examples each fold sees, and what comes back."""

import keras
import numpy as np
import pytest
import sklearn.model_selection as selection
from joblib import parallel_config
from keras import layers

from keras_regzoo.training import cross_validate

pytestmark = pytest.mark.one_backend

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(24, 4)).astype("float32")
CLASSES = np.arange(24) % 3
Y = RANDOM.normal(size=(24, 1)).astype("float32")
GROUPS = np.arange(24) // 4


def regression():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=keras.backend.backend() != "jax")
    return model


def classifier():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
    return model


class Ledger(keras.Model):
    """Notes what it is fed, and predicts the number of examples it was trained on."""

    def __init__(self):
        super().__init__()
        self.scale = self.add_weight(shape=())
        self.compile("sgd", "mse")

    def call(self, inputs):
        return self.scale * inputs

    def fit(self, x, y, sample_weight=None, **options):
        self.seen, self.targets, self.options = x, y, options
        return keras.callbacks.History()

    def evaluate(self, x, y, sample_weight=None, **options):
        self.held = x
        return {"loss": float(np.mean(y))}

    def predict(self, x, **options):
        return keras.tree.map_structure(lambda part: np.full((len(part), 2), len(part)), x)


def positions(x):
    return np.asarray(x)[:, 0].astype(int).tolist()


NUMBERED = np.arange(24.0)[:, None]


@pytest.mark.parametrize(
    ("splits", "y", "groups", "reference"),
    [
        (4, Y, None, selection.KFold(4, shuffle=True, random_state=7)),
        (4, CLASSES, None, selection.StratifiedKFold(4, shuffle=True, random_state=7)),
        (4, CLASSES[:, None], None, selection.StratifiedKFold(4, shuffle=True, random_state=7)),
        (4, np.eye(3)[CLASSES], None, selection.StratifiedKFold(4, shuffle=True, random_state=7)),
        (3, Y, GROUPS, selection.GroupKFold(3)),
        (3, CLASSES, GROUPS, selection.StratifiedGroupKFold(3, shuffle=True, random_state=7)),
        (selection.TimeSeriesSplit(3), Y, None, selection.TimeSeriesSplit(3)),
        (selection.LeaveOneGroupOut(), Y, GROUPS, selection.LeaveOneGroupOut()),
    ],
)
def test_models_are_trained_on_the_folds_of_scikit_learn_and_scored_on_the_rest(
    splits, y, groups, reference
):
    found = cross_validate(Ledger, NUMBERED, y, splits, groups=groups, seed=7)
    expected = list(reference.split(X, CLASSES, groups))
    assert len(found.models) == len(found.folds) == len(expected)
    for model, fold, (train, held) in zip(found.models, found.folds, expected, strict=True):
        assert positions(model.seen) == train.tolist() == fold[0].tolist()
        assert positions(model.held) == held.tolist() == fold[1].tolist()
        np.testing.assert_array_equal(model.targets, y[train])
    means = [np.mean(y[held], dtype="float64") for _, held in expected]
    np.testing.assert_allclose(found.scores["loss"], means, atol=1e-6)
    assert found.mean["loss"] == pytest.approx(np.mean(means), abs=1e-6)
    assert found.spread["loss"] == pytest.approx(np.std(means, ddof=1), abs=1e-6)


def test_each_fold_is_a_training_from_new_weights_under_its_own_seed():
    weights = RANDOM.random(24).astype("float32")
    found = cross_validate(
        regression, X, Y, 3, sample_weight=weights, seed=5, epochs=2, batch_size=4
    )
    for number, (train, held) in enumerate(found.folds):
        keras.utils.set_random_seed(5 + number)
        alone = regression()
        history = alone.fit(
            X[train], Y[train], 4, 2, verbose=0, sample_weight=weights[train]
        ).history
        np.testing.assert_array_equal(found.predictions[held], alone.predict(X[held], verbose=0))
        assert found.histories[number] == history
        error = np.square(Y[held] - found.predictions[held])[:, 0]
        expected = np.mean(weights[held] * error)
        np.testing.assert_allclose(found.scores["loss"][number], expected, rtol=1e-4)


def test_held_out_targets_change_nothing_in_their_fold():
    fold = selection.KFold(3)
    before = cross_validate(regression, X, Y, fold, epochs=2)
    changed = Y.copy()
    changed[before.folds[0][1]] += 100
    after = cross_validate(regression, X, changed, fold, epochs=2)
    held = before.folds[0][1]
    np.testing.assert_array_equal(before.predictions[held], after.predictions[held])
    others = np.setdiff1d(np.arange(24), held)
    assert np.all(before.predictions[others] != after.predictions[others])


def test_memory_of_random_labels_does_not_reach_the_fold_held_out():
    x = RANDOM.normal(size=(90, 120)).astype("float32")
    y = RANDOM.integers(0, 2, 90)

    def build():
        model = keras.Sequential([keras.Input((120,)), layers.Dense(1, "sigmoid")])
        model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
        return model

    found = cross_validate(build, x, y, 3, epochs=30, batch_size=60)
    assert [history["accuracy"][-1] for history in found.histories] == [1.0] * 3
    assert abs(found.mean["accuracy"] - 0.5) < 0.2
    right = (found.predictions[:, 0] > 0.5) == y
    assert found.mean["accuracy"] == pytest.approx(np.mean(right))


def test_inputs_targets_and_outputs_may_be_nested():
    x = {"a": NUMBERED, "b": [NUMBERED, NUMBERED + 100]}
    y = [Y, CLASSES]

    class Several(Ledger):
        def evaluate(self, x, y, sample_weight=None, **options):
            self.held = x
            return {"loss": 1.0}

    found = cross_validate(Several, x, y, 3)
    for model, (train, held) in zip(found.models, found.folds, strict=True):
        assert positions(model.seen["a"]) == train.tolist()
        assert positions(model.held["b"][1]) == (held + 100).tolist()
        np.testing.assert_array_equal(model.targets[1], CLASSES[train])
    assert found.predictions["b"][1].shape == (24, 2)


def test_predictions_are_means_over_folds_and_nan_for_what_none_held_out():
    series = cross_validate(Ledger, NUMBERED, Y, selection.TimeSeriesSplit(3)).predictions
    assert np.isnan(series[:6]).all()
    assert np.all(series[6:] == 6)
    sizes = [6, 12]

    class Twice:
        def get_n_splits(self, *data):
            return 2

        def split(self, *data):
            return [(np.arange(size, 24), np.arange(size)) for size in sizes]

    twice = cross_validate(Ledger, NUMBERED, Y, Twice()).predictions
    assert twice[:, 0].tolist()[:12] == [9.0] * 6 + [12.0] * 6
    assert np.isnan(twice[12:]).all()


def test_names_that_keras_numbers_are_those_of_the_first_fold():
    def build():
        model = keras.Sequential([keras.Input((4,)), layers.Dense(1, "sigmoid")])
        metrics = [keras.metrics.AUC(), keras.metrics.Precision()]
        model.compile("sgd", "binary_crossentropy", metrics=metrics, run_eagerly=True)
        return model

    y = np.arange(24) % 2
    found = cross_validate(build, X, y, 3, validation=0.2)
    (auc,) = (name for name in found.scores if name.startswith("auc"))
    for index, (_, held) in enumerate(found.folds):
        reference = keras.metrics.AUC()
        reference.update_state(y[held], found.predictions[held, 0])
        assert found.scores[auc][index] == pytest.approx(float(reference.result()))
        assert f"val_{auc}" in found.histories[index]


@pytest.mark.parametrize("fraction", [0.25, 0.5])
def test_validation_is_split_off_what_the_fold_may_see(fraction):
    found = cross_validate(Ledger, NUMBERED, CLASSES, 4, validation=fraction, sample_weight=CLASSES)
    for model, (train, _) in zip(found.models, found.folds, strict=True):
        x, y, weights = model.options["validation_data"]
        assert len(x) == np.ceil(fraction * len(train))
        assert sorted(positions(x) + positions(model.seen)) == train.tolist()
        np.testing.assert_array_equal(y, CLASSES[positions(x)])
        np.testing.assert_array_equal(weights, y)
        counts = np.bincount(y, minlength=3)
        assert counts.max() - counts.min() <= 1, "all classes in proportion"


def test_validation_keeps_groups_whole_and_time_in_order():
    grouped = cross_validate(Ledger, NUMBERED, CLASSES, 3, groups=GROUPS, validation=0.25)
    for model in grouped.models:
        validated = positions(model.options["validation_data"][0])
        assert not set(GROUPS[validated]) & set(GROUPS[positions(model.seen)])
    series = cross_validate(
        Ledger, NUMBERED, CLASSES, selection.TimeSeriesSplit(3), validation=0.25
    )
    for model in series.models:
        validated = positions(model.options["validation_data"][0])
        assert max(positions(model.seen)) < min(validated)
        assert max(validated) < min(positions(model.held))


def test_callbacks_are_new_in_each_fold_and_stop_on_the_inner_validation():
    made = []

    def callbacks():
        made.append(keras.callbacks.EarlyStopping("val_loss", min_delta=1e6, patience=1))
        return made[-1:]

    found = cross_validate(regression, X, Y, 3, validation=0.25, epochs=9, callbacks=callbacks)
    assert len(made) == 3
    assert [callback.model for callback in made] == list(found.models)
    assert [len(history["val_loss"]) for history in found.histories] == [2] * 3


@pytest.mark.parametrize("groups", [None, GROUPS])
def test_search_inside_a_fold_sees_nothing_of_what_is_held_out(groups):
    seen = []

    def build(x, y, *of_group):
        seen.append(positions(x))
        np.testing.assert_array_equal(of_group, [GROUPS[seen[-1]]] if groups is not None else [])
        inner = cross_validate(Ledger, x, y, 2, groups=of_group[0] if of_group else None)
        assert len(inner.predictions) == len(x)
        return Ledger()

    found = cross_validate(build, NUMBERED, Y, 3, groups=groups, nested=True, validation=0.3)
    assert seen == [train.tolist() for train, _ in found.folds]


class Scaled(keras.Model):
    """A model of a class that Keras does not know by name."""

    def __init__(self, **options):
        super().__init__(**options)
        self.dense = layers.Dense(1)

    def call(self, inputs):
        return self.dense(inputs)


def scaled():
    model = Scaled()
    model.compile("adam", "mse")
    return model


def test_processes_give_what_one_process_gives():
    options = {"epochs": 2, "callbacks": lambda: [keras.callbacks.TerminateOnNaN()]}
    serial = cross_validate(scaled, X, Y, 2, **options)
    parallel = cross_validate(scaled, X, Y, 2, jobs=2, **options)
    np.testing.assert_allclose(parallel.predictions, serial.predictions, rtol=1e-5)
    for model, (_, held) in zip(parallel.models, parallel.folds, strict=True):
        np.testing.assert_array_equal(model.predict(X[held], verbose=0), parallel.predictions[held])
        assert int(model.optimizer.iterations) == 2
        model.fit(X, Y, verbose=0)
    np.testing.assert_allclose(parallel.scores["loss"], serial.scores["loss"], rtol=1e-5)
    assert [list(history) for history in parallel.histories] == [["loss"]] * 2


def test_threads_and_one_job_of_joblib_run_in_order():
    expected = cross_validate(regression, X, Y, 2).predictions
    with parallel_config("threading", n_jobs=2):
        for jobs in (None, 2):
            found = cross_validate(regression, X, Y, 2, jobs=jobs)
            np.testing.assert_array_equal(found.predictions, expected)
    np.testing.assert_array_equal(
        cross_validate(regression, X, Y, 2, jobs=None).predictions, expected
    )


def test_progress_and_lines_are_shown_only_when_asked_for(capfd):
    cross_validate(Ledger, NUMBERED, Y, 2)
    assert capfd.readouterr() == ("", "")
    cross_validate(Ledger, NUMBERED, Y, 2, progress=True)
    assert "folds" in capfd.readouterr().err
    cross_validate(classifier, X, CLASSES, 2, verbose=2)
    assert capfd.readouterr().out.count("1/1 - ") == 2


class Leaky:
    def get_n_splits(self, *data):
        return 1

    def split(self, *data):
        return [(np.arange(12), np.arange(11, 24))]


def uncompiled():
    return keras.Sequential([keras.Input((4,)), layers.Dense(1)])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"build": None}, "`build` must return a compiled model when called; received None"),
        ({"build": regression()}, "`build` must return a compiled model when called; received <"),
        ({"build": uncompiled}, "a model that is not compiled"),
        ({"x": X[:0], "y": Y[:0]}, "`x` must have at least 2 examples to split; received 0"),
        ({"x": [1.0, 2.0]}, "`x` must be an array with a row for each example"),
        ({"x": None}, "`x` must be an array with a row for each example"),
        ({"x": []}, "`x` must be an array with a row for each example"),
        ({"x": [X, X[:5]]}, "`x` must have one row for each of 24 examples; received 5"),
        ({"y": Y[:5]}, "`y` must have one row for each of 24 examples; received 5"),
        ({"groups": GROUPS[:5]}, "`groups` must have one row for each of 24 examples; received 5"),
        ({"sample_weight": Y[:5, 0]}, "`sample_weight` must have one row for each of 24"),
        ({"splits": 1}, r"`splits` must be an integer in \[2, 24\]; received splits=1"),
        ({"splits": 25}, r"`splits` must be an integer in \[2, 24\]; received splits=25"),
        ({"splits": True}, "`splits` must be an integer"),
        ({"splits": "kfold"}, "`splits` must be a number of folds or a scikit-learn splitter"),
        ({"splits": Leaky()}, "`splits` must hold out other examples than a fold is trained on"),
        (
            {"splits": 9, "y": CLASSES},
            "`splits` must be at most the number of examples of the rarest class, 8; received "
            r"splits=9 \(integers are taken as classes: .* a scikit-learn KFold as `splits`\)",
        ),
        (
            {"splits": 7, "groups": GROUPS},
            "`splits` must be at most the number of groups, 6; received splits=7",
        ),
        (
            {"splits": selection.StratifiedKFold(9), "y": CLASSES},
            "`splits` must split the 24 examples; StratifiedKFold says: ",
        ),
        (
            {"splits": selection.StratifiedKFold(5), "y": np.arange(24) // 7},
            "StratifiedKFold says: The least populated class in y has only 3 members",
        ),
        ({"splits": selection.StratifiedKFold(2)}, "StratifiedKFold says: "),
        ({"splits": selection.LeaveOneGroupOut()}, "LeaveOneGroupOut says: The 'groups'"),
        ({"splits": selection.KFold(3), "groups": GROUPS}, "KFold says: The groups parameter is"),
        ({"validation": 1.0}, r"`validation` must be a number in \(0, 1\)"),
        ({"validation": 0.01, "y": CLASSES}, "`validation` must split the 16 examples; "),
        ({"validation": 0.2, "validation_split": 0.2}, "`validation_split` must be left out"),
        ({"jobs": 0}, "`jobs` must be an integer"),
        ({"seed": -1}, "`seed` must be an integer"),
        (
            {"callbacks": [keras.callbacks.TerminateOnNaN()]},
            "`callbacks` must be a function that returns a list of new callbacks for each fit",
        ),
        ({"callbacks": keras.callbacks.TerminateOnNaN}, "`callbacks` must return a list"),
    ],
)
def test_bad_arguments_are_one_sentence(arguments, sentence):
    given = {"build": regression, "x": X, "y": Y, "splits": 3, **arguments}
    with pytest.raises(ValueError, match=sentence):
        cross_validate(**given)


def test_model_that_cannot_come_back_is_one_sentence():
    class Local(Scaled):
        """Of a class that another process cannot find."""

    def build():
        model = Local()
        model.compile("sgd", "mse")
        return model

    with pytest.raises(ValueError, match="`build` must return a model that Keras can save"):
        cross_validate(build, X, Y, 2, jobs=2)


def test_ctrl_c_in_a_fold_ends_the_call():
    class Interrupted(Ledger):
        def fit(self, x, y, sample_weight=None, **options):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cross_validate(Interrupted, NUMBERED, Y, 2, progress=True)
    cross_validate(Ledger, NUMBERED, Y, 2, progress=True)
