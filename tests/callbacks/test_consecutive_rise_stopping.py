"""UP on curves of which the stop is known by hand, and against its recursive definition."""

import math

import numpy as np
import pytest

from keras_regzoo.callbacks import ConsecutiveRiseStopping
from tests.callbacks.curves import stop_of

pytestmark = pytest.mark.one_backend

# Strips of two end in 5, 4, 4.5, 3, 3.1, 3.2, 3.2, 3.3: rises at t = 6, then at 10 and 12, at 16.
CURVE = [9, 5, 9, 4, 1, 4.5, 9, 3, 0, 3.1, 9, 3.2, 9, 3.2, 0, 3.3]


@pytest.mark.parametrize(("strips", "stop"), [(1, 6), (2, 12), (3, None)])
def test_stops_after_so_many_successive_strips_with_a_rise(strips, stop):
    assert stop_of(ConsecutiveRiseStopping(strips, strip=2), val_loss=CURVE) == stop


def test_strip_is_five_looks_by_default():
    assert stop_of(ConsecutiveRiseStopping(1), val_loss=list(range(20))) == 10
    assert stop_of(ConsecutiveRiseStopping(3), val_loss=list(range(20))) == 20


def stops(errors, t, s, k):
    """The definition, read aloud; E_va(t) is errors[t - 1]."""
    if t - k < 1 or t % k:
        return False
    rise = errors[t - 1] > errors[t - k - 1]
    return rise if s == 1 else rise and stops(errors, t - k, s - 1, k)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("s", "k"), [(1, 5), (2, 3), (3, 2), (4, 1)])
def test_stops_where_the_definition_does(seed, s, k):
    errors = np.random.default_rng(seed).normal(size=400).tolist()
    expected = next(t for t in range(1, 401) if stops(errors, t, s, k))
    assert stop_of(ConsecutiveRiseStopping(s, strip=k), val_loss=errors) == expected


def test_nan_is_a_rise_and_a_number_after_it_is_none():
    nan = math.nan
    assert stop_of(ConsecutiveRiseStopping(2, strip=1), val_loss=[1.0, nan, nan]) == 3
    assert stop_of(ConsecutiveRiseStopping(2, strip=1), val_loss=[1.0, nan, 2.0, 3.0, 4.0]) == 5


def test_fall_of_an_accuracy_is_a_rise_of_the_error():
    callback = ConsecutiveRiseStopping(2, strip=1, monitor="val_accuracy", mode="max")
    assert stop_of(callback, val_accuracy=[0.5, 0.4, 0.6, 0.5, 0.4]) == 5
    assert callback.best_look == 2
    assert callback.reason == "val_accuracy has become worse in 2 successive strips"
    callback = ConsecutiveRiseStopping(2, strip=1)
    stop_of(callback, val_loss=[0.5, 0.6])
    expected = "val_loss has become worse in 1 successive strips, fewer than strips=2"
    assert callback.reason == expected
