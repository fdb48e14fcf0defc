"""Layers that act in the forward pass."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Cost, Entry

ON_ACTIVATIONS = Cost(note="one random draw an activation")

ENTRIES = (
    Entry(
        name="dropout",
        kind="layer",
        summary="Sets a random fraction of activations to zero in training and scales up the rest.",
        equation="y = m ⊙ x / (1 − p),   mᵢ ~ Bernoulli(1 − p)",
        when="Wide dense layers that overfit; the default for fully connected nets.",
        when_not="Convolutions (use SpatialDropout2D), very small models, or data enough already.",
        suggested="p = 0.5 on hidden units, 0.2 on real-valued inputs (Srivastava et al. 2014, "
        "appendix A.4)",
        composes_badly_with="Batch normalization after it: the variance differs between training "
        "and inference. Make the layer wider by 1/(1 − p).",
        reference=papers.SRIVASTAVA_2014.at("§4"),
        symbol="keras.layers.Dropout",
        cost=ON_ACTIVATIONS,
    ),
    Entry(
        name="gaussian_dropout",
        kind="layer",
        summary="Multiplies activations by Gaussian noise around one, with dropout's variance.",
        equation="y = x ⊙ ξ,   ξᵢ ~ N(1, p / (1 − p))",
        when="As dropout, where smooth noise is wanted and no activation should vanish.",
        when_not="Sparse activations are the aim.",
        suggested="the rate dropout would have: p = 0.5 gives standard deviation 1 (Srivastava et "
        "al. 2014, §10)",
        composes_badly_with="Batch normalization after it, as dropout.",
        reference=papers.SRIVASTAVA_2014.at("§10"),
        symbol="keras.layers.GaussianDropout",
        cost=ON_ACTIVATIONS,
    ),
    Entry(
        name="alpha_dropout",
        kind="layer",
        summary="Dropout for SELU nets: dropped units go to SELU's negative limit, so that mean "
        "and variance stay.",
        equation="y = a (x ⊙ m + α′ (1 − m)) + b,   mᵢ ~ Bernoulli(1 − p)",
        when="Self-normalizing nets: SELU with LeCun normal initialization.",
        when_not="Any other activation: the limit α′ is SELU's.",
        suggested="p = 0.05 or 0.1 (Klambauer et al. 2017, §2)",
        composes_badly_with="Batch normalization and ordinary dropout in the same net, which break "
        "the self-normalization.",
        reference=papers.KLAMBAUER_2017.at("§2"),
        symbol="keras.layers.AlphaDropout",
        cost=ON_ACTIVATIONS,
    ),
    Entry(
        name="spatial_dropout",
        kind="layer",
        summary="Drops whole feature maps instead of single pixels, whose neighbours would reveal "
        "them.",
        equation="y[:, :, c] = m_c x[:, :, c] / (1 − p),   m_c ~ Bernoulli(1 − p)",
        when="Early convolutions with strongly correlated neighbours and little data.",
        when_not="Few channels: losing one of eight is much.",
        suggested="p = 0.1 to 0.3 as a start (a convention, not from the paper)",
        composes_badly_with="Batch normalization after it, as dropout.",
        reference=papers.TOMPSON_2015.at("§3.2"),
        symbol="keras.layers.SpatialDropout2D",
        cost=Cost(note="one random draw a channel"),
    ),
    Entry(
        name="gaussian_noise",
        kind="layer",
        summary="Adds Gaussian noise to inputs or activations in training, which smooths the "
        "function (Tikhonov).",
        equation="y = x + ε,   ε ~ N(0, σ²);   to second order it adds σ² E‖∂f/∂x‖² to a "
        "squared error",
        when="Continuous inputs with a known scale; denoising autoencoders.",
        when_not="Binary or categorical inputs (use MaskingNoise), or unscaled columns.",
        suggested="σ = 0.05 to 0.5 in units of the standardized input, by validation (a "
        "convention)",
        composes_badly_with="ReLU nets without normalization when placed on hidden activations: "
        "the net grows its weights to drown it.",
        reference=papers.BISHOP_1995.at("§2"),
        symbol="keras.layers.GaussianNoise",
        cost=ON_ACTIVATIONS,
    ),
    Entry(
        name="activity_regularization",
        kind="layer",
        summary="Penalizes activations instead of weights, for a sparse representation.",
        equation="(λ₁ Σ |h| + λ₂ Σ h²) / batch size",
        when="Sparse codes are wanted: overcomplete autoencoders, readable features.",
        when_not="A later layer can undo the shrinkage with larger weights: bound or decay those.",
        suggested="λ₁ = 1e-3 on rectifier activations (Glorot et al. 2011, §4)",
        composes_badly_with="Unconstrained decoder weights and batch normalization, which restore "
        "the scale it takes away.",
        reference=papers.GLOROT_2011.at("§3 and §4"),
        symbol="keras.layers.ActivityRegularization",
    ),
    Entry(
        name="spectral_normalization",
        kind="layer",
        summary="Divides a kernel by its largest singular value, so that the layer stretches no "
        "input.",
        equation="W̄ = W / σ(W),   σ by power iteration",
        when="Bounded slopes are needed: discriminators, robust classifiers.",
        when_not="Plain classifiers that lack capacity.",
        suggested="one power iteration a step (Miyato et al. 2018, §2.2 and algorithm 1)",
        composes_badly_with="Batch normalization, whose scale undoes the bound; weight decay on "
        "the wrapped kernel, which has no effect on the function.",
        reference=papers.MIYATO_2018.at("eq. (8)"),
        symbol="keras.layers.SpectralNormalization",
        cost=Cost(note="two matrix-vector products with the kernel for each power iteration"),
    ),
    Entry(
        name="batch_normalization",
        kind="layer",
        summary="Standardizes each channel over the batch, then scales and shifts it; its batch "
        "noise regularizes.",
        equation="y = γ (x − μ_batch) / √(σ²_batch + ε) + β",
        when="Deep convolutional nets with batches of 32 or more.",
        when_not="Small or dependent batches, recurrent nets, per-example gradients.",
        suggested="momentum 0.99 (Keras's default); 0.9 when epochs have few steps (a convention)",
        composes_badly_with="Dropout before it; L2 on the layer before it; objectives that feed "
        "other batches in the same step (adversarial, mixup), which mix their statistics.",
        reference=papers.IOFFE_2015.at("algorithm 1"),
        aliases=("batch_norm",),
        symbol="keras.layers.BatchNormalization",
        cost=Cost(note="two reductions over the batch"),
    ),
    Entry(
        name="layer_normalization",
        kind="layer",
        summary="Standardizes each example over its features, alike in training and at inference.",
        equation="y = γ (x − μ_example) / √(σ²_example + ε) + β",
        when="Recurrent nets, transformers, small batches.",
        when_not="The scale of an example carries information; convolutions, where batch "
        "normalization usually does better.",
        suggested="nothing to choose; ε = 1e-3 is Keras's default, 1e-5 or 1e-6 usual elsewhere",
        composes_badly_with="L2 on the layer before it, whose scale is divided out.",
        reference=papers.BA_2016.at("§3"),
        aliases=("layer_norm",),
        symbol="keras.layers.LayerNormalization",
        cost=Cost(note="two reductions over the features"),
    ),
    Entry(
        name="image_augmentation",
        kind="layer",
        summary="Trains on randomly transformed images: more data from the data there is.",
        equation="x̃ = T_N(… T₁(x; m) …; m),   T drawn at random, m the magnitude",
        when="Images, always, with transforms that keep the label.",
        when_not="A transform changes the label (a flipped 6, a mirrored word).",
        suggested="N = 2 transforms (`num_ops`), magnitude by a small grid on validation (Cubuk et "
        "al. 2020, §3)",
        composes_badly_with="A held-out set augmented too; crops on top of CutMix that cut the "
        "pasted patch away.",
        reference=papers.CUBUK_2020.at("§3"),
        further=(papers.KRIZHEVSKY_2012.at("§4.1"),),
        aliases=("augmentation",),
        symbol="keras.layers.RandAugment",
        cost=Cost(note="in the input pipeline, not in the step"),
    ),
    Entry(
        name="cutmix",
        kind="layer",
        summary="Pastes a patch of another image and mixes the labels by area.",
        equation="x̃ = M ⊙ xᵢ + (1−M) ⊙ xⱼ,   ỹ = λ yᵢ + (1−λ) yⱼ,   λ = mean(M)",
        when="Image classification with one-hot labels.",
        when_not="Labels are integers, or the object may lie in the part that is cut away.",
        suggested="factor (α) = 1: λ uniform (Yun et al. 2019, §3.1)",
        composes_badly_with="Mixup on the same batch (alternate them instead); label smoothing.",
        reference=papers.YUN_2019.at("§3.1"),
        symbol="keras.layers.CutMix",
        cost=Cost(note="in the input pipeline, not in the step"),
    ),
    Entry(
        name="masking_noise",
        kind="layer",
        summary="Sets a random fraction of the input to zero in training, without scaling up the "
        "rest.",
        equation="x̃ = m ⊙ x,   mᵢ ~ Bernoulli(1 − rate)",
        when="The corruption of a denoising autoencoder; inputs that will be missing at times.",
        when_not="Zero is not a neutral value of the input; on hidden units (use Dropout, which "
        "keeps the mean).",
        suggested="rate 0.1, 0.25 or 0.4, by validation (Vincent et al. 2008, table 1)",
        composes_badly_with="Standardized inputs, where zero is the mean rather than missing; "
        "Dropout right after it, which is the same noise again.",
        reference=papers.VINCENT_2010.at("§3.3"),
        further=(papers.VINCENT_2008.at("§2.3"),),
        symbol="keras_regzoo.layers.MaskingNoise",
        cost=ON_ACTIVATIONS,
    ),
    Entry(
        name="drop_connect",
        kind="layer",
        summary="Drops single weights of the wrapped layer in training, not its units; it is not "
        "stochastic depth.",
        equation="y = a((M ⊙ W) x / (1 − p) + b),   Mᵢⱼ ~ Bernoulli(1 − p)",
        when="Large dense layers, where dropout leaves room for finer noise.",
        when_not="One mask for the whole batch is too noisy and one an example too much memory: "
        "then Dropout.",
        suggested="p = 0.5 (Wan et al. 2013, §6)",
        composes_badly_with="Dropout on the same layer's input; batch normalization after it; "
        "recurrent layers, whose mask would change at each step.",
        reference=papers.WAN_2013.at("§3"),
        symbol="keras_regzoo.layers.DropConnect",
        cost=Cost(note="one random draw a weight; with per_example=True one a weight and example"),
    ),
    Entry(
        name="scheduled_dropout",
        kind="layer",
        summary="Dropout whose rate is a variable that a schedule moves during training.",
        equation="as dropout; curriculum: 1 − p(t) = (1 − θ̄) exp(−γ t) + θ̄",
        when="Dropout from the first step slows learning, or its rate should fall at the end.",
        when_not="A constant rate does: a schedule is one more thing to tune.",
        suggested="final retention θ̄ = 0.5, γ = 10 / T with T the number of steps (Morerio et al. "
        "2017, §3)",
        composes_badly_with="Batch normalization after it, whose running variance lags behind the "
        "moving rate; early stopping before the schedule has ended.",
        reference=papers.MORERIO_2017.at("§3"),
        further=(papers.SRIVASTAVA_2014.at("§4"),),
        symbol="keras_regzoo.layers.ScheduledDropout",
        cost=ON_ACTIVATIONS,
    ),
)
