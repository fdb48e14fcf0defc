"""What every class promises, one small check for each promise.

A check takes a case of `tests/cases/` and raises an `AssertionError` if its class breaks the
promise. The checks that need another process take its report too. `test_checks_can_fail.py` holds
a broken class for each of them.
"""

from __future__ import annotations

import copy
import json
from typing import Any

import keras
import numpy as np
from keras import ops, tree

from keras_regzoo.backend import value_and_grad
from keras_regzoo.quiet import QUIET
from tests import callback_checks, docstring_checks
from tests.backends import BACKEND, HAS_XLA
from tests.cases.case import KINDS, Case, Trained
from tests.cases.networks import batch, own_losses, place, without
from tests.check import CHECKS, SAVED, check, parameters
from tests.seeds import reset_draws, set_seed

__all__ = ["CHECKS", "callback_checks", "docstring_checks"]

CALLBACK = ("callback",)  # no part of the compiled step


def assert_finite(values: Any, what: str) -> None:
    for value in values:
        array = np.asarray(ops.convert_to_numpy(ops.cast(value, "float32")))
        assert np.isfinite(array).all(), f"{what} must be finite; found {array}."


def assert_close(actual: Any, expected: Any, what: str, tolerance: float = 1e-5) -> None:
    actual, expected = ops.convert_to_numpy(actual), ops.convert_to_numpy(expected)
    np.testing.assert_allclose(actual, expected, tolerance, tolerance, err_msg=what)


def plain_config(technique: Any) -> Any:
    return json.loads(json.dumps(keras.saving.serialize_keras_object(technique.get_config())))


@check(*SAVED, once=KINDS)
def check_config_round_trip(case: Case) -> None:
    """Every argument is in the config, from which an equal object is made, through JSON too."""
    for arguments in (case.arguments, *case.variations):
        given = arguments()
        technique = case.cls(**given)
        config = technique.get_config()
        for name in parameters(case.cls):
            assert name in config or name.startswith("**"), f"get_config() must hold {name!r}."
        for name, value in given.items():
            if isinstance(value, bool | int | float | str | tuple | None):
                made = config[name] if not isinstance(config[name], dict) else value
                assert made == value, f"get_config() must hold {name}={value!r}; it is {made!r}."
        again = case.cls.from_config(copy.deepcopy(config))
        text = json.dumps(keras.saving.serialize_keras_object(technique))
        restored = keras.saving.deserialize_keras_object(json.loads(text))
        for made in (again, restored):
            assert type(made) is case.cls, f"made a {type(made).__name__} from the config."
            assert plain_config(made) == plain_config(technique), "the configs must be equal."


@check(*KINDS)
def check_every_variation_trains(case: Case) -> None:
    for arguments in case.variations:
        _, placed = place(case, arguments)
        assert_finite(placed.fit(*batch(case))["loss"], "the loss")
        assert_finite(placed.model.trainable_variables, "the weights")


@check(*KINDS)
def check_identity_at_zero_strength(case: Case) -> None:
    """At strength 0 outputs, or the weights that training gives, are those without it."""
    if case.zero is None:
        return
    x, y = batch(case, rows=8)
    if case.kind == "regularizer":
        penalty = case.cls(**case.zero())(ops.convert_to_tensor(y))
        return assert_close(penalty, 0.0, "a penalty of strength 0", tolerance=0)
    if case.kind == "constraint":
        return assert_close(case.cls(**case.zero())(ops.convert_to_tensor(y)), y, "the weight")
    if case.kind == "layer":
        layer = case.cls(**case.zero())
        tensor = ops.convert_to_tensor(x)
        made = layer(tensor, training=True)
        return assert_close(made, case.plain(layer)(tensor), "outputs in training")
    ends = []
    for plainly in (False, True):
        set_seed(1)
        technique, placed = place(case, case.zero)
        trained = without(case, technique, placed) if plainly else placed
        trained.fit(x, y, batch_size=4)
        ends.append([ops.convert_to_numpy(v) for v in trained.model.trainable_variables])
    for made, plain in zip(*ends, strict=True):
        assert_close(made, plain, "weights after training at strength 0 and without")


