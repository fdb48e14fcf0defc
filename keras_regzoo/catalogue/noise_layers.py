"""Layers that add noise, drop whole parts, learn their rate, or normalize their weights."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Cost, Entry
from keras_regzoo.catalogue.layers import ON_ACTIVATIONS

ENTRIES = (
    Entry(
        name="salt_and_pepper_noise",
        kind="layer",
        summary="Sets a random fraction of the input to its least or greatest value, by a fair "
        "coin.",
        equation="x̃ᵢ = least or greatest, with probability ν/2 each, else xᵢ",
        when="The corruption of a denoising autoencoder on binary or nearly binary inputs, where "
        "Gaussian noise is meaningless.",
        when_not="Inputs without natural bounds (use GaussianNoise), or that will be missing (use "
        "MaskingNoise).",
        suggested="rate 0.1, 0.25 or 0.4, by validation (those of masking noise in Vincent et al. "
        "2008, table 1)",
        composes_badly_with="Inputs standardized after the range was set: give the range in the "
        "units the layer sees.",
        reference=papers.VINCENT_2010.at("§3.3"),
        symbol="keras_regzoo.layers.SaltAndPepperNoise",
        cost=ON_ACTIVATIONS,
    ),
    Entry(
        name="layer_weight_noise",
        kind="layer",
        summary="Adds Gaussian noise to the weights of one layer in each training step; the "
        "objective of the same name takes the whole model.",
        equation="y = f(x; w + σ ε),   ε ~ N(0, I)",
        when="Recurrent layers, where dropout would disturb the memory at every step.",
        when_not="Layers under batch normalization, which divides the noise out again.",
        suggested="σ = 0.075 on speech (Graves et al. 2013, §4)",
        composes_badly_with="WeightNoise on the whole model, which adds to it; small weights, that "
        "one σ for all of them drowns.",
        reference=papers.GRAVES_2011.at("§5.2"),
        further=(papers.GRAVES_2013.at("§4"),),
        symbol="keras_regzoo.layers.WeightNoise",
        cost=Cost(note="one random draw a weight"),
    ),
    Entry(
        name="stochastic_depth",
        kind="layer",
        summary="Drops whole residual branches at random, so that training sees shallower nets.",
        equation="h = x + b f(x) / (1 − p),   b ~ Bernoulli(1 − p)",
        when="Residual nets and transformers of tens of blocks.",
        when_not="Nets without skip connections, or of few blocks: losing one of four is much.",
        suggested="p rising linearly with depth to 0.5 at the last block (Huang et al. 2016, §3)",
        composes_badly_with="Batch normalization after the addition, whose statistics mix both "
        "cases; weights trained under the other `rescale`.",
        reference=papers.HUANG_2016.at("eq. (2), (4) and (5)"),
        aliases=("drop_path",),
        symbol="keras_regzoo.layers.StochasticDepth",
        cost=Cost(note="one random draw an example; the dropped branch is computed all the same"),
    ),
    Entry(
        name="drop_block",
        kind="layer",
        summary="Drops square blocks of feature maps, since a single pixel is told by its "
        "neighbours.",
        equation="γ = (1 − keep) / s² · h w / ((h − s + 1)(w − s + 1)),   y = m ⊙ x · |m| / Σ m",
        when="Late stages of convolutional nets that are trained long.",
        when_not="Maps hardly larger than a block (then SpatialDropout2D), dense layers.",
        suggested="blocks of 7, rate rising linearly from 0 to 0.1 with a Scheduler (Ghiasi et al. "
        "2018, §4.1)",
        composes_badly_with="A high rate from the first step, which the paper found harmful; "
        "dropout on the same maps.",
        reference=papers.GHIASI_2018.at("algorithm 1 and eq. (1)"),
        symbol="keras_regzoo.layers.DropBlock",
        cost=Cost(note="one random draw an activation, and a max-pooling of the mask"),
    ),
    Entry(
        name="monte_carlo_dropout",
        kind="layer",
        summary="Dropout that goes on at inference: the mean of several predictions averages the "
        "ensemble, their spread is the model's uncertainty.",
        equation="E[y] ≈ (1/T) Σₜ f(x; mₜ),   Var[y] ≈ τ⁻¹ + variance of f(x; mₜ)",
        when="Predictions must come with an uncertainty, and one model is to be trained.",
        when_not="Inference must be quick or repeatable; an ensemble of separate models can be "
        "afforded.",
        suggested="T = 30 to 100 samples as a start (a convention), p as for dropout",
        composes_badly_with="Early stopping and checkpoints, which then read noisy validation "
        "losses.",
        reference=papers.GAL_2016.at("§4"),
        aliases=("mc_dropout",),
        symbol="keras_regzoo.layers.MonteCarloDropout",
        cost=Cost(note="one random draw an activation; inference costs T passes"),
    ),
    Entry(
        name="concrete_dropout",
        kind="layer",
        summary="Dropout whose rate is learned with the weights, through a smooth mask and the "
        "terms of a Gaussian prior.",
        equation="z = sigmoid((logit p + logit u) / t);   L + λ ‖W‖² / (1 − p) − η K H(p)",
        when="Calibrated uncertainty without a search over rates, one rate a layer.",
        when_not="The number of examples or the noise of the targets is unknown: they set the "
        "strengths; a plain rate by validation is simpler.",
        suggested="t = 0.1, λ = l² / (τ N), η = 2 / (τ N) beside a mean squared error (Gal et al. "
        "2017, §3 and code)",
        composes_badly_with="Weight decay on the same kernel, which is the prior a second time; "
        "dropout on the same inputs.",
        reference=papers.GAL_2017.at("§3"),
        symbol="keras_regzoo.layers.ConcreteDropout",
        cost=Cost(note="one random draw an input, two logarithms and a sigmoid of it"),
    ),
    Entry(
        name="weight_normalization",
        kind="layer",
        summary="Learns the length and the direction of each unit's weights separately.",
        equation="w = g v / ‖v‖",
        when="Recurrent or generative nets and small batches, where batch normalization does not "
        "fit.",
        when_not="Batch normalization works: it regularizes more.",
        suggested="initialize from the first batch with `adapt` (Salimans & Kingma 2016, §3)",
        composes_badly_with="Weight decay on the kernel, which is v, and so without effect on the "
        "function; batch normalization after it, which divides g out.",
        reference=papers.SALIMANS_2016.at("eq. (2)"),
        aliases=("weight_norm",),
        symbol="keras_regzoo.layers.WeightNormalization",
        cost=Cost(note="one reduction over the kernel"),
    ),
)
