"""How far numbers vary: NumPy's sums far from zero, over batches and over replicas."""

import keras
import numpy as np
import pytest

from keras_regzoo.backend import numpy_value
from keras_regzoo.models import TopKDictionary, running_variation
from keras_regzoo.models.dictionary_criterion import ExplainedVariance


def data(examples, offset, scale):
    x = np.random.default_rng(0).normal(offset, scale, size=(examples, 4))
    errors = np.random.default_rng(1).uniform(size=examples) * scale**2
    rows = np.hstack([x, errors[:, None]]).astype("float32")
    exact = rows.astype("float64")
    variation = np.sum((exact[:, :-1] - exact[:, :-1].mean(axis=0)) ** 2)
    return rows, 1 - exact[:, -1].sum() / variation


@pytest.mark.parametrize(("offset", "scale"), [(0, 1), (100, 0.1), (-1e4, 1)])
def test_explained_variance_is_exact_wherever_the_mean_is(offset, scale):
    rows, expected = data(1000, offset, scale)
    metric = ExplainedVariance(4)
    for _ in range(2):
        metric.reset_state()
        for start in range(0, len(rows), 48):
            metric.update_state(rows[start : start + 48])
        assert float(metric.result()) == pytest.approx(expected, rel=1e-3)


def test_explained_variance_of_replicas_is_that_of_their_summed_variables(monkeypatch):
    rows, expected = data(301, 100, 0.1)
    monkeypatch.setattr(running_variation, "replicas", lambda: 2)
    both = []
    for number, part in enumerate([rows[:200], rows[200:]]):
        monkeypatch.setattr(running_variation, "replica", lambda number=number: number)
        both.append(ExplainedVariance(4))
        for batch in np.array_split(part, 3):
            both[-1].update_state(batch)
    whole, other = both
    for variable, added in zip(whole.variables, other.variables, strict=True):
        variable.assign_add(numpy_value(added))
    assert float(whole.result()) == pytest.approx(expected, rel=1e-3)


def test_explained_variance_of_compiled_steps_is_exact():
    rows, _ = data(120, 1e3, 1.0)
    x = rows[:, :-1]
    model = TopKDictionary(4, 6, 2, seed=0)
    model.compile(keras.optimizers.SGD(0.0))
    logs = model.evaluate(x, batch_size=32, verbose=0, return_dict=True)
    errors = np.sum((x.astype("float64") - model.reconstruct(x)) ** 2)
    variation = np.sum((x - x.mean(axis=0, dtype="float64")) ** 2)
    assert logs["explained_variance"] == pytest.approx(1 - errors / variation, rel=1e-3)
