"""CurriculumDataset: serves the easiest examples, then more and more of the others."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.data.curriculum_order import ORDERS, curriculum_order, passes
from keras_regzoo.data.difficulty import checked
from keras_regzoo.data.labels import class_numbers
from keras_regzoo.data.splits import SEEDS

Pace = Callable[[int], float]
_ORDER, _DRAWS = 1, 2  # which draws a seed is for


class CurriculumDataset(keras.utils.PyDataset):
    """Serves the share of the examples that a pacing function allows, in random order.

        pool(t) = the n(t) first examples in the order,   n(t) = max(1, ⌊g(t) N + 1/2⌋)

    It is *not* self-paced learning, which chooses by the losses at hand (`SelfPaced`). A
    `CurriculumScheduler` among the callbacks of `fit` moves the count t: by epochs, by steps or by
    levels; or do it yourself with `move_to`. Until then there is nothing to read.

    An epoch always has ⌈rounds · N / batch_size⌉ batches, all of `batch_size` examples, so that
    trainings with and without a curriculum take the same steps, and nothing compiles again when
    the pool grows. While the pool stays the same its examples are served in one random permutation
    after another: within an epoch no example of it comes more than once oftener than any other. A
    batch depends on the seed, the position and its index alone, however often it is read.

    Where the count moves within the epoch, the batches must come in order: pass `shuffle=False` to
    `fit`. It reads from memory, and gains nothing from workers.

    Args:
        x: Array of inputs, batch first; or a list or dict of those. Floats become Keras's own.
        y: The same of targets.
        difficulty: Array of shape (examples,), greater for harder; or a callable (x, y) that
            returns it, such as those of `keras_regzoo.data.difficulty`.
        pacing: g, a callable from a count to a share in (0, 1], such as those of
            `keras_regzoo.data.pacing`.
        batch_size: An integer in [1, examples]. A batch larger than the pool repeats examples.
        order: `"easy_to_hard"`; `"hard_to_easy"`, the anti-curriculum; or `"random"`, the control:
            as many examples at every count, without regard to their difficulty. Equal ones are
            ordered at random.
        balanced: Whether every class comes in at the same pace: the pool holds the
            max(1, ⌊g(t) N_k + 1/2⌋) first of the N_k of each class k of `y`.
        mix: Share in [0, 1] of the examples beyond the pool of count 0, drawn by seed (in each
            class where `balanced`), that swap places with one another at random, so that later
            pools mix hard ones among the easy. At 1 all beyond the first pool come in at random.
            It is ours, after the combined strategy of Zaremba & Sutskever (2014), Learning to
            Execute, who mix for each example drawn.
        sample_weight: Array of shape (examples,), or `None`.
        seed: Seed of the orders, an integer in `[0, 2**32 - 1]`.
        rounds: Passes that make an epoch, at least 1. Several in one spare TensorFlow the start of
            each, which costs as much as ten steps of a small network.

    Raises:
        ValueError: If an argument is not as it must be; if it is read before it was moved.

    Example:

    >>> x = np.arange(8.0)[:, None]
    >>> paced = keras_regzoo.data.pacing.linear(0.5, length=4)
    >>> curriculum = keras_regzoo.data.CurriculumDataset(x, 2 * x, x[:, 0], paced, batch_size=2)
    >>> len(curriculum), curriculum.indices(0).tolist(), len(curriculum.indices(2))
    (4, [0, 1, 2, 3], 6)
    >>> curriculum.move_to(0)
    >>> sorted(np.concatenate([curriculum[0][0], curriculum[1][0]]).ravel().tolist())
    [0.0, 1.0, 2.0, 3.0]

    Reference: Hacohen & Weinshall (2019), On the Power of Curriculum Learning in Training Deep
    Networks, algorithm 1; Wu, Dyer & Neyshabur (2021), When Do Curricula Work? (random order).
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        difficulty: Any,
        pacing: Pace,
        batch_size: int = 32,
        order: str = "easy_to_hard",
        balanced: bool = False,
        mix: float = 0.0,
        sample_weight: Any = None,
        seed: int = 0,
        rounds: int = 1,
    ) -> None:
        super().__init__()
        parts = {"x": x, "y": y}
        if sample_weight is not None:
            parts["sample_weight"] = sample_weight
        self._examples = _count(parts)
        self.pacing = validation.function("pacing", pacing)
        self.batch_size = validation.integer("batch_size", batch_size, f"[1, {self._examples}]")
        self.order = validation.one_of("order", order, ORDERS)
        self.balanced = validation.instance("balanced", balanced, bool)
        self.mix = validation.number("mix", mix, "[0, 1]")
        self.seed = validation.integer("seed", seed, SEEDS)
        self.rounds = validation.integer("rounds", rounds, "[1, inf)")
        scores = checked(difficulty(x, y) if callable(difficulty) else difficulty, self._examples)
        self._parts = tuple(tree.map_structure(_prepared, part) for part in parts.values())
        self._order, self._entries = curriculum_order(
            scores,
            order,
            _classes(self._parts[1]) if balanced else None,
            self.share(0),
            self.mix,
            np.random.default_rng([self.seed, _ORDER]),
        )
        self._position: _Position | None = None

    def share(self, count: int) -> float:
        """Returns the share that the pacing function gives at `count`.

        Raises:
            ValueError: If it is not in (0, 1].
        """
        return validation.number(f"pacing({count})", self.pacing(count), "(0, 1]")

    def indices(self, count: int) -> np.ndarray:
        """Returns the numbers of the examples in the pool at `count`, in the order."""
        return self._order[: self._size(count)]

    def move_to(self, count: int, draw: int = 0, by_step: bool = False) -> None:
        """Serves, from the next batch that is read, the pool at `count`.

        Args:
            count: t, at least 0.
            draw: Another number, at least 0, gives other permutations.
            by_step: Whether `count` is that of the batch of index 0, and one more for each next.
        """
        if by_step:
            sizes = tuple(self._size(count + step) for step in range(len(self)))
        else:
            sizes = (self._size(count),) * len(self)
        self._position = _Position(count, draw, by_step, sizes)

    def get_state(self) -> dict[str, Any]:
        """Returns where it was moved to, which `json.dumps` takes."""
        at = self._position
        return {"position": at and [at.count, at.draw, at.by_step]}

    def set_state(self, state: dict[str, Any]) -> None:
        """Moves it to where it was when `get_state` returned `state`."""
        if state["position"]:
            self.move_to(*state["position"])

    @property
    def started(self) -> bool:
        """Whether a batch has been read since it was moved."""
        return bool(self._position and self._position.reads)

    @property
    def in_order(self) -> bool:
        """Whether the batches have been read in order since it was moved."""
        return self._position is None or self._position.in_order

    def __len__(self) -> int:
        return -(-self.rounds * self._examples // self.batch_size)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        index = range(len(self))[index]
        position = self._position
        if position is None:
            raise ValueError(
                "A `CurriculumDataset` must be moved by a `CurriculumScheduler` among the "
                "callbacks of `fit`, or by its `move_to`; received neither."
            )
        position.note(index)
        if position.rows is None:
            position.rows = self._draw(position)
        rows = position.rows[index * self.batch_size : (index + 1) * self.batch_size]
        return tuple(_taken(part, rows) for part in self._parts)

    def _draw(self, position: _Position) -> np.ndarray:
        """Returns the examples of an epoch, in passes through each pool."""
        random = np.random.default_rng([self.seed, _DRAWS, position.draw])
        drawn = [
            passes(size, len(list(same)) * self.batch_size, random)
            for size, same in itertools.groupby(position.sizes)
        ]
        return self._order[np.concatenate(drawn)]

    def _size(self, count: int) -> int:
        return int(np.searchsorted(self._entries, self.share(count), side="right"))


@dataclass
class _Position:
    """Where a dataset was moved to, and what the epoch from there serves."""

    count: int
    draw: int
    by_step: bool
    sizes: tuple[int, ...]  # of the pool, at each batch
    rows: np.ndarray | None = None
    reads: int = 0
    in_order: bool = True
    _next: int = 0

    def note(self, index: int) -> None:
        """Notes a read; the first may be of any batch, and after an epoch's none matters."""
        if 0 < self.reads < len(self.sizes) and index != self._next:
            self.in_order = False
        self.reads, self._next = self.reads + 1, index + 1


def _count(parts: dict[str, Any]) -> int:
    """Returns the number of examples, of which all arrays must have the same."""
    lengths: dict[str, int] = {}
    for name, part in parts.items():
        arrays: list[Any] = tree.flatten(part) or [None]
        for array in arrays:
            if not np.ndim(array):
                raise ValueError(
                    f"`{name}` must be made of arrays, batch first; received {array!r} (of type "
                    f"{type(array).__name__})."
                )
            if len(array) != lengths.setdefault("x", len(array)):
                raise ValueError(
                    f"`{name}` must have {lengths['x']} examples, as the first array of `x`; "
                    f"received {len(array)}."
                )
    if not lengths["x"]:
        raise ValueError("`x` must have at least one example; received 0.")
    return lengths["x"]


def _prepared(array: Any) -> np.ndarray:
    array = np.asarray(ops.convert_to_numpy(array))
    return array.astype(keras.config.floatx()) if array.dtype.kind == "f" else array


def _taken(part: Any, rows: np.ndarray) -> Any:
    if isinstance(part, np.ndarray):  # by itself: a walk of structures costs a small model's step
        return part.take(rows, axis=0)
    return tree.map_structure(lambda array: array.take(rows, axis=0), part)


def _classes(y: Any) -> np.ndarray:
    if not isinstance(y, np.ndarray):
        raise ValueError(
            f"`y` must be one array of labels to be balanced by; received a {type(y).__name__}."
        )
    labels = class_numbers(y)
    classes = y.shape[1] if y.size > len(y) else int(labels.max()) + 1
    counts = np.bincount(labels, minlength=classes)
    if not counts.all():
        raise ValueError(
            f"`y` must have examples of every class from 0 to {classes - 1} to be balanced by; "
            f"received none of class {int(np.argmin(counts))}."
        )
    return labels
