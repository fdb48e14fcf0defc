"""The distribution of an autoencoder's codes, estimated once it is trained."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from keras_regzoo import validation

KINDS = ("gaussian", "mixture")
_LEAST_VARIANCE = 1e-6  # added to every variance, as scikit-learn does, or this share of them
_NAMES = ("weights", "means", "factors")


class CodeDensity(keras.layers.Layer):
    """A mixture of Gaussians with full covariances, saved with the model that holds it.

    It has no variables, since their shapes would be known only once it is fitted: Keras saves it by
    `save_own_variables`. `weights` (K,), `means` (K, d) and `factors` (K, d, d), of which each is
    the Cholesky factor of a covariance, are NumPy arrays, and empty before.
    """

    def __init__(self) -> None:
        super().__init__(name="density")
        self.weights_, self.means_, self.factors_ = (np.zeros(0) for _ in _NAMES)
        self.built = True

    @property
    def fitted(self) -> bool:
        return len(self.weights_) > 0

    def fit(self, codes: np.ndarray, kind: str, components: int, seed: int | None) -> None:
        """Estimates the density of `codes`, of shape (examples, ...)."""
        rows = codes.reshape(len(codes), math.prod(codes.shape[1:])).astype("float64")
        if kind == "gaussian":
            centred = rows - rows.mean(axis=0)
            covariance = centred.T @ centred / len(rows)
            shares, means, covariances = np.ones(1), rows.mean(axis=0)[None], covariance[None]
            ridge = _LEAST_VARIANCE * max(1.0, covariance.diagonal().mean())
            covariances = covariances + ridge * np.eye(rows.shape[1])
        else:
            sklearn = validation.extra("sklearn.mixture", "recipes", "A mixture of Gaussians")
            mixture = sklearn.GaussianMixture(
                components, reg_covar=_LEAST_VARIANCE, random_state=seed
            ).fit(rows)
            shares, means, covariances = mixture.weights_, mixture.means_, mixture.covariances_
        self.weights_, self.means_ = shares, means
        self.factors_ = np.linalg.cholesky(covariances)

    def sample(self, n: int, random: np.random.Generator) -> np.ndarray:
        """Returns `n` codes, of shape (n, d)."""
        chosen = random.choice(len(self.weights_), size=n, p=self.weights_ / self.weights_.sum())
        noise = random.standard_normal((n, self.factors_.shape[-1]))
        return self.means_[chosen] + np.einsum("nij,nj->ni", self.factors_[chosen], noise)

    def save_own_variables(self, store: Any) -> None:
        if self.fitted:
            for name in _NAMES:
                store[name] = getattr(self, f"{name}_")

    def load_own_variables(self, store: Any) -> None:
        if _NAMES[0] in store:
            for name in _NAMES:
                setattr(self, f"{name}_", np.array(store[name]))
