"""Judges items one by one with a discriminator whose heads compare the items of a batch.

The minibatch standard deviation (``MinibatchStdDev``) makes a logit depend on the whole batch. For
a question about one item, such as the gradient of its logit, the deviation is held at its value in
a given batch; the logit of an item then depends on that item alone.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from engine.nets.blocks import MinibatchStdDev
from engine.nets.discriminator import PairDiscriminator
from engine.nets.protocols import Items


@contextmanager
def held_deviation(discriminator: PairDiscriminator, batch: Items) -> Iterator[None]:
    """Hold each minibatch standard deviation at its value in a batch.

    Args:
        discriminator: is called within the block.
        batch: [B, ...] each. Within the block, calls with B rows use the deviation of each row,
            other calls the mean deviation.
    """
    layers = [m for m in discriminator.modules() if isinstance(m, MinibatchStdDev)]
    with torch.no_grad(), _hooks(layers, _record) as recorded:
        discriminator(batch)
    with _hooks(layers, lambda layer, output, _store: _replace(output, recorded[layer])):
        yield


def _record(layer: nn.Module, output: Tensor, store: dict[nn.Module, Tensor]) -> None:
    store[layer] = output[:, -1:].detach()


def _replace(output: Tensor, deviation: Tensor) -> Tensor:
    held = deviation if len(deviation) == len(output) else deviation.mean().expand(len(output), 1)
    return torch.cat([output[:, :-1], held], 1)


@contextmanager
def _hooks(layers: list[MinibatchStdDev], change: Any) -> Iterator[dict[nn.Module, Tensor]]:
    """Call ``change(layer, output, store)`` after each layer; what it returns is the output."""
    store: dict[nn.Module, Tensor] = {}

    def hook(layer: nn.Module, _inputs: object, output: Tensor) -> Tensor | None:
        return change(layer, output, store)

    with ExitStack() as stack:
        for layer in layers:
            stack.callback(layer.register_forward_hook(hook).remove)
        yield store
