"""Greedy layerwise pretraining on labels."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import keras

from keras_regzoo.training.chains import grouped, is_autoencoder, levels_of, through
from keras_regzoo.training.labelled import output_layer
from keras_regzoo.training.pretraining import Pretraining
from keras_regzoo.training.stage_inputs import (
    built,
    check_trainable,
    checked_inputs,
    checked_targets,
    split,
)
from keras_regzoo.training.stage_layers import check_shape_kept
from keras_regzoo.training.stages import (
    Options,
    Stage,
    corruption_layers,
    stage_epochs,
    train_stages,
)


def supervised_pretrain(
    model: keras.Model,
    x: Any,
    y: Any,
    groups: int | Sequence[int] = 1,
    *,
    epochs: int | Sequence[int] = 10,
    batch_size: int = 32,
    optimizer: Any = "adam",
    loss: Any = None,
    metrics: Any = None,
    corruption: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    patience: int | None = None,
    callbacks: Callable[[], list[keras.callbacks.Callback]] | None = None,
    store: str | os.PathLike[str] | None = None,
    verbose: int = 1,
) -> Pretraining:
    """Trains a deep network layer by layer, each with an output layer of its own on the labels.

        stage k:  minimize over f_k, V_k  mean L(y, softmax(V_k f_k(h_{k−1}))),   h_0 = x
                  h_k = f_k(h_{k−1}),   then fixed; V_k is dropped

    It is the supervised counterpart of `greedy_pretrain`, with which it shares what a level is
    and what is left alone. Its layers may drop what the next ones need, since each tells the
    classes apart at once: Bengio et al. found it better than no pretraining and worse than that
    by autoencoders.

    Args:
        model: A built Sequential or functional chain of layers, such as an encoder or a
            classifier's body; of an autoencoder the encoder.
        x: Array of inputs, batch first; it may be a `numpy.memmap`.
        y: Their labels: integers from 0, one-hot rows, or numbers with a loss for them.
        groups: How many levels to train together, at least 1, or a list with the number for each
            stage. Levels beyond their sum, such as a classifier's output layer, are left as they
            are.
        epochs: Epochs of a stage, at least 1; or a list, one a stage.
        batch_size: Examples of a batch, at least 1.
        optimizer: Name of an optimizer or an optimizer, of which each stage gets a new one.
        loss: Loss of the temporary outputs; by default the cross-entropy that fits the labels.
            With another one the outputs are linear, as many as a target has numbers.
        metrics: List of names of metrics or functions to log.
        corruption: Corruption of a stage's inputs in training: a rate in [0, 1) of masking noise,
            a layer, or `None`; or a list, one a stage.
        validation_split: Share of the last examples to validate on, in [0, 1).
        validation_data: Tuple `(x, y)` to validate on, in place of a split.
        patience: Epochs without a lower validation loss after which a stage ends, at least 0; it
            then has the weights of the best epoch. `None` for no early stopping.
        callbacks: Function that returns a list of new callbacks for each stage.
        store: A folder in which the codes of one level are kept while it trains, and deleted
            afterwards; by default memory holds them.
        verbose: 0 for silence, 1 for progress bars on stderr.

    Returns:
        The layers and histories of the stages: a `Pretraining`.

    Raises:
        ValueError: If an argument is not as above, `x` is not finite or does not fit the model, or
            a stage has nothing to train.

    Example:

    >>> body = keras.Sequential(
    ...     [keras.Input((4,)), keras.layers.Dense(6, "relu"), keras.layers.Dense(5, "relu")]
    ... )
    >>> x, y = np.random.default_rng(0).normal(size=(32, 4)), np.arange(32) % 3
    >>> found = keras_regzoo.training.supervised_pretrain(body, x, y, epochs=2, verbose=0)
    >>> [len(history["loss"]) for history in found.histories]
    [2, 2]

    Reference: Bengio, Lamblin, Popovici & Larochelle (2007), Greedy Layer-Wise Training of Deep
    Networks; Erhan, Bengio, Courville, Manzagol, Vincent & Bengio (2010), Why Does Unsupervised
    Pre-training Help Deep Learning?
    """
    x = checked_inputs("x", x)
    y = checked_targets("y", y, len(x))
    model = built(model, x)
    levels = levels_of(model.encoder if is_autoencoder(model) else model, x.shape)
    parts = grouped(levels, groups)
    data = split(x, y, validation_split, validation_data)
    options = Options(optimizer, metrics, batch_size, patience, callbacks, store, verbose)
    options.check(validated=len(data) > 1)
    own_epochs = stage_epochs(epochs, len(parts))
    corruptions = corruption_layers(corruption, len(parts))
    stages, shape = [], x.shape
    for part, number, corrupted in zip(parts, own_epochs, corruptions, strict=True):
        encode = [layer for level in part for layer in level.encode]
        check_shape_kept("corruption", corrupted, shape)
        shape = through(encode, shape)
        flat = [keras.layers.Flatten()] if len(shape) > 2 else []
        output, own_loss = output_layer(y, loss, data[1][1] if len(data) > 1 else None)
        trained = [layer for layer in encode if layer.weights]
        stages.append(
            Stage(encode, [], [*flat, output], trained, own_loss, number, corrupted, None)
        )
    check_trainable(stages)
    return train_stages(stages, data, options)
