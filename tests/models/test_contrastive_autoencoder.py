"""The contrastive autoencoder: what labels are, and what they do to its codes."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from keras_regzoo.models import ContrastiveAutoencoder, dense_autoencoder
from keras_regzoo.quiet import QUIET
from tests.models.toys import gaussian


def small(**options):
    keras.utils.set_random_seed(0)
    ends = dense_autoencoder((6,), hidden=(), latent=3)
    return ContrastiveAutoencoder(*ends, seed=0, **{"stddev": 0.3, "temperature": 0.5, **options})


@pytest.mark.parametrize("labels", [np.arange(32) % 4, (np.arange(32) % 4)[:, None]])
def test_labels_are_no_targets_of_the_reconstruction(labels):
    x = gaussian(32)
    logs = []
    for targets in ((), (x,), (labels,)):
        autoencoder = small(strength=0.7)
        autoencoder.compile(keras.optimizers.SGD(0.0), "mse", metrics=["mae"])
        validation: Any = (x, *(targets or (x,)))
        logs.append(
            autoencoder.fit(
                x, *targets, batch_size=32, shuffle=False, validation_data=validation, verbose=QUIET
            ).history
        )
    error = np.mean((autoencoder.reconstruct(x) - x) ** 2)
    for each in logs:
        assert each["data_loss"][0] == pytest.approx(error, rel=1e-4)
        assert each["val_loss"][0] == pytest.approx(error, rel=1e-4)
        assert each["mae"] == pytest.approx(logs[0]["mae"], rel=1e-5)
    assert logs[1]["contrastive_loss"] == pytest.approx(logs[0]["contrastive_loss"], rel=1e-5)
    assert abs(logs[2]["contrastive_loss"][0] - logs[0]["contrastive_loss"][0]) > 0.05


@pytest.mark.one_backend
def test_labels_draw_the_codes_of_a_class_together():
    x = gaussian(96)
    labels = (x[:, 0] > 0).astype("int64") + 2 * (x[:, 1] > 0)
    scores = []
    for targets in ((), (labels,)):
        autoencoder = small()
        autoencoder.compile(keras.optimizers.Adam(0.02), "mse")
        autoencoder.fit(x, *targets, batch_size=48, epochs=40, verbose=QUIET)
        scores.append(silhouette_score(autoencoder.encode(x), labels, metric="cosine"))
    assert scores[1] > scores[0] + 0.1


def test_label_minus_1_leaves_an_example_to_its_own_views():
    x, labels = gaussian(12), np.arange(12) % 2
    logs = []
    for targets in ((), (np.full(12, -1),), (np.arange(12),), (labels,), (labels - 1,)):
        autoencoder = small()
        autoencoder.compile(keras.optimizers.SGD(0.0), "mse")
        history = autoencoder.fit(x, *targets, batch_size=12, shuffle=False, verbose=QUIET).history
        logs.append(history["contrastive_loss"][0])
    none, unlabelled, alone, two, half = logs
    assert unlabelled == pytest.approx(none, rel=1e-5)
    assert alone == pytest.approx(none, rel=1e-5)
    assert abs(half - two) > 1e-3
    assert abs(half - none) > 1e-3


@pytest.mark.parametrize(
    ("targets", "found"),
    [
        (np.ones((8, 2), "float32"), r"float32 of shape \(8, 2\)"),
        (np.arange(8.0), r"float64 of shape \(8,\)"),
        (np.eye(8, dtype="int64"), r"int64 of shape \(8, 8\)"),
        (list(range(8)), "a list"),
    ],
)
def test_targets_that_are_neither_labels_nor_inputs_are_refused_in_one_sentence(targets, found):
    autoencoder = small()
    autoencoder.compile("sgd", "mse")
    with pytest.raises(ValueError, match=f"^`y` must be left out, or be .*; received {found}") as e:
        autoencoder.fit(gaussian(8), targets, verbose=QUIET)
    assert "\n" not in str(e.value)


def test_range_of_a_binary_cross_entropy_is_asked_of_inputs_not_of_labels():
    x, labels = np.random.default_rng(0).random((12, 6)), np.arange(12) % 4
    autoencoder = small()
    autoencoder.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True), run_eagerly=True)
    history = autoencoder.fit(x, labels, validation_data=(x, labels), verbose=QUIET).history
    assert np.isfinite(history["val_loss"]).all()
    for method in (autoencoder.fit, autoencoder.evaluate):
        with pytest.raises(ValueError, match=r"^`x` must lie in \[0, 1\]"):
            method(5 * x, labels, verbose=QUIET)