@check("layer", "objective", "model")
def check_inactive_at_inference(case: Case) -> None:
    """Inference and evaluation are those of what it wraps, by default, at any strength."""
    x, y = batch(case)
    technique, placed = place(case, case.arguments)
    placed.fit(x, y)
    tensor = ops.convert_to_tensor(x)
    if case.kind == "layer":
        expected = case.plain(technique)(tensor)
        assert_close(technique(tensor, training=False), expected, "outputs at inference")
        return assert_close(technique(tensor), expected, "outputs by default")
    plain = without(case, technique, placed).model
    assert_close(placed.model(tensor), plain(tensor), "outputs by default")
    plain.compile(loss="mse", run_eagerly=True)
    logs, expected = (
        model.evaluate(x, y, verbose=QUIET, return_dict=True) for model in (placed.model, plain)
    )
    assert set(logs) == set(expected), f"evaluate logs {set(logs)}, without it {set(expected)}."
    return assert_close(logs["loss"], expected["loss"], "the loss that evaluate reports")


@check("regularizer", "constraint")
def check_scalar_or_same_shape(case: Case) -> None:
    """A penalty is a scalar; a constrained weight keeps its shape; both keep the dtype."""
    for dtype in ("float32", "bfloat16"):
        weight = ops.cast(batch(case)[1], dtype)
        made = case.cls(**case.arguments())(weight)
        expected = () if case.kind == "regularizer" else tuple(weight.shape)
        assert tuple(made.shape) == expected, f"shape {made.shape}; it must be {expected}."
        found = keras.backend.standardize_dtype(made.dtype)
        assert found == dtype, f"{found} of a {dtype} weight."


@check("layer", "model")
def check_symbolic_and_eager_shapes_agree(case: Case) -> None:
    x, _ = batch(case, rows=3)
    technique = case.cls(**case.arguments())
    made = technique(ops.convert_to_tensor(x))
    known = technique(keras.Input(batch_shape=x.shape))
    unknown = technique(keras.Input(case.input_shape))
    computed = technique.compute_output_shape((None, *case.input_shape))
    assert unknown.shape[0] is computed[0] is None, "an unknown batch size must stay unknown."
    assert keras.backend.standardize_dtype(made.dtype) == known.dtype, "the dtypes must agree."
    shapes = {
        "symbolic": known.shape,
        "computed": technique.compute_output_shape(x.shape),
        "symbolic, unknown batch": (3, *unknown.shape[1:]),
        "computed, unknown batch": (3, *computed[1:]),
    }
    for how, shape in shapes.items():
        assert tuple(shape) == tuple(made.shape), f"{how} shape {shape}; eager {made.shape}."


@check(*KINDS, once=CALLBACK)
def check_any_batch_size(case: Case) -> None:
    """Trains on batches of four and of one in one fit, in a graph that knows neither."""
    x, y = batch(case, rows=5)
    _, placed = place(case, case.arguments)
    logs = placed.fit(x, y, batch_size=4, run_eagerly=BACKEND == "torch")
    assert_finite(logs["loss"], "the loss")
    assert_finite(placed.model.weights, "the weights after a batch of one")


@check(*KINDS, once=CALLBACK)
def check_bfloat16(case: Case) -> None:
    _step_under(case, "bfloat16")


@check(*KINDS, once=CALLBACK)
def check_mixed_precision(case: Case) -> None:
    _step_under(case, "mixed_float16")


@check(*KINDS, once=KINDS)
def check_mixed_bfloat16(case: Case) -> None:
    """On one backend: in all of them its parts are those of the other two half precisions."""
    _step_under(case, "mixed_bfloat16")


def _step_under(case: Case, policy: str) -> None:
    """One training step under a dtype policy; a layer's outputs have its compute dtype."""
    x, y = batch(case)
    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy(policy)
        technique, placed = place(case, case.arguments)
        logs = placed.fit(x, y)
        outputs = placed.model(x)
        if case.kind == "layer":
            made, wanted = technique(x).dtype, technique.compute_dtype
            made = keras.backend.standardize_dtype(made)
            assert made == wanted, f"outputs must be {wanted} under {policy}; are {made}."
    finally:
        keras.config.set_dtype_policy(before)
    assert_finite([*logs["loss"], outputs], f"the loss and outputs under {policy}")
    assert_finite(placed.model.trainable_variables, f"the weights under {policy}")


