"""Figures of comparisons and autoencoders; each is a `matplotlib.figure.Figure`, to be saved."""

from keras_regzoo.diagnostics.comparison_figures import differences, learning_curves
from keras_regzoo.diagnostics.image_figures import filters, reconstructions, samples
from keras_regzoo.diagnostics.latent_figures import interpolation, latent_scatter, traversals

__all__ = [
    "differences",
    "filters",
    "interpolation",
    "latent_scatter",
    "learning_curves",
    "reconstructions",
    "samples",
    "traversals",
]
