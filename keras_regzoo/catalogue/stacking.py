"""Models made of autoencoders."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="stacked_autoencoder",
        kind="model",
        summary="Autoencoders of autoencoders: each encodes the codes of the last, or sees its "
        "input and output.",
        equation="deep: x̂ = g₁(⋯ g_K(f_K(⋯ f₁(x))));   chained: x_{k+1} = [x_k, g_k(f_k(x_k))]",
        when="Deep codes from parts that were, or are to be, trained one after the other.",
        when_not="All layers are trained at once anyway: one deep autoencoder is simpler.",
        suggested="3 stages of 1000 units, each pretrained with masking noise of rate 0.1 to 0.4 "
        "(Vincent et al. 2010, MNIST)",
        composes_badly_with="The chained form with wide inputs, which doubles their width at each "
        "stage.",
        reference=papers.VINCENT_2010.at("§3.5"),
        further=(papers.BENGIO_2007,),
        evidence="benchmarks/results/deep_autoencoder.json",
        aliases=("stacked_denoising_autoencoder",),
        symbol="keras_regzoo.models.StackedAutoencoder",
    ),
)
