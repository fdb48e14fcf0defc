"""Lottery tickets: sparse networks that train from their own first weights."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo import validation
from keras_regzoo.backend import write_back
from keras_regzoo.callbacks.pruned_weights import KeepZeros, kernels, masked, prune
from keras_regzoo.callbacks.stepwise import Stepwise
from keras_regzoo.training.fresh import Build, check_build, fresh
from keras_regzoo.training.lottery_ticket import LotteryTicket, TicketRound
from keras_regzoo.training.ticket_progress import Progress

Fit = Callable[[keras.Model, list[keras.callbacks.Callback]], Any]


def find_lottery_ticket(
    build: Build,
    fit: Fit,
    score: Callable[[keras.Model], float],
    rounds: int,
    rate: float = 0.2,
    output_rate: float | None = None,
    rewind: int = 0,
    controls: Collection[int] = (),
    seed: int = 0,
    path: str | os.PathLike[str] | None = None,
    verbose: bool = False,
) -> LotteryTicket:
    """Trains, prunes the smallest weights, sets the others back, and trains again.

        m₀ = 1,   wᵣ = train(mᵣ ∘ w⁽ᵏ⁾),   mᵣ₊₁ = the largest (1 − p) of |wᵣ| among mᵣ, per kernel

    w⁽ᵏ⁾ are the dense network's weights after k steps, all of them, biases too; with k = 0 its
    initialization. Each round trains a new model that `build` makes, so the optimizer starts anew.
    Pruned weights stay exactly 0. A control trains other random weights under the same masks; a
    ticket has won if it is as good as the dense network, and better than its control.

    It is *not* fine-tuning, which goes on from the trained weights (`MagnitudePruning` does), and
    it saves no time: it trains `rounds + 1` times.

    Args:
        build: Returns a new compiled model, of the same architecture and of other random weights
            each time.
        fit: Trains the model it is given, with the callbacks it is given, such as
            `lambda model, callbacks: model.fit(x, y, epochs=3, callbacks=callbacks, verbose=0)`.
        score: Returns how good a trained model is, such as its accuracy on held-out examples.
        rounds: How often to prune, at least 0.
        rate: p, the share of each kernel's remaining weights that a round prunes, in (0, 1).
        output_rate: The same for the last kernel, in [0, 1); half of `rate` by default.
        rewind: k, at least 0.
        controls: Numbers of the rounds, from 1, for which a control is trained, too.
        seed: Seeds each model and its training through Keras's global seed, an integer in
            [0, 2³¹ - 1].
        path: Where to save progress after each training, an `.npz` file. If it exists, the search
            goes on from it, and gives what it would have given at once.
        verbose: Whether to print a line a round.

    Raises:
        ValueError: If an argument is not as it must be; if `build` returns no compiled model, one
            without kernels, models of different shapes or, for controls, of the same weights
            whatever the global seed; if `fit` takes fewer than `rewind` steps; if `score` returns
            NaN or no number; if the file at `path` is damaged, another search's, or has more
            rounds.

    Example:

    >>> x = np.random.default_rng(0).normal(size=(32, 4))
    >>> def build():
    ...     stack = [keras.Input((4,)), keras.layers.Dense(5, "relu"), keras.layers.Dense(1)]
    ...     model = keras.Sequential(stack)
    ...     model.compile("sgd", "mse", run_eagerly=True)
    ...     return model
    >>> found = keras_regzoo.training.find_lottery_ticket(
    ...     build,
    ...     fit=lambda model, callbacks: model.fit(x, x[:, :1], callbacks=callbacks, verbose=0),
    ...     score=lambda model: -model.evaluate(x, x[:, :1], verbose=0),
    ...     rounds=2,
    ...     rate=0.5,
    ... )
    >>> [each.remaining for each in found.rounds], found.masks[0].sum().item()
    ([1.0, 0.56, 0.32], 5)

    Reference: Frankle & Carbin (2019), The Lottery Ticket Hypothesis: Finding Sparse, Trainable
    Neural Networks, sec. 1 and 2; rewinding to step k: Frankle, Dziugaite, Roy & Carbin (2020),
    Linear Mode Connectivity and the Lottery Ticket Hypothesis.
    """
    check_build(build)
    for name, function in (("fit", fit), ("score", score)):
        validation.function(name, function)
    rounds = validation.integer("rounds", rounds)
    rate = validation.number("rate", rate, "(0, 1)")
    output_rate = rate / 2 if output_rate is None else output_rate
    output_rate = validation.number("output_rate", output_rate, "[0, 1)")
    rewind = validation.integer("rewind", rewind)
    seed = validation.integer("seed", seed, "[0, 2147483647]")
    if not isinstance(controls, Collection) or isinstance(controls, str):
        raise ValueError(f"`controls` must be a list of numbers of rounds; received {controls!r}.")
    if path is not None:
        validation.instance("path", path, (str, os.PathLike))
    controls = [validation.integer("controls", each, f"[1, {rounds}]") for each in controls]
    search = _Search(build, fit, score, (rate, output_rate), rewind, seed)
    settings = {"rate": rate, "output_rate": output_rate, "rewind": rewind, "seed": seed}
    progress = Progress.at(path, settings)
    if len(progress.rounds) > rounds + 1:
        raise ValueError(
            f"`rounds` must be at least the {len(progress.rounds) - 1} that the file at `path` "
            f"holds; received rounds={rounds}."
        )
    if controls:
        search.check_controls()
    for number in range(rounds + 1):
        if number >= len(progress.rounds):
            search.next_round(progress)
            progress.save()
        if number in controls and progress.rounds[number][2] is None:
            search.control(progress, number)
            progress.save()
        if verbose:
            print(f"round {number}: {TicketRound(*progress.rounds[number])}")
    model = fresh(build)
    _wire(model, progress.masks[rounds], progress.trained)
    found = tuple(TicketRound(*each) for each in progress.rounds)
    return LotteryTicket(found, tuple(progress.masks[rounds]), model)


class _Search:
    """One search's settings, and the trainings it makes."""

    def __init__(
        self,
        build: Build,
        fit: Fit,
        score: Callable[[keras.Model], float],
        rates: tuple[float, float],
        rewind: int,
        seed: int,
    ) -> None:
        self.build, self.fit, self.score = build, fit, score
        self.rates, self.rewind, self.seed = rates, rewind, seed

    def next_round(self, progress: Progress) -> None:
        number = len(progress.rounds)
        model = self.model(number)
        if number == 0:
            masks = [np.ones(v.shape, bool) for v in kernels(model)]
            progress.start = model.get_weights()
            if self.rewind == 0:
                self.train(model, masks, progress.start)
            else:
                rewinding = _Rewinding(self.rewind)
                self.train(model, masks, progress.start, [rewinding])
                progress.start = rewinding.found()
        else:
            values = [progress.trained[i] for i in _places(model)]
            masks = self.pruned(progress.masks[-1], values)
            self.train(model, masks, progress.start)
        progress.masks.append(masks)
        progress.trained = model.get_weights()
        progress.rounds.append([_share(masks), self.scored(model), None])

    def check_controls(self) -> None:
        """Raises a ValueError if another seed does not give other random weights."""
        ticket, control = (_values(self.model(0, of_control)) for of_control in (0, 1))
        if all(map(np.array_equal, ticket, control)):
            raise ValueError(
                "`build` must return a model of other random weights each time, without a seed of "
                "its own, for `controls`; received the same weights twice."
            )

    def control(self, progress: Progress, number: int) -> None:
        """Trains other random weights, of a seed of their own, in the same wiring."""
        model = self.model(number, of_control=1)
        self.train(model, progress.masks[number], model.get_weights())
        progress.rounds[number][2] = self.scored(model)

    def model(self, number: int, of_control: int = 0) -> keras.Model:
        random = np.random.default_rng([self.seed, number, of_control])
        keras.utils.set_random_seed(int(random.integers(2**31)))
        return fresh(self.build)

    def scored(self, model: keras.Model) -> float:
        found = self.score(model)
        try:
            score = float(found)
        except (TypeError, ValueError):
            score = math.nan
        if math.isnan(score):
            raise ValueError(f"`score` must return a number; it returned {found!r}.")
        return score

    def train(
        self,
        model: keras.Model,
        masks: list[np.ndarray],
        weights: list[np.ndarray],
        callbacks: Sequence[keras.callbacks.Callback] = (),
    ) -> None:
        _wire(model, masks, weights)
        self.fit(model, list(callbacks))
        for variable, mask in zip(kernels(model), masks, strict=True):
            variable.assign(masked(variable, mask))

    def pruned(self, masks: list[np.ndarray], values: list[np.ndarray]) -> list[np.ndarray]:
        rates = [self.rates[0]] * (len(masks) - 1) + [self.rates[1]]
        kept = []
        for mask, value, rate in zip(masks, values, rates, strict=True):
            dropped = mask.size - mask.sum() + round(rate * mask.sum())
            kept += prune([value], [mask], dropped / mask.size)
        return kept


