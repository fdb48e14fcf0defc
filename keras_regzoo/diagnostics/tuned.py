"""The same small search for every technique of a comparison, before it is compared."""

from __future__ import annotations

import dataclasses
import math
import zlib
from typing import Any

import numpy as np

from keras_regzoo.data.splits import SEEDS
from keras_regzoo.diagnostics.comparison import Run
from keras_regzoo.diagnostics.run_making import Maker
from keras_regzoo.diagnostics.technique_names import Treatment
from keras_regzoo.diagnostics.treatments import TECHNIQUES

TUNING_SEED = int(SEEDS.strip("[]").split(", ")[1])  # the last there is: no seed that is compared
PROTOCOL = (
    "Each technique had {trials} trials: its own settings, and random ones from its ranges, but "
    "for options that were written out. A trial trained once, with the same epochs, on a split and "
    "from initial weights of their own (seed {seed}). The lowest validation error decided, and of "
    "equal ones the lowest validation loss; test data decided nothing. The baseline has no option "
    "to search. Where data bring no test set, those of the compared seeds share examples with the "
    "split that was tuned on, which favours what was tuned a little."
)


@dataclasses.dataclass(frozen=True)
class Tuned:
    """What tuning found.

    Attributes:
        treatments: The techniques with the settings that did best, in the same order.
        record: The protocol, and all trials of each technique, as what JSON can hold.
    """

    treatments: list[Treatment]
    record: dict[str, Any]


def tune(maker: Maker, treatments: list[Treatment], trials: int) -> Tuned:
    """Tries settings of each technique, and keeps those with the lowest validation error.

    Trials are runs like others: saved at once, and not made again. More trials begin with those
    of fewer.

    Args:
        maker: Makes the runs.
        treatments: The techniques.
        trials: Settings of each to try, at least 2, the technique's own among them.
    """
    settings = {t.key: candidates(t, trials) for t in treatments}
    tried = [each for t in treatments if len(settings[t.key]) > 1 for each in settings[t.key]]
    runs = maker.make([(TUNING_SEED, each) for each in tried], "tuning")
    found = {each.key: run for each, run in zip(tried, runs, strict=True)}
    best = {
        t.key: min(settings[t.key], key=lambda each: _badness(found.get(each.key)))
        for t in treatments
    }
    record = {
        "trials": trials,
        "seed": TUNING_SEED,
        "protocol": PROTOCOL.format(trials=trials, seed=TUNING_SEED),
        "techniques": [
            {
                "technique": t.as_written,
                "tuned": best[t.key].label,
                "options": best[t.key].options,
                "trials": [
                    {
                        "options": each.options,
                        "validation_error": found[each.key]["validation"]["error"],
                        "validation_loss": found[each.key]["validation"]["loss"],
                    }
                    for each in settings[t.key]
                    if each.key in found
                ],
            }
            for t in treatments
        ],
    }
    chosen = {each.key: each for each in best.values()}  # two may end with the same settings
    return Tuned(list(chosen.values()), record)


def candidates(treatment: Treatment, trials: int) -> list[Treatment]:
    """Returns the settings to try: the technique's own, then random ones, each once."""
    options = TECHNIQUES[treatment.name].options
    searched = {k: o.search for k, o in options.items() if k not in treatment.written}
    random = np.random.default_rng([TUNING_SEED, zlib.crc32(treatment.key.encode())])
    drawn = [treatment]
    for _ in range(trials - 1 if searched else 0):
        values = {name: search.sample(random) for name, search in searched.items()}
        drawn.append(dataclasses.replace(treatment, options={**treatment.options, **values}))
    return list({each.key: each for each in drawn}.values())


def _badness(run: Run | None) -> tuple[float, float]:
    measured = {} if run is None else run["validation"]
    error, loss = (measured.get(name) for name in ("error", "loss"))
    return (math.inf if error is None else error, math.inf if loss is None else loss)
