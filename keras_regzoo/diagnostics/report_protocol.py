"""How a comparison was made, in words: what the numbers mean, the protocol, how to repeat it."""

from __future__ import annotations

import shlex
from typing import Any

from keras_regzoo.diagnostics.comparison import Comparison


def counted(number: int, noun: str) -> str:
    """Returns a number with its noun, as in `"1 seed"` and `"5 seeds"`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def legend(comparison: Comparison) -> str:
    """Returns what the columns of the table of results mean."""
    measured = (
        "Errors are root mean squared errors in the unit of the target"
        if comparison.regression
        else "Errors: percentage classified wrong; NLL (nats) and ECE (15 bins) of the test set"
    )
    others = len(comparison.results) - 1
    compared = f"{others} technique{'' if others == 1 else 's'}"
    spread = " ± standard deviation over seeds" if len(comparison.seeds) > 1 else ""
    return (
        f"{measured}, means{spread}. Gap: test minus training error. Δ: the technique's test error "
        "minus the baseline's, paired by seed; below 0 is better. p: paired t-test, Holm's "
        f"correction for {compared}; * is significant at 5 %. "
        "Time: seconds of training per epoch over the baseline's (median epoch, quickest seed)."
    )


def protocol(comparison: Comparison) -> list[str]:
    """Returns how the comparison was made, one point an item."""
    s, seeds = comparison.settings, len(comparison.seeds)
    tuning = s.get("tuning")
    items = [
        f"Data: {s['data']} ({s['task']}), {s['train_size']} training, {s['validation_size']} "
        f"validation and {s['test_size']} test examples. Each seed draws its own training set, and "
        "its own split where the data bring none.",
        f"Network: {s['model']}, {s['parameters']:,} parameters, Adam with learning rate "
        f"{s['learning_rate']:g}, {s['epochs']} epochs of batches of {s['batch_size']}.",
        tuning["protocol"]
        if tuning
        else "Strengths are the defaults unless written out; none was tuned on these data.",
        f"Paired design over {counted(seeds, 'seed')}: with one seed, every "
        "technique has the same data, initial weights and mini-batches in the same order.",
        "The network of the last epoch is measured, early stopping's of its best epoch; validation "
        f"data chose nothing else{' but settings' if tuning else ''}, test data nothing at all.",
    ]
    if seeds == 1:
        items.append("One seed gives neither interval nor test: run more of them.")
    else:
        items.append(
            "Intervals assume independent seeds. Where seeds draw their sets from one pool these "
            "overlap, and intervals are somewhat too narrow (Nadeau & Bengio 2003)."
        )
    if comparison.regression:
        items.append("Targets are standardized for training; errors are in their own unit.")
    return items


def describe(environment: dict[str, Any]) -> str:
    """Returns the versions and the machine of an entry of `Comparison.environments`."""
    e = environment
    return (
        f"keras_regzoo {e['keras_regzoo']}, Keras {e['keras']}, {e['backend']}, NumPy "
        f"{e['numpy']}, Python {e['python']}, {e['system']}, {e['cpus']} CPUs"
    )


def reproduce(comparison: Comparison) -> str:
    """Returns the command that makes the same comparison again."""
    settings = comparison.settings
    tuning = settings.get("tuning") or {}
    written = [each["technique"] for each in tuning.get("techniques", [])]
    arguments = {
        "data": settings["data"],
        "target": settings["target"],
        "task": settings["task"] if settings["data"].lower().endswith((".csv", ".npz")) else None,
        "techniques": ",".join(written or [result.label for result in comparison.results]),
        "seeds": len(comparison.seeds),
        "epochs": settings["epochs"],
        "train-size": settings["train_size"],
        "model": settings["model"],
        "batch-size": settings["batch_size"],
        "learning-rate": settings["learning_rate"],
        "tune": tuning.get("trials"),
        "out": "comparison",
    }
    options = [f"--{k} {shlex.quote(str(v))}" for k, v in arguments.items() if v is not None]
    return f"KERAS_BACKEND={settings['backend']} regzoo compare {' '.join(options)}"


def contents(comparison: Comparison) -> str:
    """Returns what `results.json` holds, in a sentence."""
    techniques = counted(len(comparison.results), "technique")
    return (
        f"`results.json` holds {counted(len(comparison.runs), 'run')} ({techniques}, "
        f"{counted(len(comparison.seeds), 'seed')}) with settings, seeds and versions."
    )
