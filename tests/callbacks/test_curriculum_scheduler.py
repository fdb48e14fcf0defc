"""CurriculumScheduler: which examples `fit` trains on, when it moves, and what it refuses.

The model is linear in one-hot inputs and its loss is its output, so that each step of gradient
descent takes from each weight how often the batch holds its example: the weights count.
"""

import json
from typing import cast

import keras
import numpy as np
import pytest
from keras import ops

from keras_regzoo import RegularizedModel
from keras_regzoo.backend import write_back
from keras_regzoo.callbacks import CurriculumScheduler, Resumable
from keras_regzoo.data import CurriculumDataset, pacing
from tests.cases.case import Case, each
from tests.checks import CHECKS

pytestmark = pytest.mark.one_backend

EXAMPLES, BATCH, STEPS = 22, 4, 6
IDS = np.arange(EXAMPLES)
DIFFICULTY = np.random.default_rng(0).permutation(EXAMPLES)
EASIEST = np.argsort(DIFFICULTY)


def first_output(y_true, y_pred):
    return ops.mean(y_pred, axis=-1)


class Counts(keras.callbacks.Callback):
    """Reads off the weights how often each example was trained on, in each epoch or execution."""

    def __init__(self, per="epoch"):
        super().__init__()
        self.per, self.counts = per, []

    def total(self):
        write_back(self.model)
        return -ops.convert_to_numpy(self.model.trainable_variables[0])[:, 0].astype(int)

    def read(self):
        last, self.last = self.last, self.total()
        self.counts.append(self.last - last)

    def on_train_begin(self, logs=None):
        self.last = self.total()

    def on_train_batch_end(self, batch, logs=None):
        if self.per == "step":
            self.read()

    def on_epoch_end(self, epoch, logs=None):
        if self.per == "epoch":
            self.read()


class Logged(keras.callbacks.Callback):
    """Puts a hand-made curve into the logs."""

    def __init__(self, *curve):
        super().__init__()
        self.curve = curve

    def on_epoch_end(self, epoch, logs=None):
        cast(dict, logs)["curve"] = self.curve[epoch]


def linear_model(before=(), **compiled):
    dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((EXAMPLES,)), *before, dense])
    options = {"run_eagerly": True, "jit_compile": False, **compiled}
    model.compile(keras.optimizers.SGD(float(BATCH)), first_output, **options)
    return model


def curriculum(paced=None, **arguments):
    paced = paced or pacing.linear(0.3, length=2)
    x = np.eye(EXAMPLES, dtype="float32")
    return CurriculumDataset(x, IDS[:, None], DIFFICULTY, paced, batch_size=BATCH, **arguments)


def fit(scheduler, model=None, per="epoch", epochs=4, before=(), after=(), **options):
    """Returns how often each example was trained on, and the history."""
    counts = Counts(per)
    options = {"shuffle": False, "verbose": 0, "epochs": epochs, **options}
    callbacks = [*before, scheduler, *after, counts]
    model = model or linear_model()
    history = model.fit(scheduler.dataset, callbacks=callbacks, **options)
    return np.array(counts.counts), history.history


def easiest(share):
    return set(EASIEST[: int(share * EXAMPLES + 0.5)])


def trained(counts):
    return [set(np.flatnonzero(row)) for row in counts]


@pytest.mark.parametrize("shuffle", [False, True])
def test_each_epoch_trains_on_exactly_the_examples_the_pacing_allows(shuffle):
    counts, history = fit(CurriculumScheduler(curriculum()), shuffle=shuffle)
    shares = [0.3, 0.65, 1.0, 1.0]
    assert trained(counts) == [easiest(share) for share in shares]
    assert history["curriculum/share"] == pytest.approx(shares)
    assert (counts.sum(axis=1) == STEPS * BATCH).all()
    for row in counts:
        assert np.ptp(row[row > 0]) <= 1


def test_initial_epoch_goes_on_with_the_epochs():
    counts, history = fit(CurriculumScheduler(curriculum()), initial_epoch=1)
    assert history["curriculum/share"] == pytest.approx([0.65, 1.0, 1.0])
    assert trained(counts)[0] == easiest(0.65)