class _Rewinding(Stepwise):
    """Keeps the weights that the model has after `wanted` steps."""

    def __init__(self, wanted: int) -> None:
        super().__init__()
        self.wanted, self.weights = wanted, None

    def before_execution(self) -> None: ...

    def after_execution(self) -> None:
        if self.weights is None and self.step >= self.wanted:
            write_back(self.model)
            self.weights = self.model.get_weights()

    def found(self) -> list[np.ndarray]:
        if self.weights is None:
            raise ValueError(
                "`rewind` must be at most the steps that `fit` takes with the callbacks it is "
                f"given, {self.step}; received rewind={self.wanted}."
            )
        return self.weights


def _places(model: keras.Model) -> list[int]:
    """Returns where the kernels lie among the model's weights."""
    places = {id(variable): place for place, variable in enumerate(model.weights)}
    return [places[id(variable)] for variable in kernels(model)]


def _values(model: keras.Model) -> list[np.ndarray]:
    return [ops.convert_to_numpy(variable) for variable in kernels(model)]


def _wire(model: keras.Model, masks: list[np.ndarray], weights: list[np.ndarray]) -> None:
    """Gives `model` these weights, those that the masks remove at 0, to stay there."""
    shapes = [tuple(variable.shape) for variable in model.weights]
    if shapes != [value.shape for value in weights]:
        raise ValueError(
            "`build` must return models of the same weights each time, and those of the file at "
            f"`path`; received the shapes {shapes} after {[value.shape for value in weights]}."
        )
    model.set_weights(weights)
    for variable, mask in zip(kernels(model), masks, strict=True):
        variable.assign(masked(variable, mask))
        variable.constraint = KeepZeros(mask, variable.constraint)


def _share(masks: list[np.ndarray]) -> float:
    return float(sum(mask.sum() for mask in masks) / sum(mask.size for mask in masks))
