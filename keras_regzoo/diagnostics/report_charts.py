"""What the charts of the report show: places in percent, which its template draws as SVG."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras_regzoo.diagnostics.comparison import Comparison, TechniqueResult
from keras_regzoo.diagnostics.comparison_figures import error_range, mean_curve
from keras_regzoo.diagnostics.report_axis import Axis
from keras_regzoo.diagnostics.verdict import amount, change

Chart = dict[str, Any]


def direction(result: TechniqueResult) -> str:
    """Returns `"better"` or `"worse"` where the difference is significant, else an empty text."""
    if not result.significant or result.difference is None:
        return ""
    return "better" if result.difference.mean < 0 else "worse"


def forest(comparison: Comparison) -> Chart | None:
    """Returns the differences from the baseline with their intervals, the lowest first.

    Returns:
        `ticks`, the place of `zero`, and `rows` with `label`, `text`, `mean`, `interval` (or
        `None`) and `direction`; `None` where nothing was compared.
    """
    scale, compared = _scale(comparison), []
    for result in comparison.by_difference:
        if result.difference is not None:
            compared.append((result, result.difference))
    if not compared:
        return None
    ends = [end for _, d in compared for end in (d.mean, *(d.interval or ()))]
    axis = Axis.around([0.0, *(scale * end for end in ends)])
    rows = [
        {
            "label": result.label,
            "text": change(comparison, difference),
            "mean": axis(scale * difference.mean),
            "interval": difference.interval and [axis(scale * e) for e in difference.interval],
            "direction": direction(result),
        }
        for result, difference in compared
    ]
    return {"ticks": axis.ticks(), "zero": axis(0.0), "rows": rows}


def curves(comparison: Comparison) -> Chart:
    """Returns the validation error by epoch, one panel a technique, beside the baseline's.

    Returns:
        `x` and `y` ticks, and `panels` with `label` and the paths `own` and `baseline`.
    """
    scale, labels = _scale(comparison), [result.label for result in comparison.results]
    found = {label: scale * mean_curve(comparison, label) for label in labels}
    epochs = comparison.settings["epochs"]
    x = Axis(1, epochs) if epochs > 1 else Axis(0, 2)
    limits = error_range(list(found.values()))
    if limits:
        y = Axis(*limits, logarithmic=True)
    else:
        everything = np.concatenate(list(found.values()))
        y = Axis(0.0, float(everything[np.isfinite(everything)].max(initial=0.0)) * 1.1 or 1.0)
    paths = {label: _path(x, y, curve) for label, curve in found.items()}
    panels = [
        {"label": label, "own": paths[label], "baseline": paths[labels[0]]}
        for label in labels[1:] or labels
    ]
    ends = [tick for tick in x.ticks(4) if tick.text.isdigit()]
    return {"x": ends, "y": y.ticks(4), "panels": panels}


def _path(x: Axis, y: Axis, curve: np.ndarray) -> str:
    """Returns an SVG path, interrupted where the curve is not finite."""
    parts, pen = [], "M"
    for epoch, error in enumerate(curve.tolist(), start=1):
        if math.isfinite(error):
            parts.append(f"{pen}{x(epoch):g} {100 - y(error):.4g}")
        pen = "L" if math.isfinite(error) else "M"
    return "".join(parts) + (parts[0].replace("M", "L") if len(parts) == 1 else "")


def calibration(comparison: Comparison) -> list[Chart] | None:
    """Returns the reliability of each technique's test predictions, over all seeds.

    Returns:
        `label`, `ece`, `nll` and, unless its runs were saved without, `bins` with the mean
        `confidence` and the `accuracy` in percent, the `share` of the predictions and a `text`;
        `None` for a regression.
    """
    if comparison.regression:
        return None
    return [
        {
            "label": result.label,
            "ece": result.ece,
            "nll": result.nll,
            "bins": _bins([run["test"] for run in comparison.runs_of(result.label)]),
        }
        for result in comparison.results
    ]


def _bins(measured: list[dict[str, Any]]) -> list[Chart] | None:
    found = [test["reliability"] for test in measured if "reliability" in test]
    if len(found) < len(measured):
        return None
    count, correct, confidence = (
        np.sum([reliability[part] for reliability in found], axis=0)
        for part in ("count", "correct", "confidence")
    )
    return [
        {
            "confidence": round(100 * float(confidence[m] / count[m]), 2),
            "accuracy": round(100 * float(correct[m] / count[m]), 2),
            "share": float(count[m] / count.sum()),
            "text": f"{correct[m]} of {count[m]} right at a mean confidence of "
            f"{100 * confidence[m] / count[m]:.0f} %",
        }
        for m in np.flatnonzero(count).tolist()
    ]


def pareto(comparison: Comparison) -> Chart | None:
    """Returns the training time and the test error of each technique, and the Pareto front.

    Time is relative to the baseline's: seconds per epoch times the epochs that were trained.
    A technique is on the front if none is both at least as quick and at least as good, and
    better in one of the two.

    Returns:
        `x` and `y` ticks, the `path` of the front, and `points` with `label`, `x`, `y`, `front`
        and `text`; `None` where every technique diverged.
    """
    baseline = comparison.results[0].epochs_trained
    found = [
        (result.label, result.relative_time * result.epochs_trained / baseline, result.test_error)
        for result in comparison.results
        if result.test_error is not None
    ]
    if not found:
        return None
    scale = _scale(comparison)
    x = Axis.around([time for _, time, _ in found], 0.08, logarithmic=True)
    y = Axis.around([scale * error for _, _, error in found], 0.1)
    points = [
        {
            "label": label,
            "x": x(time),
            "y": 100 - y(scale * error),
            "front": not any(
                t <= time and e <= error and (t, e) != (time, error) for _, t, e in found
            ),
            "text": f"{label}: {amount(comparison, error)} in {time:.2f} times the baseline's time",
        }
        for label, time, error in found
    ]
    points.sort(key=lambda point: (not point["front"], point["x"]))
    return {"x": x.ticks(6), "y": y.ticks(), "points": points, "path": _steps(points)}


def _steps(points: list[Chart]) -> str:
    """Returns the edge of what the front dominates, as an SVG path."""
    front = [point for point in points if point["front"]]
    path = f"M{front[0]['x']:g} 0V{front[0]['y']:g}"
    for point in front[1:]:
        path += f"H{point['x']:g}V{point['y']:g}"
    return f"{path}H100"


def _scale(comparison: Comparison) -> float:
    return 1.0 if comparison.regression else 100.0
