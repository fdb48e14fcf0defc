"""Models: whole networks that plug into `fit`."""

from keras_regzoo.models.autoencoder import Autoencoder, BaseAutoencoder
from keras_regzoo.models.builders import conv_autoencoder, dense_autoencoder
from keras_regzoo.models.denoising_autoencoder import DenoisingAutoencoder

__all__ = [
    "Autoencoder",
    "BaseAutoencoder",
    "DenoisingAutoencoder",
    "conv_autoencoder",
    "dense_autoencoder",
]