def test_epochs_at_one_level_come_in_other_orders():
    scheduler = CurriculumScheduler(curriculum(lambda epoch: 1.0))
    counts, _ = fit(scheduler, per="step", epochs=2)
    assert trained(counts[:STEPS]) != trained(counts[STEPS:])


def test_each_step_trains_on_the_pool_of_that_step_and_a_second_fit_goes_on():
    scheduler = CurriculumScheduler(curriculum(pacing.linear(0.3, 14)), by="step")
    model = linear_model()
    shares = [min(1.0, 0.3 + 0.7 * step / 14) for step in range(24)]
    for seen, epochs in ((0, 3), (18, 1)):
        counts, history = fit(scheduler, model, per="step", epochs=epochs)
        for step, row in enumerate(counts, start=seen):
            assert set(np.flatnonzero(row)) <= easiest(shares[step])
            assert row.sum() == BATCH
        ends = shares[seen + STEPS - 1 : seen + len(counts) : STEPS]
        assert history["curriculum/share"] == pytest.approx(ends)


def test_steps_share_a_pool_until_the_pacing_moves():
    scheduler = CurriculumScheduler(curriculum(pacing.single_step(0.5, length=9)), by="step")
    counts, history = fit(scheduler, per="step", epochs=2)
    early, late = counts[6:9].sum(axis=0), counts[9:].sum(axis=0)
    assert set(np.flatnonzero(early)) == easiest(0.5)
    assert set(early[early > 0]) == {1, 2}
    assert late.max() == 1
    assert not set(np.flatnonzero(late)) <= easiest(0.5)
    assert history["curriculum/share"] == [0.5, 1.0]


def test_levels_rise_after_epochs_without_improvement_on_them():
    curve = (5.0, 4.0, 4.0, 3.9, 4.0, 4.1, 9.0, 8.9, 8.9, 8.9, 9.9, 7.0, 7.0, 7.0)
    levels = (0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2)
    paced = pacing.fixed_exponential(0.25, 2.0, length=1)
    scheduler = CurriculumScheduler(curriculum(paced), "plateau", "curve", "min", patience=2)
    counts, history = fit(scheduler, epochs=14, before=[Logged(*curve)])
    shares = [(0.25, 0.5, 1.0)[level] for level in levels]
    assert history["curriculum/share"] == shares
    assert trained(counts) == [easiest(share) for share in shares]
    assert scheduler.level == 2


def test_changes_up_to_min_delta_are_no_improvement_and_more_is_better_where_it_is():
    paced = pacing.single_step(0.5, length=1)
    scheduler = CurriculumScheduler(curriculum(paced), "plateau", "curve", "max", 1, 0.5)
    _, history = fit(scheduler, epochs=4, before=[Logged(1.0, 1.6, 2.1, 2.0)])
    assert history["curriculum/share"] == [0.5, 0.5, 0.5, 1.0]


def test_a_second_fit_begins_at_the_first_level():
    scheduler = CurriculumScheduler(curriculum(pacing.single_step(0.5, 1)), "plateau", patience=1)
    for _ in range(2):
        _, history = fit(scheduler, epochs=3, before=[NoProgress()])
        assert history["curriculum/share"] == [0.5, 0.5, 1.0]


