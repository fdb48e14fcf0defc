"""TFDS data sets: their own test sets, without a network, on every backend."""

import sys

import numpy as np
import pytest

from keras_regzoo import data

pytestmark = pytest.mark.one_backend


def test_official_test_set_is_kept_and_validation_cut_from_training(prepared_tfds):
    first = data.load("tfds:mnist", validation=0.1, seed=1)
    assert (len(first.x_train), len(first.x_validation)) == (54000, 6000)
    assert first.x_test.shape == (10000, 28, 28, 1) and first.shape == (28, 28, 1)
    assert first.x_train.dtype == np.float32 and first.y_train.dtype == np.int32
    assert (first.x_train.min(), first.x_train.max()) == (0.0, 1.0)
    assert first.classes == tuple("0123456789") and first.name == "mnist"
    # Counts of the digits in the test set of LeCun et al. (1998).
    counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(first.y_test).tolist() == counts


def test_columns_of_numbers_and_text_become_a_table(tmp_path, monkeypatch):
    tfds = pytest.importorskip("tensorflow_datasets")
    pytest.importorskip("tensorflow")

    class RegzooTinyTable(tfds.core.GeneratorBasedBuilder):
        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            label = tfds.features.ClassLabel(names=["no", "yes"])
            columns = {"age": np.float32, "colour": tfds.features.Text(), "bought": label}
            return tfds.core.DatasetInfo(
                builder=self,
                features=tfds.features.FeaturesDict(columns),
                supervised_keys=({"age": "age", "colour": "colour"}, "bought"),
            )

        def _split_generators(self, dl_manager):
            return {"train": self._generate_examples(40), "test": self._generate_examples(10)}

        def _generate_examples(self, count):
            for i in range(count):
                colour = "blue" if i % 4 else "red"
                yield i, {"age": 0.5 * i, "colour": colour, "bought": i % 2}

    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    dataset = data.load("tfds:regzoo_tiny_table", standardize=False)
    assert dataset.features == ("age", "colour=blue", "colour=red")
    assert (dataset.task, dataset.classes) == ("binary", ("no", "yes"))
    assert (len(dataset.x_train), len(dataset.x_validation), len(dataset.x_test)) == (34, 6, 10)
    number = (dataset.x_test[:, 0] * 2).astype(int)
    assert sorted(number.tolist()) == list(range(10))
    np.testing.assert_array_equal(dataset.x_test[:, 2], number % 4 == 0)
    np.testing.assert_array_equal(dataset.y_test, number % 2)


def test_unknown_name_is_one_sentence():
    pytest.importorskip("tensorflow_datasets")
    pytest.importorskip("tensorflow")
    with pytest.raises(ValueError, match=r"'tfds:no_such_set' must name a data set") as error:
        data.load("tfds:no_such_set")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("module", "extra"), [("tensorflow_datasets", "datasets"), ("tensorflow", "tensorflow")]
)
def test_missing_package_is_one_sentence(monkeypatch, module, extra):
    pytest.importorskip("tensorflow_datasets")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"'tfds:mnist' needs .*keras-regzoo\[{extra}\]"):
        data.load("tfds:mnist")
