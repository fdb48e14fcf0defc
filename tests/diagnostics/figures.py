"""Small autoencoders, and what their figures show."""

import keras
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

from keras_regzoo.models import Autoencoder, dense_autoencoder

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(size=(6, 4, 5, 1)).astype("float32")
ROWS = RNG.normal(size=(6, 20)).astype("float32")


def small(shape=(4, 5, 1), latent=3, kind=Autoencoder, **kwargs):
    keras.utils.set_random_seed(1)
    return kind(*dense_autoencoder(shape, hidden=(), latent=latent), **kwargs)


class Generator:
    """Stands for a generative model."""

    def sample(self, n, seed=None):
        if seed is not None:
            return np.full((n, 2, 3), float(seed))
        return np.arange(n * 6.0).reshape(n, 2, 3) / (n * 6)


def pictures(figure):
    """The arrays shown, axes by axes."""
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]


def limits(figure):
    return {axes.images[0].get_clim() for axes in figure.axes if axes.images}


def row_labels(figure):
    return [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()]


def is_cut_off(figure):
    """Whether something drawn, such as a text, goes beyond the figure's edge."""
    FigureCanvasAgg(figure).draw()
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    return min(box.x0, box.y0, width - box.x1, height - box.y1) < 0
