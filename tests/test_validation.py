"""Each function returns what it accepts, and refuses the rest in one sentence."""

import re
from fractions import Fraction

import keras
import numpy as np
import pytest

from keras_regzoo import validation

pytestmark = pytest.mark.one_backend


def refused(sentence, function, *args):
    with pytest.raises(ValueError, match=re.escape(sentence) + "$"):
        function(*args)


@pytest.mark.parametrize("value", [0, 0.5, np.float32(0.25), np.int64(0), Fraction(1, 2)])
def test_number_in_interval_comes_back_as_a_plain_float(value):
    returned = validation.number("rate", value, "[0, 1)")
    assert type(returned) is float
    assert returned == value


@pytest.mark.parametrize(
    ("within", "accepted", "outside"),
    [
        ("[0, 1)", (0.0, 0.999), (-1e-9, 1.0)),
        ("(0, 1]", (1e-9, 1.0), (0.0, 1.001)),
        ("(0, inf)", (1e300,), (0.0, float("inf"), -1.0)),
        ("[0, inf)", (0,), (float("inf"),)),
        ("[-2.5, -1]", (-2.5, -1), (-2.6, 0)),
    ],
)
def test_interval_brackets_include_and_exclude_their_ends(within, accepted, outside):
    for value in accepted:
        assert validation.number("a", value, within) == value
    for value in outside:
        sentence = f"`a` must be a number in {within}; received a={value!r}."
        refused(sentence, validation.number, "a", value, within)


@pytest.mark.parametrize("value", [True, float("nan"), "0.5", None, [0.5], 1j, np.ones(1)])
def test_number_refuses_what_is_not_a_real_number(value):
    sentence = f"`rate` must be a number in [0, 1]; received rate={value!r}."
    refused(sentence, validation.number, "rate", value, "[0, 1]")


@pytest.mark.parametrize("value", [3, np.int32(3), np.uint8(3)])
def test_integer_comes_back_as_a_plain_int(value):
    returned = validation.integer("samples", value, "[1, inf)")
    assert type(returned) is int
    assert returned == 3


@pytest.mark.parametrize("value", [0, -1, 3.0, True, "3", None, np.float64(3)])
def test_integer_refuses_other_types_and_what_lies_outside(value):
    refused(
        f"`samples` must be an integer in [1, inf); received samples={value!r}.",
        validation.integer,
        "samples",
        value,
        "[1, inf)",
    )


def test_integer_is_by_default_at_least_zero():
    assert validation.integer("axis", 0) == 0
    refused(
        "`axis` must be an integer in [0, inf); received axis=-1.", validation.integer, "axis", -1
    )


def test_one_of_returns_an_option_and_lists_them_otherwise():
    assert validation.one_of("per", "step", ("epoch", "step")) == "step"
    refused(
        "`per` must be one of 'epoch', 'step'; received per='batch'.",
        validation.one_of,
        "per",
        "batch",
        ("epoch", "step"),
    )


def test_instance_returns_the_object_and_names_the_kinds_otherwise():
    layer = keras.layers.Dense(1)
    assert validation.instance("layer", layer, keras.layers.Layer) is layer
    refused(
        "`layer` must be a `keras` Dense; received 3 (of type int).",
        validation.instance,
        "layer",
        3,
        keras.layers.Dense,
    )
    refused(
        "`x` must be a str or list; received 3 (of type int).",
        validation.instance,
        "x",
        3,
        (str, list),
    )


def test_long_values_are_shown_by_their_begin_in_one_line():
    assert validation.shown([1, "a"]) == "[1, 'a']"
    assert validation.shown(np.zeros((2, 2))) == "array([[0., 0.], [0., 0.]])"
    assert validation.shown(list(range(10**4))) == str(list(range(100)))[:80] + "..."


def test_extra_imports_a_module_that_is_installed():
    assert validation.extra("numpy.linalg", "recipes", "Plotting") is np.linalg


def test_extra_says_what_to_install():
    sentence = (
        "Plotting needs the package `no_such_package`, which is not installed: "
        'run `pip install "keras-regzoo[recipes]"`.'
    )
    with pytest.raises(ImportError, match=re.escape(sentence) + "$"):
        validation.extra("no_such_package.inner", "recipes", "Plotting")


@pytest.mark.parametrize("value", [(0, 1), [0.0, 1.0], (np.float32(0), np.int64(1))])
def test_range_comes_back_as_a_pair_of_plain_floats(value):
    assert validation.value_range("valid_range", value) == (0.0, 1.0)


@pytest.mark.parametrize("value", [1.0, (0.0,), (0.0, 1.0, 2.0), "01", None, {0.0, 1.0}])
def test_range_refuses_what_is_no_pair(value):
    refused(
        f"`valid_range` must be a pair (least, greatest); received valid_range={value!r}.",
        validation.value_range,
        "valid_range",
        value,
    )


@pytest.mark.parametrize("greatest", [0.0, -1.0, float("inf"), "1"])
def test_range_refuses_what_does_not_increase_or_lies_outside(greatest):
    sentence = f"`a` must be a number in (0.0, inf); received a={greatest!r}."
    refused(sentence, validation.value_range, "a", (0, greatest))
    assert validation.value_range("a", (0, float("inf")), "(-inf, inf]")[1] == float("inf")


def test_function_returns_what_can_be_called():
    assert validation.function("fit", len) is len


@pytest.mark.parametrize("value", [None, 3, "len"])
def test_function_refuses_what_cannot_be_called(value):
    refused(f"`fit` must be callable; received fit={value!r}.", validation.function, "fit", value)


def test_a_seed_comes_back_as_a_plain_int_or_none():
    assert validation.seed(None) is None
    assert type(validation.seed(np.int64(-3))) is int
    with pytest.raises(ValueError, match=r"`seed` must be an integer in .* received seed=0.5"):
        validation.seed(0.5)


@pytest.mark.parametrize("value", [["a"], np.ones(2), {}])
def test_one_of_refuses_what_cannot_be_compared(value):
    for options in ({"a": 1}, ("a", "b")):
        with pytest.raises(ValueError, match=r"^`per` must be one of 'a'"):
            validation.one_of("per", value, options)


@pytest.mark.parametrize("value", [[1, 2], (1, 2), range(1, 3), np.array([1, 2])])
def test_items_come_back_as_a_list(value):
    assert validation.items("sizes", value, "numbers") == [1, 2]


@pytest.mark.parametrize("value", [[], (), "ab", 3, None, {1: 2}, {1, 2}, np.array(3), np.eye(2)])
def test_items_refuse_what_is_no_list_or_empty(value):
    sentence = f"`sizes` must be a list of numbers, at least one; received {value!r}."
    refused(" ".join(sentence.split()), validation.items, "sizes", value, "numbers")


def test_first_line_leaves_out_the_heading_of_keras():
    with pytest.raises(ValueError) as caught:
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])(np.ones((1, 3)))
    assert validation.first_line(caught.value).startswith("Input 0 with name")
    assert validation.first_line(KeyError()) == "KeyError"


def test_a_mistake_is_a_sentence_of_ours_or_about_a_file_or_package():
    def raised(function, *arguments):
        with pytest.raises(Exception) as caught:
            function(*arguments)
        return validation.is_mistake(caught.value)

    assert raised(validation.integer, "n", 0.5)
    assert raised(open, "no_such_file")
    assert raised(__import__, "no_such_package")
    assert not raised(int, "a")
    assert not raised(len, 3)
