"""Stopping: when to end training, and which weights to keep."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.callbacks import MONITORED
from keras_regzoo.catalogue.entry import Cost, Entry

ENTRIES = (
    Entry(
        name="generalization_loss_stopping",
        kind="callback",
        summary="Stops when the validation error is by more than a few percent above its least.",
        equation="stop at the first t with 100 (E_va(t) / E_opt(t) − 1) > α",
        when="Several trainings of which the best is kept: it makes a good one likelier (Prechelt "
        "1998).",
        when_not="The validation error is noisy by more than α; it may be 0 or negative.",
        suggested="α from 1 to 5, the values studied by Prechelt 1998; 5 by default",
        composes_badly_with="A schedule that has not ended (learning rate, dropout, curriculum), "
        "whose losses are not comparable; restarts of the learning rate.",
        reference=papers.PRECHELT_1998.at("§2.1"),
        symbol="keras_regzoo.callbacks.GeneralizationLossStopping",
        cost=MONITORED,
        aliases=("gl_alpha",),
    ),
    Entry(
        name="progress_quotient_stopping",
        kind="callback",
        summary="Stops when the generalization loss outweighs the progress of the training error.",
        equation="stop at the first end of a strip with GL(t) / P_k(t) > α",
        when="Training still falls fast while validation rises and may come down again; the best "
        "quality on average where a network overfits only very little (Prechelt 1998).",
        when_not="The training loss is not an error of at least 0, or noise hides its progress.",
        suggested="α from 0.5 to 3 with strips of k = 5, the values studied by Prechelt 1998",
        composes_badly_with="Dropout, mixup and adversarial objectives, in which the training loss "
        "is that of a harder task; curricula, in which the task changes.",
        reference=papers.PRECHELT_1998.at("§2.1"),
        symbol="keras_regzoo.callbacks.ProgressQuotientStopping",
        cost=MONITORED,
        aliases=("pq_alpha",),
    ),
    Entry(
        name="consecutive_rise_stopping",
        kind="callback",
        summary="Stops when the validation error has risen in several successive strips.",
        equation="stop at the end of the s-th successive strip with E_va(t) > E_va(t − k)",
        when="The best quality on average where a network overfits (Prechelt 1998); the size "
        "of a rise means nothing.",
        when_not="The error rises and falls from strip to strip, so that it never counts to s.",
        suggested="s from 2 to 8 with strips of k = 5, the values studied by Prechelt 1998",
        composes_badly_with="A schedule that has not ended (learning rate, dropout, curriculum).",
        reference=papers.PRECHELT_1998.at("§2.1"),
        symbol="keras_regzoo.callbacks.ConsecutiveRiseStopping",
        cost=MONITORED,
        aliases=("up_s",),
    ),
    Entry(
        name="multi_monitor_stopping",
        kind="callback",
        summary="Stops when any, or all, of several monitors have not improved for their patience.",
        equation="stop at the first t with t − t*_m ≥ p_m for any, or all, monitors m",
        when="Loss and accuracy, or the tasks of a multi-task model, are best at different times.",
        when_not="One monitor decides: keras.callbacks.EarlyStopping.",
        suggested="patience 5 to 20 each, as for EarlyStopping (a convention)",
        composes_badly_with="ReduceLROnPlateau of equal or longer patience; with `all`, a monitor "
        "that improves for ever.",
        reference=papers.GOODFELLOW_2016.at("algorithm 7.1"),
        symbol="keras_regzoo.callbacks.MultiMonitorStopping",
        cost=MONITORED,
    ),
    Entry(
        name="target_stopping",
        kind="callback",
        summary="Stops when a monitor has reached a target.",
        equation="stop at the first t with m(t) ≤ target, or ≥ where more is better",
        when="Times to a given accuracy are compared; training must not go below a loss.",
        when_not="What can be reached is not known: training may never stop.",
        suggested="none; as a target of continue_to_objective the training objective at which "
        "early stopping halted (Goodfellow et al. 2016, algorithm 7.3)",
        composes_badly_with="The choice of a model by the same monitor on the same data.",
        reference=papers.GOODFELLOW_2016.at("algorithm 7.3"),
        symbol="keras_regzoo.callbacks.TargetStopping",
        cost=MONITORED,
    ),
    Entry(
        name="time_stopping",
        kind="callback",
        summary="Stops when training has taken so many seconds, over resumed runs as well.",
        equation="stop after the first step with Σ seconds > budget",
        when="The budget is time: a queue, a search of which each trial costs the same.",
        when_not="Results must be the same on every machine: count steps.",
        suggested="the budget",
        composes_badly_with="A schedule of the learning rate that ends later than the time.",
        reference=papers.PRECHELT_1998.at("§2"),
        symbol="keras_regzoo.callbacks.TimeStopping",
        cost=Cost(note="one validation pass an epoch, and a wait for each step to end"),
    ),
)
