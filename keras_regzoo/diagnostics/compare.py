"""`compare`: which regularizer helps on some data, under one budget and one protocol."""

from __future__ import annotations

import os
from collections.abc import Sequence

from keras_regzoo import validation
from keras_regzoo.diagnostics import report
from keras_regzoo.diagnostics import tuned as tuning
from keras_regzoo.diagnostics.base_models import find_builder
from keras_regzoo.diagnostics.comparison import Comparison
from keras_regzoo.diagnostics.experiment import Budget, DataSource, Experiment
from keras_regzoo.diagnostics.progress_bar import progress_bar
from keras_regzoo.diagnostics.run_making import Maker
from keras_regzoo.diagnostics.run_store import RunStore
from keras_regzoo.diagnostics.technique_names import parse_techniques
from keras_regzoo.training.joblib_backend import check_jobs, ended_processes


def compare(
    data: str | os.PathLike[str] = "digits",
    techniques: str | Sequence[str] | None = None,
    *,
    seeds: int = 5,
    epochs: int = 60,
    train_size: int | None = None,
    out: str | os.PathLike[str] = "comparison",
    model: str = "mlp",
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    target: str | None = None,
    task: str | None = None,
    tune: int | None = None,
    jobs: int = 1,
    backend: str = "loky",
    progress: bool = True,
) -> Comparison:
    """Trains one network with each of several regularizers, and reports which of them helped.

    The design is paired: with one seed, every technique has the same split of the data, the same
    initial weights and the same mini-batches in the same order, and all have the same number of
    epochs and the same Adam. So each technique's test error is compared with the baseline's seed
    by seed: the mean difference, its 95 % t-interval, and a paired t-test corrected by Holm's
    method for the number of techniques.

    Every finished run is saved at once. The same call again, after an interruption or with more
    seeds, techniques or trials, makes only the runs that are missing.

    With `tune`, each technique first has the same number of trials: its own settings, then random
    ones from its ranges, each trained once on a split of its own. The lowest validation error
    decides which settings all seeds are compared with. Trials cost what a run costs; the baseline
    has nothing to tune. Where the data bring no test set, test sets share examples with the split
    that was tuned on.

    Args:
        data: What `keras_regzoo.data.load` takes: `"digits"`, `"tfds:NAME"`, or the path of an
            `.npz` or `.csv` file. Each seed splits it anew, where the data bring no test set.
        techniques: Names separated by commas, or a list of them, each followed by any options,
            as in `"l2:strength=0.001"`; those that exist are the keys of
            `keras_regzoo.diagnostics.TECHNIQUES`. `None` is all of them with their defaults. The
            baseline always takes part.
        seeds: Number of seeds, at least 1. One seed gives no interval and no test.
        epochs: Number of epochs, at least 1.
        train_size: Number of training examples to keep, or `None` for all.
        out: Folder for the report and the runs; made if it does not exist.
        model: `"mlp"`, `"cnn"`, or `"module:function"`, called as
            `function(input_shape, num_outputs)`, which returns a built `keras.Model` whose
            outputs are logits, one a class (two for two classes), or one value for a regression,
            whose targets are standardized for training.
        batch_size: Examples in a mini-batch, at least 1.
        learning_rate: Of Adam, above 0.
        target: Column to predict, of a `.csv` file.
        task: `"binary"`, `"multiclass"`, `"regression"`, or `None` to tell it from the targets.
        tune: Trials of each technique, at least 2, or `None` to compare the settings as they are.
            Options that are written out are not searched.
        jobs: Number of processes; −1 for one a core. Results are those of one process, but for
            times, which processes on one machine disturb; they need as many threads as there to be
            the same to the last bit.
        backend: Where joblib runs several processes: `"loky"`, this machine; `"ray"` or `"dask"`,
            the cluster whose address the environment variable `RAY_ADDRESS` or
            `DASK_SCHEDULER_ADDRESS` holds, or else one of this machine that is started for it.
            Everywhere there must be this package, the data and the same `KERAS_BACKEND`; a worker
            of Dask must have one thread. This process alone writes files.
        progress: Whether to show a progress bar.

    Returns:
        The comparison; its `settings["tuning"]` holds all trials. The folder holds it as
        `report.html`, `report.md`, `results.json`, `differences.png` and `learning_curves.png`, and
        the single runs in `runs/`.

    Raises:
        ValueError: In one sentence, and before anything is trained, if an argument is out of its
            range, a technique or option does not exist, the data or the network do not fit, or
            `out` holds runs made with other settings.
        OSError: If the data are missing or `out` cannot be written to.
        ImportError: If an extra is missing (`recipes`: SciPy, matplotlib, scikit-learn; `cluster`:
            Ray, Dask).

    Example:

    ```python
    comparison = keras_regzoo.diagnostics.compare(
        "digits", "l2,dropout:rate=0.3,mixup", train_size=300, out="comparison"
    )
    for result in comparison.results:
        print(result.label, result.test_error, result.significant)
    ```

    Reference: Dror, Baumer, Shlomov & Reichart (2018), The hitchhiker's guide to testing
    statistical significance in natural language processing, ACL, on paired tests over data sets
    and seeds; Holm (1979) for the correction.
    """
    treatments = parse_techniques(techniques)
    validation.instance("out", out, (str, os.PathLike))
    seeds = validation.integer("seeds", seeds, "[1, inf)")
    if tune is not None:
        tune = validation.integer("tune", tune, "[2, inf)")
    check_jobs(jobs, backend)
    for module in ("matplotlib.figure", "scipy.stats", "jinja2"):
        validation.extra(module, "recipes", "A comparison")
    budget = Budget(epochs, batch_size, learning_rate)
    builder = find_builder(model)
    store = RunStore(out)
    try:
        source = DataSource(data, target, task, train_size)
        experiment = Experiment(source, model, builder, treatments, budget)
        store.claim(experiment.settings)
    except BaseException:
        store.discard_if_empty()
        raise
    settings = {**experiment.settings, "tuning": None}
    with ended_processes(backend, jobs), progress_bar("runs", progress) as bar:
        maker = Maker(experiment, store, jobs, backend, bar)
        if tune:
            tuned = tuning.tune(maker, treatments, tune)
            treatments, settings["tuning"] = tuned.treatments, tuned.record
        runs = maker.make([(seed, t) for seed in range(seeds) for t in treatments], "")
    comparison = Comparison(settings, list(range(seeds)), runs, store.folder)
    report.write(comparison)
    return comparison
