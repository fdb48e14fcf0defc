"""continue_to_objective: on all data, until the validation loss is as low as training's was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.callbacks import TargetStopping
from keras_regzoo.callbacks.held_out import HeldOut
from keras_regzoo.training.exact_steps import check_options, examples_of, fit_steps, steps_of_epoch


@dataclass(frozen=True)
class Continued:
    """What `continue_to_objective` returns.

    Attributes:
        model: The model it was given, trained further.
        steps: The steps it took.
        history: The logs of each epoch, of which the last may be a part of one.
        reached: Whether the loss on the validation set is at most the objective.
        loss: That loss at the end.
    """

    model: keras.Model
    steps: int
    history: dict[str, list[float]]
    reached: bool
    loss: float


def continue_to_objective(
    model: keras.Model,
    x: Any,
    y: Any,
    validation_data: Any,
    objective: float,
    max_steps: int,
    every: int | None = None,
    batch_size: int = 32,
    sample_weight: Any = None,
    **fit_options: Any,
) -> Continued:
    """Trains on with all data until the validation loss is at most the training objective.

        while J(θ; X_valid, y_valid) > ε: train on (X, y) for n steps

    ε is the loss on the part of the data that was trained on, at the weights at which early
    stopping halted: `model.evaluate(x_train, y_train)`, not the loss that training logged, which
    is a mean over an epoch, with dropout. Nothing says that it is ever reached: at the latest it
    ends after `max_steps`. It is *not* training from fresh weights: see `retrain_on_all_data`.

    Args:
        model: The compiled model that early stopping left; it is trained in place.
        x: Array of all inputs, validation's too, batch first, or a list or dict of arrays.
        y: Targets of the same length; `None` where the model takes none.
        validation_data: The validation part of them, a tuple `(x, y)` or `(x, y, sample_weight)`,
            or a dataset.
        objective: ε, a finite number in the units of the loss.
        max_steps: The most steps to take, at least 1.
        every: n, the steps between two looks at the validation set, at least 1; by default those
            of an epoch.
        batch_size: Examples of a batch, at least 1.
        sample_weight: Weights of the examples, or `None`.
        **fit_options: Other arguments of `fit`. It is silent unless `verbose` is given.
            `callbacks` is a function that returns new callbacks; of the last epoch they may see
            only the first steps.

    Raises:
        ValueError: If an argument is not as it must be.

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> x, y = np.ones((20, 4)), np.ones((20, 1))
    >>> result = keras_regzoo.training.continue_to_objective(
    ...     model, x, y, (x[16:], y[16:]), objective=0.01, max_steps=500
    ... )
    >>> result.reached, result.loss <= 0.01, result.steps < 500
    (True, True, True)

    Reference: Goodfellow, Bengio & Courville (2016), Deep Learning, algorithm 7.3.
    """
    if not isinstance(model, keras.Model) or not model.compiled:
        raise ValueError(f"`model` must be a compiled Keras model; received {model!r}.")
    check_options(fit_options)
    examples = examples_of(x, y, sample_weight)
    objective = validation.number("objective", objective)
    max_steps = validation.integer("max_steps", max_steps, "[1, inf)")
    of_epoch = steps_of_epoch(examples, batch_size)
    every = of_epoch if every is None else validation.integer("every", every, "[1, inf)")
    own_batches = None if not isinstance(validation_data, tuple) else batch_size
    held_out = HeldOut(validation_data, own_batches)
    given = fit_options.pop("callbacks", None) or list

    def callbacks() -> list[Any]:
        stop = TargetStopping(
            objective,
            monitor="val_loss",
            restore_best_weights=False,
            every=every,
            validation_data=validation_data,
            validation_batch_size=own_batches,
        )
        return [*given(), stop]

    history: dict[str, list[float]] = {}
    steps = 0
    loss = held_out.evaluate(model)["val_loss"]
    if not loss <= objective:
        options = {**fit_options, "callbacks": callbacks}
        history, steps = fit_steps(model, examples, max_steps, batch_size, options)
        loss = held_out.evaluate(model)["val_loss"]
    return Continued(model, steps, history, loss <= objective, loss)
