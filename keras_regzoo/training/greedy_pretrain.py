"""Greedy layerwise pretraining, without labels."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import keras

from keras_regzoo.training.chains import Level, Shape, grouped, levels_of, through
from keras_regzoo.training.pretraining import Pretraining
from keras_regzoo.training.stage_inputs import (
    built,
    check_ranges,
    check_trainable,
    checked_inputs,
    loss_of,
    split,
)
from keras_regzoo.training.stage_layers import bridge, check_shape_kept, mirror
from keras_regzoo.training.stages import (
    Options,
    Stage,
    corruption_layers,
    for_stages,
    sparsity_layers,
    stage_epochs,
    train_stages,
)


def greedy_pretrain(
    model: keras.Model,
    x: Any,
    groups: int | Sequence[int] = 1,
    *,
    epochs: int | Sequence[int] = 10,
    batch_size: int = 32,
    optimizer: Any = "adam",
    loss: Any = "mse",
    corruption: Any = None,
    sparsity: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    patience: int | None = None,
    callbacks: Callable[[], list[keras.callbacks.Callback]] | None = None,
    store: str | os.PathLike[str] | None = None,
    verbose: int = 1,
) -> Pretraining:
    """Trains a deep network layer by layer, each layer as an autoencoder of the codes below it.

        stage k:  minimize over f_k, g_k  mean L(h_{k−1}, g_k(f_k(h̃_{k−1}))),   h_0 = x
                  h_k = f_k(h_{k−1}),   then fixed

    In an autoencoder, f_k is a layer of the encoder and g_k the layer of the decoder that mirrors
    it, counted from the outside; where one side has more layers, those next to the code that have
    no partner are trained together. Any other chain of layers is taken for an encoder, and gets
    temporary decoders that mirror its layers, linear at their end, or sigmoid for a
    cross-entropy. A level is a layer with a kernel and what surrounds it (activation,
    normalization, pooling, reshaping).

    Where the codes have another shape or activation than what g_k will be given in the whole
    autoencoder, the outputs of g_{k+1}, an extra set of weights B_k leads from one to the other:
    stage k rebuilds by g_k(B_k(h_k)), and B_k(h_k) is what stage k + 1 rebuilds from h_k. It is
    dropped afterwards.

    The weights end up in the model, whose optimizer, compiled state and `trainable` flags are
    left alone; what is not trainable stays as it is. What a variant of autoencoder adds, such as
    its corruption or objectives, is not used: name it here. It is *not* training as a whole,
    which comes after it.

    Args:
        model: A built autoencoder, or a Sequential or functional chain, such as an encoder.
        x: Array of inputs, batch first; it may be a `numpy.memmap`.
        groups: How many levels to train together, at least 1, or a list with the number for each
            stage. Levels beyond their sum, such as a classifier's output layer, are left as they
            are. The levels of a `StackedAutoencoder` are its stages.
        epochs: Epochs of a stage, at least 1; or a list, one a stage.
        batch_size: Examples of a batch, at least 1.
        optimizer: Name of an optimizer or an optimizer, of which each stage gets a new one.
        loss: Loss of a stage: `"mse"`, `"binary_crossentropy"` where inputs and codes lie in
            [0, 1], or any that compares outputs with inputs; or a list, one a stage.
        corruption: Corruption of a stage's inputs in training: a rate in [0, 1) of masking noise,
            a layer, or `None`; or a list, one a stage.
        sparsity: Layer that acts on a stage's codes while it is trained, such as
            `keras_regzoo.layers.KSparse(10)` or `keras.layers.ActivityRegularization(l1=1e-4)`,
            or `None`; or a list, one a stage.
        validation_split: Share of the last examples to validate on, in [0, 1).
        validation_data: Array of inputs to validate on, in place of a split.
        patience: Epochs without a lower validation loss after which a stage ends, at least 0; it
            then has the weights of the best epoch. `None` for no early stopping.
        callbacks: Function that returns a list of new callbacks for each stage.
        store: A folder in which the codes of one level are kept while it trains, and deleted
            afterwards; by default memory holds them.
        verbose: 0 for silence, 1 for progress bars on stderr.

    Returns:
        The layers and histories of the stages: a `Pretraining`.

    Raises:
        ValueError: If an argument is not as above, `x` is not finite or does not fit the model, a
            stage has nothing to train, or a cross-entropy meets values outside [0, 1].

    Example:

    >>> autoencoder = keras_regzoo.models.Autoencoder(
    ...     *keras_regzoo.models.dense_autoencoder((8,), hidden=(6, 4), latent=2)
    ... )
    >>> found = keras_regzoo.training.greedy_pretrain(
    ...     autoencoder, np.ones((32, 8), "float32"), epochs=2, corruption=0.2, verbose=0
    ... )
    >>> len(found.histories), found.bridged
    (3, (False, False, False))

    Reference: Hinton & Salakhutdinov (2006), Reducing the Dimensionality of Data with Neural
    Networks; Bengio, Lamblin, Popovici & Larochelle (2007), Greedy Layer-Wise Training of Deep
    Networks; with a corruption: Vincent, Larochelle, Lajoie, Bengio & Manzagol (2010), Stacked
    Denoising Autoencoders; bridging layers that differ: Aggarwal (2018), Neural Networks and Deep
    Learning.
    """
    x = checked_inputs("x", x)
    model = built(model, x)
    levels = levels_of(model, x.shape)
    parts = grouped(levels, groups)
    data = split(x, None, validation_split, validation_data)
    options = Options(optimizer, None, batch_size, patience, callbacks, store, verbose)
    options.check(validated=len(data) > 1)
    settings = zip(
        for_stages("loss", loss, len(parts)),
        stage_epochs(epochs, len(parts)),
        corruption_layers(corruption, len(parts)),
        sparsity_layers(sparsity, len(parts)),
        strict=True,
    )
    stages, shape, done = [], x.shape, 0
    for part, own_settings in zip(parts, settings, strict=True):
        done += len(part)
        stages.append(_stage(part, levels[done:], shape, own_settings))
        shape = through(stages[-1].encode, shape)
    check_trainable(stages)
    check_ranges(stages, x)
    return train_stages(stages, data, options)


def _stage(part: list[Level], above: list[Level], shape: Shape, settings: Any) -> Stage:
    """Returns the stage that trains the levels in `part`, below those `above`."""
    loss, epochs, corruption, sparsity = settings
    _, binary, logits = loss_of(loss)
    encode = [layer for level in part for layer in level.encode]
    check_shape_kept("corruption", corruption, shape)
    check_shape_kept("sparsity", sparsity, through(encode, shape))
    own, extra, decode = list(encode), [], []
    if part[0].decode is None:
        decode = mirror(encode, shape, "sigmoid" if binary and not logits else None)
    else:
        decode = [layer for level in reversed(part) for layer in level.decode or []]
        own += decode
        before = above[0].decode if above else None
        extra = bridge(encode, before, shape, part[-1].given)
    trained = [layer for layer in own if layer.weights]
    return Stage(encode, extra, decode, trained, loss, epochs, corruption, sparsity)
