"""A class that breaks one promise, for each check: the check must see it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from keras_regzoo import validation
from keras_regzoo.callbacks import Scheduler
from keras_regzoo.constraints import L1Ball
from keras_regzoo.layers import MaskingNoise
from keras_regzoo.objectives import SharpnessAware
from keras_regzoo.regularizers import GroupLasso
from tests import cases, checks
from tests.test_contracts import IN_PROCESSES, load_in_a_fresh_process, run_on_two_devices

register = keras.saving.register_keras_serializable(package="broken")


class ForgetsSeed(MaskingNoise):
    def get_config(self) -> dict[str, Any]:
        return {name: value for name, value in super().get_config().items() if name != "seed"}


@register
class IgnoresConfig(GroupLasso):
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> GroupLasso:
        return cls()


class OverflowsForSomeSeed(MaskingNoise):
    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return inputs * np.inf if self.seed is not None else inputs


class ActsAtZero(MaskingNoise):
    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return inputs * 1.01 if training else inputs


class PenalizesAtZero(GroupLasso):
    def __call__(self, x: Any) -> Any:
        return super().__call__(x) + 0.01


class MovesInsideTheBall(L1Ball):
    def __call__(self, w: Any) -> Any:
        return 0.99 * super().__call__(w)


class AscendsAtZero(SharpnessAware):
    def transform(self, loss: Any, draw: Any) -> Any:
        def raised(point: Any) -> tuple[Any, dict[str, Any]]:
            value, terms = loss.evaluate(point)
            return 1.1 * value, {**terms, self.name: value}

        return loss.then(raised)


class ActiveAtInference(MaskingNoise):
    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return super().call(inputs, training=True)


class KeepsEveryNorm(GroupLasso):
    def __call__(self, x: Any) -> Any:
        return ops.sqrt(ops.sum(ops.square(x), axis=0) + 1e-9)


class WidensHalfPrecision(L1Ball):
    def __call__(self, w: Any) -> Any:
        return ops.cast(super().__call__(w), "float32")


class ClaimsAnotherShape(MaskingNoise):
    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], 2 * input_shape[-1])


class FixesTheBatchSize(MaskingNoise):
    def compute_output_shape(self, input_shape: Any) -> Any:
        return (8, *input_shape[1:])


class DividesByOthers(MaskingNoise):
    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return inputs / ops.cast(ops.shape(inputs)[0] - 1, inputs.dtype)


class WidensOutputs(MaskingNoise):
    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return ops.cast(inputs, "float32")


class OverflowsInHalfPrecision(MaskingNoise):
    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return inputs * 300.0 * 300.0 / 300.0 / 300.0


class HasNoGradientAtZero(GroupLasso):
    def __call__(self, x: Any) -> Any:
        return ops.sqrt(ops.sum(ops.square(x)))


class NormalizesByZero(MaskingNoise):
    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return inputs / ops.sqrt(ops.sum(ops.square(inputs), axis=-1, keepdims=True))


class HasItsOwnRandomness(GroupLasso):
    random = np.random.default_rng()

    def __call__(self, x: Any) -> Any:
        return super().__call__(x) * self.random.uniform()


class EvaluatesItsOwnLoss(GroupLasso):
    calls = 0

    def __call__(self, x: Any) -> Any:
        type(self).calls += 1
        return super().__call__(x) * self.calls


class CountsTwice(GroupLasso):
    def __call__(self, x: Any) -> Any:
        return 2.0 * super().__call__(x)


class AddsItsLossToo(MaskingNoise):
    def call(self, inputs: Any, training: bool | None = None) -> Any:
        self.add_loss(ops.mean(ops.square(inputs)))
        return super().call(inputs, training=training)


@register
class ForgetsItsState(MaskingNoise):
    def save_own_variables(self, store: Any) -> None:
        pass

    def load_own_variables(self, store: Any) -> None:
        pass


class AcceptsAnything(GroupLasso):
    def __init__(self, strength: Any = 0.01, axis: Any = 0) -> None:
        super().__init__()
        self.strength, self.axis = strength, axis


class SaysLittle(L1Ball):
    def __init__(self, radius: float = 1.0, axis: Any = None) -> None:
        if not isinstance(radius, float) or not radius >= 0:
            raise ValueError("bad radius")
        super().__init__(radius, axis)


class RaisesAnotherError(L1Ball):
    def __init__(self, radius: float = 1.0, axis: Any = None) -> None:
        if not isinstance(radius, float):
            raise TypeError(f"`radius` must be a float; received {radius!r}")
        super().__init__(validation.number("radius", radius, "[0, inf)"), axis)


class PutsNothingBack(Scheduler):
    def set_state(self, state: dict[str, Any]) -> None:
        pass


class KeepsAnArray(Scheduler):
    def get_state(self) -> dict[str, Any]:
        return {"seen": np.zeros(2)}


class CountsDevices(Scheduler):
    def get_state(self) -> dict[str, Any]:
        return {**super().get_state(), "devices": len(keras.distribution.list_devices())}


class BreaksTheWeights(Scheduler):
    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.model.set_weights([np.nan * weight for weight in self.model.get_weights()])


class HasNoDocstring(MaskingNoise): ...


class HasTwoSentences(MaskingNoise):
    """Sets inputs to zero. Leaves others as they are."""


class ForgetsAnArgument(MaskingNoise):
    """Sets inputs to zero.

    Args:
        rate: A probability.
        **kwargs: `name`, `dtype`.
    """


def case(cls: type, of: str, **changes: Any) -> Any:
    made = replace(cases.by_id(of), cls=cls, **changes)
    return pytest.param(made, id=cls.__name__)


NOISE = "MaskingNoise"
LASSO = "GroupLasso"
BALL = "L1Ball"
SCHEDULER = "Scheduler"

BROKEN = {
    "config_round_trip": [case(ForgetsSeed, NOISE), case(IgnoresConfig, LASSO)],
    "every_variation_trains": [case(OverflowsForSomeSeed, NOISE)],
    "identity_at_zero_strength": [
        case(ActsAtZero, NOISE),
        case(PenalizesAtZero, LASSO),
        case(MovesInsideTheBall, BALL),
        case(AscendsAtZero, "SharpnessAware"),
    ],
    "inactive_at_inference": [case(ActiveAtInference, NOISE)],
    "scalar_or_same_shape": [case(KeepsEveryNorm, LASSO), case(WidensHalfPrecision, BALL)],
    "symbolic_and_eager_shapes_agree": [
        case(ClaimsAnotherShape, NOISE),
        case(FixesTheBatchSize, NOISE),
    ],
    "any_batch_size": [case(DividesByOthers, NOISE)],
    "bfloat16": [case(WidensOutputs, NOISE)],
    "mixed_precision": [case(WidensOutputs, NOISE), case(OverflowsInHalfPrecision, NOISE)],
    "mixed_bfloat16": [case(WidensOutputs, NOISE)],
    "gradients_finite": [case(HasNoGradientAtZero, LASSO), case(NormalizesByZero, NOISE)],
    "same_seed_same_result": [case(HasItsOwnRandomness, LASSO)],
    "compiled_fit_and_evaluate": [case(EvaluatesItsOwnLoss, LASSO)],
    "losses_counted_once": [case(CountsTwice, LASSO), case(AddsItsLossToo, NOISE)],
    "two_virtual_devices": [case(AddsItsLossToo, NOISE), case(CountsDevices, SCHEDULER)],
    "loads_in_a_fresh_process": [case(ForgetsItsState, NOISE)],
    "state_is_plain": [case(PutsNothingBack, SCHEDULER), case(KeepsAnArray, SCHEDULER)],
    "any_feed": [case(BreaksTheWeights, SCHEDULER)],
    "bad_arguments_refused": [
        case(AcceptsAnything, LASSO),
        case(SaysLittle, BALL),
        case(RaisesAnotherError, BALL),
        case(L1Ball, BALL, bad=lambda: [("radius", -1.0)]),
    ],
    "docstring_summary": [case(HasNoDocstring, NOISE), case(HasTwoSentences, NOISE)],
    "docstring_arguments": [case(HasNoDocstring, NOISE), case(ForgetsAnArgument, NOISE)],
    **{
        f"docstring_{part}": [case(HasTwoSentences, NOISE)]
        for part in ("shapes", "equation", "raises", "example", "reference")
    },
}

CASES = [param.values[0] for param in BROKEN["two_virtual_devices"]]


def test_every_check_has_its_broken_class():
    assert set(BROKEN) == set(checks.CHECKS)


@pytest.mark.one_backend
@pytest.mark.parametrize(
    ("name", "broken"),
    [
        pytest.param(name, *param.values, id=f"{name}-{param.id}")
        for name, params in BROKEN.items()
        for param in params
        if name not in IN_PROCESSES
    ],
)
def test_broken_class_is_seen(name, broken):
    assert checks.CHECKS[name].applies_to(broken)
    with pytest.raises(AssertionError):
        checks.CHECKS[name].function(broken)


@pytest.mark.one_backend
def test_forgotten_state_is_seen_in_a_fresh_process(tmp_path):
    (broken,) = (param.values[0] for param in BROKEN["loads_in_a_fresh_process"])
    reports = load_in_a_fresh_process([broken], tmp_path, defined_in=__name__)
    with pytest.raises(AssertionError, match="weight 0, loaded and saved"):
        checks.check_loads_in_a_fresh_process(broken, reports)


@pytest.mark.skipif(checks.BACKEND == "torch", reason="Keras splits no batch on PyTorch.")
def test_what_is_counted_too_often_is_seen_on_two_devices(tmp_path):
    reports = run_on_two_devices(__name__, tmp_path)
    with pytest.raises(AssertionError, match="the loss on two devices"):
        checks.check_two_virtual_devices(CASES[0], reports)
    with pytest.raises(AssertionError, match=r"on two devices, .* on one"):
        checks.check_two_virtual_devices(CASES[1], reports)
