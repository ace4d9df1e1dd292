"""Building blocks shared by the networks."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

SLOPE = 0.2
"""Negative slope of the leaky ReLU in every network."""


def activation() -> nn.Module:
    """Return the non-linearity that all networks use."""
    return nn.LeakyReLU(SLOPE)


def initialise(network: nn.Module) -> None:
    """Initialise weights so that activations keep their variance from layer to layer.

    With PyTorch's default the noise has vanished after four layers, and a small GAN spends its
    first minutes in mode collapse (docs/measurements.md). Source: He et al. 2015, arXiv:1502.01852,
    eq. 14.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, a=SLOPE)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Pass gradients through a network without accumulating any for its weights."""
    network.requires_grad_(requires_grad=False)
    try:
        yield
    finally:
        network.requires_grad_(requires_grad=True)


@contextmanager
def shapes_only() -> Iterator[None]:
    """Build networks on the meta device, without memory for and values of their weights."""
    with torch.device("meta"), _SkipRandomValues():
        yield


class _SkipRandomValues(TorchFunctionMode):
    """Leaves out normally distributed values.

    On the meta device there is nothing to fill, but PyTorch's first attempt imports
    ``torch._dynamo``, which takes a second.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        named = kwargs or {}
        if func is nn.init.normal_:
            return named["tensor"]
        return args[0] if func is Tensor.normal_ else func(*args, **named)


ROWS_TOGETHER = 8
"""Rows are selected in multiples of this: each number of rows has convolutions of its own, which a
CPU prepares on first use."""


def run_on_rows(network: Callable[..., Tensor], mask: Tensor, *inputs: Tensor) -> Tensor:
    """Run a network on the rows of a batch that are needed.

    On a CPU the others are left out. On other devices all are computed: to count rows would wait
    for the device.

    Args:
        network: maps each row by itself, so without batch statistics.
        mask: [B] booleans, the rows that are needed.
        inputs: of the network, [B, ...] each.

    Returns:
        [B, ...]. Rows that are not needed are finite, and mean nothing.
    """
    return run_on_selected(network, mask, *inputs) if mask.is_cpu else network(*inputs)


def run_on_selected(
    network: Callable[..., Tensor], mask: Tensor, *inputs: Tensor, count: int | None = None
) -> Tensor:
    """Run a network on some rows of a batch, and on up to seven others; arguments as above.

    It waits for the device. Batch statistics are those of these rows. ``count`` is the number of
    rows if it is known; by default it follows from the mask.
    """
    needed = num_selected(mask) if count is None else count
    if needed >= len(mask):
        return network(*inputs)
    rows = (~mask).to(torch.uint8).argsort(stable=True)[:needed]
    made = network(*[values.index_select(0, rows) for values in inputs])
    return made.new_zeros(len(mask), *made.shape[1:]).index_copy(0, rows, made)


def num_selected(mask: Tensor) -> int:
    """Return on how many rows a network runs of which those of a mask [B] are needed."""
    return max(1, math.ceil(int(mask.sum()) / ROWS_TOGETHER)) * ROWS_TOGETHER


MINIBATCH_GROUP = 4
"""Rows that are compared with each other."""


class MinibatchStdDev(nn.Module):
    """Minibatch standard deviation: appends one feature, the mean deviation within a group.

    It lets a discriminator recognise a generator that repeats itself.
    Source: Karras et al. 2018, arXiv:1710.10196, section 3.
    """

    def __init__(self, group: int = MINIBATCH_GROUP) -> None:
        super().__init__()
        self.group = group

    def forward(self, features: Tensor) -> Tensor:
        """[B, F] to [B, F + 1]."""
        group = math.gcd(self.group, len(features))
        grouped = features.view(group, -1, features.shape[1])
        # ``var`` over the first dimension is nine times slower on a CPU.
        variance = (grouped - grouped.mean(0)).square().mean(0)
        deviation = (variance + 1e-8).sqrt().mean(1)
        return torch.cat([features, deviation.repeat(group)[:, None]], 1)
