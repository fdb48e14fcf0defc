"""A linear model of Gaussian data, whose posterior and likelihood are known exactly."""

import keras
import numpy as np

INPUTS, LATENTS = 4, 2


class LinearGaussian:
    """`x = W z + b + σ ε` with z, ε standard normal; the columns of W are orthogonal.

    Then the posterior has a diagonal covariance: `(I + WᵀW/σ²)⁻¹`, about the mean
    `(σ² I + WᵀW)⁻¹ Wᵀ (x − b)`.
    """

    def __init__(self, stddev):
        rng = np.random.default_rng(7)
        columns = np.linalg.qr(rng.normal(size=(INPUTS, LATENTS)))[0] * [1.0, 0.4]
        self.loadings, self.bias, self.stddev = columns, rng.normal(size=INPUTS), stddev
        self.covariance = columns @ columns.T + stddev**2 * np.eye(INPUTS)

    def draw(self, examples):
        rng = np.random.default_rng(8)
        return rng.multivariate_normal(self.bias, self.covariance, examples).astype("float32")

    def posterior(self):
        """The matrix to means, their offset, and the variances."""
        gram = np.sum(self.loadings**2, axis=0)
        to_means = self.loadings / (self.stddev**2 + gram)
        return to_means, -self.bias @ to_means, 1 / (1 + gram / self.stddev**2)

    def model(self, cls, posterior_scale=1.0, **options):
        """A model with the exact posterior, its deviation scaled, and the exact likelihood."""
        encoder = keras.Sequential([keras.Input((INPUTS,)), keras.layers.Dense(2 * LATENTS)])
        decoder = keras.Sequential([keras.Input((LATENTS,)), keras.layers.Dense(INPUTS)])
        to_means, offset, variance = self.posterior()
        spread = np.log(posterior_scale**2 * variance)
        encoder.set_weights(
            [np.hstack([to_means, np.zeros_like(to_means)]), np.hstack([offset, spread])]
        )
        decoder.set_weights([self.loadings.T, self.bias])
        model = cls(encoder, decoder, likelihood="gaussian", stddev=self.stddev, **options)
        model.compile("sgd")
        return model
