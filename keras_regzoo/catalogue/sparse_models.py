"""Networks with sparse codes."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Cost, Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="sparse_autoencoder",
        kind="model",
        summary="Learns a code of which few units are active for an example, by a penalty or by "
        "keeping the largest.",
        equation="min E[ℓ(x, g(s(f(x)))) + Ω(f(x))],   Ω = λ Σ_j |h_j| for activity L1",
        when="Features from unlabelled data, with a code wider than the input; codes to be looked "
        "at one unit at a time.",
        when_not="The code must be short: a narrow one does without sparsity.",
        suggested="KSparse with k = 10 to 70 of 1000 units (Makhzani & Frey 2014, §4); KL with "
        "ρ = 0.05, β = 3 (Ng 2011, §3); activity L1 from 1e-4 to 1e-2 (a convention)",
        composes_badly_with="An L1 penalty beside a decoder whose weights are not bounded, which "
        "makes up for small codes; dropout on the code.",
        reference=papers.NG_2011.at("§3"),
        further=(
            papers.MAKHZANI_2014.at("§2"),
            papers.MAKHZANI_2015.at("§2"),
            papers.GOODFELLOW_2016.at("§14.2.1"),
        ),
        symbol="keras_regzoo.models.SparseAutoencoder",
        cost=Cost(note="that of the sparsity layer"),
        evidence="benchmarks/results/sparse_autoencoder.json",
    ),
    Entry(
        name="top_k_dictionary",
        kind="model",
        summary="Writes inputs as sums of k atoms of unit norm out of very many, and trains the "
        "atoms that went unused on what the others leave.",
        equation="x̂ = b + W TopK((x − b) V + c);   adds α ‖e − ê‖²,   e = x − x̂, ê of dead latents",
        when="What the activations of a large network are made of: superposed features, one a "
        "latent; data with more sparse causes than elements.",
        when_not="Examples need very different numbers of atoms (use JumpReLUDictionary), or a "
        "small dense code does.",
        suggested="α = 1/32, dead after ten million examples, as many dead latents at a time as "
        "half the inputs (Gao et al. 2024); inputs centred, of mean squared norm 1",
        composes_badly_with="Weight decay of the atoms, whose norm is fixed; a k lowered without "
        "training on.",
        reference=papers.GAO_2024.at("TopK and the auxiliary loss"),
        further=(papers.MAKHZANI_2014.at("§2"), papers.BRICKEN_2023.at("the appendix")),
        aliases=("topk_sae", "dictionary_learning"),
        symbol="keras_regzoo.models.TopKDictionary",
        cost=Cost(note="two selections, and a second product of dead latents with the atoms"),
        evidence="benchmarks/results/sparse_dictionary.json",
    ),
    Entry(
        name="jump_relu_dictionary",
        kind="model",
        summary="Writes inputs as sums of few atoms of unit norm, each latent with a learned "
        "threshold and a price of being active.",
        equation="z = a H(a − θ),   min E[‖x − x̂‖² + λ ‖z‖₀],   ∂θ by a kernel of width ε",
        when="A sparse dictionary whose codes are not shrunk, with more atoms for harder inputs.",
        when_not="The number of active latents is given (use TopKDictionary); few data, of which "
        "few come near a threshold.",
        suggested="ε = θ₀ = 0.001 at inputs of mean squared norm 1; λ by the L0 wanted, raised "
        "from 0 at first (Rajamanoharan et al. 2024)",
        composes_badly_with="Half precision, in which a narrow kernel meets few pre-activations; "
        "an L1 penalty on the code.",
        reference=papers.RAJAMANOHARAN_2024.at("the loss and its pseudo-derivatives"),
        further=(papers.BRICKEN_2023.at("the appendix"),),
        aliases=("jumprelu_sae",),
        symbol="keras_regzoo.models.JumpReLUDictionary",
        evidence="benchmarks/results/sparse_dictionary.json",
    ),
)
