"""Generative and contrastive autoencoders."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Cost, Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="wasserstein_autoencoder",
        kind="model",
        summary="A deterministic autoencoder whose codes, over all examples, are drawn to a normal "
        "prior, from which new examples are decoded.",
        equation="min E ‖x − g(f(x))‖² + λ MMD²({f(xᵢ)}, N(0, σ² I))",
        when="Samples from an autoencoder that reconstructs nearly as well as a plain one.",
        when_not="Likelihoods are wanted; batches must be small; the code is wider than the data "
        "need, and cannot be normal.",
        suggested="λ = 10, codes of 8 units, σ = 1 and the IMQ kernel for MNIST (Tolstikhin et "
        "al. 2018, §4)",
        composes_badly_with="Batch normalization or an activation of limited range at the "
        "encoder's end; weights of examples, which the discrepancy does not see.",
        reference=papers.TOLSTIKHIN_2018.at("algorithm 2"),
        aliases=("wae", "wae_mmd"),
        symbol="keras_regzoo.models.WassersteinAutoencoder",
        cost=Cost(note="three kernel matrices of the batch"),
        evidence="benchmarks/results/wasserstein_autoencoder.json",
    ),
    Entry(
        name="info_vae",
        kind="model",
        summary="A variational autoencoder whose codes are held to the prior all together, so that "
        "each may still say much about its example.",
        equation="min E[−log p(x|z) + (1 − α) KL(q(z|x) ‖ p(z))] + (α + λ − 1) MMD²(q(z), p(z))",
        when="A variational autoencoder's codes say nothing, or a decoder is powerful enough "
        "to do without them.",
        when_not="A bound on the likelihood is wanted; batches must be small.",
        suggested="α = 1 (MMD-VAE), and λ such that its term is of the reconstruction's size",
        composes_badly_with="Free bits and warm-up, other ways to keep codes alive.",
        reference=papers.ZHAO_2019.at("eq. (6)"),
        further=(papers.GRETTON_2012.at("lemma 6"),),
        aliases=("mmd_vae",),
        symbol="keras_regzoo.models.InfoVAE",
        cost=Cost(note="three kernel matrices of the batch"),
        evidence="benchmarks/results/wasserstein_autoencoder.json",
    ),
    Entry(
        name="regularized_autoencoder",
        kind="model",
        summary="A deterministic autoencoder with small codes and a smooth decoder, sampled from a "
        "density that is fitted to its codes afterwards.",
        equation="min E ‖x − g(z)‖² + β ½ ‖z‖² + λ Ω(g),   Ω = Σ W²,   ‖∂g/∂z‖²   or   σ(W) ≤ 1",
        when="Samples and smooth interpolations without the noise and the prior of a variational "
        "autoencoder.",
        when_not="Likelihoods are wanted; codes of so many dimensions that no density can be "
        "fitted to them.",
        suggested="Search β and λ by powers of ten; a mixture of 10 Gaussians (Ghosh et al. 2020)",
        composes_badly_with="Weight decay on the decoder besides; batch normalization in the "
        "decoder, which undoes the scale that is penalized.",
        reference=papers.GHOSH_2020.at("§3 and §4"),
        aliases=("rae",),
        symbol="keras_regzoo.models.RegularizedAutoencoder",
        cost=Cost(
            note='"gradient": a pass and a half of the decoder more for each probe; '
            '"spectral": a decomposition of each kernel'
        ),
    ),
    Entry(
        name="vector_quantized_vae",
        kind="model",
        summary="An autoencoder whose code is made of integers, each the nearest vector of a "
        "learned codebook.",
        equation="min E[ℓ(x, g(e_k))] + β E ‖f(x) − sg(e_k)‖²,   k = argmin_j ‖f(x) − e_j‖",
        when="Codes for a language model of images or sounds; compression; codes that must be "
        "discrete.",
        when_not="Samples are wanted without training a prior of the integers; a single vector "
        "for each example, which is hardly more than clustering.",
        suggested="512 codes, β = 0.25, decay 0.99 (van den Oord et al. 2017, §3.2 and appendix "
        "A.1)",
        composes_badly_with="Weight averaging, which mixes codebooks; a codebook much larger than "
        "a batch has vectors.",
        reference=papers.VANDENOORD_2017.at("eq. (1) to (3)"),
        further=(papers.DHARIWAL_2020,),
        aliases=("vq_vae",),
        symbol="keras_regzoo.models.VectorQuantizedVAE",
        cost=Cost(note="the distances of all vectors to all codes"),
        evidence="benchmarks/results/vector_quantized_autoencoder.json",
    ),
    Entry(
        name="contrastive_autoencoder",
        kind="model",
        summary="An autoencoder whose code is also alike for two views of an example, or for two "
        "examples of a class, and unlike all others'.",
        equation="min E ℓ(x, g(f(x))) + λ C(f(x̂), f(x̃)),   C: InfoNCE or supervised contrastive",
        when="Codes for a classifier or for search, where known changes of the input should not "
        "matter and yet the input should be rebuilt.",
        when_not="Batches of few examples; no augmentation is known that leaves the meaning "
        "as it is.",
        suggested="Search λ by powers of ten; τ = 0.1 (Khosla et al. 2020); batches of hundreds",
        composes_badly_with="Augmentations that the reconstruction needs to know of, without a "
        "projection between.",
        reference=papers.CHEN_2020.at("eq. (1)"),
        further=(papers.KHOSLA_2020.at("eq. (2)"),),
        symbol="keras_regzoo.models.ContrastiveAutoencoder",
        cost=Cost(2, 2, "two views through the encoder alone, about half of the model each"),
        evidence="benchmarks/results/contrastive_autoencoder.json",
    ),
)
