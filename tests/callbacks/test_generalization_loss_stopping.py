"""GL on curves of which the stop is known by hand, and against its definition."""

import math

import numpy as np
import pytest

from keras_regzoo.callbacks import GeneralizationLossStopping
from tests.callbacks.curves import stop_of

pytestmark = pytest.mark.one_backend

# E_opt = 1, 0.8, 0.8, 0.5, 0.5, …, so that GL = 0, 0, 25, 0, 4, 0, 6, 10 %.
CURVE = [1.0, 0.8, 1.0, 0.5, 0.52, 0.5, 0.53, 0.55]


@pytest.mark.parametrize(
    ("alpha", "stop"), [(0.0, 3), (24.9, 3), (25.1, None), (5.0, 3), (1e300, None)]
)
def test_stops_at_the_first_loss_above_alpha(alpha, stop):
    assert stop_of(GeneralizationLossStopping(alpha), val_loss=CURVE) == stop


@pytest.mark.parametrize(("alpha", "stop"), [(3.9, 2), (4.1, 4), (5.9, 4), (6.1, 5)])
def test_loss_is_measured_from_the_least_error_so_far(alpha, stop):
    assert stop_of(GeneralizationLossStopping(alpha), val_loss=CURVE[3:]) == stop


def first_stop(errors, alpha):
    """The definition, read aloud."""
    for t in range(1, len(errors) + 1):
        optimum = min(errors[:t])
        if 100 * (errors[t - 1] / optimum - 1) > alpha:
            return t
    return None


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("alpha", [1.0, 2.0, 5.0])
def test_stops_where_the_definition_does(seed, alpha):
    random = np.random.default_rng(seed)
    errors = [float(e) for e in 1 / np.arange(1, 30) + 0.01 * random.normal(size=29) + 0.2]
    expected = first_stop(errors, alpha)
    assert stop_of(GeneralizationLossStopping(alpha), val_loss=errors) == expected
    assert expected is not None or alpha > 2


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_error_that_is_not_finite_stops(bad):
    callback = GeneralizationLossStopping(5.0)
    assert stop_of(callback, val_loss=[1.0, 0.9, bad, 0.8]) == 3
    assert callback.best_look == 1
    assert stop_of(callback, val_loss=[bad, 1.0]) == 1


def test_error_after_one_of_zero_is_infinitely_worse():
    callback = GeneralizationLossStopping(1e300)
    assert stop_of(callback, val_loss=[1.0, 0.0, 0.0, 1e-9]) == 4
    assert callback.reason and "inf %, is above alpha=1e+300" in callback.reason


def test_reason_names_the_loss_and_alpha():
    callback = GeneralizationLossStopping(3.0)
    stop_of(callback, val_loss=CURVE[3:])
    expected = "the generalization loss of val_loss, 4 %, is above alpha=3"
    assert callback.reason == expected
    assert callback.model.history.stopped.endswith(f": {expected}.")
    stop_of(callback, val_loss=[1.0, 1.01])
    assert callback.reason == "the generalization loss of val_loss, 1 %, is not above alpha=3"


@pytest.mark.parametrize(
    ("monitor", "value", "sentence"),
    [
        ("val_loss", -0.5, "must be an error of at least 0; received monitor='val_loss', which is"),
        ("val_accuracy", 0.5, "must be an error, of which less is better; received monitor='val_a"),
    ],
)
def test_monitor_that_is_no_error_is_refused(monitor, value, sentence, monkeypatch):
    callback = GeneralizationLossStopping(monitor=monitor)
    monkeypatch.setattr(callback.monitors[monitor], "rising", lambda model: "acc" in monitor)
    with pytest.raises(ValueError, match=sentence):
        stop_of(callback, **{monitor: [value]})
    with pytest.raises(ValueError, match="`mode` must be 'auto' or 'min', of an error; received"):
        GeneralizationLossStopping(monitor=monitor, mode="max")
