"""What a training draws from Python's generator, whatever other threads draw."""

import random
import threading

import pytest

from keras_regzoo.training.python_random import undisturbed

pytestmark = pytest.mark.one_backend


class Drawing(threading.Thread):
    """Draws a number when it is told to, and says that it has."""

    def __init__(self):
        super().__init__(daemon=True)
        self.turn, self.drawn, self.over = (threading.Event() for _ in range(3))

    def run(self):
        while not self.over.is_set():
            self.turn.wait()
            self.turn.clear()
            random.random()
            self.drawn.set()

    def draw(self):
        self.drawn.clear()
        self.turn.set()
        assert self.drawn.wait(10)


def numbers(other):
    random.seed(1)
    other.draw()
    first = random.random()
    other.draw()
    return [first, random.randint(1, 10**9)]


def test_other_threads_do_not_draw_from_what_is_seeded_here():
    expected = random.Random(1)
    expected = [expected.random(), expected.randint(1, 10**9)]
    other = Drawing()
    other.start()
    try:
        assert numbers(other) != expected
        with undisturbed():
            assert numbers(other) == expected
        assert numbers(other) != expected
    finally:
        other.over.set()
        other.turn.set()
        other.join(10)


def test_the_functions_are_put_back_after_an_error():
    before = {name: getattr(random, name) for name in random.__all__}
    with pytest.raises(KeyError), undisturbed():
        raise KeyError
    assert before == {name: getattr(random, name) for name in random.__all__}
