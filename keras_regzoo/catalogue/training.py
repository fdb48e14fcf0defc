"""Several fits in a row."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Cost, Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="cross_validation",
        kind="training",
        summary="Measures a model on every example by training without it, fold by fold.",
        equation="CV = 1/K Σ_k score(f_{−k}; fold k),   ŷ_i = f_{−k(i)}(x_i)",
        when="Data are too few to hold a test set out; a strength is to be chosen; predictions are "
        "wanted of models that have not seen the example, as to stack or to find wrong labels.",
        when_not="One training is expensive and data are many: a single split says as much. Groups "
        "or time in the data, unless the splits respect them.",
        suggested="10 folds with the classes in proportion, rather than leaving one out (Kohavi "
        "1995, abstract); 5 where a training is long",
        composes_badly_with="Early stopping or a search on the fold held out, which makes the "
        "score too good: split a validation set off inside the fold.",
        reference=papers.STONE_1974.at("the title's choice and assessment"),
        further=(papers.KOHAVI_1995,),
        aliases=("k_fold",),
        symbol="keras_regzoo.training.cross_validate",
        cost=Cost(note="K trainings"),
    ),
    Entry(
        name="self_training",
        kind="training",
        summary="Labels, round by round, the examples that the model is sure of, and trains on "
        "them too.",
        equation="L_{r+1} = L_r ∪ {(x_i, argmax_k p_k(x_i; w_r)) : i ∉ L_r, max_k p_k(x_i; w_r) "
        "≥ τ}",
        when="Few labels, many examples without, classes that lie apart, and a model whose "
        "confidence means something; any loss and model.",
        when_not="Early mistakes, which are kept for good, would be many: classes that overlap, a "
        "model that is hardly better than chance or sure of everything.",
        suggested="τ = 0.75 and 10 rounds are scikit-learn's defaults; a network is surer than it "
        "should be, so 0.9 or more here, or k_best to go slowly",
        composes_badly_with="Label smoothing, which lowers every confidence; wrong labels, which "
        "spread.",
        reference=papers.YAROWSKY_1995.at("the bootstrapping procedure"),
        further=(papers.LEE_2013,),
        aliases=("pseudo_labelling_in_rounds",),
        symbol="keras_regzoo.training.self_train",
        evidence="benchmarks/results/self_training.json",
        cost=Cost(note="one training a round and one more, on ever more examples"),
    ),
    Entry(
        name="lottery_ticket",
        kind="training",
        summary="Finds a sparse network that trains from its own first weights as well as the "
        "dense one, by pruning and setting back in rounds.",
        equation="m_{r+1} = the largest (1 − p) of |train(m_r ∘ w⁽ᵏ⁾)| among m_r",
        when="To learn how many weights a task needs, or for masks to train again under.",
        when_not="A sparse model is all that is wanted: MagnitudePruning, in one training.",
        suggested="p = 0.2, half of it in the output layer, set back to the initialization "
        "(Frankle & Carbin 2019, §2); for deep networks to an early step k of the first "
        "training (Frankle et al. 2020)",
        composes_badly_with="High learning rates without warm-up, at which initial weights win "
        "nothing in deep networks (Frankle & Carbin 2019, §4).",
        reference=papers.FRANKLE_2019.at("§1, §2"),
        further=(papers.FRANKLE_2020,),
        aliases=("iterative_magnitude_pruning",),
        symbol="keras_regzoo.training.find_lottery_ticket",
        cost=Cost(note="one training for the dense network, and one for each round and control"),
    ),
    Entry(
        name="retrain_on_all_data",
        kind="training",
        summary="Trains anew on all data, validation data too, for as many steps as early stopping "
        "found best.",
        equation="θ ← fresh weights; i* steps on (X, y),   i* from early stopping on a part of it",
        when="Data are few, so that a validation set costs much of them; a second training is "
        "affordable.",
        when_not="Data are many; the best number of steps varies much from one training to the "
        "next.",
        suggested="as many steps first, then as many passes (steps_found_on): nothing says which "
        "is better (Goodfellow et al. 2016, §7.8)",
        composes_badly_with="Schedules by epoch, of which the larger set has more steps each; any "
        "choice by validation afterwards, as there is no validation set left.",
        reference=papers.GOODFELLOW_2016.at("algorithm 7.2"),
        symbol="keras_regzoo.training.retrain_on_all_data",
        cost=Cost(note="a second training"),
    ),
    Entry(
        name="continue_to_objective",
        kind="training",
        summary="Trains on with all data until the validation loss is as low as the training loss "
        "was when early stopping halted.",
        equation="while J(θ; X_valid, y_valid) > ε: train on (X, y),   ε = J(θ; X_train, y_train)",
        when="Data are few and a second training from fresh weights is too expensive.",
        when_not="How it ends must be known: the objective may never be reached (Goodfellow et al. "
        "2016, §7.8), so there is a limit.",
        suggested="a limit of the steps that early stopping took (ours)",
        composes_badly_with="Batch normalization and dropout, if the objective is read from the "
        "training log instead of from evaluate.",
        reference=papers.GOODFELLOW_2016.at("algorithm 7.3"),
        symbol="keras_regzoo.training.continue_to_objective",
        cost=Cost(note="at most max_steps more, and one validation pass at each look"),
    ),
)
