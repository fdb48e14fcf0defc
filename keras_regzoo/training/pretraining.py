"""What a pretraining did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pretraining:
    """What a layerwise pretraining did, stage by stage.

    Attributes:
        layers: The names of the model's layers that each stage has trained.
        histories: What `fit` logged in each stage: lists of a number an epoch.
        bridged: Whether extra weights, dropped since, led from a stage's codes to its decoder.
    """

    layers: tuple[tuple[str, ...], ...]
    histories: tuple[dict[str, list[float]], ...]
    bridged: tuple[bool, ...]
