"""Autoencoders on arrays that lie on a disk."""

import os
import subprocess
import sys
from unittest import mock

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel
from keras_regzoo.callbacks import ResampleDeadLatents
from keras_regzoo.data import MemmapDataset
from keras_regzoo.models import (
    Autoencoder,
    ConditionalVAE,
    TopKDictionary,
    VariationalAutoencoder,
    base_autoencoder,
    conditional_dense_autoencoder,
    dense_autoencoder,
    from_disk,
)
from tests.models.toys import gaussian

pytestmark = pytest.mark.one_backend


def on_disk(x, path):
    array = np.memmap(path, x.dtype, "w+", shape=x.shape)
    array[:] = x
    return array


def small():
    keras.utils.set_random_seed(3)
    model = Autoencoder(*dense_autoencoder((6,), (), 2))
    model.compile("adam", "mse")
    return model


def test_array_on_disk_gives_what_the_array_in_memory_gives(tmp_path):
    x, held_out = gaussian(70), gaussian(40, seed=1)
    weight = np.linspace(0, 2, 70).astype("float32")
    ends = []
    for given, other in (
        (x, held_out),
        (on_disk(x, tmp_path / "x"), on_disk(held_out, tmp_path / "y")),
    ):
        model = small()
        history = model.fit(
            given,
            sample_weight=weight,
            batch_size=16,
            epochs=2,
            shuffle=False,
            validation_data=(other,),
            verbose=0,
        ).history
        ends.append(
            [
                *(history[name] for name in ("loss", "val_loss")),
                model.evaluate(other, verbose=0),
                model.encode(other),
                model.reconstruct(other, batch_size=7),
                model.reconstruction_error(other),
                *model.get_weights(),
            ]
        )
    for first, second in zip(*ends, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6)


def test_wrapped_model_reads_from_disk_and_gives_what_the_array_in_memory_gives(tmp_path):
    x, weight = gaussian(50), np.linspace(0, 2, 50).astype("float32")
    ends = []
    for given in (x, on_disk(x, tmp_path / "x")):
        model = RegularizedModel(RegularizedModel(small()))
        model.compile("adam", "mse")
        options = {"sample_weight": weight, "batch_size": 16, "verbose": 0}
        with mock.patch.object(from_disk, "MemmapDataset", wraps=MemmapDataset) as read:
            fit = {"shuffle": False, "validation_data": (given,)}
            logs = model.fit(given, **fit, **options).history
            found = [logs["loss"], logs["val_loss"], model.evaluate(given, **options)]
            ends.append([*found, model.predict(given, verbose=0), *model.get_weights()])
        assert read.call_count == (0 if given is x else 4)
    for first, second in zip(*ends, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6)


def test_training_from_disk_shuffles(tmp_path):
    x = on_disk(gaussian(64), tmp_path / "x")
    losses = []
    for shuffle in (True, False):
        model = small()
        losses.append(model.fit(x, x, 16, shuffle=shuffle, verbose=0).history["loss"][0])
    assert losses[0] != losses[1]


@pytest.mark.parametrize("weighted", [False, True])
def test_validation_split_holds_out_the_last_rows_which_stay_on_disk(weighted, tmp_path):
    x = gaussian(50)
    options = {"sample_weight": np.linspace(0, 2, 50)} if weighted else {}
    options |= {"validation_split": 0.3, "batch_size": 16, "shuffle": False, "verbose": 0}
    memory, disk = (small().fit(a, **options).history for a in (x, on_disk(x, tmp_path / "x")))
    assert memory.keys() == disk.keys() == {"loss", "val_loss"}
    for name in memory:
        np.testing.assert_allclose(disk[name], memory[name], rtol=1e-5)


def test_validation_split_that_leaves_nothing_to_train_on_is_refused(tmp_path):
    x = on_disk(gaussian(4), tmp_path / "x")
    with pytest.raises(ValueError, match="`validation_split` must leave an example to train on"):
        small().fit(x, validation_split=0.9)
    with pytest.raises(ValueError, match=r"`validation_split` must be a number in \(0, 1\)"):
        small().fit(x, validation_split=1.5)


def test_inputs_on_disk_with_labels_give_what_those_in_memory_give(tmp_path):
    x = 1 / (1 + np.exp(-gaussian(40)))
    labels = np.arange(40) % 3
    ends = []
    for given in (x, on_disk(x, tmp_path / "x")):
        keras.utils.set_random_seed(3)
        ends_of = conditional_dense_autoencoder((6,), 3, (), 2)
        model = ConditionalVAE(*ends_of, classes=3, seed=1)
        model.compile("adam")
        fit = {"shuffle": False, "validation_split": 0.25, "verbose": 0}
        history = model.fit([given, labels], sample_weight=np.linspace(0, 2, 40), **fit).history
        with mock.patch.object(base_autoencoder, "ROWS_AT_A_TIME", 16):
            errors = model.reconstruction_error([given, labels])
        ends.append([history["loss"], history["val_loss"], model.encode([given, labels]), errors])
    for first, second in zip(*ends, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6)


def test_codes_are_read_from_disk_a_batch_at_a_time(tmp_path):
    x = on_disk(1 / (1 + np.exp(-gaussian(40))), tmp_path / "x")
    ends = dense_autoencoder((6,), (), 2, variational=True)
    model = VariationalAutoencoder(*ends)
    with mock.patch.object(model.encoder, "predict", wraps=model.encoder.predict) as predict:
        predict.__name__ = "predict"
        model.encode(x)
    assert isinstance(predict.call_args.kwargs["x"], MemmapDataset)


def test_dictionary_trains_and_resamples_on_disk_as_in_memory(tmp_path):
    x = gaussian(60)
    ends = []
    for given in (x, on_disk(x, tmp_path / "x")):
        keras.utils.set_random_seed(3)
        model = TopKDictionary(6, 40, k=2, dead_after=20, seed=1)
        model.compile("adam")
        resampling = ResampleDeadLatents(given, every=4, examples=40, seed=2)
        fit = {"batch_size": 20, "epochs": 2, "shuffle": False, "verbose": 0}
        history = model.fit(given, callbacks=[resampling], **fit).history
        count = model.resample(given, seed=1)
        ends.append([history["loss"], count, model.encode(given), *model.get_weights()])
    assert ends[0][1] > 0
    for first, second in zip(*ends, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6)


def test_only_part_of_an_array_on_disk_is_checked(tmp_path):
    x = np.memmap(tmp_path / "x", "float32", "w+", shape=(40 * 4096, 6))
    x[-1, 2] = np.nan
    with pytest.raises(ValueError, match="`x` must hold finite numbers"):
        small().fit(x)


LIMITED = """
import resource
import numpy as np
from tests.models.test_from_disk import on_disk, small
model = small()
model.fit(on_disk(np.ones((4096, 6), "float32"), "small"), batch_size=4096, verbose=0)
used = int(open("/proc/self/statm").read().split()[5]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_DATA, (used + 400 * 2**20, -1))
x = np.memmap("large", "float32", "w+", shape=(2**31 // 24, 6))
model.fit(x, batch_size=4096, steps_per_epoch=20, verbose=0)
assert model.encode(x[: 2**16], batch_size=4096).shape == (2**16, 2)
try:
    np.array(x)
except MemoryError:
    print("larger than memory")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory by the kernel of Linux")
def test_array_larger_than_memory_is_trained_on(tmp_path):
    """A sparse file of 2 GiB, with 400 MiB left to allocate."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    done = subprocess.run(
        [sys.executable, "-c", LIMITED],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.stdout.strip() == "larger than memory", done.stderr[-2000:]
