"""The spaces that are searched: complete, accepted by the classes, conditional where they must."""

import importlib
import inspect
from typing import Any

import keras_tuner
import pytest

from keras_regzoo import catalogue
from keras_regzoo.spaces import SPACES
from keras_regzoo.tuning import search_space
from tests.cases import CASES

pytestmark = pytest.mark.one_backend

BY_CASE = "its number depends on the data or the budget, which the user knows"
NOTHING_TO_CHOOSE = "it has no strength"
NOT_SEARCHED = {
    **dict.fromkeys(
        ("unit_norm", "non_neg", "sparsity_mask", "layer_normalization", "weight_normalization"),
        NOTHING_TO_CHOOSE,
    ),
    **dict.fromkeys(
        ("tied_dense", "tied_conv2d_transpose", "max_over_transforms", "uncertainty_weighting"),
        NOTHING_TO_CHOOSE,
    ),
    **dict.fromkeys(("autoencoder", "stacked_autoencoder", "swap_ema_weights"), NOTHING_TO_CHOOSE),
    **dict.fromkeys(
        ("distillation", "scheduler", "multi_monitor_stopping", "target_stopping", "time_stopping"),
        BY_CASE,
    ),
    **dict.fromkeys(
        ("continuation_scheduler", "curriculum_scheduler", "self_paced_scheduler"), BY_CASE
    ),
    **dict.fromkeys(
        ("gradual_unfreezing", "resample_dead_latents", "top_k_checkpoint", "snapshot_checkpoint"),
        BY_CASE,
    ),
    **dict.fromkeys(("gradient_monitor", "exact_resume"), "it regularizes nothing"),
}
DRAWS = 8


def draws(technique):
    """Returns the arguments of the defaults and of some random trials."""
    hp = keras_tuner.HyperParameters()
    found = [search_space(technique, hp)]
    for seed in range(DRAWS):
        for each in hp.space:
            hp.values[each.name] = each.random_sample(seed)
        found.append(search_space(technique, hp))
    return found


def test_every_technique_is_searched_or_said_to_have_nothing_to_search():
    names = {e.name for e in catalogue.entries() if e.kind not in ("training", "data")}
    assert set(SPACES) | set(NOT_SEARCHED) == names
    assert not set(SPACES) & set(NOT_SEARCHED)


@pytest.mark.parametrize("technique", SPACES)
def test_arguments_are_those_of_the_class_and_its_default_lies_within(technique):
    module, _, name = catalogue.find(technique).symbol.rpartition(".")
    name = name.replace("Optimizer", "SGD")  # a final class, with what all optimizers take
    found = getattr(importlib.import_module(module), name)
    made = found.__init__ if inspect.isclass(found) else found  # Python 3.11.2 finds `__new__`
    parameters = inspect.signature(made).parameters
    for setting in SPACES[technique]:
        default = parameters[setting.argument].default
        numeric = isinstance(default, int | float) and not isinstance(default, bool)
        if numeric and default > 0 and setting.scale == "log":
            assert setting.low <= default <= setting.high, setting
        if setting.choices and numeric and default > 0:
            assert min(setting.choices) <= default <= max(setting.choices), setting
        assert bool(setting.choices) != (setting.low < setting.high)
        assert setting.scale == "linear" or setting.low > 0


SYMBOLS = {entry.symbol: entry.name for entry in catalogue.entries()}
SEARCHED = [
    pytest.param(case, name, id=case.id)
    for case in CASES
    if not case.label
    and (name := SYMBOLS.get(f"keras_regzoo.{case.kind}s.{case.cls.__name__}")) in SPACES
]


@pytest.mark.parametrize(("case", "name"), SEARCHED)
def test_classes_accept_what_is_drawn(case, name):
    wide = {"latents": 128} if name == "top_k_dictionary" else {}
    for drawn in draws(name):
        case.cls(**{**case.arguments(), **wide, **drawn})


def test_most_techniques_are_tried():
    assert len(SEARCHED) > 60


def test_values_are_drawn_anew_in_each_trial():
    drawn = [each["alpha"] for each in draws("mixup")]
    assert len(set(drawn)) == 1 + DRAWS
    assert all(0.05 <= alpha <= 1 for alpha in drawn)


def test_what_makes_no_sense_is_left_out():
    for drawn in draws("adversarial_training"):
        assert ("random_start" in drawn) == (drawn["steps"] > 1)
    hp = keras_tuner.HyperParameters()
    search_space("adversarial_training", hp)
    (conditional,) = [each for each in hp.space if each.name.endswith("random_start")]
    (condition,) = conditional.conditions
    assert (condition.name, condition.values) == ("adversarial_training/steps", [3, 7])


def test_a_technique_used_twice_has_two_names():
    hp = keras_tuner.HyperParameters()
    search_space("l2", hp, "encoder")
    search_space("l2", hp, "decoder")
    assert [each.name for each in hp.space] == ["encoder/l2", "decoder/l2"]


def test_unknown_technique_is_one_sentence():
    with pytest.raises(ValueError, match="`technique` must be one of"):
        search_space("mixupp", keras_tuner.HyperParameters())
    technique: Any = ["l2"]
    with pytest.raises(ValueError, match=r"`technique` must be one of .* technique=\['l2'\]"):
        search_space(technique, keras_tuner.HyperParameters())
    with pytest.raises(ValueError, match="`hp` must be KerasTuner's HyperParameters; received 3"):
        search_space("l2", 3)
