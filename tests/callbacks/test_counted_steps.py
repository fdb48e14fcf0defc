"""Steps are those that were taken: past a reset optimizer, and in executions of several."""

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel, callbacks
from keras_regzoo.data import CurriculumDataset, pacing
from keras_regzoo.layers import ScheduledDropout
from keras_regzoo.objectives import SelfPaced
from keras_regzoo.training import continue_to_objective
from tests.backends import BACKEND

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 4)).astype("float32")
Y = RNG.normal(size=(24, 1)).astype("float32")


def network(**options):
    names = ("low", "top")
    hidden = [keras.layers.Dense(2, name=name) for name in names]
    dropout = ScheduledDropout(0.0, name="drop")
    model = keras.Sequential([keras.Input((4,)), *hidden, dropout, keras.layers.Dense(1)])
    model.compile("adam", "mse", **(options or {"run_eagerly": True}))
    return model


def test_stopping_counts_on_where_the_optimizer_is_reset():
    """A second fit begins at 0 steps, whatever the optimizer says."""
    stop, model = callbacks.GeneralizationLossStopping(1e9, monitor="loss"), network()
    for epochs in (3, 2):
        listed = [stop, callbacks.GradualUnfreezing()]
        history = model.fit(X, Y, batch_size=6, epochs=epochs, verbose=0, callbacks=listed)
        best = int(np.argmin(history.history["loss"])) + 1
        assert (stop.steps, stop.best_steps) == (4 * epochs, 4 * best)


@pytest.mark.one_backend
def test_stopping_counts_from_the_first_epoch_of_its_fit():
    stop = callbacks.GeneralizationLossStopping(1e9, monitor="loss")
    options = {"batch_size": 6, "initial_epoch": 2, "epochs": 3, "verbose": 0}
    network().fit(X, Y, callbacks=[stop], **options)
    assert stop.steps == 4


@pytest.mark.one_backend
def test_schedule_by_step_goes_on_where_the_optimizer_is_reset():
    seen: list[int] = []

    def schedule(step):
        seen.append(step)
        return 0.0

    model = network()
    for epochs in (3, 1):
        thaw = callbacks.GradualUnfreezing(reset_optimizer=epochs == 3)
        listed = [callbacks.Scheduler("drop/rate", schedule, per="step"), thaw]
        model.fit(X, Y, batch_size=6, epochs=epochs, verbose=0, callbacks=listed)
    # The optimizer was reset after 4 and 8 steps: the second fit starts from its 4.
    assert seen == [*range(12), *range(4, 8)]


@pytest.mark.one_backend
def test_curriculum_by_step_never_shrinks_where_the_optimizer_is_reset():
    dataset = CurriculumDataset(X, Y, np.arange(24.0), pacing.linear(0.25, length=10), 6)
    listed = [callbacks.CurriculumScheduler(dataset, "step"), callbacks.GradualUnfreezing()]
    options = {"epochs": 3, "shuffle": False, "verbose": 0}
    history = network().fit(dataset, callbacks=listed, **options).history
    assert history["curriculum/share"] == pytest.approx([0.475, 0.775, 1.0])


@pytest.mark.one_backend
def test_training_on_counts_the_steps_it_took_where_the_optimizer_is_reset():
    options = {"batch_size": 6, "callbacks": lambda: [callbacks.GradualUnfreezing()]}
    found = continue_to_objective(network(), X, Y, (X[:6], Y[:6]), 1e-9, 10, **options)
    assert found.steps == 10


def of_unknown_length():
    import tensorflow as tf

    def batches():
        for start in range(0, 24, 4):
            yield X[start : start + 4], Y[start : start + 4]

    kinds = (tf.TensorSpec((None, 4)), tf.TensorSpec((None, 1)))
    return tf.data.Dataset.from_generator(batches, output_signature=kinds)


@pytest.mark.skipif(BACKEND == "torch", reason="Keras refuses steps_per_execution on PyTorch")
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_short_executions_count_their_own_steps(known):
    """Six steps an epoch, in executions of four and two."""
    model = RegularizedModel(network(), [SelfPaced(1.0)])
    model.compile("adam", "mse", steps_per_execution=4)
    waiting = callbacks.GeneralizationLossStopping(1e9, monitor="loss")
    looking = callbacks.GeneralizationLossStopping(1e9, monitor="loss", every=1)
    pruning = callbacks.MagnitudePruning(0.5, every=3, times=3)
    average = callbacks.StochasticWeightAveraging(0, cycle=2)
    paced = callbacks.SelfPacedScheduler(growth=2.0, per="step", every=6)
    monitor = callbacks.GradientMonitor(X, Y, every=5, vanishing=0.0, dead=1.0)
    scheduler = callbacks.Scheduler("drop/rate", lambda step: 0.0, per="step")
    listed = [waiting, looking, pruning, average, paced, monitor, scheduler]
    data = (X, Y) if known else (of_unknown_length(),)
    options = {"batch_size": 4} if known else {"shuffle": False}
    model.fit(*data, epochs=4, verbose=0, callbacks=listed, **options)
    assert (waiting.steps, looking.steps) == (24, 24)
    assert (pruning.step, average.step, average.cycles) == (24, 24, 12)
    assert (paced.count, paced.value) == (24, 16.0)
    assert (monitor.steps, scheduler.seen) == (24, 24)


@pytest.mark.one_backend
def test_probes_come_with_the_execution_that_begins_at_or_after_their_step():
    monitor = callbacks.GradientMonitor(X, Y, every=5, vanishing=0.0, dead=1.0)
    begun = []
    for steps in range(0, 24, 2):
        monitor.steps = steps
        if monitor._updates_here(steps):
            monitor.probed = steps
            begun.append(steps)
    assert begun == [0, 6, 10, 16, 20]
