"""Objectives made of gradients of the loss, and its smoothing."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Cost, Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="input_gradient_penalty",
        kind="objective",
        summary="Penalizes how fast each example's loss changes with its input (double "
        "backpropagation).",
        equation="L̃ = L + λ (1/B) Σᵢ ‖∂lᵢ/∂xᵢ‖²",
        when="Predictions should not hang on small changes of continuous inputs; interpretable "
        "input gradients; a smoother relative of adversarial training.",
        when_not="Categorical inputs; robustness in the L∞ norm, where an attack adds up what this "
        "penalty does not see.",
        suggested="λ = ½ (Drucker & Le Cun 1992); else from 0.01 to 100 on a log scale, as large "
        "as clean accuracy allows: it scales with the inverse square of the inputs' unit",
        composes_badly_with="Adversarial training and sharpness-aware minimization, since passes "
        "multiply; rectifiers, whose second derivative is zero: the penalty then acts through the "
        "weights alone.",
        reference=papers.DRUCKER_1992.at("pp. 991–997"),
        further=(papers.ROSS_2018,),
        aliases=("double_backpropagation",),
        symbol="keras_regzoo.objectives.InputGradientPenalty",
        cost=Cost(2, 2, "in multiplications: the input's gradient, and the derivative of it"),
    ),
    Entry(
        name="gradient_norm_penalty",
        kind="objective",
        summary="Penalizes the squared norm of the loss's gradient in the weights, the implicit "
        "regularization of gradient descent made explicit.",
        equation="L̃ = L + (λ/4) ‖∇L‖²",
        when="Full or large batches and small learning rates, which lack it; to study what large "
        "learning rates do.",
        when_not="The learning rate is large already: it has this effect for free.",
        suggested="λ up to the largest learning rate that trains: it stands for one (Barrett & "
        "Dherin 2021, eq. 2)",
        composes_badly_with="Sharpness-aware minimization, which penalizes the norm too, and whose "
        "passes multiply.",
        reference=papers.BARRETT_2021.at("eq. (1) to (3)"),
        aliases=("implicit_gradient_regularization",),
        symbol="keras_regzoo.objectives.GradientNormPenalty",
        cost=Cost(3, 3, "in multiplications: the gradient, and the derivative of it"),
    ),
    Entry(
        name="gradient_variance_penalty",
        kind="objective",
        summary="Penalizes how much the gradient differs between microbatches of a batch, the "
        "implicit regularization of small batches made explicit.",
        equation="L̃ = L + (λ/4) (1/m) Σ_k ‖∇L_k − ∇L‖²",
        when="Large batches that should generalize as small ones do.",
        when_not="Batches are small already; compute is the limit.",
        suggested="λ near the learning rate of the small batches to be imitated, of B/m examples "
        "(Smith et al. 2021, eq. 1)",
        composes_badly_with="Losses that return one number a batch, which has no parts; sample "
        "weights of very different size, which are variance too.",
        reference=papers.SMITH_2021.at("eq. (1)"),
        symbol="keras_regzoo.objectives.GradientVariancePenalty",
        cost=Cost(5, 5, "in multiplications, with two microbatches; 2 F + 2 B more for each other"),
    ),
    Entry(
        name="loss_smoothing",
        kind="objective",
        summary="Trains the loss blurred by Gaussian noise on the weights, whose width goes to "
        "zero (continuation).",
        equation="L̃(w) = E L(w + σ ε),   ε ~ N(0, I),   σ → 0",
        when="Training gets stuck or diverges early: recurrent and very deep nets, bad "
        "initializations.",
        when_not="Plain training converges well: it costs passes as long as σ is not 0.",
        suggested="σ of the order of the weights' own standard deviation, driven to 0 over the "
        "first half of training by a Scheduler (an untested rule; Mobahi 2016 anneals in a few "
        "stages)",
        composes_badly_with="Weight noise, whose variance adds up; batch normalization after a "
        "perturbed layer, which undoes part of the blur.",
        reference=papers.MOBAHI_2016.at("§2"),
        aliases=("continuation",),
        symbol="keras_regzoo.objectives.LossSmoothing",
        cost=Cost(2, 2, "with two samples; n F + n B with n; 1 F + 1 B where σ is 0"),
    ),
    Entry(
        name="virtual_adversarial_training",
        kind="objective",
        summary="Makes predictions the same at each example and where, within a small ball, they "
        "would differ most; needs no labels.",
        equation="L̃ = L + λ (1/B) Σᵢ KL[p(·|xᵢ) ‖ p(·|xᵢ + rᵢ)],   rᵢ = ε g / ‖g‖ by one power "
        "iteration",
        when="Few labels and many unlabelled examples; smoothness around each example without "
        "trusting its label.",
        when_not="Regression; categorical inputs; classes closer to each other than ε.",
        suggested="λ = 1 and one iteration fixed, ε searched from about a tenth of the typical "
        "distance between neighbours; ε = 8 on CIFAR-10, 10 without augmentation (Miyato "
        "et al. 2019, their code)",
        composes_badly_with="Adversarial training and mixup, since passes multiply; dropout at a "
        "high rate, since one mask is attacked.",
        reference=papers.MIYATO_2019.at("§3.3 and algorithm 1"),
        aliases=("vat",),
        symbol="keras_regzoo.objectives.VirtualAdversarialTraining",
        cost=Cost(3, 2.5, "with one power iteration; 1 F + 0.5 B more for each other"),
        evidence="benchmarks/results/robust_digits.json",
    ),
)
