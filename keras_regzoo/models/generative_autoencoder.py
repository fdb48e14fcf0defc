"""What autoencoders have that generate."""

from __future__ import annotations

import numpy as np

from keras_regzoo import validation
from keras_regzoo.models.base_autoencoder import BaseAutoencoder


class GenerativeAutoencoder(BaseAutoencoder):
    """An autoencoder whose codes have a known distribution (abstract).

    The prior is a standard normal unless `prior_codes` says otherwise.
    """

    def sample(self, n: int, seed: int | None = None) -> np.ndarray:
        """Returns `n` new examples: what the decoder makes of codes drawn from the prior.

        They are means of the likelihood, without its noise.

        Args:
            n: How many, at least 1.
            seed: Integer, or `None` for other codes each time.
        """
        validation.integer("n", n, "[1, inf)")
        return self.decode(self.prior_codes(n, np.random.default_rng(seed)))

    def prior_codes(self, n: int, random: np.random.Generator) -> np.ndarray:
        """Returns `n` codes drawn from the prior."""
        shape = self.decoder.input_shape[1:]
        return random.standard_normal((n, *shape), dtype="float32")
