"""Objectives that change the loss itself, and what optimizers and losses of Keras do alike."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Cost, Entry

ENTRIES = (
    Entry(
        name="weight_decay",
        kind="objective",
        summary="Shrinks the weights by a fixed fraction at each update, apart from the gradient "
        "(decoupled).",
        equation="w ← w − η (Adam step) − η λ w",
        when="With Adam and every adaptive optimizer, in place of L2.",
        when_not="Plain SGD, where it equals L2; biases and normalization scales: exclude them.",
        suggested="0.004 (Keras's default) to 0.1; the best value depends on the learning rate "
        "less than L2's does (Loshchilov & Hutter 2019, §4)",
        composes_badly_with="L2 or WeightPenalty on the same weights: the two add up.",
        reference=papers.LOSHCHILOV_2019.at("algorithm 2"),
        symbol="keras.optimizers.AdamW",
    ),
    Entry(
        name="gradient_clipping",
        kind="objective",
        summary="Rescales a gradient whose norm exceeds a bound: one bad batch cannot wreck the "
        "weights (clipnorm, global_clipnorm).",
        equation="g ← g · min(1, c / ‖g‖₂)",
        when="Recurrent nets, heavy-tailed losses, mixed precision.",
        when_not="Every step is clipped: then it is only a smaller learning rate.",
        suggested="half to ten times the average gradient norm (Pascanu et al. 2013, §3.2)",
        composes_badly_with="Adam, which rescales the gradient again; `clipnorm` clips each weight "
        "apart and so turns the direction, `global_clipnorm` does not.",
        reference=papers.PASCANU_2013.at("algorithm 1"),
        aliases=("clipnorm", "global_clipnorm"),
        symbol="keras.optimizers.Optimizer",
        cost=Cost(note="one norm of the gradient"),
    ),
    Entry(
        name="weight_averaging",
        kind="objective",
        summary="Keeps an exponential moving average of the weights beside them (use_ema=True).",
        equation="w̄ ← α w̄ + (1 − α) w",
        when="The last epochs jump around; nearly always worth its memory.",
        when_not="Runs of fewer steps than a few times 1 / (1 − α).",
        suggested="α = 0.99 early, 0.999 later (Tarvainen & Valpola 2017, §3, on SVHN)",
        composes_badly_with="Batch normalization, whose statistics belong to the raw weights.",
        reference=papers.TARVAINEN_2017.at("§2"),
        further=(papers.POLYAK_1992,),
        aliases=("ema", "moving_average"),
        symbol="keras.optimizers.Optimizer",
        cost=Cost(note="one more copy of the weights"),
    ),
    Entry(
        name="one_hot_label_smoothing",
        kind="objective",
        summary="Mixes one-hot targets with the uniform distribution, against overconfidence.",
        equation="ỹ = (1 − ε) y + ε / K",
        when="Classification with noisy labels, or where probabilities should be calibrated.",
        when_not="The model is to be distilled, or labels are integers: "
        "label_smoothing takes them.",
        suggested="ε = 0.1 for 1000 classes (Szegedy et al. 2016, §7)",
        composes_badly_with="Mixup and CutMix, which soften the targets already; distillation.",
        reference=papers.SZEGEDY_2016.at("§7"),
        symbol="keras.losses.CategoricalCrossentropy",
    ),
    Entry(
        name="distillation",
        kind="objective",
        summary="Trains a small model on the softened outputs of a large one.",
        equation="L = a · CE(y, p) + (1−a) · T² · KL(p_teacher(T) ‖ p_student(T))",
        when="A good large model or an ensemble exists and a small one is needed.",
        when_not="The teacher is no better than the student.",
        suggested="T of 2.5 to 4 for a very small student, above 8 for others; more weight on the "
        "soft targets (Hinton et al. 2015, §2 and §3)",
        composes_badly_with="A teacher trained with label smoothing, which has erased what its "
        "wrong answers tell.",
        reference=papers.HINTON_2015.at("§2"),
        symbol="keras.distillation.Distiller",
        cost=Cost(2, 1, "the second forward pass is the teacher's, counted as if of the same size"),
    ),
    Entry(
        name="weight_penalty",
        kind="objective",
        summary="Adds any regularizer on weights chosen by the pattern of their path, in a model "
        "already built.",
        equation="L̃ = L + Σ_w R_pattern(w)(w)",
        when="A pretrained or third-party model whose layers cannot be built anew; different "
        "strengths for different parts.",
        when_not="You build the layers yourself: kernel_regularizer does the same.",
        suggested="as the regularizer it applies; kernels only, not biases (Goodfellow et al. "
        "2016, §7.1)",
        composes_badly_with="Layers with a kernel_regularizer, and the optimizer's weight_decay: "
        "all of them add up.",
        reference=papers.GOODFELLOW_2016.at("§7.1"),
        symbol="keras_regzoo.objectives.WeightPenalty",
        cost=Cost(note="one sum over the penalized weights"),
    ),
    Entry(
        name="adversarial_training",
        kind="objective",
        summary="Trains on the worst input within a small ball around each example (FGSM with one "
        "step, PGD with several).",
        equation="L̃ = c L(x) + (1−c) L(x + δ),   δ = argmax over ‖δ‖ ≤ r of L(x + δ), by steps "
        "δ ← Π(δ + a · sign ∂L/∂x)",
        when="Inputs may be tampered with; small data where smoothness around each example helps.",
        when_not="Clean accuracy is all that counts and data are plenty: it costs accuracy there.",
        suggested="L∞ on [0, 1] pixels: MNIST r = 0.3 with 40 steps of 0.01, CIFAR-10 r = 8/255 "
        "with 7 steps of 2/255 (Madry et al. 2018, §4); FGSM r = 0.25 on MNIST, clean weight 0.5 "
        "(Goodfellow et al. 2015, §4 and §6)",
        composes_badly_with="Batch normalization, which mixes clean and attacked statistics; "
        "unscaled inputs, for which one radius means nothing; one large step without a random "
        "start, which the net learns to mask.",
        reference=papers.GOODFELLOW_2015.at("§6"),
        further=(papers.MADRY_2018.at("eq. (2.1)"),),
        aliases=("adversarial", "fgsm", "pgd"),
        symbol="keras_regzoo.objectives.AdversarialTraining",
        cost=Cost(
            2,
            2,
            "one step with clean_weight above 0, whose clean pass also gives the input's gradient; "
            "2 F + 1.5 B with clean_weight=0; k steps: k (1 F + 0.5 B) + 1 F + 1 B, and 1 F + 1 B "
            "more for the clean loss",
        ),
        evidence="benchmarks/results/robust_digits.json",
    ),
    Entry(
        name="mixup",
        kind="objective",
        summary="Trains on random convex combinations of pairs of examples and of their targets.",
        equation="x̃ = λ xᵢ + (1−λ) xⱼ,   ỹ = λ yᵢ + (1−λ) yⱼ,   λ ~ Beta(α, α)",
        when="Classification with noisy labels or few data, on any continuous input.",
        when_not="Categorical inputs; regression whose target is not close to linear between "
        "examples; models that underfit.",
        suggested="α from 0.1 to 0.4 on ImageNet (Zhang et al. 2018, §3.1), 1 on CIFAR-10 (§3.2)",
        composes_badly_with="Label smoothing and CutMix, which soften the targets once more; "
        "training metrics, which compare mixed inputs with one of their two labels.",
        reference=papers.ZHANG_2018.at("§2"),
        symbol="keras_regzoo.objectives.Mixup",
        cost=Cost(note="one permutation of the batch"),
    ),
    Entry(
        name="sharpness_aware",
        kind="objective",
        summary="Takes the gradient at the worst weights nearby, which leads to flat minima (SAM).",
        equation="g = ∇L(w + ρ ∇L(w) / ‖∇L(w)‖₂)",
        when="Generalization is worth twice the compute; fine-tuning; noisy labels.",
        when_not="Compute is the limit: a plain run of twice the length is the fair rival.",
        suggested="ρ = 0.05 (Foret et al. 2021, §3.1; searched over 0.01 to 0.5)",
        composes_badly_with="Gradient clipping and mixed precision on its first gradient; "
        "adversarial training, since passes multiply.",
        reference=papers.FORET_2021.at("eq. (2) and algorithm 1"),
        aliases=("sam",),
        symbol="keras_regzoo.objectives.SharpnessAware",
        cost=Cost(2, 2),
    ),
    Entry(
        name="weight_noise",
        kind="objective",
        summary="Evaluates the loss at randomly perturbed weights, so that it settles where they "
        "need little precision.",
        equation="g = ∇L(w + ε),   ε ~ N(0, σ²)",
        when="Recurrent nets; a cheap relative of SAM; models to be stored in few bits.",
        when_not="Weights differ widely in scale: one σ then drowns the small ones.",
        suggested="σ = 0.075 on LSTM speech models (Graves et al. 2013, §4)",
        composes_badly_with="Batch normalization after the noisy layer, which makes the net "
        "indifferent to its scale: weights grow until the noise is small.",
        reference=papers.GRAVES_2011.at("§5.2"),
        further=(papers.AN_1996, papers.GRAVES_2013.at("§4"), papers.GOODFELLOW_2016.at("§7.5")),
        symbol="keras_regzoo.objectives.WeightNoise",
        cost=Cost(note="one normal draw a weight"),
    ),
)
