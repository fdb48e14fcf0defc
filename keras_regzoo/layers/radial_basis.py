"""Gaussian radial basis functions."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo import validation
from keras_regzoo.axes import precise
from keras_regzoo.registration import register


@register
class RadialBasis(keras.layers.Layer):
    """Responds to the distance of the input from each of a set of centers.

        y_j = exp(−‖x − c_j‖² / (2 σ_j²))

    Active alike in training and at inference. With a linear layer after it, it is a radial basis
    function network: local, smooth, and near zero far from all data. Call `fit_centers(x)` before
    training: centers drawn without the data rarely lie near it when there are many features.

    It is *not* a kernel machine with a center at every example, nor `FourierBasis`, whose
    features spread over the whole space and only *approximate* a kernel by their products.

    Args:
        units: Number of centers.
        width: σ, the initial standard deviation of each Gaussian, in units of the input, above 0.
        trainable_centers: Whether training moves the centers.
        trainable_width: Whether training moves the widths, one for each center (through their
            logarithms, so that they stay positive).
        seed: Integer, or `None` for a seed of its own: of the initial centers, standard normal,
            and of `fit_centers`.
        **kwargs: `name`, `dtype`.

    Input shape: (batch, ..., features); output shape: (batch, ..., units).

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> layer = keras_regzoo.layers.RadialBasis(2, seed=0)
    >>> layer.fit_centers(np.array([[0.0, 0.0], [0.0, 0.2], [3.0, 0.0], [3.0, 0.2]]))
    >>> y = layer(np.array([[0.0, 0.1]]))
    >>> print(keras.ops.convert_to_numpy(keras.ops.sort(y)).round(2))
    [[0.61 1.  ]]

    Reference: Moody & Darken (1989), Fast Learning in Networks of Locally-Tuned Processing Units
    (k-means centers, nearest-neighbour widths); Broomhead & Lowe (1988), Multivariable Functional
    Interpolation and Adaptive Networks.
    """

    def __init__(
        self,
        units: int,
        width: float = 1.0,
        trainable_centers: bool = True,
        trainable_width: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = validation.integer("units", units, "[1, inf)")
        self.width = validation.number("width", width, "(0, inf)")
        yes_or_no = (False, True)
        self.trainable_centers = validation.one_of(
            "trainable_centers", trainable_centers, yes_or_no
        )
        self.trainable_width = validation.one_of("trainable_width", trainable_width, yes_or_no)
        self.seed = validation.seed(seed)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        self.centers = self.add_weight(
            name="centers",
            shape=(self.units, input_shape[-1]),
            initializer=keras.initializers.RandomNormal(stddev=1.0, seed=self.seed),
            trainable=self.trainable_centers,
            autocast=False,
        )
        self.log_width = self.add_weight(
            name="log_width",
            shape=(self.units,),
            initializer=keras.initializers.Constant(math.log(self.width)),
            trainable=self.trainable_width,
            autocast=False,
        )

    def call(self, inputs: Any) -> Any:
        widths = ops.exp(precise(self.log_width))
        made = gaussians(precise(inputs), precise(self.centers), widths)
        return ops.cast(made, self.compute_dtype)

    def fit_centers(self, x: Any, iterations: int = 100) -> None:
        """Moves the centers to the k-means of `x`, each width to the distance of the next center.

        Args:
            x: Inputs of this layer, of shape (examples, ..., features), with at least `units`
                different rows.
            iterations: The most rounds of k-means.

        Raises:
            ValueError: If `x` has fewer different rows than there are units.
            ImportError: If scikit-learn is not installed, which the `recipes` extra brings.
        """
        rows = np.asarray(ops.convert_to_numpy(x), "float64")
        rows = rows.reshape(-1, rows.shape[-1])
        different = len(np.unique(rows, axis=0))
        if different < self.units:
            raise ValueError(
                f"`x` must have at least as many different rows as there are units, {self.units}; "
                f"received {different}."
            )
        if not self.built:
            self.build((None, rows.shape[-1]))
            self.built = True
        cluster = validation.extra("sklearn.cluster", "recipes", "Fitting centers")
        means = cluster.KMeans(self.units, max_iter=iterations, tol=0.0, random_state=self.seed)
        centers = means.fit(rows).cluster_centers_
        self.centers.assign(centers)
        if self.units > 1:
            apart = np.linalg.norm(centers[:, None] - centers, axis=-1)
            np.fill_diagonal(apart, np.inf)
            self.log_width.assign(np.log(apart.min(axis=1)))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        names = ("units", "width", "trainable_centers", "trainable_width", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def gaussians(x: Any, centers: Any, widths: Any) -> Any:
    """Returns `exp(−‖x − c‖² / (2 σ²))` without a tensor of all the differences.

    Both are taken from the mean of the centers: far from zero, the squares would cancel.
    """
    middle = ops.stop_gradient(ops.mean(centers, axis=0))
    x, centers = x - middle, centers - middle
    products = ops.matmul(x, ops.transpose(centers))
    squares = ops.sum(ops.square(x), axis=-1, keepdims=True)
    distances = squares - 2 * products + ops.sum(ops.square(centers), axis=-1)
    return ops.exp(-ops.maximum(distances, 0) / (2 * ops.square(widths)))
