"""Differentiation on PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from keras import tree
from torch.autograd import Variable

GeneratorState = tuple[torch.Tensor, torch.Tensor | None, int]

_PIECE = 2**16  # elements of a sum


def value_and_grad(
    function: Callable[..., Any], x: Any, args: tuple, has_aux: bool, differentiable: bool
) -> tuple[Any, Any]:
    with torch.enable_grad():
        x = tree.map_structure(_leaf, x)
        result = function(x, *args)
        value = result[0] if has_aux else result
        return result, _gradient(value, x, None, differentiable)


def vjp(function: Callable[[Any], Any], x: Any, cotangent: Any) -> tuple[Any, Any]:
    with torch.enable_grad():
        x = tree.map_structure(_leaf, x)
        outputs = function(x)
        return outputs, _gradient(outputs, x, cotangent, differentiable=True)


def read(value: torch.Tensor) -> torch.Tensor:
    return value


def snapshot(value: torch.Tensor) -> torch.Tensor:
    """Copies a tensor that the forward pass may update in place."""
    return value.detach().clone()


class _SumOfSquares(torch.autograd.Function):
    """Reads each tensor once forward and once backward, where autograd itself makes copies.

    What is due to the `.grad` of a leaf is added there at the end of the backward pass, in place.
    """

    @staticmethod
    def forward(ctx: Any, axis: int | None, *tensors: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(*tensors)
        ctx.axis = axis
        ctx.in_place = axis is None and not torch.compiler.is_compiling()
        if axis is not None:
            return torch.sum(tensors[0] * tensors[0], axis)
        first, *rest = (torch.dot(flat, flat) for flat in (x.reshape(-1) for x in tensors))
        return sum(rest, first)

    @staticmethod
    def backward(ctx: Any, *cotangents: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (cotangent,) = cotangents
        if ctx.axis is not None:
            cotangent = cotangent.unsqueeze(ctx.axis)
        factor, tensors = 2 * cotangent, ctx.saved_tensors
        receivers = zip(ctx.next_functions, tensors, strict=True)
        in_place = ctx.in_place and not torch.is_grad_enabled()
        if in_place and all(_accumulates(node, x) for (node, _), x in receivers):
            Variable._execution_engine.queue_callback(lambda: _add_multiples(tensors, factor))
            return None, *(None for _ in tensors)
        return None, *(x * factor for x in tensors)


def _accumulates(node: Any, x: torch.Tensor) -> bool:
    """Returns whether the backward pass that is running adds to `x.grad`, and does nothing else."""
    if (
        x._backward_hooks
        or x._post_accumulate_grad_hooks
        or getattr(node, "variable", None) is not x
    ):
        return False
    try:
        return torch._C._will_engine_execute_node(node)
    except RuntimeError:  # `torch.autograd.grad` asks for this gradient
        return False


def _add_multiples(tensors: tuple[torch.Tensor, ...], factor: torch.Tensor) -> None:
    with torch.no_grad():
        for x in tensors:
            if x.grad is None:
                x.grad = x * factor
            else:
                x.grad.addcmul_(x, factor.to(x.grad.dtype))


def sum_of_squares(tensors: list[torch.Tensor], axis: int | None) -> torch.Tensor:
    return _SumOfSquares.apply(axis, *tensors)


class _Additive(torch.autograd.Function):
    """Goes over pieces that stay in the cache, and keeps of each nothing but its gradient."""

    @staticmethod
    def forward(
        ctx: Any, function: Callable[..., Any], x: torch.Tensor, *parameters: torch.Tensor
    ) -> Any:
        made = [function(piece, *parameters) for piece in x.reshape(-1).split(_PIECE)]
        first, *rest = zip(*(gradients for _, gradients in made), strict=True)
        gradients = torch.cat(first).reshape(x.shape), *(sum(each) for each in rest)
        ctx.function, ctx.number = function, len(gradients)
        ctx.save_for_backward(*gradients, x, *parameters)
        return sum(value for value, _ in made)

    @staticmethod
    def backward(ctx: Any, *cotangents: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        saved = ctx.saved_tensors
        gradients, args = saved[: ctx.number], saved[ctx.number :]
        if torch.is_grad_enabled():  # to be differentiated again
            gradients = ctx.function(*args)[1]
        return None, *(cotangents[0] * each for each in gradients)


def add_weighted(sums: Any, scalars: list[torch.Tensor], weight: Any) -> None:
    """In place, where an assignment would take as long as a small layer."""
    with torch.no_grad():
        sums.value.add_(torch.stack([*scalars, torch.ones_like(scalars[0])]), alpha=weight)


def additive(function: Callable[..., Any], *args: torch.Tensor) -> torch.Tensor:
    return _Additive.apply(function, *args)


def mixture_moments(
    x: torch.Tensor, means: torch.Tensor, precisions: torch.Tensor, log_heights: torch.Tensor
) -> tuple[torch.Tensor, ...]:
    """All components in one array, in place unless it will be differentiated."""
    flat, own = x.reshape(-1), not torch.is_grad_enabled()
    deviations = (flat - means[:, None]) * precisions[:, None]
    densities = torch.addcmul(log_heights[:, None], deviations, deviations, value=-0.5)
    highest = densities.detach().amax(0)
    relative = densities.sub_(highest).exp_() if own else torch.exp(densities - highest)
    total = relative.sum(0)
    responsibilities = relative.div_(total) if own else relative / total
    numbers = responsibilities.sum(1)
    pulls = responsibilities.mul_(deviations) if own else responsibilities * deviations
    slopes = torch.matmul(precisions, pulls).reshape(x.shape)
    cost = -(highest.sum() + total.log().sum())
    return cost, slopes, numbers, pulls.sum(1), (pulls * deviations).sum(1)


def generator_state() -> GeneratorState:
    """Where torch's own generators stand: `keras.layers.Dropout` without a seed draws from them."""
    cuda = torch.cuda.get_rng_state() if torch.cuda.is_initialized() else None
    return torch.get_rng_state(), cuda, 0


