"""Looking a technique up by name."""

import pytest

from keras_regzoo import catalogue

pytestmark = pytest.mark.one_backend


@pytest.mark.parametrize(
    "name", ["group_lasso", "group-lasso", "Group Lasso", "GROUP_LASSO", "GroupLasso", "grouplasso"]
)
def test_name_and_class_are_found_in_any_case(name):
    assert catalogue.find(name).symbol == "keras_regzoo.regularizers.GroupLasso"


@pytest.mark.parametrize("entry", catalogue.entries(), ids=lambda entry: entry.name)
def test_every_name_finds_its_entry(entry):
    for name in (entry.name, *entry.aliases):
        assert catalogue.find(name) is entry


@pytest.mark.parametrize(
    ("name", "near"),
    [("gruop_lasso", "group_lasso"), ("sharpness", "sharpness_aware"), ("earlystop", "early_stop")],
)
def test_unknown_name_gives_near_ones_in_one_sentence(name, near):
    with pytest.raises(ValueError, match=f"no technique called `{name}`.*`{near}") as caught:
        catalogue.find(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "zzzzz", "学習"])
def test_name_like_none_says_where_to_look(name):
    with pytest.raises(ValueError, match="`regzoo list` shows all of them"):
        catalogue.find(name)


def test_class_of_several_techniques_asks_which():
    with pytest.raises(ValueError, match="`gradient_clipping` and `weight_averaging`"):
        catalogue.find("Optimizer")
