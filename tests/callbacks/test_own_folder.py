"""ExactResume: fits that belong together must not share a folder."""

import copy
import itertools

import keras
import numpy as np
import pytest

from keras_regzoo.callbacks import ExactResume
from keras_regzoo.models import Autoencoder, dense_autoencoder
from keras_regzoo.training import pretrain_classifier

pytestmark = pytest.mark.one_backend

SENTENCE = "`path` must be a folder for each fit of its own"
X = np.random.default_rng(0).normal(size=(12, 4)).astype("float32")
LABELS = np.arange(12) % 2


def fit(resume, x=X):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    return model.fit(x, LABELS, verbose=0, callbacks=[resume]).history["loss"]


def pretrain(callbacks):
    return pretrain_classifier(
        Autoencoder(*dense_autoencoder((4,), (), 3)),
        X,
        LABELS,
        epochs=1,
        frozen_epochs=1,
        callbacks=callbacks,
    )


def test_a_copy_in_the_folder_of_another_is_refused(tmp_path):
    given = ExactResume(tmp_path)
    first, second = copy.deepcopy([given])[0], copy.deepcopy([given])[0]
    fit(first)
    fit(first)
    with pytest.raises(ValueError, match=SENTENCE):
        fit(second)


def test_another_callback_takes_the_run_for_its_own(tmp_path):
    assert fit(ExactResume(tmp_path)) == fit(ExactResume(tmp_path))


def test_another_callback_is_refused_on_other_arrays(tmp_path):
    fit(ExactResume(tmp_path))
    with pytest.raises(ValueError, match="`path` must hold a run on these data, as each fit"):
        fit(ExactResume(tmp_path), X + 1)


def test_copies_may_have_folders_of_their_own(tmp_path):
    given = ExactResume(tmp_path / "0")
    other = copy.deepcopy(given)
    other.path = str(tmp_path / "1")
    fit(given)
    fit(other)
    assert {path.name for path in tmp_path.iterdir()} == {"0", "1"}


def test_stages_that_share_a_folder_are_refused(tmp_path):
    with pytest.raises(ValueError, match=SENTENCE):
        pretrain(lambda: [ExactResume(tmp_path)])


def test_stages_may_have_folders_of_their_own(tmp_path):
    numbers = itertools.count()
    pretrain(lambda: [ExactResume(tmp_path / str(next(numbers)))])
    assert {path.name for path in tmp_path.iterdir()} == {"0", "1"}
