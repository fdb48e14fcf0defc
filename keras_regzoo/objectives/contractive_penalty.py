"""The contractive penalty: the encoder's Jacobian kept small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.backend import normal
from keras_regzoo.objectives.dense_chain import (
    Activation,
    DenseJacobian,
    Stage,
    slope_at_output,
    stages,
)
from keras_regzoo.objectives.encoder import Encoder
from keras_regzoo.objectives.hutchinson import ProbedJacobian, random_signs
from keras_regzoo.objectives.inputs import known_inputs, require_floating
from keras_regzoo.objectives.loss import Loss, Point, Tensor
from keras_regzoo.objectives.objective import Penalty
from keras_regzoo.registration import register

METHODS = ("auto", "exact", "hutchinson")
FEW_UNITS = 16


@register
class ContractivePenalty(Penalty):
    """Penalizes the Jacobian of the code with respect to the input, so that codes change little.

        L' = L + λ (E_x ‖J(x)‖²_F + γ E_{x,ε} ‖J(x) − J(x + ε)‖²_F),   J = ∂h/∂x,   ε ~ N(0, σ² I)

    The first term is the contractive autoencoder's, a mean over the batch; the second, there if
    `higher_order` is given, that of CAE+H, which stands for the norm of the Hessian. Active in
    training alone.

    For dense layers with elementwise activations the norm has a closed form: with one layer
    `h = s(x W + b)` it is `Σⱼ s'(aⱼ)² ‖Wⱼ‖²`, at hardly any cost; with several it is the norm of
    the product of their Jacobians, at as many backward passes of the encoder as the code has
    units. Otherwise it is Hutchinson's estimate `mean_v ‖Jᵀ v‖²`, v of random signs, which is
    unbiased; each probe takes a backward pass of the encoder, and n of them divide its variance
    by n. Batch normalization ties the examples of a batch together: the Jacobian is then that of
    all codes of the batch with respect to all its inputs. Dropout masks are the step's.

    It is *not* a penalty of the gradient of the loss (double backpropagation), nor the denoising
    autoencoder's, which contracts the reconstruction rather than the code.

    Args:
        encoder: A layer of the model or its name: the code h is what it gives for the model's
            inputs. By default the encoder of an autoencoder, a layer called `"encoder"`, or else
            the whole model.
        strength: λ, at least 0 (where it changes nothing). May be scheduled. Default 0.1.
        method: `"exact"`, `"hutchinson"`, or `"auto"`: exact for one dense layer, and for several
            with a code of at most 16 units. For `"exact"` an activation function of your own
            counts as elementwise; for `"auto"` only Keras's do.
        probes: Number of random v, at least 1; used by Hutchinson's estimate.
        higher_order: γ, relative to λ, at least 0, or `None` for no second term. May be scheduled.
        stddev: σ, in units of the inputs, at least 0. May be scheduled. Default 0.1.
        samples: Number of ε for each example, at least 1; each costs as much as the first term.
        seed: Integer, or `None` for a seed of its own.
        name: Name in logs and paths. Logs the added term.

    Takes a single floating-point input of any shape, batch first, and a single code of any shape;
    any targets.

    Raises:
        ValueError: If an argument is out of its range; if the model has no such layer; if its
            method is `"exact"` and the encoder is not made of dense layers with elementwise
            activations; if the model is fed several inputs or integers.

    Example:

    >>> autoencoder = keras_regzoo.models.Autoencoder(
    ...     *keras_regzoo.models.dense_autoencoder((8,), hidden=(), latent=12),
    ...     objectives=[keras_regzoo.objectives.ContractivePenalty(strength=0.1)],
    ... )
    >>> autoencoder.compile("adam", "mse")
    >>> history = autoencoder.fit(np.ones((16, 8), "float32"), verbose=0)
    >>> sorted(history.history)
    ['contractive_penalty', 'data_loss', 'loss']

    Reference: Rifai, Vincent, Muller, Glorot & Bengio (2011), Contractive Auto-Encoders, eq. 1;
    Rifai, Mesnil, Vincent, Muller, Bengio, Dauphin & Glorot (2011), Higher Order Contractive
    Auto-Encoder; Rifai, Dauphin, Vincent, Bengio & Muller (2011), The Manifold Tangent Classifier,
    eq. 4; Hutchinson (1990), A Stochastic Estimator of the Trace of the Influence Matrix.
    """

    def __init__(
        self,
        encoder: keras.layers.Layer | str | None = None,
        strength: float = 0.1,
        method: str = "auto",
        probes: int = 1,
        higher_order: float | None = None,
        stddev: float = 0.1,
        samples: int = 1,
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        second = {} if higher_order is None else {"higher_order": (higher_order, "[0, inf)")}
        super().__init__(strength, name, stddev=(stddev, "[0, inf)"), **second)
        if encoder is not None and not isinstance(encoder, str):
            encoder = validation.instance("encoder", encoder, (str, keras.layers.Layer)).name
        self.encoder = encoder
        self.method = validation.one_of("method", method, METHODS)
        self.probes = validation.integer("probes", probes, "[1, inf)")
        self.samples = validation.integer("samples", samples, "[1, inf)")
        self.seed = validation.seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def attach(self, model: keras.Model) -> None:
        require_floating(known_inputs(model), "ContractivePenalty", single=True)
        encoder = Encoder(model, self.encoder)
        chain = None
        if self.method != "hutchinson":
            chain = stages(encoder.layers, own_functions=self.method == "exact")
        if self.method == "exact" and chain is None:
            raise ValueError(
                "`method` must be 'auto' or 'hutchinson' for an encoder that is not made of Dense "
                "layers with elementwise activations; received method='exact'."
            )
        if self.method == "auto" and chain is not None and len(chain) > 1:
            chain = chain if chain[-1].dense.units <= FEW_UNITS else None
        self._found = _Found(encoder, chain, slope_at_output(chain or []))

    @property
    def taps(self) -> list[Any]:
        return self._found.encoder.taps if self._found.slope else []

    def draw(self, weights: list[Tensor], x: Any) -> tuple[list[Tensor], list[Tensor]]:
        """Returns the probes v, of random signs, and the ε/σ."""
        require_floating(x, "ContractivePenalty", single=True)
        signs, noises = [], []
        if self._found.chain is None:
            shape = self._found.encoder.output_shape(x)
            signs = [random_signs(shape, self.seed_generator) for _ in range(self.probes)]
        if "higher_order" in self.strengths:
            shape = ops.shape(tree.flatten(x)[0])
            noises = [normal(shape, self.seed_generator) for _ in range(self.samples)]
        return signs, noises

    def penalty(self, loss: Loss, point: Point, draw: tuple[list[Tensor], list[Tensor]]) -> Tensor:
        signs, noises = draw
        (x,) = tree.flatten(point.x)
        jacobian = self._jacobian(loss, point, signs)
        if isinstance(jacobian, DenseJacobian) and self._found.slope:
            codes = self._found.encoder.at(loss, point)
            here = jacobian.at_codes(codes, self._found.slope, x)
        else:
            here = jacobian(x)
        value = jacobian.squared_norm(here)
        changes = []
        for noise in noises:
            near = x + ops.cast(self.stddev * noise, x.dtype)
            change = tree.map_structure(ops.subtract, jacobian(near), here)
            changes.append(jacobian.squared_norm(change))
        return value + self.higher_order * (sum(changes) / len(changes)) if changes else value

    def _jacobian(
        self, loss: Loss, point: Point, signs: list[Tensor]
    ) -> DenseJacobian | ProbedJacobian:
        encoder, step = self._found.encoder, loss.step
        if self._found.chain is None:
            return ProbedJacobian(lambda x: encoder(step, point.weights, x), signs)
        return DenseJacobian(self._found.chain, encoder.values(step, point.weights))

    def get_config(self) -> dict[str, Any]:
        names = ("encoder", "method", "probes", "samples", "seed")
        second = {"higher_order": None}
        return {**second, **super().get_config(), **{name: getattr(self, name) for name in names}}


@dataclass(frozen=True)
class _Found:
    """What was found in the model, held where Keras does not track it a second time."""

    encoder: Encoder
    chain: list[Stage] | None
    slope: Activation | None
