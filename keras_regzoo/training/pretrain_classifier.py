"""A classifier on a pretrained encoder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.training.chains import is_autoencoder
from keras_regzoo.training.fine_tuned import FineTuned
from keras_regzoo.training.fit_options import check_callbacks, check_metrics, for_one_fit
from keras_regzoo.training.labelled import output_layer
from keras_regzoo.training.stage_inputs import built, checked_inputs, checked_targets
from keras_regzoo.training.stages import new_optimizer


def pretrain_classifier(
    encoder: keras.Model,
    x: Any,
    y: Any,
    *,
    head: keras.layers.Layer | None = None,
    frozen_epochs: int = 0,
    epochs: int = 10,
    optimizer: Any = "adam",
    loss: Any = None,
    metrics: Any = ("accuracy",),
    callbacks: Callable[[], list[keras.callbacks.Callback]] | None = None,
    **fit: Any,
) -> FineTuned:
    """Puts a head on a pretrained encoder and trains both on labels.

        first, for frozen_epochs:  minimize over V     mean L(y, V(f(x)))
        then, for epochs:          minimize over V, f  mean L(y, V(f(x)))

    The encoder is trained in place: it is part of the model that is returned. While it is frozen
    it acts as at inference; its `trainable` flags are then as they were, also after an
    interruption. It is *not* the pretraining itself: `greedy_pretrain` does that, or `fit` of an
    autoencoder.

    Args:
        encoder: The model to keep, or an autoencoder, of which the encoder is kept.
        x: Array of inputs, batch first.
        y: Their labels: integers from 0, one-hot rows, or numbers with a loss for them.
        head: Layer or model from codes to outputs. By default a dense layer, after flattening
            codes that are no vectors: with the softmax of as many classes as `y` holds, or what
            the loss takes.
        frozen_epochs: Epochs in which the head alone is trained first, at least 0.
        epochs: Epochs for the whole, at least 1.
        optimizer: Name of an optimizer or an optimizer, of which either training gets a new one.
        loss: Loss of the outputs; by default the cross-entropy that fits the labels, on
            probabilities.
        metrics: Names of metrics or functions to log, a list or tuple, or `None`.
        callbacks: Function that returns a list of new callbacks for either training.
        **fit: Passed to `fit`, such as `batch_size=128` or `validation_data=(x, y)`; silent unless
            `verbose` is given.

    Returns:
        The model and the histories: a `FineTuned`.

    Raises:
        ValueError: If an argument is not as above, or `x` is not finite or does not fit.

    Example:

    >>> autoencoder = keras_regzoo.models.Autoencoder(
    ...     *keras_regzoo.models.dense_autoencoder((4,), hidden=(), latent=3)
    ... )
    >>> x, y = np.random.default_rng(0).normal(size=(32, 4)), np.arange(32) % 3
    >>> found = keras_regzoo.training.pretrain_classifier(
    ...     autoencoder, x, y, frozen_epochs=1, epochs=2
    ... )
    >>> found.model.predict(x, verbose=0).shape, len(found.histories)
    ((32, 3), 2)

    Reference: Hinton & Salakhutdinov (2006), Reducing the Dimensionality of Data with Neural
    Networks; Bengio, Lamblin, Popovici & Larochelle (2007), Greedy Layer-Wise Training of Deep
    Networks (supervised fine-tuning).
    """
    x = checked_inputs("x", x)
    y = checked_targets("y", y, len(x))
    body = built(encoder, x, "encoder")
    body = body.encoder if is_autoencoder(body) else body
    validation.integer("frozen_epochs", frozen_epochs)
    validation.integer("epochs", epochs, "[1, inf)")
    check_callbacks(callbacks)
    new_optimizer(optimizer)
    check_metrics(metrics)
    held_out = _held_out_targets(fit.get("validation_data"))
    output, loss = output_layer(y, loss, None if head is not None else held_out)
    if head is not None:
        layers = [validation.instance("head", head, keras.layers.Layer)]
    else:
        if not isinstance(body.output_shape, tuple):
            raise ValueError(
                "`encoder` must have one output, or `head` be given, a model that takes its "
                f"{len(body.output_shape)}; received head=None."
            )
        layers = [*([keras.layers.Flatten()] if len(body.output_shape) > 2 else []), output]
    model = keras.Sequential([keras.Input(body.input_shape[1:]), body, *layers])

    def trained(number: int) -> dict[str, list[float]]:
        model.compile(new_optimizer(optimizer), loss, metrics=list(metrics or ()))
        model.optimizer.build(model.trainable_variables)  # or TensorFlow traces a step twice
        options = for_one_fit({**fit, "callbacks": callbacks, "epochs": number})
        return model.fit(x, y, **options).history

    histories = []
    if frozen_epochs:
        with _frozen(body):
            histories.append(trained(frozen_epochs))
    histories.append(trained(epochs))
    return FineTuned(model, tuple(histories))


def _held_out_targets(data: Any) -> Any:
    """Returns the targets in arrays to validate on, checked; `None` for any other feed."""
    if not isinstance(data, list | tuple) or len(data) < 2:
        return None
    inputs = checked_inputs("validation_data", data[0])
    return checked_targets("validation_data", data[1], len(inputs))


@contextmanager
def _frozen(model: keras.Model) -> Iterator[None]:
    layers = [(layer, layer.trainable) for layer in model._flatten_layers()]  # outer ones first
    variables = [(variable, variable.trainable) for variable in model.variables]
    model.trainable = False
    try:
        yield
    finally:
        for part, flag in (*layers, *variables):
            part.trainable = flag
