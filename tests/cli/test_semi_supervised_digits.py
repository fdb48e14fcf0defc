"""The recipe that learns digits from 50 labels."""

import sys

import numpy as np
import pytest

from keras_regzoo.cli import recipes
from keras_regzoo.cli.recipe_options import images

# Keras's own conversion of a torch tensor, with NumPy 2.
pytestmark = [
    pytest.mark.one_backend,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def recipe():
    main = recipes.load(recipes.find("semi_supervised_digits"))
    return sys.modules[main.__module__]


def test_all_methods_see_as_many_digits_and_only_fifty_labels(recipe):
    digits = images("digits", seed=1)
    x, y = recipe.examples(digits, unlabelled=True)
    twin_x, twin_y = recipe.examples(digits, unlabelled=False)
    assert x.shape == twin_x.shape
    assert (y == -1).sum() == len(digits.x_train)
    for inputs, labels in ((x[y >= 0], y[y >= 0]), (twin_x, twin_y)):
        assert len(np.unique(inputs, axis=0)) == recipe.LABELS
        counts = np.bincount(labels[: recipe.LABELS])
        assert counts.min() == counts.max() == recipe.LABELS // 10
