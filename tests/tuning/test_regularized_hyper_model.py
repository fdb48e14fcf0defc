"""A search of techniques: what each trial is, and that a search works."""

import itertools

import keras
import keras_tuner
import numpy as np
import pytest
from keras import ops

from keras_regzoo import RegularizedModel
from keras_regzoo.quiet import QUIET
from keras_regzoo.spaces import SPACES
from keras_regzoo.tuning import RegularizedHyperModel
from keras_regzoo.tuning.appliers import APPLIERS, STOPPERS

pytestmark = pytest.mark.one_backend

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(32, 4)).astype("float32")
Y = (X[:, 0] > 0).astype(int)
EAGER = keras.backend.backend() != "jax"


def build_model(hp):
    hidden = keras.layers.Dense(hp.Int("units", 4, 8), "relu", name="hidden")
    model = keras.Sequential([keras.Input((4,)), hidden, keras.layers.Dense(2, name="out")])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.SGD(0.25)
    model.compile(optimizer, loss, metrics=["accuracy"], run_eagerly=EAGER)
    return model


def trial(names, techniques, most=2):
    """Returns the model of the trial that uses these techniques."""
    search = RegularizedHyperModel(build_model, techniques, most)
    hp = keras_tuner.HyperParameters()
    hp.values["techniques"] = "+".join(names) if names else "none"
    return search.build(hp), hp


def test_every_set_up_to_the_limit_is_a_choice():
    three = ("l2", "dropout", "mixup")
    assert set(RegularizedHyperModel(build_model, three, 2).sets) == {
        "none",
        "l2",
        "dropout",
        "mixup",
        "l2+dropout",
        "l2+mixup",
        "dropout+mixup",
    }
    assert len(RegularizedHyperModel(build_model, three, 9).sets) == 2**3
    assert len(RegularizedHyperModel(build_model, ("l2", "l2"), 2).sets) == 2


@pytest.mark.parametrize("name", APPLIERS)
def test_each_technique_trains_on_its_own(name):
    assert name in SPACES
    model, _ = trial([name], (name,))
    before = [ops.convert_to_numpy(v) for v in model.trainable_variables]
    labels = ops.convert_to_numpy(ops.one_hot(Y, 2)) if name == "label_smoothing" else Y
    if name == "label_smoothing":
        model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True))
    history = model.fit(X, labels, batch_size=16, verbose=QUIET).history
    assert np.isfinite(history["loss"]).all()
    after = [ops.convert_to_numpy(v) for v in model.trainable_variables]
    assert any((a != b).any() for a, b in zip(before, after, strict=True))


def test_trial_without_techniques_is_the_users_model():
    model, _ = trial([], ("l2", "mixup"))
    assert isinstance(model, keras.Sequential)


def test_trial_has_its_techniques_and_the_users_optimizer_loss_and_metrics():
    model, hp = trial(["l2", "mixup"], ("l2", "mixup", "dropout"))
    assert isinstance(model, RegularizedModel)
    penalty, mixup = model.objectives
    (regularizer,) = penalty.patterns.values()
    assert regularizer.l2 == pytest.approx(hp.get("l2/l2"))
    assert float(mixup.alpha.value) == pytest.approx(hp.get("mixup/alpha"))
    assert float(model.optimizer.learning_rate) == pytest.approx(0.25)
    logs = model.evaluate(X, Y, verbose=QUIET, return_dict=True)
    assert set(logs) == {"loss", "accuracy"}


@pytest.mark.parametrize("name", ["l2", "dropout"])
def test_losses_and_metrics_that_are_functions_are_the_users(name):
    def squared(y, outputs):
        return ops.mean(ops.square(y - outputs), axis=-1)

    def build(hp):
        hidden = keras.layers.Dense(4, "relu")
        model = keras.Sequential([keras.Input((4,)), hidden, keras.layers.Dense(1)])
        given = {"loss": lambda y, outputs: squared(y, outputs) / 2, "metrics": [squared]}
        model.compile(keras.optimizers.SGD(0.0), run_eagerly=EAGER, **given)
        return model

    hp = keras_tuner.HyperParameters()
    hp.values["techniques"] = name
    model = RegularizedHyperModel(build, (name,)).build(hp)
    model.fit(X, X[:, :1], verbose=QUIET)
    logs = model.evaluate(X, X[:, :1], verbose=QUIET, return_dict=True)
    assert logs["squared"] == pytest.approx(2 * logs["loss"])


def test_inserted_layers_keep_the_weights_and_follow_the_hidden_activation():
    keras.utils.set_random_seed(3)
    plain, _ = trial([], ("dropout",))
    keras.utils.set_random_seed(3)
    model, _ = trial(["dropout"], ("dropout",))
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.index("Dropout") == kinds.index("Dense") + 1
    np.testing.assert_allclose(
        ops.convert_to_numpy(model(X)), ops.convert_to_numpy(plain(X)), rtol=1e-5
    )