def reseeded(state: GeneratorState, stride: int) -> GeneratorState:
    cpu, cuda, _ = state
    return cpu, cuda, stride


@contextmanager
def generator_at(state: GeneratorState | None) -> Iterator[None]:
    """Draws from where the generators stood at `state`, then puts them back where they were."""
    if state is None:
        yield
        return
    cpu, cuda, stride = state
    with torch.random.fork_rng():
        torch.set_rng_state(cpu)
        if cuda is not None:
            torch.cuda.set_rng_state(cuda)
        if stride:
            torch.manual_seed(int(torch.randint(2**31, ())) + stride)
        yield


def move_average(average: torch.Tensor, value: torch.Tensor, decay: torch.Tensor) -> torch.Tensor:
    return average.detach().lerp_(value, 1.0 - decay)


def replicas() -> int:
    return 1


def replica() -> int:
    return 0


def latest(compute: Callable[[], Any], memory: Any) -> Any:
    return compute()


def global_generators() -> list[str]:
    states = [torch.get_rng_state(), *torch.cuda.get_rng_state_all()]
    return [bytes(state.numpy()).hex() for state in states]


def set_global_generators(states: list[str]) -> None:
    cpu, *cuda = (torch.frombuffer(bytearray.fromhex(state), dtype=torch.uint8) for state in states)
    torch.set_rng_state(cpu)
    torch.cuda.set_rng_state_all(cuda)


def build_to_train(model: Any, batches: Any) -> None:
    """`fit` has done it."""


def repeats_shuffling() -> bool:
    return True


def _leaf(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor that already takes part in the graph is kept, so that passes made of it count."""
    return tensor if tensor.requires_grad else tensor.detach().requires_grad_()


def _gradient(outputs: Any, x: Any, cotangent: Any, differentiable: bool) -> Any:
    pairs = [
        (output, seed)
        for output, seed in zip(
            tree.flatten(outputs),
            tree.flatten(cotangent)
            if cotangent is not None
            else [None] * len(tree.flatten(outputs)),
            strict=True,
        )
        if output.requires_grad
    ]
    leaves = tree.flatten(x)
    if not pairs:
        return tree.map_structure(torch.zeros_like, x)
    gradients = torch.autograd.grad(
        [output for output, _ in pairs],
        leaves,
        [seed for _, seed in pairs] if cotangent is not None else None,
        create_graph=differentiable,
        retain_graph=True,
        allow_unused=True,
    )
    return tree.pack_sequence_as(
        x,
        [
            torch.zeros_like(leaf) if gradient is None else gradient
            for leaf, gradient in zip(leaves, gradients, strict=True)
        ],
    )
