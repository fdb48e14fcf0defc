"""Schedules: what moves while training, and watching how it goes."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="continuation_scheduler",
        kind="callback",
        summary="Lowers a strength stage by stage to exactly 0, each stage from the weights of the "
        "last.",
        equation="w_k = argmin L(w; σ_k) started at w_{k−1},   σ_1 > … > σ_K = 0",
        when="With loss smoothing, where plain training stops in a bad minimum that depends on the "
        "start.",
        when_not="Plain training converges well; the strength is a regularizer, which belongs to "
        "the last stage too.",
        suggested="three to five stages, each half to three quarters of the last, from a σ at "
        "which the loss has one minimum (ours, on Rastrigin's function; no rule is known)",
        composes_badly_with="Early stopping on a loss of all stages, which are not comparable; "
        "with reset_optimizer, learning rate schedules, which begin again.",
        reference=papers.MOBAHI_2016.at("§2"),
        further=(papers.BENGIO_2009.at("§3"),),
        symbol="keras_regzoo.callbacks.ContinuationScheduler",
    ),
)
