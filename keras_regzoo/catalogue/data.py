"""What is fed, and in which order."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Cost, Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="curriculum",
        kind="data",
        summary="Serves the easiest examples first, then more and more of the others; or the "
        "hardest, or any, as the controls.",
        equation="pool(t) = the max(1, ⌊g(t) N + 1/2⌋) first examples in the order of difficulty",
        when="Labels are partly wrong, and scores of examples that the scoring model has not seen "
        "put the wrong ones last; or, by Wu et al. 2021, §5, time is very short (not found on "
        "digits).",
        when_not="Labels are right and time suffices: what the order gains then is marginal, and "
        "random examples at the same pace do as well (Wu et al. 2021, §4).",
        suggested="a linear pacing from a tenth of the examples to all at 0.9 of the steps, and "
        "difficulty.cross_validated (ours); always beside order='random'",
        composes_badly_with="Early stopping and ReduceLROnPlateau before all examples are served: "
        "the loss rises with the pool.",
        reference=papers.HACOHEN_2019.at("algorithm 1"),
        further=(
            papers.BENGIO_2009.at("§3"),
            papers.WU_2021.at("§4-5"),
            papers.ZHOU_2024,
        ),
        symbol="keras_regzoo.data.CurriculumDataset",
        cost=Cost(note="beside the trainings that score the examples"),
        aliases=("curriculum_learning",),
        evidence="benchmarks/results/curriculum.json",
    ),
    Entry(
        name="label_noise",
        kind="data",
        summary="Makes a share of the labels wrong on purpose, to measure what that does to a "
        "training.",
        equation="P(ỹ = l | y = k) = T_kl",
        when="To compare how techniques bear wrong labels, on data whose labels are known to be "
        "right.",
        when_not="As a regularizer: label smoothing makes all targets soft and none wrong.",
        suggested="rate 0.2 and 0.5 for wrong labels of any class, 0.45 for those of the next "
        "(Han et al. 2018, §4)",
        composes_badly_with="Validation on labels made wrong as well, which prefers what learns "
        "them by heart.",
        reference=papers.PATRINI_2017.at("§3"),
        further=(papers.HAN_2018.at("§4"),),
        symbol="keras_regzoo.data.add_label_noise",
        aliases=("noisy_labels",),
    ),
)
