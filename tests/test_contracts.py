"""Every check of `checks.py` on every case of `cases/`, on the backend `KERAS_BACKEND` chooses.

The checks that need another process share one each: a child process runs a function of this file.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

import keras_regzoo
from tests.backends import BACKEND
from tests.cases import CASES, NOT_CASES, PACKAGES
from tests.cases.case import KINDS, Case
from tests.cases.networks import Placed, batch, place
from tests.check import SAVED
from tests.checks import CHECKS, counted_fit
from tests.seeds import reset_draws
from tests.virtual_devices import two_devices

ROOT = Path(__file__).resolve().parents[1]
IN_PROCESSES = ("loads_in_a_fresh_process", "two_virtual_devices")


def cases_for(*names: str) -> list[Any]:
    pairs = [(case, name) for case in CASES for name in names if CHECKS[name].applies_to(case)]
    return [
        pytest.param(
            case,
            name,
            id=f"{case.id}-{name}",
            marks=[pytest.mark.one_backend] if case.kind in CHECKS[name].once else [],
        )
        for case, name in pairs
    ]


def run(case: Case, name: str, *arguments: Any) -> None:
    reason = case.exceptions.get(name, case.exceptions.get(f"{name}/{BACKEND}"))
    if reason:
        pytest.skip(reason)
    CHECKS[name].function(case, *arguments)


@pytest.mark.parametrize(
    ("case", "name"), cases_for(*(name for name in CHECKS if name not in IN_PROCESSES))
)
def test_contract(case, name):
    run(case, name)


@pytest.mark.parametrize(("case", "name"), cases_for("loads_in_a_fresh_process"))
def test_saved_model_loads_in_a_fresh_process(case, name, loaded):
    run(case, name, loaded)


@pytest.mark.parametrize(("case", "name"), cases_for("two_virtual_devices"))
def test_runs_under_two_virtual_devices(case, name, on_two_devices):
    run(case, name, on_two_devices)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_every_export_has_a_case(package):
    known = {case.cls.__name__ for case in CASES} | set(NOT_CASES)
    missing = set(package.__all__) - known
    assert not missing, f"tests/cases/ needs an entry for {sorted(missing)}."


def test_every_entry_is_an_export():
    exports = {name for package in (keras_regzoo, *PACKAGES) for name in package.__all__}
    entries = {case.cls.__name__ for case in CASES} | set(NOT_CASES)
    assert entries <= exports
    assert len({case.id for case in CASES}) == len(CASES)
    assert {case.kind for case in CASES} <= set(KINDS)


def test_exceptions_name_checks_that_apply():
    for case in CASES:
        for key, reason in case.exceptions.items():
            name, _, backend = key.partition("/")
            assert case.kind in CHECKS[name].kinds
            assert not backend or backend in CHECKS[name].backends
            assert reason.endswith(".")


@pytest.fixture(scope="session")
def loaded(request, tmp_path_factory):
    return load_in_a_fresh_process(
        [case for case in CASES if case.kind in SAVED],
        tmp_path_factory.mktemp("saved"),
        variations="not one_backend" not in request.config.getoption("markexpr"),
    )


@pytest.fixture(scope="session")
def on_two_devices(tmp_path_factory):
    return run_on_two_devices("tests.cases", tmp_path_factory.mktemp("devices"))


def load_in_a_fresh_process(
    cases: list[Case],
    directory: Path,
    defined_in: str = "keras_regzoo",
    variations: bool = True,
) -> dict[str, Any]:
    """Saves a model for each case (and variation); returns what they were and what was loaded."""
    for case in cases:
        others = case.variations if variations else ()
        for index, arguments in enumerate((case.arguments, *others)):
            _, placed = place(case, arguments)
            save(case, placed, directory / f"{case.id}-{index}.keras")
    child("load_all", str(directory), defined_in)
    reports: dict[str, Any] = {path.stem: _read(path) for path in directory.glob("*.npz")}
    failures = {path.stem: path.read_text() for path in directory.glob("*.loaded.txt")}
    return {**reports, **failures}


def save(case: Case, placed: Placed, path: Path) -> None:
    """Trains a step, moves every strength to half its value, saves, and notes what there is."""
    x, y = batch(case)
    placed.fit(x, y)
    for layer in placed.model._flatten_layers():
        for strength in getattr(layer, "strengths", {}).values():
            strength.variable.assign(strength.initial / 2)
    placed.model.save(path)
    np.save(path.with_suffix(".npy"), x)
    np.savez(path.with_suffix(".saved.npz"), **_state(placed.model, x))


def load_all(directory: str, defined_in: str) -> None:
    """Loads, in safe mode, what a process saved that this one knows nothing of."""
    importlib.import_module(defined_in)
    for path in sorted(Path(directory).glob("*.keras")):
        try:
            model = keras.saving.load_model(path)
            state = _state(model, np.load(path.with_suffix(".npy")))
            np.savez(path.with_suffix(".loaded.npz"), **state)
        except Exception as error:
            path.with_suffix(".loaded.txt").write_text(repr(error))


def _state(model: keras.Model, x: np.ndarray) -> dict[str, Any]:
    reset_draws(model)
    config = keras.saving.serialize_keras_object(model)["config"]
    variables = {"weight": model.weights, "optimizer variable": model.optimizer.variables}
    return {
        "type": type(model).__name__,
        "config": json.dumps(config, sort_keys=True),
        "outputs": ops.convert_to_numpy(model(x, training=False)),
        **{
            f"{kind} {index}": ops.convert_to_numpy(variable)
            for kind, of_kind in variables.items()
            for index, variable in enumerate(of_kind)
        },
    }


def _read(path: Path) -> dict[str, Any]:
    with np.load(path) as arrays:
        return dict(arrays)


def run_on_two_devices(module: str, directory: Path) -> dict[str, Any]:
    """Returns what `counted_fit` finds on two devices for each case in `module`."""
    path = directory / "losses.json"
    child("report_on_two_devices", module, str(path))
    return json.loads(path.read_text())


def report_on_two_devices(module: str, path: str) -> None:
    """Makes two virtual devices before anything runs, then trains every case on both."""
    strategy = two_devices()
    reports: dict[str, Any] = {}
    for case in importlib.import_module(module).CASES:
        try:
            with strategy.scope() if strategy else nullcontext():
                reports[case.id] = counted_fit(case, run_eagerly=False)
        except Exception as error:
            reports[case.id] = repr(error)
    Path(path).write_text(json.dumps(reports))


def child(function: str, *arguments: str) -> None:
    """Runs a function of this file in a process of its own."""
    code = (
        "import gc, sys; from tests import test_contracts as contracts; gc.freeze(); "
        f"contracts.{function}(*sys.argv[1:])"
    )
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=2"
    devices = {"XLA_FLAGS": flags} if function == "report_on_two_devices" else {}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, **devices},
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
