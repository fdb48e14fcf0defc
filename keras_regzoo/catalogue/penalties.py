"""Objectives that penalize weights, Jacobians and tangents."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Cost, Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="contractive_penalty",
        kind="objective",
        summary="Keeps the Jacobian of an encoder small, so that its code hardly changes where the "
        "input changes a little (contractive autoencoder; CAE+H with the change of the Jacobian).",
        equation="L̃ = L + λ E ‖∂h/∂x‖²_F   (+ λ γ E ‖J(x) − J(x + ε)‖²_F)",
        when="Overcomplete autoencoders with saturating units; features for a small labelled set.",
        when_not="Codes that are linear in the input, which it only shrinks; deep encoders on a "
        "tight budget: a denoising autoencoder contracts too, at the cost of a plain step.",
        suggested="Search λ by powers of ten from 1e-4 to 1. Scale matters: with a linear decoder "
        "the code can shrink while the decoder grows, so tie their weights (Rifai et al. 2011 do)",
        composes_badly_with="Batch normalization in the encoder, which undoes the scale of the "
        "weights and ties the examples of a batch together; untied linear decoders.",
        reference=papers.RIFAI_2011.at("eq. (1)"),
        further=(
            papers.RIFAI_2011_HIGHER,
            papers.RIFAI_2011_TANGENTS.at("eq. (4)"),
            papers.HUTCHINSON_1990,
        ),
        aliases=("cae", "cae_h"),
        symbol="keras_regzoo.objectives.ContractivePenalty",
        cost=Cost(
            note="closed form, one dense layer; a stack of them takes a backward pass of the "
            "encoder for each unit of the code, Hutchinson's estimate one for each probe, and all "
            "of them training through it"
        ),
    ),
    Entry(
        name="contrastive_loss",
        kind="objective",
        summary="Makes codes of two views of an example, or of a class, alike, and unlike all "
        "others in the batch.",
        equation="L̃ = L + λ C,   C = −E log [exp(u·u⁺/τ) / Σ_a exp(u·u_a/τ)]",
        when="Features from unlabelled examples under known augmentations; classes drawn apart.",
        when_not="Small batches, which hold few others to be unlike.",
        suggested="τ = 0.1 (Khosla et al. 2020), a projection of two layers (Chen et al. 2020, "
        "§4.2)",
        composes_badly_with="Mixup, whose inputs belong to two labels; small batches.",
        reference=papers.CHEN_2020.at("eq. (1)"),
        further=(papers.KHOSLA_2020.at("eq. (2)"),),
        aliases=("info_nce", "nt_xent", "supervised_contrastive"),
        symbol="keras_regzoo.objectives.ContrastiveLoss",
        cost=Cost(3, 3, "two further passes of the encoder alone"),
    ),
    Entry(
        name="tangent_prop",
        kind="objective",
        summary="Trains the outputs not to change along given directions of the input, such as "
        "those in which small rotations move an image.",
        equation="L̃ = L + λ E Σᵢ ‖(∂f/∂x) tᵢ(x)‖²",
        when="The transformations that leave the target as it is are known and differentiable, and "
        "examples are few.",
        when_not="Transformed examples are cheap: augmentation covers large transformations too; "
        "units that saturate piecewise (ReLU), whose derivative says little of what is farther on; "
        "images so small that a pixel is a large step (on 8 x 8 digits it lost to plain training).",
        suggested="Search λ by powers of ten; image tangents smoothed by a Gaussian of about one "
        "pixel. Zero derivatives hold for small transformations only",
        composes_badly_with="Adversarial training and mixup, whose inputs lie off the manifold the "
        "tangents belong to.",
        reference=papers.SIMARD_1992.at("§1 and fig. 1"),
        further=(
            papers.SIMARD_1998,
            papers.GOODFELLOW_2016.at("eq. (7.67)"),
            papers.RIFAI_2011_TANGENTS.at("eq. (6)"),
        ),
        symbol="keras_regzoo.objectives.TangentProp",
        cost=Cost(2, 2, "one tangent; each further one as much again"),
        evidence="benchmarks/results/tangent_prop.json",
    ),
    Entry(
        name="maximum_mean_discrepancy",
        kind="objective",
        summary="Draws the codes of all examples together to a normal distribution, by comparing "
        "pairs of codes and of draws.",
        equation="L̃ = L + λ MMD²({h(xᵢ)}, {z̃ᵢ}),   z̃ᵢ ~ N(0, σ² I)",
        when="Sampling from an autoencoder with a deterministic code; matching two distributions "
        "without a discriminator.",
        when_not="Batches of few examples; codes of many dimensions, where all distances look "
        "alike.",
        suggested="λ = 10 and the IMQ kernel beside a squared error summed over pixels "
        "(Tolstikhin et al. 2018, §4); several scales where codes start far from the prior",
        composes_badly_with="Batch normalization of the code, which fixes its variances already; "
        "losses that are means over elements, beside which λ is in effect larger.",
        reference=papers.TOLSTIKHIN_2018.at("algorithm 2"),
        further=(papers.GRETTON_2012.at("lemma 6"),),
        aliases=("mmd",),
        symbol="keras_regzoo.objectives.MaximumMeanDiscrepancy",
        cost=Cost(note="three kernel matrices of the batch"),
    ),
    Entry(
        name="parameter_tying",
        kind="objective",
        summary="Draws two sets of weights towards each other, or one towards that of another "
        "model.",
        equation="L̃ = L + λ ‖wᴬ − wᴮ‖²",
        when="Two models of related tasks; fine-tuning that should stay near its start.",
        when_not="The two should be the same: then share one layer.",
        suggested="Search λ by powers of ten; 0 leaves them apart, a large one shares them",
        composes_badly_with="Weight decay on the same weights, which draws them to 0 instead.",
        reference=papers.GOODFELLOW_2016.at("§7.9"),
        further=(papers.LASSERRE_2006,),
        aliases=("l2_distance",),
        symbol="keras_regzoo.objectives.ParameterTying",
        cost=Cost(note="one sum over the tied weights"),
    ),
    Entry(
        name="soft_weight_sharing",
        kind="objective",
        summary="Puts a mixture of Gaussians, learned with the weights, in the place of L2's one "
        "Gaussian: weights gather at few values.",
        equation="L̃ = L − λ Σᵢ log Σⱼ πⱼ N(wᵢ; μⱼ, σⱼ²)",
        when="Small nets on few data; weights to be quantized or pruned afterwards.",
        when_not="Large nets on a tight budget: every weight meets every component.",
        suggested="λ = 1 / (number of examples) where the loss is a mean negative log-likelihood; "
        "raise it slowly, since clusters that form early hold what was learned by then",
        composes_badly_with="Weight decay, which moves the clusters to 0; batch normalization, "
        "which makes the net indifferent to the scale on which they lie.",
        reference=papers.NOWLAN_1992.at("abstract"),
        further=(papers.BISHOP_2006.at("eq. (5.138)"),),
        symbol="keras_regzoo.objectives.SoftWeightSharing",
        cost=Cost(note="one density for each weight and component"),
    ),
)
