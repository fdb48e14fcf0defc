"""Where the names of a chart's points fit, without covering a point or another name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

CHARACTER, LINE, RADIUS = 6.7, 15.0, 6.0


class Label(NamedTuple):
    """A name beside its point: how far from it, in pixels, and which end of it is there."""

    dx: float
    dy: float
    anchor: str


Box = tuple[float, float, float, float]
ABOVE, BELOW = Label(8, -8, "start"), Label(-8, 18, "end")  # where the front's edge is not
BESIDE = (Label(10, 4, "start"), Label(-10, 4, "end"))
SIDES = (*BESIDE, Label(0, -11, "middle"), Label(0, 20, "middle"), ABOVE, BELOW)


def place(points: Sequence[dict[str, Any]], width: float, height: float) -> list[Label | None]:
    """Returns where each point's name goes, or `None` where it fits nowhere.

    Args:
        points: Each with `x` and `y` in percent, a `label`, and whether it is on the `front`, whose
            edge goes up and to the right from it; the earlier ones choose first.
        width: Width of the chart in pixels.
        height: Its height.
    """
    centres = [(p["x"] * width / 100, p["y"] * height / 100) for p in points]
    taken = [(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS) for x, y in centres]
    placed: list[Label | None] = []
    for point, centre in zip(points, centres, strict=True):
        sides = (ABOVE, BELOW, *SIDES) if point["front"] else SIDES
        boxes = {side: _box(point["label"], centre, side) for side in sides}
        inside = {s: b for s, b in boxes.items() if _inside(b, width, height)}
        free = [s for s, b in inside.items() if not any(_overlap(b, other) for other in taken)]
        placed.append(free[0] if free else None)
        if free:
            taken.append(boxes[free[0]])
    return placed


def _box(text: str, centre: tuple[float, float], side: Label) -> Box:
    length = CHARACTER * len(text)
    start = {"start": 0.0, "middle": -length / 2, "end": -length}[side.anchor]
    left, base = centre[0] + side.dx + start, centre[1] + side.dy
    return left, base - 0.75 * LINE, left + length, base + 0.25 * LINE


def _inside(box: Box, width: float, height: float) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= width and box[3] <= height


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
