"""Searches with KerasTuner: which techniques, how strong, and which autoencoder."""

from typing import TYPE_CHECKING, Any

from keras_regzoo.tuning.autoencoder_hyper_model import AutoencoderHyperModel
from keras_regzoo.tuning.regularized_hyper_model import RegularizedHyperModel
from keras_regzoo.tuning.search_space import search_space

if TYPE_CHECKING:
    from keras_regzoo.tuning.cross_validated_tuner import CrossValidatedTuner

__all__ = [
    "AutoencoderHyperModel",
    "CrossValidatedTuner",
    "RegularizedHyperModel",
    "search_space",
]


def __getattr__(name: str) -> Any:
    """Imports KerasTuner, which the `tuner` extra brings, with the class that derives from its."""
    if name != "CrossValidatedTuner":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from keras_regzoo.tuning.cross_validated_tuner import CrossValidatedTuner

    return CrossValidatedTuner
