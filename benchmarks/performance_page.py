"""Keeps the page of measured speed and memory, and of the settings that make Keras fast, current.

python -m benchmarks.performance_page docs/performance.md [--check]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks import machine, results_file
from benchmarks.devices import CPU
from benchmarks.performance_plan import MODELS, NAMES, PLAIN, SETTINGS, Row
from benchmarks.techniques import TECHNIQUES
from keras_regzoo.catalogue import readme

RESULT = "performance"
NOISE = 1.1  # settings whose times differ by less are equally fast
MIB = 2**20
BACKENDS = {"jax": "JAX", "tensorflow": "TensorFlow", "torch": "PyTorch"}

PAGE = """# What it costs, and what makes it fast

Written by `python -m benchmarks.performance --page` from `benchmarks/results/performance.json`.
{devices}

`KERAS_BACKEND=jax python -m benchmarks.performance --minutes 30` measures more, on the device that
the backend finds, and needs Keras and one backend alone (no data set, no TensorFlow).

## Settings that make Keras fast

The time of an epoch of {examples} examples of {pixels} numbers at batch 128, the median of
{epochs}, and in brackets what the first epoch took more, which is tracing and compilation. The
MLP is 784-64-128-10; the VAE 784-512-16 and its mirror. "default" is what `compile` does when it is
told nothing.

{settings}

The fastest, and what was within {noise:.0%} of it:

{fastest}

What `jit_compile` means differs. On JAX a step is compiled with XLA unless it is `False`, and every
operation is then dispatched alone. On TensorFlow the step is a graph in either case, and `True` has
XLA compile it; on a CPU the default is no. On PyTorch the default is eager, `True` is
`torch.compile`, and Keras refuses more than one step an execution; there is no XLA.

## What a technique costs

Steps take turns with those of plain Keras, of the same network at the same batch in the same
process; × plain is the median over rounds of the ratio of both, which other work on the machine
disturbs less than the milliseconds. The floor is what the passes that a technique must make would
cost, a forward pass counted as a third of a plain step and a backward pass as two thirds, with the
time of what it must draw or compute besides, which is a row of its own. Memory is the most that was
used, of a CUDA device or, on a CPU, of the process beyond what its imports took, compilation
included; × memory is over that of plain Keras in a process of its own. Compile is the first step
less a later one, in seconds. The load is how many processes wanted a core when a row began.

{steps}

{failed}All techniques at batch 128 on a CPU are in [benchmarks/README.md](../benchmarks/README.md),
and what each must cost in passes in [Which one?](choosing.md).

## Measured with

