"""find_lottery_ticket: what is pruned, what it is set back to, and that it can go on."""

import math
from typing import Any

import keras
import numpy as np
import pytest

from keras_regzoo.training import find_lottery_ticket

pytestmark = pytest.mark.one_backend

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 6)).astype("float32")
Y = RNG.normal(size=(24, 2)).astype("float32")


def build(units=10):
    stack = [keras.Input((6,)), keras.layers.Dense(units, "relu"), keras.layers.Dense(2)]
    model = keras.Sequential(stack)
    model.compile(keras.optimizers.Adam(0.05), "mse", run_eagerly=True)
    return model


class Log:
    """Notes the weights that each training starts from, and those it ends with."""

    def __init__(self, fails_at=None):
        self.fails_at, self.starts, self.ends, self.steps = fails_at, [], [], []

    def fit(self, model, callbacks):
        if len(self.starts) == self.fails_at:
            raise KeyboardInterrupt
        log = self
        log.starts.append(model.get_weights())
        steps = []

        class Steps(keras.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                steps.append([np.array(value) for value in self.model.get_weights()])

        options = {"batch_size": 8, "epochs": 2, "verbose": 0, "shuffle": False}
        model.fit(X, Y, callbacks=[*callbacks, Steps()], **options)
        log.steps.append(steps)
        log.ends.append(model.get_weights())

    def score(self, model):
        return -float(model.evaluate(X, Y, verbose=0))


def search(log=None, **options):
    log = log or Log()
    options = {"build": build, "rounds": 2, "rate": 0.5, "seed": 3, **options}
    return find_lottery_ticket(fit=log.fit, score=log.score, **options), log


@pytest.fixture(scope="module")
def found():
    return search(controls=(2,))


def kernels_of(weights):
    return [value for value in weights if value.ndim == 2]


def test_each_round_prunes_the_smallest_and_half_as_many_in_the_output_layer(found):
    ticket, log = found
    shares = [[60, 20], [30, 15], [15, 11]]
    for number, expected in enumerate(shares[1:], start=1):
        before = kernels_of(log.ends[number - 1])
        for kernel, old, count in zip(
            kernels_of(log.starts[number]), before, expected, strict=True
        ):
            kept = kernel != 0
            assert kept.sum() == count
            assert np.abs(old[kept]).min() >= np.abs(old[~kept]).max()
    assert [each.remaining for each in ticket.rounds] == [sum(count) / 80 for count in shares]


def test_remaining_weights_are_set_back_to_their_initialization(found):
    _, log = found
    for start in log.starts[1:3]:
        for value, first in zip(start, log.starts[0], strict=True):
            mask = value != 0 if value.ndim == 2 else 1
            np.testing.assert_array_equal(value, first * mask)


def test_pruned_weights_are_zero_after_every_step(found):
    _, log = found
    for number in (1, 2, 3):
        for weights in log.steps[number]:
            for kernel, start in zip(*map(kernels_of, (weights, log.starts[number])), strict=True):
                assert (kernel[start == 0] == 0).all()


def test_control_has_the_masks_of_the_ticket_and_other_weights(found):
    ticket, log = found
    for kernel, of_ticket, mask in zip(
        *map(kernels_of, (log.starts[3], log.starts[2])), ticket.masks, strict=True
    ):
        np.testing.assert_array_equal(kernel != 0, mask)
        np.testing.assert_array_equal(of_ticket != 0, mask)
        assert (kernel[mask] != of_ticket[mask]).all()
    assert [each.control is None for each in ticket.rounds] == [True, True, False]
    assert ticket.rounds[2].control != ticket.rounds[2].score


def test_control_of_a_build_that_seeds_itself_is_refused_before_training():
    def seeded():
        keras.utils.set_random_seed(0)
        return build()

    log = Log()
    with pytest.raises(ValueError, match="`build` must return a model of other random weights"):
        search(log, build=seeded, controls=(1,))
    assert not log.starts


def test_model_is_the_last_ticket_trained(found):
    ticket, log = found
    for value, expected in zip(ticket.model.get_weights(), log.ends[2], strict=True):
        np.testing.assert_array_equal(value, expected)
    assert log.score(ticket.model) == pytest.approx(ticket.rounds[2].score)


def test_model_trains_on_with_its_zeros():
    ticket, _ = search(rounds=1)
    before = ticket.model.get_weights()
    ticket.model.fit(X, Y, verbose=0)
    after = ticket.model.get_weights()
    assert all((new != old).any() for new, old in zip(after, before, strict=True))
    for kernel, mask in zip(kernels_of(after), ticket.masks, strict=True):
        np.testing.assert_array_equal(kernel != 0, mask)


def test_weights_are_rewound_to_those_of_a_later_step():
    _, log = search(rewind=4, rounds=1)
    for value, step in zip(log.starts[1], log.steps[0][3], strict=True):
        mask = value != 0 if value.ndim == 2 else 1
        np.testing.assert_array_equal(value, step * mask)


def test_integers_of_numpy_are_saved_as_those_of_python(tmp_path):
    path, numbers = tmp_path / "ticket.npz", {"rewind": 2, "rounds": 1, "controls": [1]}
    given = {"rewind": np.int64(2), "rounds": np.int32(1), "controls": [np.int64(1)]}
    first, log = search(path=path, **given)
    assert len(log.ends) == 3
    assert first.rounds[1].control is not None
    again, log = search(path=path, **numbers)
    assert again.rounds == first.rounds
    assert not log.ends


def test_rewinding_beyond_the_training_is_one_sentence():
    with pytest.raises(ValueError, match=r"`rewind` must be at most the steps .* 6; received rew"):
        search(rewind=7)


def assert_same(one, other):
    assert one.rounds == other.rounds
    for name in ("masks", "weights"):
        pairs = [
            each.masks if name == "masks" else each.model.get_weights() for each in (one, other)
        ]
        for first, second in zip(*pairs, strict=True):
            np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_search_that_was_interrupted_goes_on_as_if_it_had_not_been(found, fails_at, tmp_path):
    path = tmp_path / "progress.npz"
    with pytest.raises(KeyboardInterrupt):
        search(Log(fails_at), controls=(2,), path=path)
    again, log = search(controls=(2,), path=path)
    assert len(log.starts) == 4 - fails_at
    assert_same(again, found[0])
    done, log = search(controls=(2,), path=path)
    assert not log.starts
    assert_same(done, found[0])


def test_search_goes_on_with_more_rounds_but_not_with_fewer(found, tmp_path):
    path = tmp_path / "progress.npz"
    search(rounds=1, path=path)
    assert_same(search(controls=(2,), path=path)[0], found[0])
    with pytest.raises(ValueError, match="`rounds` must be at least the 2 that the file"):
        search(rounds=1, path=path)


def test_damaged_and_foreign_files_are_one_sentence(tmp_path):
    path = tmp_path / "progress.npz"
    search(rounds=0, path=path)
    with pytest.raises(ValueError, match="`path` must be a file of a search with the settings"):
        search(path=path, rate=0.4)
    with pytest.raises(ValueError, match="`build` must return models of the same weights"):
        search(path=path, build=lambda: build(4), rounds=0)
    whole = path.read_bytes()
    for torn in (whole[: len(whole) // 2], b"", b"text"):
        path.write_bytes(torn)
        with pytest.raises(ValueError, match="`path` must be a file that a search has saved"):
            search(path=path)
    with pytest.raises(ValueError, match="`path` must lie in a folder that exists"):
        search(path=tmp_path / "absent" / "progress.npz")


def test_constraint_of_a_kernel_holds_in_every_round():
    def constrained():
        dense = keras.layers.Dense(2, kernel_constraint=keras.constraints.UnitNorm(axis=0))
        model = keras.Sequential([keras.Input((6,)), dense])
        model.compile(keras.optimizers.Adam(0.05), "mse", run_eagerly=True)
        return model

    _, log = search(build=constrained, rounds=1)
    kernel = log.ends[1][0]
    assert (kernel == 0).sum() == 3
    np.testing.assert_allclose(np.linalg.norm(kernel, axis=0), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"build": 3}, "`build` must return a compiled model"),
        ({"rounds": -1}, "`rounds` must be an integer"),
        ({"rate": 1.0}, r"`rate` must be a number in \(0, 1\)"),
        ({"output_rate": 1.0}, r"`output_rate` must be a number in \[0, 1\)"),
        ({"rewind": -1}, "`rewind` must be an integer"),
        ({"controls": 1}, "`controls` must be a list of numbers of rounds; received 1"),
        ({"path": 3}, "`path` must be a str or"),
        ({"controls": (3,)}, r"`controls` must be an integer in \[1, 2\]"),
        ({"seed": -1}, "`seed` must be an integer"),
    ],
)
def test_bad_arguments_are_refused_before_training(arguments, sentence):
    log = Log()
    with pytest.raises(ValueError, match=sentence):
        search(log, **arguments)
    assert not log.starts


@pytest.mark.parametrize("score", [None, math.nan, "good", [0.5, 0.5]])
def test_a_score_that_is_no_number_is_one_sentence_at_the_first_call(score):
    log = Log()
    with pytest.raises(ValueError, match="`score` must return a number; it returned "):
        find_lottery_ticket(build, log.fit, lambda model: score, rounds=2)
    assert len(log.starts) == 1


def test_what_cannot_be_called_is_refused():
    nothing: Any = None
    with pytest.raises(ValueError, match="`fit` must be callable"):
        find_lottery_ticket(build, nothing, len, 1)
    with pytest.raises(ValueError, match="`score` must be callable"):
        find_lottery_ticket(build, print, nothing, 1)
