"""scikit-learn's handwritten digits, which come inside its wheel."""

from __future__ import annotations

import numpy as np

from keras_regzoo import validation
from keras_regzoo.data.source import Source


def read_digits() -> Source:
    """Returns 1797 handwritten digits of 8 x 8 pixels in `[0, 1]`.

    Reference: Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine
    Learning Repository (its test set).

    Raises:
        ImportError: If scikit-learn is not installed.
    """
    datasets = validation.extra("sklearn.datasets", "recipes", "The data set 'digits'")
    bunch = datasets.load_digits()
    x = (bunch.images / 16.0).astype(np.float32)[..., None]
    classes = tuple(str(name) for name in bunch.target_names)
    return Source("digits", (x, bunch.target), classes=classes)
