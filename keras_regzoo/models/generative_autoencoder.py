"""What autoencoders have that generate."""

from __future__ import annotations

from typing import Any

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

        Raises:
            ValueError: If `n` or `seed` is out of its range, or the shape of a code not known.
        """
        validation.integer("n", n, "[1, inf)")
        random = np.random.default_rng(validation.seed(seed, "[0, inf)"))
        return self.decode(self.prior_codes(n, random))

    def prior_codes(self, n: int, random: np.random.Generator) -> np.ndarray:
        """Returns `n` codes drawn from the prior."""
        return random.standard_normal((n, *self.prior_shape()), dtype="float32")

    def prior_shape(self) -> tuple[int, ...]:
        """Returns the shape of a code that is drawn.

        Raises:
            ValueError: If the decoder does not tell.
        """
        shape = self.decoder_shape()
        if shape is None or None in shape[1:]:
            raise ValueError(
                "`decoder` must have been built for codes of one shape where codes are drawn; "
                f"received {self.decoder.name!r}, built for {shape}."
            )
        return tuple(shape[1:])

    def decoder_shape(self) -> Any:
        """Returns the shape, batch first, that the decoder takes codes in, or `None`."""
        built_for: Any = self.decoder.get_build_config() or {}
        return getattr(self.decoder, "input_shape", None) or built_for.get("input_shape")
