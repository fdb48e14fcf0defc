"""What sparse dictionaries have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo import validation
from keras_regzoo.backend import numpy_value, slots, write_back
from keras_regzoo.models.base_autoencoder import BaseAutoencoder
from keras_regzoo.models.dictionary_criterion import DictionaryCriterion
from keras_regzoo.models.dictionary_layers import Analysis, Atoms, LatentUse
from keras_regzoo.models.inputs import check_arrays
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.objectives.objective_model import ObjectiveModel

_SHARE = 0.2  # of the mean encoder norm of living latents, for one that is resampled
_ROWS = 4096

MakeCriterion = Callable[[dict[str, Any], int], DictionaryCriterion]


class SparseDictionary(BaseAutoencoder):
    """One layer that writes its inputs as sums of few atoms out of many (abstract).

    A variant fills in `activate`, and hands over its criterion; `compile` takes no loss.

    Args:
        inputs: Length of an input.
        latents: Number of atoms.
        criterion: Makes the loss, of the network's symbolic tensors and the length of an input.
        dead_after: Examples after which a latent that none has activated is dead.
        objectives: Objectives of `keras_regzoo.objectives`.
        seed: Integer, or `None`: of the first atoms.
        name: Name of the model.
    """

    def __init__(
        self,
        inputs: int,
        latents: int,
        criterion: MakeCriterion,
        dead_after: int,
        objectives: list[Objective] | tuple = (),
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        validation.integer("inputs", inputs, "[1, inf)")
        validation.integer("latents", latents, "[1, inf)")
        validation.integer("dead_after", dead_after, f"[1, {2**24}]")
        if seed is not None:
            seed = validation.integer("seed", seed)
        self._options = {"inputs": inputs, "latents": latents, "dead_after": dead_after}
        self._options |= {"seed": seed}
        atoms = Atoms(inputs, seed)
        atoms.build((None, latents))
        analysis = Analysis(atoms)
        analysis.build((None, inputs))
        self._parts = {"analysis": analysis, "use": LatentUse(dead_after), "atoms": atoms}
        given, code = keras.Input((inputs,)), keras.Input((latents,))
        encoder = keras.Model(given, self._coded(given)["code"], name="encoder")
        decoder = keras.Model(code, atoms(code), name="decoder")
        super().__init__(
            encoder, decoder, objectives, name, criterion=lambda: criterion(self._taps(), inputs)
        )

    @abstractmethod
    def activate(self, preactivation: Any) -> dict[str, Any]:
        """Returns the symbolic `code` of pre-activations, and what the criterion needs as well."""

    def further_taps(self, taps: dict[str, Any], atoms: Atoms) -> dict[str, Any]:
        """Returns what the criterion needs beside `activate`'s, of no use to predictions."""
        return {}

    def network(self, encoder: keras.Model, decoder: keras.Model) -> keras.Model:
        given = keras.Input(encoder.input_shape[1:])
        taps = self._coded(given)
        atoms = self._parts["atoms"]
        outputs = atoms(taps["code"])
        taps |= self.further_taps(taps, atoms)
        self._taps = lambda: taps
        return keras.Model(given, outputs, name="reconstruction")

    def _coded(self, given: Any) -> dict[str, Any]:
        preactivation = self._parts["analysis"](given)
        made = self.activate(preactivation)
        code, dead = self._parts["use"](made["code"])
        return {**made, "code": code, "dead": dead, "preactivation": preactivation}

    @property
    def dictionary(self) -> np.ndarray:
        """The atoms, of shape (latents, inputs), each of norm 1."""
        return numpy_value(self._parts["atoms"].kernel)

    @property
    def dead(self) -> np.ndarray:
        """Which latents no example of training has activated for `dead_after` examples."""
        return numpy_value(self._parts["use"].idle) >= self._options["dead_after"]

    def resample(self, x: Any, seed: int | None = None) -> int:
        """Gives dead latents atoms that point at examples which are reconstructed badly.

        For each dead latent an example is drawn with probability in proportion to its squared
        loss. The example without the decoder's bias, normalized, becomes the atom, and scaled
        the encoder's weights: to 0.2 of the mean encoder norm of the others, or where k latents
        are active to what makes it one of them for its example. The encoder's bias and what the
        optimizer has kept of these weights become zero. May be called between steps.

        Args:
            x: Array of inputs, batch first; a part of the data is enough.
            seed: Integer, or `None`: of the draws.

        Returns:
            How many latents were dead.

        Raises:
            ValueError: If `x` is no array of finite inputs.

        Reference: Bricken et al. (2023), Towards Monosemanticity, "Neuron Resampling" (there
        without subtracting the bias).
        """
        check_arrays("x", x)
        self.check_inputs("x", x)
        write_back(self)
        dead = np.flatnonzero(self.dead)
        if not len(dead):
            return 0
        parts = [x[start : start + _ROWS] for start in range(0, len(x), _ROWS)]
        errors = np.concatenate([self._errors(np.asarray(part)) for part in parts])
        chances = np.square(errors.astype("float64")) + np.finfo("float64").tiny
        rng = np.random.default_rng(seed)
        rows = rng.choice(len(x), len(dead), p=chances / chances.sum())
        analysis, atoms = self._parts["analysis"], self._parts["atoms"]
        examples = np.stack([np.asarray(x[row]) for row in rows])
        chosen = examples.astype("float64") - numpy_value(atoms.bias)
        distances = np.maximum(np.linalg.norm(chosen, axis=1), 1e-12)
        chosen /= distances[:, None]
        living = np.delete(numpy_value(analysis.kernel), dead, axis=1)
        usual = _SHARE * np.linalg.norm(living, axis=0).mean() if living.size else 1.0
        norms = self.encoder_norms(examples, distances, usual)
        self._replace(atoms.kernel, dead, chosen)
        self._replace(analysis.kernel, (slice(None), dead), norms * chosen.T)
        self._replace(analysis.bias, dead, 0.0)
        for variable, value in self.fresh_latent():
            self._replace(variable, dead, value)
        idle = numpy_value(self._parts["use"].idle)
        idle[dead] = 0
        self._parts["use"].idle.assign(idle)
        return len(dead)

    def encoder_norms(self, x: np.ndarray, distances: np.ndarray, usual: float) -> np.ndarray:
        """Returns the norms of the encoder's weights of latents that are resampled.

        Args:
            x: The example of each.
            distances: How far each is from the decoder's bias.
            usual: What Bricken et al. take.
        """
        return np.full(len(x), usual)

    def fresh_latent(self) -> list[tuple[keras.Variable, float]]:
        """Returns further weights of a latent, and what they become when it is resampled."""
        return []

    def _errors(self, x: np.ndarray) -> np.ndarray:
        made = ops.convert_to_numpy(ops.cast(self(x, training=False), "float32"))
        return np.sum(np.square(x - made), axis=1)

    def _replace(self, variable: keras.Variable, place: Any, value: Any) -> None:
        for each, new in ((variable, value), *((kept, 0.0) for kept in slots(self, variable))):
            changed = numpy_value(each)
            changed[place] = new
            each.assign(changed)

    def get_config(self) -> dict[str, Any]:
        """The encoder and the decoder follow from the sizes."""
        return {**self._options, **ObjectiveModel.get_config(self)}
