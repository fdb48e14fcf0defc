"""What the performance benchmark measures, the most telling first."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.devices import CPU, PRECISIONS
from benchmarks.techniques import DRAW, EMPTY, GATE, OWN, RELAXATION, TECHNIQUES

PLAIN = "plain"
BATCHES = (128, 512, 2048, 8192, 16384)
FIRST = (PLAIN, EMPTY, DRAW, "mixup", "weight_noise", "sharpness_aware", "adversarial_training")
WRAPPERS = (
    "drop_connect",
    "layer_weight_noise",
    "weight_normalization",
    RELAXATION,
    "concrete_dropout",
    GATE,
    "highway",
    "max_over_transforms",
)
NAMES = (*FIRST, *(name for name in TECHNIQUES if name not in (*FIRST, OWN)))
SMALL, LARGE = ("mlp", "cnn"), ("resnet18", "vit_tiny")
SETTINGS = (
    "default",
    "jit_compile=False",
    "jit_compile=True",
    "steps_per_execution=16",
    "steps_per_execution=16, jit_compile=True",
)
MODELS = ("mlp epoch", "vae epoch")
ALL_SETTINGS = "settings"


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes:
        network: Of `large_networks.NETWORKS`, or of `MODELS` for the time of an epoch.
        technique: Of `NAMES`, or `ALL_SETTINGS` for the time of an epoch under each of `SETTINGS`.
        batch: Examples in a batch.
        precision: Of `devices.PRECISIONS`.
        compiled: Whether Keras is told `jit_compile=True`.
    """

    network: str
    technique: str
    batch: int = 128
    precision: str = "float32"
    compiled: bool = True

    def key(self, device: str, backend: str) -> str:
        """Returns the name of its result."""
        parts = (device, backend, self.network, self.batch, self.precision, self._mode())
        return "/".join(map(str, (*parts, self.technique)))

    def _mode(self) -> str:
        return "compiled" if self.compiled else "not compiled"

    def spec(self) -> dict[str, Any]:
        return asdict(self)


def fits(row: Row) -> bool:
    """Whether the technique is made for the network: wrappers go around layers in a row, or around
    one that takes images of 28 by 28."""
    return row.network in SMALL or row.technique not in WRAPPERS


def rows(device: str, backend: str) -> Iterator[Row]:
    """Yields what is to be measured on a device, each row once.

    Settings of `compile` come first, then small networks at batch 128, large ones, numbers of few
    bits, larger batches, the step that is not compiled (or, on PyTorch, the one that is), and last
    all of it together.
    """
    usual = backend != "torch"
    precisions = [each for each in PRECISIONS if device != CPU or each != "tf32"]
    orders = (
        itertools.product(SMALL, FIRST, (128,), ("float32",), (usual,)),
        itertools.product(LARGE, FIRST, (128,), ("float32",), (usual,)),
        itertools.product(SMALL + LARGE, FIRST, (128,), precisions, (usual,)),
        itertools.product(SMALL + LARGE, FIRST, (128,), ("float32",), (not usual,)),
        itertools.product(SMALL + LARGE, FIRST, BATCHES, ("float32",), (usual,)),
        itertools.product(SMALL + LARGE, NAMES, (128,), ("float32",), (usual,)),
        itertools.product(SMALL + LARGE, NAMES, BATCHES, precisions, (usual, not usual)),
    )
    epochs = (Row(model, ALL_SETTINGS, compiled=usual) for model in MODELS)
    steps = (Row(*each) for each in itertools.chain(*orders))
    yield from dict.fromkeys(filter(fits, itertools.chain(epochs, steps)))
