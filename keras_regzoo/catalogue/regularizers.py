"""Penalties on one weight tensor or one activation."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Cost, Entry

ON_WEIGHTS = Cost(note="one sum over the penalized weights")

ENTRIES = (
    Entry(
        name="l1",
        kind="regularizer",
        summary="Penalizes the sum of absolute weights, which drives many of them to zero.",
        equation="λ Σᵢ |wᵢ|",
        when="Few inputs matter and you want to know which; a small model is wanted.",
        when_not="Inputs are strongly correlated (it keeps one of a group at random), or exact "
        "zeros are needed: gradient steps hover around zero, L1Ball reaches it.",
        suggested="1e-5 to 1e-3 on mean losses, by validation (a convention, not from the paper; "
        "Tibshirani 1996, §4 estimates it by cross-validation)",
        composes_badly_with="Batch normalization right after the layer: the scale it shrinks is "
        "divided out again. Adam: its step size hides the size of the penalty's gradient.",
        reference=papers.TIBSHIRANI_1996.at("eq. (1)"),
        further=(papers.GOODFELLOW_2016.at("§7.1.2"),),
        aliases=("lasso",),
        symbol="keras.regularizers.L1",
        cost=ON_WEIGHTS,
    ),
    Entry(
        name="l2",
        kind="regularizer",
        summary="Penalizes the sum of squared weights, which shrinks all of them (ridge).",
        equation="λ Σᵢ wᵢ²   (no factor ½)",
        when="The first thing to try on any overfitting model trained with SGD.",
        when_not="With Adam or another adaptive optimizer use decoupled weight decay instead.",
        suggested="1e-5 to 1e-2, by validation; 2.5e-4 here is the weight decay of 5e-4 of "
        "Krizhevsky et al. 2012, §5, whose penalty has a factor ½",
        composes_badly_with="Batch normalization: it then acts on the effective learning rate, not "
        "on the function. `weight_decay` of the optimizer: the two add up.",
        reference=papers.HOERL_1970.at("eq. (2.1)"),
        further=(papers.KROGH_1992, papers.GOODFELLOW_2016.at("§7.1.1")),
        aliases=("ridge", "tikhonov"),
        symbol="keras.regularizers.L2",
        cost=ON_WEIGHTS,
    ),
    Entry(
        name="l1_l2",
        kind="regularizer",
        summary="Adds an L1 and an L2 penalty: sparse, yet stable on correlated inputs (elastic "
        "net).",
        equation="λ₁ Σᵢ |wᵢ| + λ₂ Σᵢ wᵢ²",
        when="Sparse solutions are wanted and inputs come in correlated groups.",
        when_not="One of the two alone does: a second strength to tune is not free.",
        suggested="λ₂ on a coarse grid (0, 0.01, 0.1, 1, 10, 100 in Zou & Hastie 2005, on least "
        "squares summed over examples), λ₁ by cross-validation for each",
        composes_badly_with="`weight_decay` of the optimizer, which adds to λ₂.",
        reference=papers.ZOU_2005.at("§2.1"),
        aliases=("elastic_net",),
        symbol="keras.regularizers.L1L2",
        cost=ON_WEIGHTS,
    ),
    Entry(
        name="orthogonal",
        kind="regularizer",
        summary="Penalizes the cosines between the rows (or columns) of a matrix, so that units "
        "detect different things.",
        equation="λ · mean over i<j of |cos(wᵢ, wⱼ)|",
        when="Features are redundant, or a deep or recurrent net loses its gradient's norm.",
        when_not="The matrix has more rows than columns (more than can be orthogonal); the tensor "
        "is not of rank 2.",
        suggested="0.01, Keras's default; the paper penalizes |WWᵀ − I| instead, so its values do "
        "not carry over",
        composes_badly_with="L1 and group lasso, which want rows at zero, where the cosine has no "
        "direction.",
        reference=papers.BROCK_2017.at("section on orthogonal regularization"),
        symbol="keras.regularizers.OrthogonalRegularizer",
        cost=Cost(note="one matrix product of the kernel with its own transpose"),
    ),
    Entry(
        name="group_lasso",
        kind="regularizer",
        summary="Penalizes the norm of each group of weights, so that whole inputs, units or "
        "filters go to zero together.",
        equation="λ √p Σ_g ‖w_g‖₂,   p weights in each group",
        when="Whole inputs or units should be switched off: feature selection, a model that can be "
        "made narrower afterwards.",
        when_not="Single weights should vanish (use L1), or groups are needed exactly at zero "
        "without a threshold: gradient steps only approach it.",
        suggested="a grid of powers of ten from 1e-5 to 1e-2 by validation (a convention; Yuan & "
        "Lin 2006, §5 choose λ by a Cₚ criterion on least squares)",
        composes_badly_with="Batch normalization after the layer, which undoes the shrinkage of a "
        "group; L1 on the same weights (that sum is the sparse group lasso, with its own balance).",
        reference=papers.YUAN_2006.at("eq. (2.1)"),
        symbol="keras_regzoo.regularizers.GroupLasso",
        cost=ON_WEIGHTS,
    ),
)
