"""From what is seen, given or needed to the techniques worth trying, in that order."""

from __future__ import annotations

from typing import NamedTuple


class Situation(NamedTuple):
    """One row of the guide.

    Attributes:
        what: What is seen, given or needed.
        advice: What to do about it, and why, in a sentence or two.
        techniques: Names of catalogue entries, the first to try first.
    """

    what: str
    advice: str
    techniques: tuple[str, ...]


GUIDE: dict[str, tuple[Situation, ...]] = {
    "What you see": (
        Situation(
            "Validation error far above training error",
            "Begin with what is cheap and rarely hurts; add one technique at a time and compare.",
            ("early_stopping", "weight_decay", "dropout", "image_augmentation", "mixup"),
        ),
        Situation(
            "Training error itself is high",
            "Nothing that regularizes helps: take regularization away, train longer, make the "
            "model larger, or let gradients through: see first in which layer they end.",
            ("gradient_monitor", "batch_normalization", "highway", "reduce_lr_on_plateau"),
        ),
        Situation(
            "Accuracy holds while validation loss rises",
            "The model grows overconfident. Soften the targets, or stop at the best loss.",
            ("label_smoothing", "mixup", "generalization_loss_stopping", "variational_bottleneck"),
        ),
        Situation(
            "Loss spikes, or results that depend on the seed",
            "Bound the step or the weights, or average them along the way.",
            ("gradient_clipping", "max_norm", "weight_averaging", "spectral_normalization"),
        ),
        Situation(
            "A good model that should be a little better",
            "Flat minima generalize: worth twice the time when the rest is settled.",
            ("sharpness_aware", "stochastic_weight_averaging", "snapshot_checkpoint", "r_drop"),
        ),
        Situation(
            "Training stalls in poor minima",
            "Begin on a smoothed loss or with easy examples, and return to the full problem.",
            ("loss_smoothing", "continuation_scheduler", "self_paced_scheduler", "curriculum"),
        ),
    ),
    "What data you have": (
        Situation(
            "A table of few rows",
            "A linear or small model with a penalty, by cross-validation, comes first; fixed "
            "nonlinear features keep it convex.",
            ("l2", "l1_l2", "polynomial_basis", "radial_basis", "cross_validation"),
        ),
        Situation(
            "A table of many columns, most of them irrelevant",
            "Select inputs: a group is all weights that leave one column.",
            ("l1", "group_lasso", "sparse_group_lasso", "l1_ball", "group_soft_threshold"),
        ),
        Situation(
            "A table of few columns and very many rows",
            "Where a kernel machine would do: features that approximate it, and a linear model.",
            ("fourier_basis", "radial_basis", "polynomial_basis"),
        ),
        Situation(
            "Few examples, of any kind",
            "More data from the data there is, a penalty that knows what may not matter, and in "
            "the end the validation examples too.",
            ("mixup", "dropout", "tangent_prop", "toward_reference", "retrain_on_all_data"),
        ),
        Situation(
            "Few labels, many examples without",
            "Ask for the same answer under noise on the unlabelled examples, or learn the "
            "features from them first.",
            (
                "consistency",
                "mean_teacher",
                "virtual_adversarial_training",
                "pseudo_label",
                "self_training",
                "denoising_autoencoder",
            ),
        ),
        Situation(
            "Noisy labels",
            "Wrong labels are learned last: stop early, soften the targets, give examples of large "
            "loss less weight, or begin with the easy ones.",
            ("early_stopping", "self_paced", "super_loss", "label_smoothing", "curriculum"),
        ),
        Situation(
            "Images",
            "Augmentation before anything else; neighbouring pixels reveal single dropped ones, so "
            "drop maps, blocks or layers.",
            (
                "image_augmentation",
                "cutmix",
                "mixup",
                "spatial_dropout",
                "drop_block",
                "stochastic_depth",
            ),
        ),
        Situation(
            "Images that mean the same turned or mirrored",
            "Build a small group of transforms in exactly; teach the others by example or by "
            "their tangents.",
            ("max_over_transforms", "image_augmentation", "tangent_prop"),
        ),
        Situation(
            "Inputs with missing or broken values",
            "Train with the damage that will come.",
            ("masking_noise", "salt_and_pepper_noise", "denoising_autoencoder"),
        ),
        Situation(
            "Two domains, labels in one alone",
            "Keep the domain out of the code.",
            ("gradient_reversal", "consistency"),
        ),
    ),
    "What model you have": (
        Situation(
            "A wide dense net",
            "Drop units, or weights, and bound the norms that a high learning rate would blow up.",
            ("dropout", "max_norm", "drop_connect", "maxout", "concrete_dropout"),
        ),
        Situation(
            "A very deep net",
            "Normalize, leave paths for the gradient, and drop whole layers.",
            ("batch_normalization", "stochastic_depth", "highway", "weight_normalization"),
        ),
        Situation(
            "A recurrent net",
            "Clip gradients always; noise on the weights, one draw a sequence, disturbs its memory "
            "less than noise on the state. Normalize over features, not over the batch.",
            ("gradient_clipping", "weight_noise", "layer_normalization", "dropout"),
        ),
        Situation(
            "A pretrained model",
            "Pull toward the weights it came with rather than toward zero; begin with the top.",
            ("toward_reference", "gradual_unfreezing", "early_stopping", "weight_averaging"),
        ),
        Situation(
            "A model that is built already, or not yours",
            "Objectives and penalties wrap it; no layer changes.",
            ("weight_penalty", "mixup", "sharpness_aware", "adversarial_training"),
        ),
        Situation(
            "Several tasks or outputs",
            "Learn the weights of the losses; tie, rather than share, what is only similar.",
            ("uncertainty_weighting", "parameter_tying", "gradient_reversal"),
        ),
        Situation(
            "An autoencoder whose code is too good a copy",
            "Corrupt the input, or make the code sparse, stochastic, or slow to change.",
            (
                "denoising_autoencoder",
                "k_sparse",
                "kl_sparsity",
                "contractive_penalty",
                "gaussian_sampling",
                "tied_dense",
            ),
        ),
    ),
    "What you need": (
        Situation(
            "Robustness to attacks",
            "Only training on attacks holds against them; the others are cheaper and weaker.",
            (
                "adversarial_training",
                "virtual_adversarial_training",
                "input_gradient_penalty",
                "spectral_normalization",
            ),
        ),
        Situation(
            "Robustness to noise in the inputs",
            "Train with it; for small noise a penalty on the derivative is the same without draws.",
            ("gaussian_noise", "input_gradient_penalty", "contractive_penalty", "masking_noise"),
        ),
        Situation(
            "Calibrated probabilities",
            "Compare the calibration error before and after; two of these at once underconfide.",
            ("label_smoothing", "mixup", "entropy", "variational_bottleneck"),
        ),
        Situation(
            "To know how sure a prediction is",
            "Average over masks at inference, and look at the spread.",
            ("monte_carlo_dropout", "concrete_dropout"),
        ),
        Situation(
            "Zeros among the weights, or a smaller model",
            "A penalty alone leaves small weights: projections and proximal steps give exact "
            "zeros, pruning a chosen number of them. Or teach a small model.",
            (
                "magnitude_pruning",
                "soft_threshold",
                "group_soft_threshold",
                "lottery_ticket",
                "distillation",
            ),
        ),
        Situation(
            "Weights that can be read",
            "Let parts only add up, mix to one, keep to a budget, or point different ways.",
            ("non_neg", "simplex", "l1_ball", "orthogonal"),
        ),
        Situation(
            "A sparse code",
            "A fixed count is the easiest to control.",
            ("k_sparse", "winner_take_all", "kl_sparsity", "activity_regularization"),
        ),
        Situation(
            "A code that does not tell an attribute",
            "Let an adversary look for it, or let the code tell little at all.",
            ("gradient_reversal", "variational_bottleneck"),
        ),
        Situation(
            "To know when to stop",
            "By how far the validation error has risen, against how fast training still gains; "
            "or at a value, or a time.",
            (
                "early_stopping",
                "generalization_loss_stopping",
                "progress_quotient_stopping",
                "target_stopping",
                "time_stopping",
            ),
        ),
        Situation(
            "A long training that may be interrupted",
            "Go on with the same numbers as without; keep the best few models on the way.",
            ("exact_resume", "top_k_checkpoint"),
        ),
        Situation(
            "No time for more than plain training",
            "These cost nothing, or next to it.",
            ("early_stopping", "weight_decay", "weight_averaging", "label_smoothing", "dropout"),
        ),
    ),
}
