"""The only place that names a backend: differentiation, and a model as a pure function."""

from keras_regzoo.backend.autodiff import jvp, value_and_grad, vjp
from keras_regzoo.backend.devices import replicas
from keras_regzoo.backend.pure_view import Pass, PureView, State

__all__ = ["Pass", "PureView", "State", "jvp", "replicas", "value_and_grad", "vjp"]
