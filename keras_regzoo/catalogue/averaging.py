"""Averages, checkpoints and sparsity over the course of training."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.callbacks import MONITORED
from keras_regzoo.catalogue.entry import Cost, Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="stochastic_weight_averaging",
        kind="callback",
        summary="Ends training with the mean of the weights that its last epochs pass through, at "
        "a constant or cyclic rate.",
        equation="w̄ ← (n w̄ + w) / (n + 1) at the ends of epochs or cycles",
        when="The last quarter of a training with SGD, to end in a wider minimum for one pass more "
        "over the data.",
        when_not="The rate has decayed to nothing: the weights averaged are then the same.",
        suggested="start at 75 % of the usual epochs with a constant rate, or cycles, of about "
        "half the first rate (a start of ours; Izmailov et al. 2018 tune it for each network)",
        composes_badly_with="Batch normalization whose statistics are not estimated anew "
        "(batch_norm_data); EarlyStopping that restores the best weights after it.",
        reference=papers.IZMAILOV_2018.at("algorithm 1"),
        further=(papers.POLYAK_1992,),
        symbol="keras_regzoo.callbacks.StochasticWeightAveraging",
        cost=Cost(note="one forward pass over the data at the end; one copy of the weights"),
        aliases=("swa",),
    ),
    Entry(
        name="top_k_checkpoint",
        kind="callback",
        summary="Keeps the models of the k best epochs on disk, whole at every moment.",
        equation="kept(t) = the k best of v₁ … v_t",
        when="For the mean of the best epochs' weights or predictions, instead of one best epoch.",
        when_not="One best model will do: ModelCheckpoint.",
        suggested="k from 5 to 20 (Vaswani et al. 2017, §6.1 average 5 and 20 checkpoints)",
        composes_badly_with="The mean of weights across a restart of the learning rate: they lie "
        "in other valleys.",
        reference=papers.VASWANI_2017.at("§6.1"),
        further=(papers.WORTSMAN_2022,),
        symbol="keras_regzoo.callbacks.TopKCheckpoint",
        cost=MONITORED,
    ),
    Entry(
        name="snapshot_checkpoint",
        kind="callback",
        summary="Restarts the learning rate in cosine cycles and saves a model at the end of each, "
        "an ensemble for one training.",
        equation="α(t) = α₀/2 (cos(π mod(t−1, ⌈T/M⌉) / ⌈T/M⌉) + 1)",
        when="An ensemble is wanted, and there is time for one training.",
        when_not="The budget is too short for a cycle to converge; several trainings are "
        "affordable, whose members differ more.",
        suggested="α₀ from 0.1 to 0.2 for SGD and 4 to 8 cycles (a start of ours after Huang et "
        "al. 2017)",
        composes_badly_with="EarlyStopping and ReduceLROnPlateau, which take each restart for a "
        "failure; averaging the snapshots' weights.",
        reference=papers.HUANG_2017.at("eq. 2"),
        symbol="keras_regzoo.callbacks.SnapshotCheckpoint",
        aliases=("snapshot_ensemble",),
        cost=Cost(note="a prediction costs a forward pass for each member"),
    ),
    Entry(
        name="magnitude_pruning",
        kind="callback",
        summary="Sets ever more of the smallest weights to exactly zero while the others train on.",
        equation="s_t = s_f + (s_i − s_f)(1 − (t − t₀)/(n Δt))³",
        when="A small model is wanted, or sparsity that the hardware knows (two of four).",
        when_not="Nothing stores or computes with zeros differently: it saves nothing then.",
        suggested="final sparsity 0.5 to 0.9, Δt from 100 to 1000 steps (Zhu & Gupta 2017, §3), "
        "begun once training has settled",
        composes_badly_with="A learning rate that has decayed before the last pruning: the others "
        "can no longer make up for it.",
        reference=papers.ZHU_2017.at("eq. 1"),
        further=(papers.HAN_2015, papers.ZHOU_2021),
        symbol="keras_regzoo.callbacks.MagnitudePruning",
        aliases=("gradual_pruning",),
        cost=Cost(note="a product with the mask a step; a sort of the weights a pruning"),
    ),
)
