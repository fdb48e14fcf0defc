"""Variational autoencoders."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Cost, Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="variational_autoencoder",
        kind="model",
        summary="Learns a code whose distribution is known, and with it a density of the data, by "
        "a lower bound on their likelihood.",
        equation="min E[−log p(x|z) + β KL(q(z|x) ‖ N(0, 1))],   z ~ q(z|x)",
        when="New examples, likelihoods, smooth codes to interpolate in, anomalies by likelihood.",
        when_not="Only reconstruction matters, at which a plain autoencoder is sharper.",
        suggested="β = 1, the bound; codes of 20 to 50 units for MNIST; β from 0 to 1 over the "
        "first epochs if latents die (Bowman et al. 2016); β = 4 or more to take factors apart "
        "(Higgins et al. 2017)",
        composes_badly_with="A loss that is a mean over pixels, which multiplies β by their "
        "number; dropout at the encoder's end; a decoder so strong that it needs no code.",
        reference=papers.KINGMA_2014.at("§3"),
        further=(papers.HIGGINS_2017, papers.KINGMA_2016, papers.LOAIZAGANEM_2019),
        aliases=("vae", "beta_vae"),
        symbol="keras_regzoo.models.VariationalAutoencoder",
        cost=Cost(note="one draw of the code an example"),
        evidence="benchmarks/results/vae_likelihood.json",
    ),
    Entry(
        name="conditional_vae",
        kind="model",
        summary="A variational autoencoder whose encoder and decoder see a label or another "
        "condition, and which generates what is asked for.",
        equation="min E[−log p(x|z, c) + β KL(q(z|x, c) ‖ N(0, 1))],   z ~ q(z|x, c)",
        when="Examples of a chosen class; codes of what the label does not say, such as style.",
        when_not="The condition is to be predicted, or is unknown at inference.",
        suggested="β = 1; labels one-hot beside the input of both models; a code smaller than "
        "without a condition, which need not hold it (a convention)",
        composes_badly_with="Conditions that the input tells anyway, which the encoder may ignore; "
        "Mixup, which mixes inputs and so integer labels.",
        reference=papers.SOHN_2015.at("§4"),
        further=(papers.KINGMA_2014,),
        aliases=("cvae",),
        symbol="keras_regzoo.models.ConditionalVAE",
        cost=Cost(note="one draw of the code an example"),
        evidence="benchmarks/results/conditional_vae.json",
    ),
    Entry(
        name="importance_weighted_autoencoder",
        kind="model",
        summary="A variational autoencoder trained by a tighter bound, the importance-weighted "
        "mean of several draws.",
        equation="min E[−log 1/K Σ_k p(x|z_k) p(z_k) / q(z_k|x)],   z_k ~ q(z|x)",
        when="A better density than a variational autoencoder's, with more of its latents in use.",
        when_not="The codes themselves matter: with many draws the encoder is trained less, and "
        "not to the posterior.",
        suggested="K = 5 to 50 (Burda et al. 2016, §5); the doubly reparameterized gradient from "
        "about 10 draws on (Tucker et al. 2019)",
        composes_badly_with="Objectives that differentiate a gradient, with the doubly "
        "reparameterized one; a weight on the divergence, which this bound has not apart.",
        reference=papers.BURDA_2016.at("eq. (8)"),
        further=(papers.TUCKER_2019.at("eq. (8)"),),
        aliases=("iwae",),
        symbol="keras_regzoo.models.ImportanceWeightedAutoencoder",
        cost=Cost(note="the decoder's part K times"),
        evidence="benchmarks/results/variational_autoencoder.json",
    ),
    Entry(
        name="beta_tcvae",
        kind="model",
        summary="Penalizes of a variational autoencoder's divergence the part by which latents "
        "depend on each other, to take factors apart.",
        equation="min E[−log p(x|z)] + α I(z; n) + β KL(q(z) ‖ Π_j q(z_j)) + γ Σ_j KL(q(z_j) ‖ "
        "p(z_j))",
        when="Independent factors behind the data are to have a latent each, and β of a β-VAE "
        "costs too much of the reconstruction.",
        when_not="Batches must be small; a bound on the likelihood is wanted.",
        suggested="α = γ = 1, β from 4 to 8 with Bernoulli pixels; batches of hundreds (Chen et "
        "al. 2018)",
        composes_badly_with="Few examples a replica: the aggregate posterior is estimated from "
        "them; factors that depend on each other in the data.",
        reference=papers.CHEN_2018.at("eq. (4) and appendix C"),
        further=(papers.HIGGINS_2017,),
        aliases=("tcvae",),
        symbol="keras_regzoo.models.BetaTCVAE",
        cost=Cost(note="B² · L densities for a batch of B examples and L latents"),
        evidence="benchmarks/results/variational_autoencoder.json",
    ),
)
