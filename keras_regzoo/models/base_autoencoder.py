"""What every autoencoder has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import tree

from keras_regzoo import validation
from keras_regzoo.models.chain import Models, chain
from keras_regzoo.models.code_line import line
from keras_regzoo.models.first_batch import first_batch
from keras_regzoo.models.from_disk import cut, from_disk, on_disk
from keras_regzoo.models.inputs import (
    ROWS_AT_A_TIME,
    check_arrays,
    check_data,
    check_fit,
    check_no_classes,
    check_reconstruction,
    check_shapes,
    check_targets,
    single,
    with_last_axis,
)
from keras_regzoo.models.sharing import mark_shared
from keras_regzoo.models.weights import as_losses
from keras_regzoo.objectives.criterion import Criterion
from keras_regzoo.objectives.data_loss import is_binary
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.objectives.objective_model import ObjectiveModel
from keras_regzoo.quiet import QUIET


class BaseAutoencoder(ObjectiveModel):
    """An encoder and a decoder, trained to reconstruct (abstract).

    A variant is a small final class that fills in `stages`, the layers an input passes on its way
    to the reconstruction, and hands over the objectives that make it what it is. One whose loss
    needs more than the reconstruction fills in `network` instead, and brings a `Criterion`.

    What it is given is checked before any step: shapes, NaN and infinity, and the range that a
    likelihood asks for: of arrays all of them, of a dataset, generator or loader its first batch
    alone, of a `numpy.memmap` some parts. Predictions ask for no range.

    A `numpy.memmap` given to `fit`, `evaluate`, `predict` and what is built on them, alone or in a
    list, here or in a `RegularizedModel`, is read a batch at a time, by `data.MemmapDataset`: as
    random an order, a seed from Python's own generator.

    A `sample_weight` has one number for each example. Where the compiled loss has several, such as
    one for each pixel, it may have as many; Keras's losses are means over the last axis.

    Args:
        encoder: Model from inputs to codes.
        decoder: Model from codes to reconstructions.
        objectives: Objectives of `keras_regzoo.objectives`, as for `RegularizedModel`.
        name: Name of the model.
        built_in: The variant's own objectives.
        criterion: Its loss in place of a compiled one, or a function that makes it.
    """

    valid_range: tuple[float, float] | None = None  # the interval that inputs must lie in

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        objectives: list[Objective] | tuple = (),
        name: str | None = None,
        built_in: list[Objective] | tuple = (),
        criterion: Criterion | Callable[[], Criterion] | None = None,
    ) -> None:
        validation.instance("encoder", encoder, keras.Model)
        validation.instance("decoder", decoder, keras.Model)
        self.check_ends(encoder, decoder)
        network = self.network(encoder, decoder)
        if criterion is not None and not isinstance(criterion, Criterion):
            criterion = criterion()
        super().__init__(network, objectives, name, built_in, criterion)
        self.encoder = encoder
        self.decoder = decoder

    def stages(self, encoder: keras.Model, decoder: keras.Model) -> Models:
        """Returns the layers from an input to its reconstruction."""
        raise NotImplementedError(f"{type(self).__name__} must override `stages`.")

    def network(self, encoder: keras.Model, decoder: keras.Model) -> keras.Model:
        """Returns the model from an input to its reconstruction."""
        return chain(encoder, self.stages(encoder, decoder), "reconstruction")

    def code_shape(self, shape: Any) -> Any:
        """Returns the shape of the decoder's input, given that of the encoder's output."""
        return shape

    def check_ends(self, encoder: keras.Model, decoder: keras.Model) -> None:
        """Raises a ValueError if the ends of the two models are known and do not meet."""
        check_fit(encoder, decoder, self.code_shape)

    def targets(self, x: Any, y: Any, name: str = "y") -> Any:
        """The inputs are their own targets, so `fit(x)` and `fit(x, x)` are the same.

        Raises a ValueError if those in `name` are not shaped as the inputs.
        """
        if y is not None:
            check_targets(x, y, name)
        return with_last_axis(single(x if y is None else y), self.encoder)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        check_reconstruction(self.targets(x, None), y_pred, self.decoder)
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    def _begin(self, x: Any) -> Any:
        return super()._begin(
            tree.map_structure(lambda leaf: with_last_axis(leaf, self.encoder), x)
        )

    def are_labels(self, x: Any, y: Any) -> bool:
        """Returns whether `y` is not what the inputs are to be reconstructed as."""
        return False

    def fit(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        return self.fed(super().fit, *self.prepared_for_fit(x, y, kwargs), *args, **kwargs)

    def evaluate(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        return self.fed(super().evaluate, *self.prepared_for(x, y, kwargs), *args, **kwargs)

    def predict(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        self.check_inputs("x", x)
        return self.fed(super().predict, x, *args, **kwargs)

    def fed(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Calls `fit`, `evaluate` or `predict`, a wrapper's too; arrays on a disk stay there."""
        return from_disk(method, *args, **kwargs)

    def prepared_for_fit(
        self, x: Any, y: Any, options: dict[str, Any], loss: Any = None
    ) -> tuple[Any, Any]:
        """Does what `prepared_for` does, and the same to the data to validate on."""
        x, y = self.prepared_for(x, y, options, loss)
        if options.get("validation_data") is not None:
            options["validation_data"] = self.held_out(options["validation_data"], loss)
        return x, y

    def prepared_for(
        self, x: Any, y: Any, options: dict[str, Any], loss: Any = None
    ) -> tuple[Any, Any]:
        """Returns inputs and targets, checked; `loss` is that of a wrapper.

        The weights of examples in the options get the axes of the losses that they weigh.
        """
        if options.get("_use_cached_eval_dataset"):  # which `fit` has checked, and begun to read
            return x, y
        check_no_classes(options)
        if self.criterion is None and not (loss or getattr(self, "loss", None)):
            raise ValueError(
                "`loss` must be given to `compile`, such as 'mse': nothing else compares inputs "
                f"with their reconstructions by {self.name!r}."
            )
        x = self.checked(("x", "y"), x, y, loss)
        weight = options.get("sample_weight")
        if weight is None:
            return x, y
        y, options["sample_weight"] = self._weighed("sample_weight", weight, x, y, loss)
        return x, y

    def _weighed(self, name: str, weight: Any, x: Any, y: Any, loss: Any) -> tuple[Any, Any]:
        """Returns targets, and weights, checked, with the axes of the losses that they weigh."""
        check_data(name, weight)
        y = self._weighted_targets(x, y, {"sample_weight": weight})
        loss = loss or getattr(self, "loss", None)
        if loss is None and self.criterion is None:
            return y, weight
        return y, as_losses(name, weight, self.targets(x, y), loss)

    def checked(self, names: tuple[str, str], x: Any, y: Any = None, loss: Any = None) -> Any:
        """Returns the inputs or the feed `x`; `loss` is that of a wrapper it is trained in.

        Raises a ValueError if arrays among inputs and targets, or in the first batch of a feed, are
        not as they must be.
        """
        batch, feed = first_batch(x)
        if batch is not None:
            x, y, _ = keras.utils.unpack_x_y_sample_weight(batch)
        binary = is_binary(loss or getattr(self, "loss", None))  # a model not compiled has none
        of_targets = (0.0, 1.0) if binary else self.valid_range
        given = y is not None and not self.are_labels(x, y)
        self.check_inputs(names[0], x, self.valid_range if given else of_targets)
        if y is not None:
            self.targets(x, y, names[1])
            check_data(names[1], y, of_targets if given else None)
        return feed

    def held_out(self, data: Any, loss: Any = None) -> Any:
        """Returns what to validate on, checked as what is trained on is."""
        names = ("validation_data", "validation_data[1]")
        if not isinstance(data, list | tuple):
            return self.checked(names, data, None, loss)
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        x = self.checked(names, x, y, loss)
        if weight is not None:
            y, weight = self._weighed("validation_data[2]", weight, x, y, loss)
        return x, y, weight

    def check_inputs(
        self, name: str, x: Any, valid_range: tuple[float, float] | None = None
    ) -> None:
        """Raises a ValueError if arrays among the inputs are not as they must be."""
        if x is None:
            raise ValueError(f"`{name}` must hold examples; received None.")
        if isinstance(x, dict) and getattr(self.base, "inputs", None):
            raise ValueError(f"`{name}` must be an array of inputs, batch first; received a dict.")
        check_shapes(name, x, self.encoder)
        check_data(name, x, valid_range)

    @property
    def coder(self) -> keras.Model:
        """The model from inputs to codes as the decoder takes them."""
        return self.encoder

    def encode(self, x: Any, batch_size: int | None = None) -> np.ndarray:
        """Returns the codes of `x`, without corruption."""
        self.check_inputs("x", x)
        return from_disk(self.coder.predict, x, batch_size=batch_size, verbose=QUIET)

    def decode(self, codes: Any, batch_size: int | None = None) -> np.ndarray:
        """Returns the reconstructions that the decoder makes of `codes`."""
        if codes is None:
            raise ValueError("`codes` must hold codes; received None.")
        check_shapes("codes", codes, self.decoder)
        check_data("codes", codes)
        return from_disk(self.decoder.predict, codes, batch_size=batch_size, verbose=QUIET)

    def reconstruct(self, x: Any, batch_size: int | None = None) -> np.ndarray:
        """Returns the reconstructions of `x`, shaped as `x`."""
        return self.predict(x, batch_size=batch_size, verbose=QUIET)

    def reconstruction_error(self, x: Any, batch_size: int | None = None) -> np.ndarray:
        """Returns each example's mean squared error, of shape (examples,): an anomaly score.

        Args:
            x: Array of inputs, batch first.
            batch_size: Examples reconstructed at a time.

        Raises:
            ValueError: If `x` is a dataset or generator.
        """
        check_arrays("x", x)
        rows = len(self.targets(x, None))
        if on_disk(x) and rows > ROWS_AT_A_TIME:
            parts = (cut(x, slice(i, i + ROWS_AT_A_TIME)) for i in range(0, rows, ROWS_AT_A_TIME))
            return np.concatenate([self.reconstruction_error(each, batch_size) for each in parts])
        difference = self.reconstruct(x, batch_size) - np.asarray(self.targets(x, None))
        return np.mean(np.square(difference), axis=tuple(range(1, difference.ndim)))

    def interpolate(self, a: Any, b: Any, steps: int = 8) -> np.ndarray:
        """Returns what the decoder makes of codes on the line between those of `a` and `b`.

            x_t = g((1 − t) f(a) + t f(b)),   t from 0 to 1 in equal steps

        Args:
            a: Array of inputs, batch first.
            b: Array of as many.
            steps: Number of codes on each line, its ends among them, at least 2.

        Returns:
            Array of shape (examples, steps, ...).

        Raises:
            ValueError: If there are not as many `b` as `a`, or fewer than 2 steps.
        """
        made = self.decode(line(self.encode(a), self.encode(b), steps))
        return made.reshape(-1, steps, *made.shape[1:])

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        models = {"encoder": serialize(self.encoder), "decoder": serialize(self.decoder)}
        mark_shared(models["encoder"], models["decoder"])
        return {**models, **super().get_config()}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> BaseAutoencoder:
        restore = keras.saving.deserialize_keras_object
        objects = {
            key: restore(value, custom_objects) if isinstance(value, dict) else value
            for key, value in config.items()
        }
        objects["objectives"] = [restore(each, custom_objects) for each in config["objectives"]]
        return cls(**objects)
