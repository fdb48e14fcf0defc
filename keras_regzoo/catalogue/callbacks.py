"""Callbacks: what happens over epochs and steps."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Cost, Entry

MONITORED = Cost(note="one validation pass an epoch")

ENTRIES = (
    Entry(
        name="early_stopping",
        kind="callback",
        summary="Stops when the validation loss has not improved for some epochs, and can restore "
        "the best weights.",
        equation="stop at the first t with min E_va(t−p+1 … t) ≥ min E_va(1 … t−p),   p = patience",
        when="Always, when there is a validation set: the cheapest regularizer.",
        when_not="Data are so few that the validation error is noise; losses that rise and fall "
        "again.",
        suggested="patience 5 to 20 with restore_best_weights=True; slower criteria generalize "
        "about 4 % better for four times the time (Prechelt 1998, abstract)",
        composes_badly_with="A schedule that has not ended (learning rate, dropout, curriculum); "
        "ReduceLROnPlateau of equal or longer patience.",
        reference=papers.PRECHELT_1998.at("§2.1"),
        further=(papers.GOODFELLOW_2016.at("§7.8"),),
        symbol="keras.callbacks.EarlyStopping",
        cost=MONITORED,
    ),
    Entry(
        name="reduce_lr_on_plateau",
        kind="callback",
        summary="Divides the learning rate when the validation loss stops improving.",
        equation="η ← factor · η after `patience` epochs without improvement",
        when="No schedule is known for the problem yet.",
        when_not="The number of epochs is fixed: a cosine or step schedule is simpler.",
        suggested="factor 0.1 (He et al. 2016, §3.4), patience half of EarlyStopping's (a "
        "convention)",
        composes_badly_with="Optimizers given a LearningRateSchedule, whose rate it cannot set.",
        reference=papers.HE_2016.at("§3.4"),
        symbol="keras.callbacks.ReduceLROnPlateau",
        cost=MONITORED,
    ),
    Entry(
        name="swap_ema_weights",
        kind="callback",
        summary="Puts the optimizer's averaged weights into the model for validation and saving.",
        equation="w ↔ w̄ around each evaluation",
        when="With an optimizer built with use_ema=True, to see what the average is worth.",
        when_not="The optimizer keeps no average: Keras refuses it.",
        suggested="swap_on_epoch=True when checkpoints should hold the average",
        composes_badly_with="Batch normalization, whose statistics belong to the raw weights; "
        "ema_overwrite_frequency, which overwrites the weights as well.",
        reference=papers.TARVAINEN_2017.at("§2"),
        further=(papers.POLYAK_1992,),
        symbol="keras.callbacks.SwapEMAWeights",
        cost=Cost(note="one more copy of the weights"),
    ),
    Entry(
        name="scheduler",
        kind="callback",
        summary="Moves any strength (a rate, a radius, a penalty's weight) along a schedule, by "
        "epoch or step, without recompiling.",
        equation="strength ← schedule(t),   t in epochs or steps",
        when="Curriculum dropout, warm-up of a penalty, annealing of noise or of a KL term.",
        when_not="A constant does as well; the learning rate (its own schedules exist).",
        suggested="a warm-up over the first tenth of training as a start (ours); Bowman et al. "
        "2016, §3.1 anneal a KL weight from 0 to 1, Morerio et al. 2017, §3 a dropout rate",
        composes_badly_with="Early stopping and ReduceLROnPlateau before the schedule has ended: "
        "losses of different strengths are not comparable.",
        reference=papers.BENGIO_2009.at("§3"),
        further=(papers.BOWMAN_2016.at("§3.1"), papers.MORERIO_2017.at("§3")),
        symbol="keras_regzoo.callbacks.Scheduler",
    ),
)