{conditions}
"""


def summary(found: dict[str, Any]) -> str:
    """Returns a result in a few words."""
    if "failed" in found:
        return found["failed"]
    if "epoch_s" in found:
        return ", ".join(f"{each}: {time:.2f} s" for each, time in found["epoch_s"].items())
    return f"{found['step_ms']:.2f} ms a step, {found['ratio']:.2f} x plain"


def page(results: dict[str, dict[str, Any]]) -> str:
    """Returns the page as Markdown."""
    entries = [(key.split("/")[:2], Row(**found["row"]), found) for key, found in results.items()]
    good = [each for each in entries if "failed" not in each[2]]
    epochs = [each for each in good if each[1].network in MODELS]
    steps = [each for each in good if each[1].network not in MODELS]
    sample = epochs[0][2] if epochs else {"examples": 0, "epochs": 0}
    return PAGE.format(
        devices=_devices({place[0] for place, *_ in good}),
        examples=sample["examples"],
        pixels=784,
        epochs=sample["epochs"],
        settings=_settings(epochs),
        noise=NOISE - 1,
        fastest=_fastest(epochs),
        steps=_steps(steps, results),
        failed=_failed(each for each in entries if "failed" in each[2]),
        conditions=_conditions(good),
    )


def _devices(names: set[str]) -> str:
    cuda = sorted(names - {CPU})
    if cuda:
        return f"Rows are from {', '.join(cuda)}{' and from a CPU' if CPU in names else ''}."
    if not names:
        return "Nothing has been measured yet."
    return (
        "No GPU has been measured yet: every row is from a CPU. Where the load is above the number "
        "of\nCPUs, other work ran at the same time: read the ratios, not the milliseconds."
    )


def _table(header: str, align: str, lines: Iterable[Sequence[str]]) -> str:
    rows = [header.split(" | "), align.split(), *lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def _settings(entries: list[Any]) -> str:
    lines = []
    for place, row, found in sorted(entries, key=_epoch_order):
        times = [
            f"{found['epoch_s'][each]:.2f} ({max(found['compile_s'][each], 0.0):.1f})"
            if each in found["epoch_s"]
            else "refused"
            for each in SETTINGS
        ]
        lines.append([place[0], row.network, BACKENDS[place[1]], *times, f"{found['load']:.0f}"])
    settings = [each if each == "default" else f"`{each}`" for each in SETTINGS]
    header = " | ".join(("device", "model", "backend", *settings, "load"))
    return _table(header, f"--- --- --- {'---: ' * (len(SETTINGS) + 1)}", lines)


def _epoch_order(entry: Any) -> tuple[str, ...]:
    (device, backend), row, _ = entry
    return device, row.network, backend


def _fastest(entries: list[Any]) -> str:
    lines = []
    for (device, backend), row, found in sorted(entries, key=_epoch_order):
        times = found["epoch_s"]
        least = min(times.values())
        equals = [setting for setting in times if times[setting] <= NOISE * least]
        if "default" in equals:
            said = f"no setting was faster than the default by more than {NOISE - 1:.0%}."
        else:
            gain = times["default"] / least
            said = f"{' or '.join(equals)}, {gain:.2f} times as fast as the default."
        lines.append(f"- {BACKENDS[backend]}, {row.network} on {device}: {said}")
    return "\n".join(lines)


def _steps(entries: list[Any], results: dict[str, dict[str, Any]]) -> str:
    order = {name: number for number, name in enumerate(NAMES)}
    entries = sorted(
        entries,
        key=lambda each: (
            each[0][0],
            each[1].network,
            each[1].batch,
            each[0][1],
            each[1].precision,
            not each[1].compiled,
            order[each[1].technique],
        ),
    )
    header = (
        "device | network | batch | backend | precision | `jit_compile` | technique | ms | × plain "
        "| floor | × floor | MiB | × memory | compile s | load"
    )
    lines = [_line(place, row, found, results) for place, row, found in entries]
    align = f"--- --- ---: --- --- --- --- {'---: ' * 8}"
    return _table(header, align, lines)


def _line(
    place: Sequence[str], row: Row, found: dict[str, Any], results: dict[str, dict[str, Any]]
) -> list[str]:
    def beside(technique: str) -> dict[str, Any]:
        other = Row(**{**row.spec(), "technique": technique})
        return results.get(other.key(*place), {})

    floor = least(row.technique, lambda technique: beside(technique).get("ratio"))
    plain = beside(PLAIN).get("peak_bytes")
    return [
        place[0],
        row.network,
        str(row.batch),
        BACKENDS[place[1]],
        row.precision,
        str(row.compiled),
        row.technique,
        f"{found['step_ms']:.2f}",
        f"{found['ratio']:.2f}",
        f"{floor:.2f}" if floor else "",
        f"{found['ratio'] / floor:.2f}" if floor else "",
        f"{found['peak_bytes'] / MIB:.0f}",
        f"{found['peak_bytes'] / plain:.2f}" if plain else "",
        f"{found['compile_s']:.1f}",
        f"{found['load']:.0f}",
    ]


def least(technique: str, ratio: Callable[[str], float | None]) -> float | None:
    """Returns a technique's floor over a plain step, if it has one and what it needs is known.

    Args:
        technique: The technique.
        ratio: Returns the measured ratio of another row to a plain step, if it was measured.
    """
    known = TECHNIQUES.get(technique)
    if known is None:
        return None
    measured = ratio(known.beside) if known.beside else None
    return known.floor({} if measured is None else {known.beside: measured})


def _failed(entries: Iterable[Any]) -> str:
    lines = [
        f"- {'/'.join(place)}, {row.network} at batch {row.batch}, {row.precision}, "
        f"{row.technique}: {found['failed']}"
        for place, row, found in entries
    ]
    return f"Not measured:\n\n{chr(10).join(lines)}\n\n" if lines else ""


def _conditions(entries: list[Any]) -> str:
    by_device: dict[str, dict[str, Any]] = {}
    for (device, backend), _, found in entries:
        by_device.setdefault(device, {})[backend] = found["machine"]
    return "\n\n".join(
        f"{device}:\n\n{machine.conditions(each)}" for device, each in sorted(by_device.items())
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Rewrites or checks the page; returns what `readme.main` does."""
    return readme.main(
        argv,
        prog="python -m benchmarks.performance_page",
        what="the page of measured costs",
        refresh=lambda old: page(results_file.load(RESULT)),
    )


if __name__ == "__main__":
    sys.exit(main())
