"""PQ on curves of which the stop is known by hand, and against its definition."""

import math

import numpy as np
import pytest

from keras_regzoo.callbacks import ProgressQuotientStopping
from keras_regzoo.callbacks.progress_quotient_stopping import quotient, training_progress
from tests.callbacks.curves import model, stop_of

pytestmark = pytest.mark.one_backend

# Strips of two. Training errors 3, 1 | 2.2, 1.8 | 1, 1: P_2 = 1000 (2 / 1 − 1) = 1000,
# 1000 (2 / 1.8 − 1) = 111.1 and 0. Validation errors: GL = 0 | 20 | 10 % at the ends.
TRAINING = [3.0, 1.0, 2.2, 1.8, 1.0, 1.0]
VALIDATION = [2.0, 1.0, 1.5, 1.2, 1.0, 1.1]


@pytest.mark.parametrize(("alpha", "stop"), [(0.17, 4), (0.19, 6), (1e300, 6)])
def test_stops_at_the_first_end_of_a_strip_with_a_quotient_above_alpha(alpha, stop):
    callback = ProgressQuotientStopping(alpha, strip=2)
    assert stop_of(callback, val_loss=VALIDATION, loss=TRAINING) == stop


def test_stops_only_where_a_strip_ends():
    callback = ProgressQuotientStopping(0.0, strip=5)
    errors = [1.0, 0.5, 0.9, 0.9, 0.9, 0.9]
    assert stop_of(callback, val_loss=errors, loss=[5.0, 4.0, 3.0, 2.0, 1.0, 0.9]) == 5
    assert stop_of(callback, val_loss=errors[:4], loss=[4.0, 3.0, 2.0, 1.0]) is None
    assert callback.reason == "the strip has not ended"


def first_stop(validation, training, alpha, k):
    """The definition, read aloud."""
    for t in range(k, len(validation) + 1, k):
        loss = 100 * (validation[t - 1] / min(validation[:t]) - 1)
        strip = training[t - k : t]
        if loss / (1000 * (sum(strip) / (k * min(strip)) - 1)) > alpha:
            return t
    return None


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("alpha", "k"), [(0.5, 5), (1.0, 3), (3.0, 4)])
def test_stops_where_the_definition_does(seed, alpha, k):
    noise = 0.03 * np.random.default_rng(seed).normal(size=(2, 60))
    times = np.arange(1, 61)
    training = (1 / times**0.5 + 0.5 * noise[0].clip(-0.01, 0.01) + 0.1).tolist()
    validation = (1 / times + times / 150 + noise[1] + 0.3).tolist()
    expected = first_stop(validation, training, alpha, k)
    callback = ProgressQuotientStopping(alpha, strip=k)
    assert expected is not None
    assert stop_of(callback, val_loss=validation, loss=training) == expected


def test_progress_is_zero_where_nothing_moves_and_unbounded_where_the_error_was_zero():
    assert training_progress([0.3, 0.3, 0.3]) == 0.0
    assert training_progress([0.0, 0.0]) == 0.0
    assert training_progress([1.0, 0.0]) == math.inf
    assert math.isnan(training_progress([1.0, math.nan]))


@pytest.mark.parametrize(
    ("loss", "progress", "found"),
    [
        (0.0, 0.0, 0.0),
        (0.0, math.nan, 0.0),
        (2.0, 0.0, math.inf),
        (2.0, math.nan, math.inf),
        (2.0, math.inf, 0.0),
        (math.inf, math.inf, math.inf),
    ],
)
def test_quotient_is_never_nan(loss, progress, found):
    assert quotient(loss, progress) == found


def test_nan_stops_at_the_end_of_its_strip():
    callback = ProgressQuotientStopping(1e300, strip=2)
    assert stop_of(callback, val_loss=[1.0, 1.0, 1.0, math.nan], loss=[4.0, 3.0, 2.0, 1.0]) == 4
    assert stop_of(callback, val_loss=[1.0, 1.0, 1.0, 1.1], loss=[4.0, 3.0, 2.0, math.nan]) == 4


def test_training_loss_below_zero_is_refused():
    with pytest.raises(ValueError, match="at least 0; received monitor='loss', which is -1"):
        stop_of(ProgressQuotientStopping(), val_loss=[1.0], loss=[-1.0])


def test_looks_within_an_epoch_read_the_mean_loss_so_far():
    """Gradient descent at rate 0 on targets 0, 1, …: the batches' losses are known."""
    x = np.zeros((6, 1), "float32")
    y = np.arange(6, dtype="float32")[:, None]
    callback = ProgressQuotientStopping(0.0, strip=6, every=1, validation_data=(x[:1], y[:1]))
    trained = model()
    trained.optimizer.learning_rate = 0.0
    options = {"batch_size": 1, "epochs": 2, "shuffle": False, "verbose": 0}
    trained.fit(x, y, callbacks=[callback], **options)
    means = [np.mean(np.arange(n + 1.0) ** 2) for n in range(6)]
    assert callback.curves["loss"] == pytest.approx(2 * means)
    assert callback.curves["val_loss"] == [0.0] * 12
