"""Whole networks."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Cost, Entry

ENTRIES = (
    Entry(
        name="autoencoder",
        kind="model",
        summary="Learns a code from which a decoder rebuilds the input; a narrow code is its "
        "regularizer.",
        equation="min E[ℓ(x, g(f(x)))],   code h = f(x)",
        when="Dimension reduction, features from unlabelled data, anomalies by reconstruction "
        "error.",
        when_not="The code is as wide as the input and nothing else regularizes: it copies.",
        suggested="784-1000-500-250-30 and its mirror for MNIST (Hinton & Salakhutdinov 2006)",
        composes_badly_with="A decoder so powerful that it needs no code; a squared loss on inputs "
        "of different scales.",
        reference=papers.HINTON_2006.at("figure 1"),
        further=(papers.GOODFELLOW_2016.at("§14.1"),),
        symbol="keras_regzoo.models.Autoencoder",
        evidence="benchmarks/results/undercomplete_autoencoder.json",
    ),
    Entry(
        name="contractive_autoencoder",
        kind="model",
        summary="Learns a code that moves little when the input does, except along the data.",
        equation="min E[ℓ(x, g(f(x))) + λ ‖∂f/∂x‖²_F]",
        when="Features for a classifier from unlabelled data, without a noise to choose.",
        when_not="Deep encoders where each step's time counts; use a DenoisingAutoencoder, whose "
        "noise costs nothing.",
        suggested="one layer of tied sigmoids (Rifai et al. 2011); λ = 0.1 to begin with (a "
        "convention), then by validation",
        composes_badly_with="A decoder that is neither tied nor bounded, which makes up for small "
        "codes; batch normalization in the encoder, which undoes the contraction.",
        reference=papers.RIFAI_2011.at("eq. 4"),
        further=(papers.RIFAI_2011_HIGHER,),
        symbol="keras_regzoo.models.ContractiveAutoencoder",
        cost=Cost(note="one dense layer: nearly nothing; else a backward pass of the encoder"),
        evidence="benchmarks/results/contractive_features.json",
    ),
    Entry(
        name="denoising_autoencoder",
        kind="model",
        summary="Rebuilds the clean input from a corrupted one, which forces the code to know how "
        "the data hang together.",
        equation="min E[ℓ(x, g(f(x̃)))],   x̃ ~ q(x̃ | x)",
        when="Features for a classifier, also with a code wider than the input; removing noise.",
        when_not="The corruption destroys what matters, or is unlike the noise to be removed.",
        suggested="masking noise of rate 0.1 to 0.4, more on noisier images (Vincent et al. 2008, "
        "table 1); emphasis (1, 0.5) to (1, 0) on what was masked (a convention)",
        composes_badly_with="Dropout on the input, a second corruption; a strong bottleneck beside "
        "strong noise.",
        reference=papers.VINCENT_2010.at("§3.1, eq. 13 and 14"),
        further=(papers.VINCENT_2008.at("§2.3"), papers.GOODFELLOW_2016.at("§14.5")),
        symbol="keras_regzoo.models.DenoisingAutoencoder",
        cost=Cost(note="one random draw an input"),
        evidence="benchmarks/results/denoising_autoencoder.json",
    ),
)
