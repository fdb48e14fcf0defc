"""The density of a mixture of Gaussians at very many numbers."""

from __future__ import annotations

import functools
import math
from typing import Any

from keras import ops

from keras_regzoo.backend.additive import kept, sums
from keras_regzoo.backend.autodiff import _engine


def mixture_cost(x: Any, means: Any, stddevs: Any, logits: Any) -> tuple[Any, list[Any]]:
    """Returns `−Σᵢ log Σⱼ πⱼ N(xᵢ; μⱼ, σⱼ²)`, and its gradients, for `additive`.

    With the responsibilities `rᵢⱼ = πⱼ N(xᵢ; μⱼ, σⱼ²) / Σₖ πₖ N(xᵢ; μₖ, σₖ²)` and the deviations
    `uᵢⱼ = (xᵢ − μⱼ) / σⱼ` the gradients are `Σⱼ rᵢⱼ uᵢⱼ / σⱼ`, `−Σᵢ rᵢⱼ uᵢⱼ / σⱼ`,
    `Σᵢ rᵢⱼ (1 − uᵢⱼ²) / σⱼ` and `Σᵢ (πⱼ − rᵢⱼ)` (Bishop, 2006, eq. 5.141 to 5.147).

    Args:
        x: Of any shape.
        means: μ, of shape (components,), as the following.
        stddevs: σ.
        logits: `log π` up to a constant.

    Example:

    >>> zero, one = keras.ops.zeros(1), keras.ops.ones(1)
    >>> cost, gradients = keras_regzoo.backend.mixture_cost(keras.ops.ones(2), zero, one, zero)
    >>> round(float(cost), 4)  # 2 · ½ + log 2π
    2.8379
    """
    log_proportions = ops.log_softmax(logits)
    log_heights = log_proportions - ops.log(stddevs) - 0.5 * math.log(2 * math.pi)
    moments = getattr(_engine, "mixture_moments", _moments)
    cost, slopes, numbers, firsts, seconds = moments(x, means, 1.0 / stddevs, log_heights)
    excess = math.prod(x.shape) * ops.exp(log_proportions) - numbers
    return cost, [slopes, -firsts / stddevs, (numbers - seconds) / stddevs, excess]


def _moments(x: Any, means: Any, precisions: Any, log_heights: Any) -> tuple[Any, ...]:
    """Returns the cost, its slopes, `Σᵢ rᵢⱼ`, `Σᵢ rᵢⱼ uᵢⱼ` and `Σᵢ rᵢⱼ uᵢⱼ²`.

    Each component is an array of its own, since XLA is slow at summing over an axis of so few.
    """
    each = range(means.shape[0])
    squares = ops.square(precisions)
    distances = [x - means[j] for j in each]
    densities = [log_heights[j] - 0.5 * squares[j] * ops.square(distances[j]) for j in each]
    highest = kept(ops.stop_gradient(functools.reduce(ops.maximum, densities)))
    relative = kept([ops.exp(density - highest) for density in densities])
    inverse = kept(1.0 / sum(relative))
    responsibilities = [part * inverse for part in relative]
    pulls = [responsibilities[j] * distances[j] for j in each]
    found = sums([*responsibilities, *pulls, *[pulls[j] * distances[j] for j in each]])
    numbers, firsts, seconds = ops.split(found, 3)
    cost = -ops.sum(highest - ops.log(inverse))
    slopes = sum(squares[j] * pulls[j] for j in each)
    return cost, slopes, numbers, firsts * precisions, seconds * squares
