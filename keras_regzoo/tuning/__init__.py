"""Searches with KerasTuner: which techniques, how strong, and which autoencoder."""

import importlib
from typing import TYPE_CHECKING, Any

from keras_regzoo.tuning.search import search
from keras_regzoo.tuning.search_result import SearchResult
from keras_regzoo.tuning.search_space import search_space

if TYPE_CHECKING:
    from keras_regzoo.tuning.autoencoder_hyper_model import AutoencoderHyperModel
    from keras_regzoo.tuning.cross_validated_tuner import CrossValidatedTuner
    from keras_regzoo.tuning.regularized_hyper_model import RegularizedHyperModel

__all__ = [
    "AutoencoderHyperModel",
    "CrossValidatedTuner",
    "RegularizedHyperModel",
    "SearchResult",
    "search",
    "search_space",
]

DERIVED = {
    "AutoencoderHyperModel": "autoencoder_hyper_model",
    "CrossValidatedTuner": "cross_validated_tuner",
    "RegularizedHyperModel": "regularized_hyper_model",
}


def __getattr__(name: str) -> Any:
    """Imports KerasTuner, which the `tuner` extra brings, with a class that derives from its."""
    if name not in DERIVED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{DERIVED[name]}"), name)