@check(*KINDS, once=CALLBACK)
def check_gradients_finite(case: Case) -> None:
    """At zero weights and at zero inputs a step leads to finite weights."""
    x, y = batch(case)
    if case.kind in ("regularizer", "constraint"):
        technique = case.cls(**case.arguments())
        for weight in (np.zeros_like(y), y):
            value, gradient = value_and_grad(_total)(ops.convert_to_tensor(weight), technique)
            assert_finite([value, gradient], "the value and the gradient")
        return
    _, placed = place(case, case.arguments)
    trained = placed.model.trainable_variables
    started = [ops.convert_to_numpy(variable.value) for variable in trained]
    for factor, inputs in ((0.0, x), (1.0, np.zeros_like(x))):
        for variable, value in zip(trained, started, strict=True):
            variable.assign(factor * value)
        logs = placed.fit(inputs, inputs if case.reconstructs else y)
        assert_finite(logs["loss"], "the loss")
        assert_finite(placed.model.trainable_variables, "the weights")


def _total(weight: Any, technique: Any) -> Any:
    return ops.sum(technique(weight))


@check(*KINDS)
def check_same_seed_same_result(case: Case) -> None:
    x, y = batch(case, rows=8)
    ends = []
    for _ in range(2):
        set_seed(7)
        _, placed = place(case, case.arguments)
        placed.fit(x, y, batch_size=4)
        ends.append([ops.convert_to_numpy(v) for v in placed.model.weights])
    for first, second in zip(*ends, strict=True):
        assert_close(first, second, "weights after two fits with one seed", tolerance=1e-6)


@check(*KINDS)
def check_compiled_fit_and_evaluate(case: Case) -> None:
    """Fits with XLA and four steps an execution, where the backend has them, then evaluates.

    A loss that a model brings itself must be the same eagerly.
    """
    x, y = batch(case, rows=16)
    _, placed = place(case, case.arguments)
    before = [ops.convert_to_numpy(v) for v in placed.model.trainable_variables]
    several = 4 if HAS_XLA else 1
    compiled: Any = {"run_eagerly": False, "jit_compile": HAS_XLA, "steps_per_execution": several}
    logs = placed.fit(x, y, batch_size=4, epochs=2, **compiled)
    assert_finite(logs["loss"], "the loss")
    assert len(logs["loss"]) == 2 and placed.model.optimizer.iterations == 8, "8 steps in 2 epochs"
    after = [ops.convert_to_numpy(v) for v in placed.model.trainable_variables]
    assert any((a != b).any() for a, b in zip(before, after, strict=True)), "nothing was trained."
    loss = _reported(placed.model, x, y)
    if getattr(placed.model, "criterion", None) is None:
        outputs = ops.convert_to_numpy(placed.model(x, training=False))
        own = sum(map(ops.convert_to_numpy, placed.model.losses))
        expected = np.square(outputs - y).mean() + own
    else:
        placed.model.compile(run_eagerly=True)
        expected = _reported(placed.model, x, y)
    assert_close(loss, expected, "the loss that evaluate reports", tolerance=1e-4)


def _reported(model: keras.Model, x: np.ndarray, y: np.ndarray) -> float:
    """Returns the loss that evaluate reports, from the same draws each time."""
    reset_draws(model)
    return model.evaluate(x, y, batch_size=4, verbose=QUIET, return_dict=True)["loss"]


@check(*KINDS)
def check_losses_counted_once(case: Case) -> None:
    trained, expected, _ = counted_fit(case)
    assert_close(trained, expected, "the trained loss and the sum of its parts", tolerance=1e-4)


@check(*KINDS, backends=("tensorflow", "jax"))
def check_two_virtual_devices(case: Case, reports: dict[str, Any]) -> None:
    """The loss of a batch split between two devices is that of the whole, each part once.

    What a callback has counted and seen by then is what it counts and sees on one device.
    """
    assert isinstance(reports[case.id], list), reports[case.id]
    trained, expected, state = reports[case.id]
    assert_close(trained, expected, "the loss on two devices", tolerance=1e-4)
    if case.kind == "callback":
        _assert_same_state(state, json.loads(json.dumps(counted_fit(case)[2])))


