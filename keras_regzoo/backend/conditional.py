"""Work that a compiled step does or leaves out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from keras_regzoo.backend.autodiff import _engine


def when(condition: Any, function: Callable[[], Any], otherwise: Any) -> Any:
    """Returns `function()` where `condition` holds, else `otherwise`, at no other cost.

    May be differentiated.

    Args:
        condition: A boolean scalar tensor.
        function: Returns a structure of tensors like `otherwise`, of the same shapes and dtypes.
        otherwise: The structure returned where the condition does not hold.

    Example:

    >>> double = lambda: keras.ops.ones(2) * 2
    >>> made = keras_regzoo.backend.when(keras.ops.array(False), double, keras.ops.ones(2))
    >>> print(keras.ops.convert_to_numpy(made))
    [1. 1.]
    """
    if hasattr(_engine, "when"):
        return _engine.when(condition, function, otherwise)
    return ops.cond(condition, function, lambda: otherwise)
