"""`search`: which techniques to train a network with on some data, and how strong."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from keras_regzoo import validation
from keras_regzoo.data.splits import SEEDS
from keras_regzoo.diagnostics.base_models import find_builder
from keras_regzoo.diagnostics.experiment import Budget, DataSource, Experiment
from keras_regzoo.diagnostics.run_store import RunStore
from keras_regzoo.tuning.appliers import APPLIERS, STOPPERS
from keras_regzoo.tuning.network_search import (
    OF_CLASSES,
    ORACLES,
    Examples,
    check_techniques,
    make_tuner,
    refit_best,
    run_trials,
    trials_of,
)
from keras_regzoo.tuning.search_files import write
from keras_regzoo.tuning.search_result import SearchResult

COMMON = (
    "early_stopping,l2,l1_l2,group_lasso,dropout,drop_connect,weight_noise,mixup,"
    "adversarial_training,sharpness_aware,max_norm,label_smoothing"
)


def search(
    data: str | os.PathLike[str] = "digits",
    techniques: str | Sequence[str] | None = None,
    *,
    trials: int = 20,
    oracle: str = "random",
    folds: int = 3,
    epochs: int = 30,
    max_techniques: int = 2,
    spread: float = 0.0,
    train_size: int | None = None,
    out: str | os.PathLike[str] = "search",
    model: str = "mlp",
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    target: str | None = None,
    task: str | None = None,
    seed: int = 0,
    progress: bool = True,
) -> SearchResult:
    """Searches which techniques to train a network with, and how strong, by cross-validation.

        score = m + spread · s / √K,   m and s of the least validation losses of K folds

    Test data are set aside. Training and validation examples together make the folds, alike for
    all trials, in which targets of a regression are standardized as a whole; a poor trial
    ends after its second fold. The best is trained anew on all of them, for the median of its
    folds' best steps, and only then measured on the test data. Every finished fold is saved: the
    same call again, after an interruption or with more trials, does only what is missing.

    Args:
        data: What `keras_regzoo.data.load` takes, as for `keras_regzoo.diagnostics.compare`.
        techniques: Names of the catalogue to choose from, a list or separated by commas; `None`
            for twelve common ones, of which a regression leaves out label smoothing.
        trials: Number of trials, at least 1. A grid or Hyperband may need fewer.
        oracle: `"random"`, `"bayesian"`, `"hyperband"` (which divides `epochs` by 3 for the first
            round of most trials) or `"grid"` (ten values of each range).
        folds: Number of folds, at least 2.
        epochs: Epochs of each fold, at most, at least 1.
        max_techniques: How many techniques a trial may combine, at least 1.
        spread: How many standard errors of the mean make a score worse, at least 0.
        train_size: Training examples to keep, beside those of validation, or `None` for all.
        out: Folder for trials and figures; made if it does not exist.
        model: `"mlp"`, `"cnn"` or `"module:function"`, as for `compare`.
        batch_size: Examples in a mini-batch, at least 1.
        learning_rate: Of Adam, above 0.
        target: Column to predict, of a `.csv` file.
        task: `"binary"`, `"multiclass"`, `"regression"`, or `None` to tell it from the targets.
        seed: Of the split, the folds, the trials and training, in `[0, 2**32 - 1]`.
        progress: Whether to show a progress bar.

    Returns:
        The result. The folder holds it as `search.json`, the network as `best.keras`, and
        `best_so_far.png`, `hyperparameters.png` and `parallel_coordinates.png`.

    Raises:
        ValueError: In one sentence, before anything is trained, if an argument is out of its
            range, a technique does not exist or fit the network, the data or the network do not
            fit, `out` holds a search with other settings, or KerasTuner's variables ask for several
            processes; later, if no trial could be trained.
        OSError: If the data are missing or `out` cannot be written to.
        ImportError: If an extra is missing (`tuner`: KerasTuner; `recipes`: matplotlib,
            scikit-learn).

    Example:

    ```python
    result = keras_regzoo.tuning.search("digits", "l2,dropout,mixup", trials=30, train_size=300)
    print(result.best["values"], result.refit["test"]["error"])
    ```

    Reference: Bergstra & Bengio (2012), Random Search for Hyper-Parameter Optimization.
    """
    if "KERASTUNER_ORACLE_IP" in os.environ:
        raise ValueError(
            "A search of techniques runs in one process; received KerasTuner's environment "
            "variable KERASTUNER_ORACLE_IP: unset it, or let a `CrossValidatedTuner` search in "
            "several."
        )
    names = _names(COMMON if techniques is None else techniques)
    trials = validation.integer("trials", trials, "[1, inf)")
    max_techniques = validation.integer("max_techniques", max_techniques, "[1, inf)")
    folds = validation.integer("folds", folds, "[2, inf)")
    seed = validation.integer("seed", seed, SEEDS)
    spread = validation.number("spread", spread, "[0, inf)")
    validation.one_of("oracle", oracle, tuple(ORACLES))
    validation.extra("keras_tuner", "tuner", "A search")
    validation.extra("matplotlib.figure", "recipes", "A search")
    budget = Budget(epochs, batch_size, learning_rate)
    builder = find_builder(model)
    store = RunStore(out)
    try:
        source = DataSource(data, target, task, train_size)
        examples = Examples(source.load(seed))
        if techniques is None and not examples.data.classes:
            names = [name for name in names if name not in OF_CLASSES]
        validation.integer("folds", folds, f"[2, {examples.most_folds}]")
        settings = {
            **Experiment(source, model, builder, [], budget).settings,
            "techniques": names,
            "oracle": oracle,
            "folds": folds,
            "max_techniques": max_techniques,
            "spread": spread,
            "seed": seed,
        }
        check_techniques(examples, builder, settings)
        store.claim(settings)
        tuner = make_tuner(examples, builder, settings, trials, store.runs)
    except BaseException:
        store.discard_if_empty()
        raise
    run_trials(tuner, examples, settings, trials, progress)
    space, found = trials_of(tuner)
    settings = {**settings, "trials": trials}
    refit = refit_best(tuner, examples, budget.batch_size, store.folder / "best.keras")
    result = SearchResult(settings, space, found, refit, store.folder)
    write(result)
    return result


def _names(techniques: Any) -> list[str]:
    """Returns the techniques, whether written as one text or as a list."""
    if not isinstance(techniques, str | list | tuple):
        raise ValueError(
            "`techniques` must be names, in a list or separated by commas; received "
            f"{techniques!r}."
        )
    written = techniques.split(",") if isinstance(techniques, str) else techniques
    names = [str(name).strip() for name in written]
    for name in names:
        validation.one_of("techniques", name, (*APPLIERS, *STOPPERS))
    if len(set(names)) < len(names) or not names:
        raise ValueError(
            f"`techniques` must name one at least, and each once; received {techniques!r}."
        )
    return names
