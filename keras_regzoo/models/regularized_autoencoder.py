"""The regularized autoencoder."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_regzoo import validation
from keras_regzoo.constraints import SpectralNormCap
from keras_regzoo.data.splits import SEEDS
from keras_regzoo.models.chain import Models
from keras_regzoo.models.code_density import KINDS, CodeDensity
from keras_regzoo.models.code_penalties import CodeNorm, DecoderDecay, DecoderJacobian
from keras_regzoo.models.generative_autoencoder import GenerativeAutoencoder
from keras_regzoo.models.squared_error import SquaredError
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register

PENALTIES = ("l2", "gradient", "spectral")
_SMOOTHNESS = "smoothness"


@register
class RegularizedAutoencoder(GenerativeAutoencoder):
    """Learns a deterministic code and a smooth decoder, and samples by a density fitted afterwards.

        minimize over f, g:  mean ‖x − g(z)‖² + β mean ½ ‖z‖² + λ Ω(g),   z = f(x)
        Ω = Σ W²  ("l2")   or   mean ‖∂g(z)/∂z‖²_F  ("gradient")
        "spectral": σ_max(W) ≤ 1 for each kernel W of g, in place of λ Ω

    What a variational autoencoder does by noise on its codes, to decode near codes alike, is done
    by the decoder's own regularization. `compile` takes no loss; both penalties are active in
    training alone, and `evaluate` and validation report the squared error, a sum over an example's
    elements. Once it is trained, `fit_density(x)` estimates how its codes are distributed, and
    `sample` draws from there.

    It is *not* a penalty of the encoder's slope (`ContractiveAutoencoder`), whose codes would still
    be decoded in any way between those of the data.

    Args:
        encoder: Model f from inputs to codes, built or not.
        decoder: Model g from codes to reconstructions of the inputs' shape.
        penalty: `"l2"`, weight decay of the decoder's kernels, those it shares with the encoder
            (`layers.TiedDense`) among them; `"gradient"`, the slope of the decoder at the codes,
            estimated without bias by random probes; `"spectral"`, a `constraints.SpectralNormCap`
            on every kernel of the decoder, which must be built and is projected at once. It caps
            singular values, where the paper divides by the largest.
        beta: β, at least 0. May be scheduled as `"code_norm/strength"`. Default 1e-3.
        strength: λ, at least 0. May be scheduled as `"smoothness/strength"`. Default 1e-3. Not used
            by `"spectral"`.
        probes: Number of random directions of the gradient's estimate, at least 1.
        objectives: Further objectives of `keras_regzoo.objectives`.
        seed: Integer, or `None` for a seed of its own: of the probes.
        name: Name of the model.

    Trained by `fit(x)`, with batches of any shape that the encoder takes; outputs have the shape of
    the inputs. Logs `data_loss`, the squared error, and the terms as they are added, `code_norm`
    and, but for `"spectral"`, `smoothness`.

    Raises:
        ValueError: If an argument is out of its range, the encoder or decoder not a Keras model,
            their shapes do not meet, or a loss is given to `compile`; if the penalty is
            `"spectral"` and the decoder not built, or a kernel of it constrained otherwise; if the
            penalty is `"l2"` and the decoder without kernels to train.

    Example:

    >>> autoencoder = keras_regzoo.models.RegularizedAutoencoder(
    ...     *keras_regzoo.models.dense_autoencoder((8,), hidden=(6,), latent=2)
    ... )
    >>> autoencoder.compile("adam")
    >>> x = np.random.default_rng(0).normal(size=(16, 8)).astype("float32")
    >>> history = autoencoder.fit(x, verbose=0)
    >>> sorted(history.history)
    ['code_norm', 'data_loss', 'loss', 'smoothness']
    >>> autoencoder.fit_density(x, "gaussian").sample(3).shape
    (3, 8)

    Reference: Ghosh, Sajjadi, Vergari, Black & Schölkopf (2020), From Variational to Deterministic
    Autoencoders, sec. 3 and 4; values of β and λ: this library's.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        penalty: str = "l2",
        beta: float = 1e-3,
        strength: float = 1e-3,
        probes: int = 1,
        objectives: list[Objective] | tuple = (),
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        validation.one_of("penalty", penalty, PENALTIES)
        validation.number("beta", beta, "[0, inf)")
        validation.number("strength", strength, "[0, inf)")
        validation.integer("probes", probes, "[1, inf)")
        validation.instance("decoder", decoder, keras.Model)
        seed = validation.seed(seed)
        built_in: list[Objective] = [CodeNorm(beta)]
        if penalty == "l2":
            built_in.append(DecoderDecay(decoder, strength, _SMOOTHNESS))
        elif penalty == "gradient":
            built_in.append(DecoderJacobian(decoder, strength, probes, seed, _SMOOTHNESS))
        else:
            _cap(decoder)
        super().__init__(encoder, decoder, objectives, name, built_in, SquaredError)
        options = {"penalty": penalty, "beta": beta, "strength": strength}
        self._options = {**options, "probes": probes, "seed": seed}
        self.density = CodeDensity()

    def stages(self, encoder: keras.Model, decoder: keras.Model) -> Models:
        return [encoder, decoder]

    def fit_density(
        self,
        x: Any,
        kind: str = "mixture",
        components: int = 10,
        batch_size: int | None = None,
        seed: int | None = None,
    ) -> RegularizedAutoencoder:
        """Estimates the distribution of the codes of `x`, from which `sample` draws.

        It is saved with the model, and is to be fitted again where the model is trained on.

        Args:
            x: Array of inputs, batch first: those that the model was trained on, say.
            kind: `"gaussian"`, of their mean and covariance, or `"mixture"` of Gaussians with full
                covariances (scikit-learn's, which the extra "recipes" installs).
            components: Of the mixture, at least 1. The paper used 10.
            batch_size: Examples encoded at a time.
            seed: Integer, or `None`: of where the mixture's fit starts.

        Returns:
            The model itself.

        Raises:
            ValueError: If an argument is out of its range, there are fewer examples than two or
                than components, or inputs or codes are not finite.
        """
        validation.one_of("kind", kind, KINDS)
        validation.integer("components", components, "[1, inf)")
        least = max(2, components if kind == "mixture" else 2)
        seed = validation.seed(seed, SEEDS)
        self.check_inputs("x", x)
        codes = self.encode(x, batch_size)
        if not np.isfinite(codes).all():
            raise ValueError(
                "`x` must have finite codes; received inputs of which the encoder makes NaN or "
                "infinity."
            )
        if len(codes) < least:
            raise ValueError(f"`x` must hold at least {least} examples; received {len(codes)}.")
        self.density.fit(codes, kind, components, seed)
        return self

    def prior_codes(self, n: int, random: np.random.Generator) -> np.ndarray:
        if not self.density.fitted:
            raise ValueError(
                "`sample` needs the density of the codes, of which there is none yet: "
                "call `fit_density(x)` once the model is trained."
            )
        rows = self.density.sample(n, random).astype("float32")
        return rows.reshape(n, *self.prior_shape())

    def get_config(self) -> dict[str, Any]:
        return {**self._options, **super().get_config()}


def _cap(decoder: keras.Model) -> None:
    """Constrains the kernels of a decoder, and projects them."""
    if not decoder.built:
        raise ValueError(
            "`decoder` must be built for penalty='spectral', which constrains its kernels; "
            f"received {decoder.name!r}, which is not."
        )
    cap = SpectralNormCap(1.0)
    for variable in decoder.trainable_variables:
        if len(variable.shape) < 2:
            continue
        if variable.constraint is not None and not isinstance(variable.constraint, SpectralNormCap):
            raise ValueError(
                "`decoder` must have no constraints of its own beside penalty='spectral'; received "
                f"{decoder.name!r}, whose {variable.path!r} has a "
                f"{type(variable.constraint).__name__}."
            )
        variable.constraint = cap
        variable.assign(cap(variable.value))
