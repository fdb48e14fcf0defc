"""Objectives that learn from unlabelled examples."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Cost, Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="consistency",
        kind="objective",
        summary="Trains two noisy passes over the same example to agree, unlabelled ones too (the "
        "Π-model).",
        equation="L̃ = L + λ/(B K) Σᵢ ‖p(x̂ᵢ; η) − p(x̃ᵢ; η̃)‖²",
        when="Few labels, many examples without, and noise or an augmentation that leaves the "
        "class as it is.",
        when_not="A network without dropout, noise or augmentation, where the term is 0; noise "
        "that can change the class.",
        suggested="λ ramped up as exp(−5 (1 − t)²), to 100 times the labelled fraction; noise "
        "of 0.15 standard deviations of the inputs, translations by 2 of 32 pixels (Laine & Aila "
        "2017, §3 and appendix A)",
        composes_badly_with="A strength that is high from the start, which makes all predictions "
        "equal; other penalties of predictions (VAT, R-Drop), whose strengths add up.",
        reference=papers.LAINE_2017.at("§2.1 and algorithm 1"),
        aliases=("pi_model",),
        symbol="keras_regzoo.objectives.Consistency",
        evidence="benchmarks/results/semi_supervised_digits.json",
        cost=Cost(2, 2),
    ),
    Entry(
        name="mean_teacher",
        kind="objective",
        summary="Trains the model to agree with a teacher, the running average of its own weights, "
        "under other noise.",
        equation="L̃ = L + λ/(B K) Σᵢ ‖p(x̂ᵢ; w, η) − p(x̃ᵢ; w̄, η̃)‖²,   w̄ ← α w̄ + (1 − α) w",
        when="As the Π-model, with targets that are better and less noisy; the teacher is the "
        "model to keep.",
        when_not="Memory for a second copy of the weights is short.",
        suggested="α = 0.99 while λ rises, 0.999 after (on SVHN); λ ramped up as exp(−5 (1 − t)²) "
        "(Tarvainen & Valpola 2017, §3)",
        composes_badly_with="Short runs with α near 1, where the teacher lags far behind; an "
        "optimizer with use_ema, which averages once more.",
        reference=papers.TARVAINEN_2017.at("§2 and eq. (1)"),
        further=(papers.LAINE_2017,),
        symbol="keras_regzoo.objectives.MeanTeacher",
        evidence="benchmarks/results/semi_supervised_digits.json",
        cost=Cost(2, 1, "and one more copy of the weights"),
    ),
    Entry(
        name="pseudo_label",
        kind="objective",
        summary="Trains unlabelled examples on the class that the model finds most probable.",
        equation="L̃ = L − α/B Σ_{unlabelled, max p ≥ τ} log max_k p_ik",
        when="Few labels, and classes that lie apart; beside consistency or VAT. The cheapest of "
        "its kind.",
        when_not="Early mistakes would be learnt by heart: classes that overlap, a model that is "
        "hardly better than chance. Alone it gained nothing on digits with 50 labels.",
        suggested="α from 0, rising over steps 100 to 600 (Lee 2013, §2.4: to 3 times the ratio of "
        "labelled to unlabelled examples of a step); τ = 0.95 (FixMatch's) where mistakes are many",
        composes_badly_with="Label smoothing, which lowers every confidence.",
        reference=papers.LEE_2013.at("§2.4"),
        aliases=("self_labelling",),
        symbol="keras_regzoo.objectives.PseudoLabel",
        evidence="benchmarks/results/semi_supervised_digits.json",
    ),
)
