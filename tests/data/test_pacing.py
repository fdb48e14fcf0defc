"""Pacing functions against the papers' formulas."""

import itertools
import math
from typing import Any

import pytest

from keras_regzoo.data import pacing

pytestmark = pytest.mark.one_backend

ALL = {
    "fixed_exponential": pacing.fixed_exponential(0.04, 1.9, 30),
    "varied_exponential": pacing.varied_exponential(0.1, 3.0, (40, 20, 7)),
    "single_step": pacing.single_step(0.3, 12),
    "linear": pacing.linear(0.2, 50),
    "root": pacing.root(0.2, 50),
    "cube": pacing.root(0.2, 50, 3),
    "slow": pacing.root(0.2, 50, 0.5),
    "logarithmic": pacing.logarithmic(0.2, 50),
}


@pytest.mark.parametrize("name", ALL)
def test_grows_from_its_start_to_one_and_is_one_from_its_end_on(name):
    paced = ALL[name]
    shares = [paced(t) for t in range(paced.end + 20)]
    assert shares == sorted(shares)
    assert 0 < shares[0] < 1
    assert all(share < 1 for share in shares[: paced.end])
    assert all(share == 1.0 for share in shares[paced.end :])


def test_fixed_exponential_multiplies_after_each_length():
    paced = ALL["fixed_exponential"]
    for t in range(0, 200, 7):
        assert paced(t) == pytest.approx(min(0.04 * 1.9 ** math.floor(t / 30), 1.0))


def test_varied_exponential_multiplies_at_the_given_times():
    paced = ALL["varied_exponential"]
    expected = {0: 0.1, 39: 0.1, 40: 0.3, 59: 0.3, 60: 0.9, 66: 0.9, 67: 1.0, 1000: 1.0}
    assert {t: paced(t) for t in expected} == pytest.approx(expected)


def test_lengths_beyond_the_last_increase_are_left_out():
    assert pacing.varied_exponential(0.5, 2.0, (3, 4, 5)).end == 3


@pytest.mark.parametrize(
    ("name", "power"), [("linear", 1), ("root", 2), ("cube", 3), ("slow", 0.5)]
)
def test_powers_of_the_share_grow_evenly(name, power):
    powers = [ALL[name](t) ** power for t in range(51)]
    steps = [b - a for a, b in itertools.pairwise(powers)]
    assert steps == pytest.approx([(1 - 0.2**power) / 50] * 50)


def test_logarithmic_is_the_papers():
    for t in range(50):
        expected = 0.2 + 0.8 * (1 + 0.1 * math.log(t / 50 + math.exp(-10)))
        assert ALL["logarithmic"](t) == pytest.approx(expected)


@pytest.mark.parametrize("make", [pacing.linear, pacing.single_step, pacing.logarithmic])
def test_a_start_with_all_examples_has_all_at_once(make):
    assert make(1.0, 10)(0) == pytest.approx(1.0)
    assert pacing.fixed_exponential(1.0, 2.0, 5).end == 0


HALF: Any = 2.5
BAD = [
    (lambda: pacing.linear(0.0, 10), "`start` must be a number in"),
    (lambda: pacing.root(1.5, 10), "`start` must be a number in"),
    (lambda: pacing.root(0.5, 10, 0.0), "`power` must be a number in"),
    (lambda: pacing.logarithmic(0.5, 0), "`length` must be an integer in"),
    (lambda: pacing.single_step(0.5, HALF), "`length` must be an integer in"),
    (lambda: pacing.fixed_exponential(0.5, 1.0, 3), "`growth` must be a number in"),
    (
        lambda: pacing.varied_exponential(0.1, 2.0, (5, 5)),
        "`lengths` must have the 4 entries .* received 2, after which the share is 0.4",
    ),
]


@pytest.mark.parametrize(("make", "sentence"), BAD)
def test_bad_arguments_are_one_sentence(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


def test_lengths_that_are_one_number_are_refused():
    lengths: Any = 3
    with pytest.raises(ValueError, match="`lengths` must be a list of numbers of steps; received"):
        pacing.varied_exponential(0.25, 2.0, lengths)
