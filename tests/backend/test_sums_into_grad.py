"""On PyTorch the gradient of a sum of squares is added to `.grad` in place, where that is due."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from keras_regzoo.backend import sum_of_squares

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="of PyTorch alone")


@pytest.fixture
def leaves():
    rng = np.random.default_rng(0)
    return [torch.tensor(rng.normal(size=shape), requires_grad=True) for shape in ((3, 4), (5,))]


def close(actual, expected):
    torch.testing.assert_close(actual, expected.detach())


def test_it_is_added_to_what_comes_by_other_ways(leaves):
    a, b = leaves
    (3 * sum_of_squares([a, b]) + (a**3).sum()).backward()
    close(a.grad, 6 * a + 3 * a**2)
    close(b.grad, 6 * b)


def test_several_sums_and_several_backward_passes_add_up(leaves):
    a, b = leaves
    for _ in range(2):
        (sum_of_squares(a) + 2 * sum_of_squares([a, b])).backward()
    close(a.grad, 12 * a)
    close(b.grad, 8 * b)


def test_gradients_asked_for_are_returned_and_nothing_else_is_touched(leaves):
    a, b = leaves
    (product,) = torch.autograd.grad(3 * sum_of_squares([a, b]) + b.sum(), [a])
    close(product, 6 * a)
    assert a.grad is None and b.grad is None


def test_only_the_leaves_that_a_backward_pass_names_get_one(leaves):
    a, b = leaves
    sum_of_squares([a, b]).backward(inputs=[a])
    close(a.grad, 2 * a)
    assert b.grad is None


@pytest.mark.parametrize("constant_first", [False, True])
def test_constants_and_tensors_that_are_no_leaves(leaves, constant_first):
    a, b = leaves
    terms = [2 * a, b.detach()]
    sum_of_squares(terms[::-1] if constant_first else terms).backward()
    close(a.grad, 8 * a)


def test_hooks_of_the_leaf_are_called(leaves):
    a, _ = leaves
    a.register_hook(lambda gradient: 2 * gradient)
    sum_of_squares(a).backward()
    close(a.grad, 4 * a)


def test_it_can_be_differentiated_again(leaves):
    a, _ = leaves
    (gradient,) = torch.autograd.grad(sum_of_squares(a), [a], create_graph=True)
    sum_of_squares(gradient).backward()
    close(a.grad, 8 * a)