def _assert_same_state(found: Any, expected: Any) -> None:
    """Compares all numbers but seconds; what is told in words has them too."""
    both = f"{found} on two devices, {expected} on one"
    values, others = (tree.flatten({**state, "elapsed": 0}) for state in (found, expected))
    assert len(values) == len(others), both
    for value, other in zip(values, others, strict=True):
        same = np.isclose(value, other, 1e-3) if isinstance(other, float) else value == other
        assert same or isinstance(other, str), both


@check(*SAVED)
def check_loads_in_a_fresh_process(case: Case, reports: dict[str, Any]) -> None:
    """A trained model whose strengths moved: same type, config, outputs, weights, optimizer."""
    names = [f"{case.id}-{index}" for index in range(1 + len(case.variations))]
    for name in [names[0], *(name for name in names[1:] if f"{name}.saved" in reports)]:
        saved, loaded = (reports[f"{name}.{stage}"] for stage in ("saved", "loaded"))
        assert not isinstance(loaded, str), f"loading failed: {loaded}"
        other = set(saved) ^ set(loaded)
        assert not other, f"saved and loaded models must have the same variables, also {other}."
        for what in saved:
            if np.asarray(saved[what]).dtype.kind == "U":
                assert saved[what] == loaded[what], f"{what} changed in loading."
            else:
                assert_close(loaded[what], saved[what], f"{what}, loaded and saved")


def counted_fit(case: Case, **compiled: Any) -> tuple[float, float, Any]:
    """Trains at a rate of 0 for an epoch of one step, with a callback for three.

    Returns:
        The loss of the first step; what it must be, summed in NumPy, each part once; and the state
        of the callback in the end.
    """
    set_seed(0)
    x, y = batch(case)
    arguments = case.counted or case.zero or case.arguments
    technique, placed = place(case, arguments, losses=True)
    outputs = ops.convert_to_numpy(placed.model(x, training=False))
    plain = float(np.square(outputs - y).mean() + own_losses(placed.net, x))
    expected = float(case.loss(Trained(technique, placed.net, x, y, plain)))
    epochs = 3 if placed.callbacks else 1
    losses = placed.fit(x, y, learning_rate=0.0, epochs=epochs, **compiled)["loss"]
    return losses[0], expected, technique.get_state() if placed.callbacks else None


@check(*KINDS, once=KINDS)
def check_bad_arguments_refused(case: Case) -> None:
    """Each argument has bad values; each is one sentence: which, what is expected, what came."""
    bad = case.bad()
    free = {"name", "**kwargs", *(argument for argument, _ in bad)}
    unchecked = [name for name in parameters(case.cls) if name not in free]
    assert not unchecked or case.label, f"no bad value is listed for {unchecked}."
    problems = [_problem(case, argument, value) for argument, value in bad]
    assert not any(problems), "\n".join(filter(None, problems))


def _problem(case: Case, argument: str, value: Any) -> str:
    """Returns what is wrong with how a bad value is refused; nothing where nothing is."""
    given = f"{argument}={value!r}"
    try:
        case.cls(**{**case.arguments(), argument: value})
    except ValueError as error:
        message = str(error)
    except Exception as error:
        return f"{given} raised {error!r}; it must be a ValueError."
    else:
        return f"{given} was accepted."
    wanted = {
        "the argument": f"`{argument}`" in message,
        "what is expected": "must" in message,
        "the value": any(str(each) in message for each in _parts(value)),
        "one sentence": "\n" not in message,
    }
    missing = ", ".join(what for what, there in wanted.items() if not there)
    return f"{given}: {missing} is missing in: {message}" if missing else ""


def _parts(value: Any) -> list[Any]:
    """A value, and what of it alone may be the bad part."""
    if isinstance(value, dict):
        return [value, *value.keys(), *value.values()]
    return [value, *value] if isinstance(value, list | tuple) else [value]
