"""The only place that names a backend: differentiation, and a model as a pure function."""

from keras_regzoo.backend.additive import additive, kept, sums
from keras_regzoo.backend.aside import aside
from keras_regzoo.backend.autodiff import jvp, sum_of_squares, value_and_grad, vjp
from keras_regzoo.backend.copying import copy_model
from keras_regzoo.backend.devices import (
    assign_between_steps,
    latest,
    move_average,
    numpy_value,
    replica,
    replicas,
    values_before_step,
    write_back,
)
from keras_regzoo.backend.executions import steps_per_execution
from keras_regzoo.backend.linalg import svd
from keras_regzoo.backend.mixture import mixture_cost
from keras_regzoo.backend.optimizer_state import HeldOptimizer, reset_optimizer, slots
from keras_regzoo.backend.pure_view import Pass, PureView, State, graph_of
from keras_regzoo.backend.random import normal, uniform
from keras_regzoo.backend.resuming import (
    build_to_train,
    random_state,
    repeats_shuffling,
    set_random_state,
)
from keras_regzoo.backend.running_sums import add_weighted

__all__ = [
    "HeldOptimizer",
    "Pass",
    "PureView",
    "State",
    "add_weighted",
    "additive",
    "aside",
    "assign_between_steps",
    "build_to_train",
    "copy_model",
    "graph_of",
    "jvp",
    "kept",
    "latest",
    "mixture_cost",
    "move_average",
    "normal",
    "numpy_value",
    "random_state",
    "repeats_shuffling",
    "replica",
    "replicas",
    "reset_optimizer",
    "set_random_state",
    "slots",
    "steps_per_execution",
    "sum_of_squares",
    "sums",
    "svd",
    "uniform",
    "value_and_grad",
    "values_before_step",
    "vjp",
    "write_back",
]