KINDS = ("l2", "dropout", "gaussian_noise", "drop_connect", "max_norm", "mixup")


@pytest.mark.parametrize("names", list(itertools.permutations(KINDS, 2)), ids="+".join)
def test_sets_are_applied_whatever_the_order_of_their_names(names):
    model, _ = trial(names, names)
    objectives = [each.name for each in model.objectives] if hasattr(model, "objectives") else []
    base = model.base if objectives else model
    kinds = [type(layer).__name__ for layer in base.layers]
    kernels = [v for v in base.trainable_variables if v.name == "kernel"]
    bounded = [isinstance(v.constraint, keras.constraints.MaxNorm) for v in kernels]
    assert bounded == ["max_norm" in names] * 2
    acting = {"l2": "l2_penalty", "mixup": "mixup"}
    assert objectives == [acting[name] for name in acting if name in names]
    for name, kind in (("dropout", "Dropout"), ("gaussian_noise", "GaussianNoise")):
        assert (kind in kinds) == (name in names)
    assert ("DropConnect" in kinds) == ("drop_connect" in names)


def test_no_set_has_two_wrappers_of_a_layer_or_two_constraints_of_a_weight():
    four = ("drop_connect", "concrete_dropout", "max_norm", "l1_ball")
    sets = RegularizedHyperModel(build_model, four, 4).sets
    assert set(sets) == {
        "none",
        *four,
        "drop_connect+max_norm",
        "drop_connect+l1_ball",
        "concrete_dropout+max_norm",
        "concrete_dropout+l1_ball",
    }


def test_strengths_are_conditional_on_the_techniques_of_a_trial():
    _, hp = trial(["l2"], ("l2", "mixup"))
    conditions = {each.name: each.conditions for each in hp.space}
    assert conditions["units"] == conditions["techniques"] == []
    (condition,) = conditions["mixup/alpha"]
    assert (condition.name, condition.values) == ("techniques", ["mixup", "l2+mixup"])


@pytest.mark.parametrize("name", STOPPERS)
def test_what_stops_early_is_a_callback_of_fit(name):
    search = RegularizedHyperModel(build_model, (name, "l2"))
    hp = keras_tuner.HyperParameters()
    hp.values["techniques"] = name
    model, seen, kept = search.build(hp), [], []
    assert isinstance(model, keras.Sequential)
    stub = type("Stub", (), {"fit": lambda self, *args, callbacks, **_: kept.extend(callbacks)})
    search.fit(hp, stub(), X, Y)
    assert not kept, "without validation there is nothing to look at"
    search.fit(hp, stub(), X, Y, validation_data=(X, Y))
    (callback,) = kept
    ((argument, value),) = ((k.partition("/")[2], v) for k, v in hp.values.items() if name in k)
    assert getattr(callback, argument) == value
    mine = keras.callbacks.LambdaCallback(on_train_begin=lambda logs: seen.append(1))
    given = {"validation_data": (X, Y), "callbacks": [mine], "verbose": QUIET}
    history = search.fit(hp, model, X, Y, epochs=2, **given).history
    assert len(history["val_loss"]) <= 2
    assert seen == [1]


def test_early_stopping_ends_a_trial_that_gets_worse():
    search = RegularizedHyperModel(build_model, ("early_stopping",))
    hp = keras_tuner.HyperParameters()
    hp.values.update({"techniques": "early_stopping", "early_stopping/patience": 1})
    model = search.build(hp)
    wrong = {"validation_data": (X, 1 - Y), "epochs": 9, "verbose": QUIET}
    assert len(search.fit(hp, model, X, Y, **wrong).history["val_loss"]) < 9


def test_keras_tuner_searches_it(tmp_path):
    tuner = keras_tuner.RandomSearch(
        RegularizedHyperModel(build_model, ("l2", "mixup", "max_norm")),
        keras_tuner.Objective("val_accuracy", "max"),
        max_trials=4,
        seed=2,
        directory=tmp_path,
        project_name="search",
    )
    tuner.search(X, Y, epochs=1, validation_data=(X, Y), verbose=QUIET)
    trials = tuner.oracle.get_best_trials(4)
    assert len({each.hyperparameters.get("techniques") for each in trials}) > 1
    assert all(0 <= each.score <= 1 for each in trials)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None, ("l2",)), "`build_model` must be callable"),
        ((build_model, ()), "`techniques` must be a list of names"),
        ((build_model, "l2"), "`techniques` must be a list of names"),
        ((build_model, 3), "`techniques` must be a list of names, at least one; received 3"),
        ((build_model, [["l2"]]), "`techniques` must be one of"),
        ((build_model, ("l3",)), "`techniques` must be one of"),
        ((build_model, ("l2",), 0), "`max_techniques` must be an integer in"),
    ],
)
def test_bad_arguments_are_one_sentence(arguments, message):
    with pytest.raises(ValueError, match=message):
        RegularizedHyperModel(*arguments)
