"""Projections of one weight tensor after each update."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Cost, Entry

PROJECTION = Cost(note="one projection of the weight after each update")

ENTRIES = (
    Entry(
        name="max_norm",
        kind="constraint",
        summary="Rescales every unit's incoming weights whose norm exceeds a bound back to it.",
        equation="w ← w · min(1, c / ‖w‖₂)   for each unit",
        when="With dropout and a high learning rate, where weights would blow up.",
        when_not="The bound is never reached: then it does nothing and costs a norm a step.",
        suggested="c from 3 to 4 (Srivastava et al. 2014, appendix A.3)",
        composes_badly_with="L2 or weight decay strong enough to keep the norm below the bound; "
        "batch normalization, which divides the norm out. Convolutions need axis=[0, 1, 2].",
        reference=papers.SRIVASTAVA_2014.at("§5.1"),
        symbol="keras.constraints.MaxNorm",
        cost=PROJECTION,
    ),
    Entry(
        name="unit_norm",
        kind="constraint",
        summary="Rescales every unit's incoming weights to norm one after each update.",
        equation="w ← w / ‖w‖₂   for each unit",
        when="Only directions should be learned: dictionaries, prototypes, cosine classifiers.",
        when_not="The scale of the output matters and no later layer can restore it.",
        suggested="nothing to choose but the axis: [0, 1, 2] for a convolution's kernel",
        composes_badly_with="L1, L2 and weight decay on the same weight, which it undoes at once; "
        "momentum, which keeps pointing off the sphere.",
        reference=papers.GOODFELLOW_2016.at("§7.2"),
        symbol="keras.constraints.UnitNorm",
        cost=PROJECTION,
    ),
    Entry(
        name="min_max_norm",
        kind="constraint",
        summary="Keeps the norm of every unit's incoming weights between two bounds.",
        equation="w ← (1−r) w + r · w · clip(‖w‖₂, a, b) / ‖w‖₂",
        when="Weights must neither blow up nor die, as in a recurrent net.",
        when_not="Only an upper bound is needed: MaxNorm says so more plainly.",
        suggested="a = 0.5, b = 2, rate r = 1 as a start (ours; no paper gives values)",
        composes_badly_with="L1 and group lasso, whose zeros the lower bound forbids.",
        reference=papers.GOODFELLOW_2016.at("§7.2"),
        symbol="keras.constraints.MinMaxNorm",
        cost=PROJECTION,
    ),
    Entry(
        name="non_neg",
        kind="constraint",
        summary="Sets negative weights to zero after each update, so that parts only add up.",
        equation="w ← max(w, 0)",
        when="Parts-based, readable features of non-negative data; outputs known to rise with "
        "every input.",
        when_not="Inputs are centred, or effects may be negative.",
        suggested="nothing to choose; initialize with non-negative weights, or half start at zero",
        composes_badly_with="Symmetric initializers and batch normalization, whose negative scale "
        "can undo the sign.",
        reference=papers.LEE_1999.at("non-negativity constraints on W and H"),
        symbol="keras.constraints.NonNeg",
        cost=PROJECTION,
    ),
    Entry(
        name="l1_ball",
        kind="constraint",
        summary="Projects the weights onto an L1 ball after each update: a budget of absolute "
        "weight, with exact zeros.",
        equation="w ← argmin ‖v − w‖₂ over ‖v‖₁ ≤ r  =  sign(w) · max(|w| − θ, 0)",
        when="Exact zeros are wanted, or the budget is easier to name than a penalty's strength.",
        when_not="The tensor is large and steps are short: the projection sorts it at each step.",
        suggested="a fraction such as 0.1 to 0.5 of the L1 norm the same weights reach without it "
        "(ours; follows the view of Goodfellow et al. 2016, §7.2)",
        composes_badly_with="L1 on the same weights (two budgets for one thing); Adam's momentum, "
        "which pushes weights off the ball again at each step.",
        reference=papers.DUCHI_2008.at("figure 1"),
        further=(papers.GOODFELLOW_2016.at("§7.2"),),
        symbol="keras_regzoo.constraints.L1Ball",
        cost=Cost(note="one sort of the constrained weights after each update"),
    ),
)
