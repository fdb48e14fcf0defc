"""Autoencoders that several modules draw."""

import pytest

from keras_regzoo.models import DenoisingAutoencoder
from tests.diagnostics.figures import small


@pytest.fixture(scope="package")
def autoencoder():
    return small()


@pytest.fixture(scope="package")
def denoising():
    return small(kind=DenoisingAutoencoder, corruption=0.5)
