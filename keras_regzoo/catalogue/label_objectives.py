"""Objectives that change labels, the weights of examples, or the predictive distribution."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Cost, Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="variational_bottleneck",
        kind="objective",
        summary="Bounds in nats what a stochastic code may tell about the input (VIB).",
        equation="L' = L + β E_x KL(N(μ(x), σ²(x)) ‖ N(0, I))",
        when="A classifier that memorizes its inputs; predictions that should be calibrated, or "
        "robust to small perturbations.",
        when_not="Data are few and β cannot be tuned: a β too large empties the code.",
        suggested="β = 1e-3 with 256 latents, the best on MNIST (Alemi et al. 2017, table 1); "
        "raised from 0 over the first epochs where the code would collapse",
        composes_badly_with="Dropout on the code and label smoothing, which bound the same "
        "information; a GaussianSampling whose own beta is not 0, which it refuses.",
        reference=papers.ALEMI_2017.at("§3"),
        symbol="keras_regzoo.objectives.VariationalBottleneck",
        aliases=("vib",),
        cost=Cost(
            note="one normal draw a latent; one more pass of the encoder in a subclassed model"
        ),
    ),
    Entry(
        name="label_smoothing",
        kind="objective",
        summary="Mixes labels, integers too, with the uniform distribution over the classes.",
        equation="ỹ = (1 − ε) y + ε / K",
        when="Classification with noisy labels, or where probabilities should be calibrated; with "
        "integer labels, or where validation is to report the plain loss.",
        when_not="The model is to be distilled: smoothing erases what its wrong answers tell.",
        suggested="ε = 0.1 for 1000 classes (Szegedy et al. 2016, §7)",
        composes_badly_with="Mixup and CutMix, which soften the targets already; distillation.",
        reference=papers.SZEGEDY_2016.at("§7"),
        symbol="keras_regzoo.objectives.LabelSmoothing",
    ),
    Entry(
        name="r_drop",
        kind="objective",
        summary="Makes two passes with different dropout masks agree in what they predict.",
        equation="L' = ½ (L₁ + L₂) + α ½ [KL(p₁ ‖ p₂) + KL(p₂ ‖ p₁)]",
        when="Networks with dropout, above all pretrained ones that are fine-tuned on few data.",
        when_not="Nothing is drawn at random in the network: it changes nothing then.",
        suggested="α = 0.05 to 0.5, 2.5 for translation: half the paper's, which adds the two "
        "losses (Liang et al. 2021, §3)",
        composes_badly_with="Consistency, which asks for the same agreement.",
        reference=papers.LIANG_2021.at("§2"),
        symbol="keras_regzoo.objectives.RDrop",
        cost=Cost(2, 2),
    ),
    Entry(
        name="self_paced",
        kind="objective",
        summary="Trains on the examples whose loss is below a threshold that grows.",
        equation="vᵢ = 1[lᵢ < λ],   L' = mean_i vᵢ lᵢ",
        when="Labels are partly wrong, or examples differ much in difficulty.",
        when_not="Clean data and a full budget; rare classes, which look hard.",
        suggested="λ such that half of the examples are in at first, then growing by a factor of "
        "1.3 until all are (Kumar et al. 2010, §5)",
        composes_badly_with="Other weights that depend on the losses (SuperLoss), which are "
        "refused.",
        reference=papers.KUMAR_2010.at("eq. 4"),
        further=(papers.JIANG_2014,),
        symbol="keras_regzoo.objectives.SelfPaced",
        evidence="benchmarks/results/noisy_labels.json",
    ),
    Entry(
        name="super_loss",
        kind="objective",
        summary="Weights each example by a confidence that falls with its loss, in closed form.",
        equation="L' = mean_i [(lᵢ − τ) σᵢ + λ (log σᵢ)²],   σᵢ = exp(−W(½ max(−2/e, (lᵢ − τ)/λ)))",
        when="Labels are partly wrong, and no schedule of a threshold is wanted.",
        when_not="Clean data and a full budget; rare classes, which look hard.",
        suggested="λ = 1 for 10 classes, 0.25 for 100; τ = log K or the running mean of the loss "
        "(Castells et al. 2020, §4)",
        composes_badly_with="Other weights that depend on the losses (SelfPaced), which are "
        "refused.",
        reference=papers.CASTELLS_2020.at("§3"),
        symbol="keras_regzoo.objectives.SuperLoss",
        evidence="benchmarks/results/noisy_labels.json",
    ),
    Entry(
        name="uncertainty_weighting",
        kind="objective",
        summary="Learns the weight of each output's loss from its noise.",
        equation="L' = Σ_k [a_k exp(−s_k) L_k + ½ s_k]",
        when="Several outputs whose losses have different units or noise.",
        when_not="One task matters more than the others: noise says nothing of that.",
        suggested="log-variances that start at 0, trained at the network's own rate (ours; where "
        "they start matters little: Kendall et al. 2018, appendix B)",
        composes_badly_with="Losses that may be negative, under which it has no minimum. It must "
        "come before adversarial training, SAM and R-Drop, which train on several passes.",
        reference=papers.KENDALL_2018.at("eq. 7 and 10"),
        symbol="keras_regzoo.objectives.UncertaintyWeighting",
    ),
)
