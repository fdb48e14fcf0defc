"""Models: whole networks that plug into `fit`."""

from keras_regzoo.models.autoencoder import Autoencoder
from keras_regzoo.models.base_autoencoder import BaseAutoencoder
from keras_regzoo.models.beta_tcvae import BetaTCVAE
from keras_regzoo.models.builders import conv_autoencoder, dense_autoencoder
from keras_regzoo.models.conditional_dense_autoencoder import conditional_dense_autoencoder
from keras_regzoo.models.conditional_vae import ConditionalVAE
from keras_regzoo.models.contractive_autoencoder import ContractiveAutoencoder
from keras_regzoo.models.contrastive_autoencoder import ContrastiveAutoencoder
from keras_regzoo.models.denoising_autoencoder import DenoisingAutoencoder
from keras_regzoo.models.importance_weighted_autoencoder import ImportanceWeightedAutoencoder
from keras_regzoo.models.info_vae import InfoVAE
from keras_regzoo.models.jump_relu_dictionary import JumpReLUDictionary
from keras_regzoo.models.regularized_autoencoder import RegularizedAutoencoder
from keras_regzoo.models.sparse_autoencoder import SparseAutoencoder
from keras_regzoo.models.stacked_autoencoder import StackedAutoencoder
from keras_regzoo.models.top_k_dictionary import TopKDictionary
from keras_regzoo.models.variational_autoencoder import VariationalAutoencoder
from keras_regzoo.models.vector_quantized_vae import VectorQuantizedVAE
from keras_regzoo.models.wasserstein_autoencoder import WassersteinAutoencoder

__all__ = [
    "Autoencoder",
    "BaseAutoencoder",
    "BetaTCVAE",
    "ConditionalVAE",
    "ContractiveAutoencoder",
    "ContrastiveAutoencoder",
    "DenoisingAutoencoder",
    "ImportanceWeightedAutoencoder",
    "InfoVAE",
    "JumpReLUDictionary",
    "RegularizedAutoencoder",
    "SparseAutoencoder",
    "StackedAutoencoder",
    "TopKDictionary",
    "VariationalAutoencoder",
    "VectorQuantizedVAE",
    "WassersteinAutoencoder",
    "conditional_dense_autoencoder",
    "conv_autoencoder",
    "dense_autoencoder",
]