class NoProgress(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        cast(dict, logs)["loss"] = 1.0


class Handover(keras.callbacks.Callback):
    """Notes the state after a step; or puts one back at the begin of an epoch."""

    def __init__(self, scheduler, epoch, state=None):
        super().__init__()
        self.scheduler, self.epoch, self.state, self.put = scheduler, epoch, None, state

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch
        if self.put and epoch == self.epoch:
            self.model.optimizer._iterations.assign(epoch * STEPS)
            self.scheduler.set_state(self.put)

    def on_train_batch_end(self, batch, logs=None):
        if not self.put and (self.now, batch) == (self.epoch, 2):
            self.state = json.loads(json.dumps(self.scheduler.get_state()))


@pytest.mark.parametrize("by", ["epoch", "step", "plateau"])
def test_state_put_back_in_mid_epoch_goes_on_exactly(by):
    def run(**options):
        lengths = {"epoch": 2, "step": 15, "plateau": 1}
        paced = pacing.linear(0.3, lengths[by])
        scheduler = CurriculumScheduler(curriculum(paced, seed=3), by, patience=1)
        handover = Handover(scheduler, 2, options.pop("state", None))
        around = {"before": [NoProgress()], "after": [handover]}
        counts, history = fit(scheduler, per="step", **around, **options)
        return counts, history, handover.state

    whole, history, state = run()
    again, resumed, _ = run(state=state, initial_epoch=2)
    np.testing.assert_array_equal(again, whole[2 * STEPS :])
    assert resumed["curriculum/share"] == history["curriculum/share"][2:]
    assert history["curriculum/share"][1] < 1


class PutBack(keras.callbacks.Callback):
    """Puts back the state that there is, after each step."""

    def __init__(self, scheduler):
        super().__init__()
        self.scheduler = scheduler

    def on_train_batch_end(self, batch, logs=None):
        self.scheduler.set_state(json.loads(json.dumps(self.scheduler.get_state())))


@pytest.mark.parametrize("by", ["epoch", "step"])
def test_state_put_back_between_any_two_steps_changes_nothing(by):
    def run(disturbed):
        scheduler = CurriculumScheduler(curriculum(pacing.linear(0.3, 3)), by)
        after = [PutBack(scheduler)] if disturbed else []
        return fit(scheduler, per="step", after=after)

    (counts, history), (expected, plainly) = run(True), run(False)
    np.testing.assert_array_equal(counts, expected)
    assert history["curriculum/share"] == plainly["curriculum/share"]


def test_state_is_plain():
    trained_on = curriculum(pacing.linear(0.3, 9))
    scheduler = CurriculumScheduler(trained_on, by="step")
    fit(scheduler, epochs=2)
    state = json.loads(json.dumps(scheduler.get_state()))
    dataset = curriculum(pacing.linear(0.3, 9))
    other = CurriculumScheduler(dataset, by="step")
    other.set_state(state)
    assert json.loads(json.dumps(other.get_state())) == state
    assert state["position"] == [6, 6]
    assert isinstance(other, Resumable)
    np.testing.assert_array_equal(dataset[4][1], trained_on[4][1])


@pytest.mark.parametrize("policy", ["bfloat16", "mixed_float16"])
def test_other_precisions(policy):
    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy(policy)
        counts, history = fit(CurriculumScheduler(curriculum()), epochs=3)
    finally:
        keras.config.set_dtype_policy(before)
    assert history["curriculum/share"] == pytest.approx([0.3, 0.65, 1.0])
    if policy == "bfloat16":
        assert trained(counts)[0] == easiest(0.3)


def test_objectives_train_on_the_curriculum_too():
    model = RegularizedModel(linear_model(), [])
    model.compile(keras.optimizers.SGD(float(BATCH)), first_output, run_eagerly=True)
    counts, _ = fit(CurriculumScheduler(curriculum()), model, epochs=3)
    assert trained(counts) == [easiest(share) for share in (0.3, 0.65, 1.0)]


def test_shuffled_batches_are_refused_where_steps_count():
    keras.utils.set_random_seed(0)
    scheduler = CurriculumScheduler(curriculum(), by="step")
    with pytest.raises(ValueError, match='`shuffle` must be False in `fit` beside by="step"'):
        fit(scheduler, shuffle=True)


@pytest.mark.parametrize("by", ["epoch", "step"])
def test_other_data_in_fit_are_refused(by):
    scheduler = CurriculumScheduler(curriculum(), by)
    x = np.zeros((EXAMPLES, EXAMPLES))
    with pytest.raises(ValueError, match="`dataset` must be what `fit` is given; received one"):
        linear_model().fit(
            x, IDS[:, None], batch_size=BATCH, epochs=3, verbose=0, callbacks=[scheduler]
        )


@pytest.mark.parametrize("options", [{"steps_per_epoch": 3}, {"steps_per_epoch": 12}])
def test_other_steps_an_epoch_are_refused(options):
    with pytest.raises(
        ValueError, match=r"`dataset` must be .* without `steps_per_epoch`; .* of 6"
    ):
        fit(CurriculumScheduler(curriculum()), **options)


@pytest.mark.parametrize(
    ("by", "paced", "epochs", "sentence"),
    [
        ("epoch", pacing.linear(0.5, 4), 4, "within the 4 epochs that are .* that is 0.875 at the"),
        ("epoch", lambda epoch: 0.5, 9, "within the 9 epochs that are planned; .* that is 0.5 at"),
        ("step", pacing.single_step(0.5, 12), 2, "within the 12 steps that are planned; .* is 0.5"),
        ("step", lambda step: 0.9, 3, "within the 18 steps that are planned; received one .* 0.9"),
        ("plateau", pacing.single_step(0.5, 3), 12, "within the 3 levels that are planned"),
        ("plateau", lambda level: 0.5, 5, "within the 2 levels that are planned; .* 0.5"),
    ],
)
def test_pacing_that_cannot_reach_one_is_refused_before_the_first_step(by, paced, epochs, sentence):
    scheduler = CurriculumScheduler(curriculum(paced), by)
    model = linear_model()
    with pytest.raises(ValueError, match=f"`pacing` must reach 1 {sentence}"):
        fit(scheduler, model, epochs=epochs)
    assert not np.any(ops.convert_to_numpy(model.weights[0]))


@pytest.mark.one_backend
@pytest.mark.parametrize("by", ["step", "plateau"])
def test_epochs_before_the_first_of_fit_are_none_for_the_pacing(by):
    length = {"step": 12, "plateau": 1}[by]
    scheduler = CurriculumScheduler(curriculum(pacing.single_step(0.5, length)), by, patience=1)
    with pytest.raises(ValueError, match=r"`pacing` must reach 1 within the (6 steps|1 levels)"):
        fit(scheduler, epochs=3, initial_epoch=2)


def test_pacing_that_reaches_one_at_the_last_count_is_taken():
    _, history = fit(CurriculumScheduler(curriculum(pacing.linear(0.5, 3))), epochs=4)
    assert history["curriculum/share"][-1] == 1.0
    scheduler = CurriculumScheduler(curriculum(pacing.single_step(0.5, 11)), by="step")
    assert fit(scheduler, epochs=2)[1]["curriculum/share"] == [0.5, 1.0]


def test_unknown_monitor_lists_the_logs():
    scheduler = CurriculumScheduler(curriculum(lambda t: 1.0), "plateau", monitor="val_loss")
    with pytest.raises(ValueError, match=r"`monitor` must be one of the logs \(.*loss\); received"):
        fit(scheduler)


CASE = Case(
    CurriculumScheduler,
    "callback",
    arguments=lambda: {"dataset": curriculum()},
    bad=each(
        dataset=(None, 3, "x", [1, 2]),
        by=("batch", None),
        monitor=(3, None),
        mode=("up", None),
        patience=(0, 1.5, True, None),
        min_delta=(-1.0, float("nan"), "1", None),
    ),
)


@pytest.mark.parametrize(
    "name",
    [
        *(name for name, check in CHECKS.items() if "docstring" in name and check.applies_to(CASE)),
        "bad_arguments_refused",
    ],
)
def test_contract(name):
    CHECKS[name].function(CASE)


@pytest.mark.one_backend
def test_plateaus_that_do_not_come_to_all_examples_are_told(caplog):
    paced = pacing.single_step(0.5, length=1)
    scheduler = CurriculumScheduler(curriculum(paced), "plateau", "curve", "min")
    fit(scheduler, epochs=5, before=[Logged(5, 4, 3, 2, 1)])
    assert "training ended at level 0, with a share of 0.5." in caplog.text
