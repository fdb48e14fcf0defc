"""Schedules: what moves while training, and watching how it goes."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Cost, Entry

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
    Entry(
        name="curriculum_scheduler",
        kind="callback",
        summary="Lets a curriculum grow, by epochs, by steps, or by levels when the model stops "
        "improving on one.",
        equation="t ← epoch, batches seen, or level,   pool ← pool(t)",
        when="With a CurriculumDataset; by step where epochs are few, by plateau where no pace is "
        "known.",
        when_not="The examples are to be chosen by the losses at hand: self-paced learning.",
        suggested="by='step' with a pacing that ends well before training does (Hacohen & "
        "Weinshall 2019, algorithm 1)",
        composes_badly_with="Early stopping and ReduceLROnPlateau before all examples are served: "
        "the loss rises with the pool; batches shuffled by fit, where it moves by step.",
        reference=papers.BENGIO_2009.at("§3"),
        further=(papers.HACOHEN_2019.at("algorithm 1"),),
        symbol="keras_regzoo.callbacks.CurriculumScheduler",
    ),
    Entry(
        name="self_paced_scheduler",
        kind="callback",
        summary="Raises the threshold of self-paced learning by a factor, or such that a given "
        "share of the examples is taken in.",
        equation="λ ← μ λ,   or λ such that |{i : lᵢ < λ}| = pacing(t) · n",
        when="With the objective SelfPaced; by a pacing where the size of the losses is not known.",
        when_not="The threshold is known and stays, or takes two values: a Scheduler does it.",
        suggested="half of the examples at first, then λ times 1.3 (Kumar et al. 2010, §5); with "
        "wrong labels, up to the share of right ones",
        composes_badly_with="Early stopping and ReduceLROnPlateau before all examples are in: the "
        "loss rises with the threshold.",
        reference=papers.KUMAR_2010.at("eq. 4"),
        symbol="keras_regzoo.callbacks.SelfPacedScheduler",
        cost=Cost(note="with a pacing, one forward pass over the data each time it moves"),
    ),
    Entry(
        name="gradual_unfreezing",
        kind="callback",
        summary="Trains the last layer first, then one group of layers more at a time, down to the "
        "first.",
        equation="trainable in epoch t = groups 1 … min(t + 1, number of groups), from the top",
        when="Fine-tuning a pretrained model on few data, whose lower layers would be forgotten.",
        when_not="Training from scratch: the lower layers would stay random for epochs.",
        suggested="one layer and one epoch at a time (Howard & Ruder 2018, §3.3)",
        composes_badly_with="A learning rate schedule over all of training, which begins again "
        "with each group unless reset_optimizer=False; few epochs, after which layers are still "
        "frozen.",
        reference=papers.HOWARD_2018.at("§3.3"),
        symbol="keras_regzoo.callbacks.GradualUnfreezing",
        cost=Cost(note="at most: the backward pass ends above the frozen layers"),
        aliases=("ulmfit",),
    ),
    Entry(
        name="resample_dead_latents",
        kind="callback",
        summary="Points the dead latents of a sparse dictionary at examples that are reconstructed "
        "badly, a few times in training.",
        equation="W_j = (x − b) / ‖x − b‖,   V_j = s W_j,   P(x) ∝ ‖x − x̂‖⁴,   s = 0.2 mean ‖V‖ "
        "or what makes latent j one of the k of x",
        when="Many latents of a dictionary are never active.",
        when_not="The auxiliary loss of TopKDictionary keeps them alive already; the last steps, "
        "which are too few for a new atom to settle.",
        suggested="every 25 000 steps, 4 times (Bricken et al. 2023)",
        composes_badly_with="A learning rate that is about to reach 0.",
        reference=papers.BRICKEN_2023.at("neuron resampling"),
        aliases=("neuron_resampling",),
        symbol="keras_regzoo.callbacks.ResampleDeadLatents",
        cost=Cost(note="a forward pass of some thousand examples each time"),
    ),
    Entry(
        name="gradient_monitor",
        kind="callback",
        summary="Reports gradient norms, update ratios, dead units and saturation by layer, and "
        "warns of what hinders training.",
        equation="‖∂L/∂w_l‖,   ‖Δw_l‖ / ‖w_l‖,   share of units that are 0 on the whole probe",
        when="A deep network does not train, or stops training, and it is not known why.",
        when_not="Training goes well: it costs a probe each epoch.",
        suggested="a probe of 32 examples at the end of each epoch (ours); an update ratio near "
        "1e-3 is a common rule",
        composes_badly_with="float16 without loss scaling, in which small gradients of the probe "
        "are 0.",
        reference=papers.GLOROT_2010.at("§3, §4.2"),
        further=(papers.PASCANU_2013,),
        symbol="keras_regzoo.callbacks.GradientMonitor",
        cost=Cost(note="one pass forward and back on the probe each time, not compiled"),
    ),
    Entry(
        name="exact_resume",
        kind="callback",
        summary="Lets a killed run go on, when its script is run again, to the same numbers, bit "
        "for bit.",
        equation="state ← (weights, optimizer, metrics, seeds, callbacks, place in the data)",
        when="Runs longer than the machine can be trusted, or lent; callbacks whose counts, best "
        "weights or averages a restart would lose.",
        when_not="The script draws without seeds, and would not repeat itself anyway.",
        suggested="the default, which saves as often as costs a fortieth of the time (ours; Mohan "
        "et al. 2021 bound it to 3.5 %)",
        composes_badly_with="BackupAndRestore, which puts other weights back; loggers that begin "
        "their file anew; data that differ when read again.",
        reference=papers.MOHAN_2021.at("§4"),
        symbol="keras_regzoo.callbacks.ExactResume",
        cost=Cost(note="a copy of the state on disk now and then"),
        aliases=("checkpointing",),
    ),
)
