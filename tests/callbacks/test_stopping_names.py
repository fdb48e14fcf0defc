"""A stopping callback is told of a monitor that no log has before it comes to look at it."""

import keras
import numpy as np
import pytest

from keras_regzoo.callbacks import GeneralizationLossStopping as GLStopping
from keras_regzoo.callbacks import MultiMonitorStopping
from tests.callbacks.test_stopping import DATA, fit, linear


class Logs(keras.callbacks.Callback):
    """Logs a value of its own every so many steps."""

    def __init__(self, every):
        super().__init__()
        self.every = every

    def on_train_batch_end(self, batch, logs=None):
        assert logs is not None
        if (batch + 1) % self.every == 0:
            logs["val_own"] = 2.0


@pytest.mark.parametrize("every", [None, 1, 999])
def test_typo_in_a_validation_log_is_told_before_training(every):
    options = {"every": every, "validation_data": DATA}
    for callback in (
        GLStopping(monitor="val_los", **options),
        MultiMonitorStopping({"val_loss": 2, "val_los": 2}, **options),
    ):
        model = linear()
        with pytest.raises(ValueError, match=r"\(val_loss, val_mae\); received monitor='val_los'"):
            fit(model, [callback])
        assert int(model.optimizer.iterations) == 0


@pytest.mark.one_backend
def test_typo_in_a_training_log_is_told_after_a_step():
    for data, listed in ((None, "loss, mae"), (DATA, "loss, mae, val_loss, val_mae")):
        model = linear()
        callback = GLStopping(monitor="los", every=999, validation_data=data)
        with pytest.raises(ValueError, match=rf"logs \({listed}\); received monitor='los'"):
            fit(model, [callback])
        assert int(model.optimizer.iterations) == 1


@pytest.mark.one_backend
def test_model_that_is_not_built_is_asked_after_a_step():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    with pytest.raises(ValueError, match=r"logs \(.*val_loss\); received monitor='val_los'"):
        fit(model, [GLStopping(monitor="val_los", every=999, validation_data=DATA)])
    assert int(model.optimizer.iterations) <= 1


@pytest.mark.one_backend
@pytest.mark.parametrize("data", [None, DATA])
def test_what_another_callback_logs_every_few_steps_may_be_monitored(data):
    callback = GLStopping(1e300, monitor="val_own", mode="min", every=3, validation_data=DATA)
    fit(linear(), [Logs(3), callback], epochs=2)
    assert callback.curves == {"val_own": [2.0, 2.0]}
    late = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: logs.update(own=1.0) if batch == 2 else None
    )
    callback = GLStopping(1e300, monitor="own", mode="min", every=3, validation_data=data)
    fit(linear(), [late, callback], epochs=2)
    assert callback.curves == {"own": [1.0, 1.0]}


@pytest.mark.one_backend
def test_training_that_ends_before_a_look_at_an_unknown_monitor_warns():
    seldom = {"validation_data": DATA, "validation_freq": 9, "epochs": 2}
    with pytest.warns(UserWarning, match=r"of 6 steps, and .* there is a log of \['val_los'\]"):
        fit(linear(), [GLStopping(monitor="val_los")], **seldom)
    with pytest.warns(UserWarning, match=r"GeneralizationLossStopping looked at nothing"):
        fit(linear(), [Logs(99), GLStopping(monitor="los", every=99)], epochs=1)


@pytest.mark.one_backend
def test_training_that_ends_before_a_look_at_a_known_monitor_does_not():
    seldom = {"validation_data": DATA, "validation_freq": 9, "epochs": 2}
    fit(linear(), [GLStopping(), MultiMonitorStopping({"val_mae": 2, "loss": 2})], **seldom)
    fit(linear(), [Logs(99), GLStopping(monitor="loss", every=99)], epochs=1)
    fit(linear(), [GLStopping(every=99, validation_data=DATA)], epochs=1)


@pytest.mark.one_backend
def test_only_one_batch_is_tried():
    class Read(keras.utils.PyDataset):
        read = 0

        def __len__(self):
            return 50

        def __getitem__(self, index):
            self.read += 1
            return np.ones((2, 1), "float32"), np.ones((2, 1), "float32")

    data = Read()
    fit(linear(), [GLStopping(every=99, validation_data=data)], epochs=1)
    assert data.read < 10, "of 50; TensorFlow reads ahead."
