"""What to search of each technique: ranges around the values of the papers, where they say."""

from __future__ import annotations

from keras_regzoo.setting import Setting, choice, linear, log, whole

Space = tuple[Setting, ...]

PENALTIES: dict[str, Space] = {
    "l1": (log("l1", 1e-6, 1e-2),),
    "l2": (log("l2", 1e-6, 1e-2),),
    "l1_l2": (log("l1", 1e-6, 1e-3), log("l2", 1e-6, 1e-2)),  # Zou & Hastie 2005: both by a grid
    "orthogonal": (log("factor", 1e-4, 1e-1),),
    "group_lasso": (log("strength", 1e-5, 1e-2),),
    "sparse_group_lasso": (log("strength", 1e-6, 1e-2), linear("l1_ratio", 0.5, 0.95)),
    "student_t": (log("strength", 1e-5, 1e-2), log("scale", 0.1, 10.0)),
    "spectral_norm": (log("strength", 1e-4, 1e-1),),  # Yoshida & Miyato 2017: 0.01
    "nuclear_norm": (log("strength", 1e-4, 1e-1),),
    "toward_reference": (log("strength", 1e-3, 10.0),),  # Li et al. 2018: by cross-validation
    "entropy": (log("strength", 1e-3, 1.0),),  # Pereyra et al. 2017: a grid
    "weight_penalty": (log("strength", 1e-6, 1.0),),
    "activity_regularization": (log("l1", 1e-5, 1e-2),),  # Glorot et al. 2011: 1e-3
    "kl_sparsity": (linear("target", 0.01, 0.2), log("strength", 0.1, 10.0)),  # Ng 2011
    "parameter_tying": (log("strength", 1e-4, 1.0),),
    "soft_weight_sharing": (log("strength", 1e-5, 1e-2), whole("components", 2, 8)),
}
CONSTRAINTS: dict[str, Space] = {
    "max_norm": (linear("max_value", 1.0, 5.0),),  # Srivastava et al. 2014: 3 to 4
    "min_max_norm": (linear("min_value", 0.0, 0.9), linear("max_value", 1.0, 4.0)),
    "l1_ball": (log("radius", 0.1, 100.0),),
    "l2_ball": (log("radius", 0.1, 30.0),),
    "spectral_norm_cap": (log("radius", 0.3, 10.0),),  # Miyato et al. 2018: 1
    "simplex": (log("total", 0.1, 10.0),),
    "soft_threshold": (log("threshold", 1e-7, 1e-3),),
    "group_soft_threshold": (log("threshold", 1e-7, 1e-3),),
}
LAYERS: dict[str, Space] = {
    "dropout": (linear("rate", 0.0, 0.8),),  # Srivastava et al. 2014: 0.2 inputs, 0.5 hidden
    "gaussian_dropout": (linear("rate", 0.0, 0.8),),
    "alpha_dropout": (linear("rate", 0.0, 0.2),),  # Klambauer et al. 2017: 0.05 and 0.1
    "spatial_dropout": (linear("rate", 0.0, 0.5),),
    "monte_carlo_dropout": (linear("rate", 0.05, 0.5),),
    "scheduled_dropout": (linear("rate", 0.0, 0.8),),
    "gaussian_noise": (log("stddev", 0.01, 1.0),),
    "masking_noise": (linear("rate", 0.0, 0.5),),  # Vincent et al. 2008: 0 to 0.5
    "salt_and_pepper_noise": (linear("rate", 0.0, 0.5),),
    "drop_connect": (linear("rate", 0.0, 0.8),),  # Wan et al. 2013: 0.5
    "layer_weight_noise": (log("stddev", 1e-3, 0.3),),
    "stochastic_depth": (linear("rate", 0.0, 0.5),),  # Huang et al. 2016: up to 0.5
    "drop_block": (linear("rate", 0.0, 0.3), choice("block_size", 3, 5, 7)),  # Ghiasi et al. 2018
    "concrete_dropout": (log("weight_strength", 1e-8, 1e-4), log("dropout_strength", 1e-7, 1e-3)),
    "cutmix": (linear("factor", 0.2, 1.0),),  # Yun et al. 2019: 1
    "image_augmentation": (choice("num_ops", 1, 2, 3), linear("factor", 0.1, 0.9)),  # RandAugment
    "spectral_normalization": (choice("power_iterations", 1, 2, 5),),
    "batch_normalization": (choice("momentum", 0.9, 0.99),),
    "k_sparse": (whole("k", 10, 70, "log"), linear("alpha", 1.0, 3.0)),  # of 1000 units
    "winner_take_all": (log("rate", 0.01, 0.2),),  # Makhzani & Frey 2015: 0.05
    "gaussian_sampling": (log("beta", 0.1, 10.0), choice("free_bits", 0.0, 0.05, 0.5)),
    "vector_quantizer": (
        whole("codes", 32, 1024, "log"),
        log("commitment", 0.1, 2.0),  # van den Oord et al. 2017, §3.2
        choice("decay", 0.9, 0.99, 0.999),
    ),
    "gradient_reversal": (log("strength", 0.01, 1.0),),  # Ganin et al. 2016: 0.01 to 1
    "highway": (linear("gate_bias", -4.0, -1.0),),  # Srivastava et al. 2015, §2.2: −1, −3
    "maxout": (whole("pieces", 2, 5),),
    "radial_basis": (log("width", 0.1, 10.0), choice("trainable_width", True, False)),
    "fourier_basis": (log("width", 0.1, 10.0), whole("units", 64, 2048, "log")),
    "polynomial_basis": (whole("degree", 2, 4),),
}
OBJECTIVES: dict[str, Space] = {
    "weight_decay": (log("weight_decay", 1e-4, 0.3),),
    "gradient_clipping": (log("global_clipnorm", 0.1, 10.0),),
    "weight_averaging": (choice("ema_momentum", 0.9, 0.99, 0.999),),
    "one_hot_label_smoothing": (linear("label_smoothing", 0.0, 0.3),),
    "label_smoothing": (linear("smoothing", 0.0, 0.3),),  # Szegedy et al. 2016: 0.1
    "adversarial_training": (
        log("radius", 1e-3, 0.3),  # Madry et al. 2018: 8/255 and 0.3
        choice("steps", 1, 3, 7),
        choice("random_start", True, False).when("steps", 3, 7),
        choice("clean_weight", 0.0, 0.5),
    ),
    "mixup": (log("alpha", 0.05, 1.0),),  # Zhang et al. 2018: 0.1 to 0.4, and 1
    "sharpness_aware": (log("radius", 0.01, 0.5),),  # Foret et al. 2021, §3.1
    "weight_noise": (log("stddev", 1e-3, 0.3),),  # Graves et al. 2013: 0.075
    "contractive_penalty": (
        log("strength", 1e-4, 1.0),
        choice("method", "auto", "hutchinson"),
        whole("probes", 1, 4).when("method", "hutchinson"),
    ),
    "contrastive_loss": (log("strength", 0.01, 10.0), log("temperature", 0.05, 1.0)),
    "tangent_prop": (log("strength", 1e-3, 10.0), linear("stddev", 0.5, 1.5)),
    "maximum_mean_discrepancy": (log("strength", 1.0, 100.0), choice("kernel", "imq", "rbf")),
    "input_gradient_penalty": (log("strength", 0.01, 100.0),),  # Ross & Doshi-Velez 2018
    "gradient_norm_penalty": (log("strength", 1e-4, 0.1),),
    "gradient_variance_penalty": (log("strength", 1e-3, 1.0), choice("microbatches", 2, 4)),
    "loss_smoothing": (log("stddev", 1e-3, 0.3), choice("samples", 2, 4)),
    "virtual_adversarial_training": (log("radius", 0.05, 10.0),),  # Miyato et al. 2019: ε alone
    "variational_bottleneck": (log("strength", 1e-5, 1e-1),),  # Alemi et al. 2017, figure 1
    "r_drop": (log("strength", 0.05, 2.5),),  # Liang et al. 2021, §3
    "self_paced": (log("threshold", 0.1, 10.0), choice("weighting", "hard", "linear")),
    "super_loss": (log("strength", 0.1, 3.0),),  # Castells et al. 2020: 0.25 and 1
    "consistency": (log("strength", 0.1, 100.0), log("stddev", 0.01, 0.5)),
    "mean_teacher": (
        log("strength", 0.1, 100.0),
        log("stddev", 0.01, 0.5),
        choice("decay", 0.9, 0.99, 0.999),  # Tarvainen & Valpola 2017: 0.99 and 0.999
    ),
    "pseudo_label": (log("strength", 0.1, 3.0), choice("threshold", 0.0, 0.8, 0.95)),
}
MODELS: dict[str, Space] = {
    "contractive_autoencoder": (log("strength", 1e-3, 1.0),),
    "denoising_autoencoder": (linear("corruption", 0.0, 0.5),),  # Vincent et al. 2008
    "sparse_autoencoder": (log("sparsity", 1e-5, 1e-2),),
    "top_k_dictionary": (whole("k", 8, 128, "log"), log("auxiliary", 1 / 256, 1 / 8)),
    "jump_relu_dictionary": (log("strength", 1e-4, 0.1), log("bandwidth", 1e-4, 0.1)),
    "wasserstein_autoencoder": (log("strength", 1.0, 100.0), choice("kernel", "imq", "rbf")),
    "info_vae": (linear("alpha", 0.0, 1.0), log("scaling", 1.0, 1000.0)),
    "regularized_autoencoder": (
        choice("penalty", "l2", "gradient"),
        log("beta", 1e-6, 1e-2),
        log("strength", 1e-6, 1e-2),
    ),
    "vector_quantized_vae": (whole("codes", 32, 1024, "log"), log("commitment", 0.1, 2.0)),
    "contrastive_autoencoder": (log("strength", 0.01, 10.0), log("temperature", 0.05, 1.0)),
    "variational_autoencoder": (log("beta", 0.1, 10.0), choice("free_bits", 0.0, 0.05, 0.5)),
    "conditional_vae": (log("beta", 0.1, 10.0), choice("free_bits", 0.0, 0.05, 0.5)),
    "importance_weighted_autoencoder": (
        choice("samples", 5, 10, 50),  # Burda et al. 2016, §5
        choice("gradient", "reparameterized", "doubly_reparameterized").when("samples", 10, 50),
    ),
    "beta_tcvae": (linear("beta", 1.0, 10.0),),  # Chen et al. 2018, §5
}
CALLBACKS: dict[str, Space] = {
    "early_stopping": (whole("patience", 5, 20),),
    "reduce_lr_on_plateau": (log("factor", 0.1, 0.5), whole("patience", 3, 10)),
    "generalization_loss_stopping": (linear("alpha", 1.0, 5.0),),  # Prechelt 1998
    "progress_quotient_stopping": (linear("alpha", 0.5, 3.0),),
    "consecutive_rise_stopping": (whole("strips", 2, 8),),
    "stochastic_weight_averaging": (linear("start", 0.5, 0.9),),  # Izmailov et al. 2018: 0.75
    "magnitude_pruning": (linear("sparsity", 0.5, 0.9),),  # Zhu & Gupta 2017
}
SPACES: dict[str, Space] = {
    **PENALTIES,
    **CONSTRAINTS,
    **LAYERS,
    **OBJECTIVES,
    **MODELS,
    **CALLBACKS,
}


def setting(technique: str, argument: str) -> Setting:
    """Returns how one argument of a technique is searched."""
    (found,) = (each for each in SPACES[technique] if each.argument == argument)
    return found
