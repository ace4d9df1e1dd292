"""Training in several processes, each on its part of every batch: what the processes exchange.

The processes are numbered by rank. Of a batch of B rows and W ranks, rank r has the rows r, r + W,
r + 2 W and so on. Each computes its share of the loss of the whole batch: the shares of all ranks
add up to the loss, and their gradients to its gradient, so that W ranks learn what one process
learns. For this,

- means are shares: sums over a rank's own rows, divided by the number of rows of all ranks;
- random numbers are drawn for all ranks, and each takes those of its own rows;
- what couples rows, such as the statistics of batch norm, is exchanged.

In a single process every function returns what it is given or the plain result, bit for bit.

Shapes: B rows of all ranks, b = B / W rows of one.
"""

import contextlib
import datetime as dt
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from safetensors.torch import load, save
from torch import Tensor
from torch.autograd.function import Function, once_differentiable
from torch.utils.weak import WeakIdKeyDictionary

from engine.errors import RankLostError
from engine.rank_channel import FollowerChannel, LeaderChannel, Message

_COLLECTIVES = {"xpu": "xccl"}
"""Libraries that exchange the tensors of accelerators; NCCL, or RCCL of that name, is usual."""
TIMEOUT_S = 600.0
"""Time after which a rank that has not answered, on a machine that was lost, counts as lost."""
_STORES: Any = dist
"""The module, without declarations of types: those of stores are incomplete."""


@dataclass
class _Membership:
    rank: int = 0
    size: int = 1
    store: Any = None
    channel: LeaderChannel | FollowerChannel | None = None
    is_connected: bool = False
    is_local: bool = False


_own = _Membership()
_counts: WeakIdKeyDictionary = WeakIdKeyDictionary()
"""Rows of all ranks by mask, once they have been counted."""


# --------------------------------------------------------------------------
# Membership.


def join(rank: int, size: int, store: Any, channel: LeaderChannel | FollowerChannel | None) -> None:
    """Take part in a run of several processes; ``connect`` connects them for training.

    Args:
        rank: of this process.
        size: W.
        store: shared by all ranks, for their addresses, as ``file_store`` returns it.
        channel: between rank 0 and the others; None if nothing is ordered.
    """
    _own.rank, _own.size, _own.store, _own.channel = rank, size, store, channel


def file_store(path: Path, size: int) -> Any:
    """Return the store of ranks on one machine, in a file that need not exist."""
    return _STORES.FileStore(str(path), size)


def torchrun_store() -> tuple[Any, int, int]:
    """Return the store of the processes that torchrun has started, this rank, and their number."""
    return next(_STORES.rendezvous("env://"))


def connect(device: torch.device, number: int) -> None:
    """Connect the ranks that have joined.

    Args:
        device: of the tensors that are exchanged, beside those on the CPU.
        number: of the connection, the same on all ranks and another one each time.

    Raises:
        RankLostError: a rank did not answer.
    """
    disconnect()
    if _own.store is None:
        return
    library = _COLLECTIVES.get(device.type, "nccl")
    backend = "gloo" if device.type == "cpu" else f"cpu:gloo,{device.type}:{library}"
    with _lost_on_error():
        dist.init_process_group(
            backend,
            store=_STORES.PrefixStore(f"connection {number}", _own.store),
            rank=_own.rank,
            world_size=_own.size,
            timeout=dt.timedelta(seconds=TIMEOUT_S),
        )
    _own.is_connected = True


def order(kind: str, **values: object) -> None:
    """Tell the other ranks what to do next; only rank 0 has others to tell.

    Raises:
        RankLostError: one has ended.
    """
    if isinstance(_own.channel, LeaderChannel):
        _own.channel.send({"kind": kind, **values})


def next_order() -> Message | None:
    """Wait for what rank 0 wants done; None if it has ended."""
    return _own.channel.receive() if isinstance(_own.channel, FollowerChannel) else None


def answer(kind: str, reason: str = "") -> None:
    """Tell rank 0 that this rank is ready, or why it failed."""
    if isinstance(_own.channel, FollowerChannel):
        _own.channel.answer(kind, reason)


def wait_until_ready() -> None:
    """Wait for the others to have answered that they are ready.

    Raises:
        RankLostError: one has failed or ended instead.
    """
    if isinstance(_own.channel, LeaderChannel):
        _own.channel.wait_until_ready()


def disconnect() -> None:
    """Close the connection; a rank that waits for this one is told so by an error."""
    _counts.clear()
    if _own.is_connected:
        _own.is_connected = False
        with contextlib.suppress(RuntimeError):
            dist.destroy_process_group()


def leave() -> None:
    """Be a single process again; other ranks of rank 0 end."""
    disconnect()
    if _own.channel is not None:
        _own.channel.close()
    _own.rank, _own.size, _own.store, _own.channel = 0, 1, None, None


def size() -> int:
    """Return the number of ranks, W."""
    return _own.size


def rank() -> int:
    """Return the number of this rank, from 0."""
    return _own.rank


def local_rank() -> int:
    """Return the number of this rank among those of its machine, from 0."""
    return int(os.environ.get("LOCAL_RANK", _own.rank))


def num_local() -> int:
    """Return the number of ranks on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", _own.size))


@contextlib.contextmanager
def local_only() -> Iterator[None]:
    """Compute with this rank's rows as if they were all, without waiting for the others."""
    before, _own.is_local = _own.is_local, True
    try:
        yield
    finally:
        _own.is_local = before


def _is_alone() -> bool:
    return _own.size == 1 or _own.is_local or not _own.is_connected


@contextlib.contextmanager
def _lost_on_error() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        # First, to release the ranks that wait for this one.
        disconnect()
        if isinstance(_own.channel, LeaderChannel):
            raise _own.channel.loss() from error
        raise RankLostError(_own.size) from error


# --------------------------------------------------------------------------
# Rows.


def rows_of_all(count: int) -> int:
    """Return the rows of all ranks where each has so many."""
    return count * _own.size


def own_rows(rows: Tensor, dim: int = 0) -> Tensor:
    """Return this rank's rows of all, [B, ...] to [b, ...]; ``dim`` is the dimension of B."""
    if _own.size == 1:
        return rows
    places = torch.arange(_own.rank, rows.shape[dim], _own.size, device=rows.device)
    return rows.index_select(dim, places)


def all_rows(rows: Tensor) -> Tensor:
    """Return the rows of all ranks in their order in the batch, without a gradient.

    Args:
        rows: [b, ...]; the same b on all ranks.

    Returns:
        [B, ...].
    """
    if _own.size == 1:
        return rows
    return stacked(rows).transpose(0, 1).flatten(0, 1)


def previous_rows(rows: Tensor) -> Tensor:
    """Return for each row the one before it in the batch of all ranks, for the first the last.

    Gradients return to the rows that were taken.

    Args:
        rows: [b, ...]; the same b on all ranks.
    """
    return rows.roll(1, 0) if _is_alone() else _apply(_PreviousRows, rows)


def previous_of_each(items: Sequence[Tensor]) -> list[Tensor]:
    """Return ``previous_rows`` of several tensors in one exchange, without gradients."""
    if _is_alone():
        return [rows.roll(1, 0) for rows in items]
    parts = [_bytes_by_row(rows) for rows in items]
    moved = _shifted(torch.cat(parts, 1), 1).split([part.shape[1] for part in parts], 1)
    return [
        part.contiguous().view(rows.dtype).view(rows.shape)
        for part, rows in zip(moved, items, strict=True)
    ]


def _bytes_by_row(rows: Tensor) -> Tensor:
    return rows.detach().contiguous().flatten(1).view(torch.uint8)


# --------------------------------------------------------------------------
# Sums and means.


def total(share: Tensor) -> Tensor:
    """Return the sum of what each rank has, without a gradient."""
    if _is_alone():
        return share
    whole = share.detach().clone()
    with _lost_on_error():
        dist.all_reduce(whole)
    return whole


def mean(rows: Tensor) -> Tensor:
    """Return this rank's share of the mean over the rows of all ranks: [b] to []."""
    return rows.mean() if _own.size == 1 else rows.mean() / _own.size


def count_rows(mask: Tensor) -> Tensor:
    """Count the rows of all ranks in which a mask is true: [b] booleans to []."""
    if _is_alone():
        return mask.sum() if _own.size == 1 else _own.size * mask.sum()
    if mask not in _counts:
        count_together([mask])
    return _counts[mask]


def count_together(masks: Iterable[Tensor]) -> None:
    """Count several masks in one exchange, for later calls of ``count_rows``.

    The masks must not be changed afterwards.
    """
    if _is_alone():
        return
    unknown = [mask for mask in masks if mask not in _counts]
    if unknown:
        counts = total(torch.stack([mask.sum() for mask in unknown]))
        for mask, count in zip(unknown, counts, strict=True):
            _counts[mask] = count


def add_up(tensors: Sequence[Tensor]) -> None:
    """Replace tensors by the sums over all ranks, in one exchange for all of one type."""
    if _is_alone():
        return
    for dtype in dict.fromkeys(tensor.dtype for tensor in tensors):
        parts = [tensor for tensor in tensors if tensor.dtype == dtype]
        flat = torch.cat([part.flatten() for part in parts])
        with _lost_on_error():
            dist.all_reduce(flat)
        sums = flat.split([part.numel() for part in parts])
        for part, summed in zip(parts, sums, strict=True):
            part.copy_(summed.view_as(part))


def any_rank(is_true: bool) -> bool:  # noqa: FBT001 (what is asked)
    """Return whether something is true on any rank; waits for all."""
    if _own.size == 1 or not _own.is_connected:
        return is_true
    answer = torch.tensor(int(is_true))
    with _lost_on_error():
        dist.all_reduce(answer, dist.ReduceOp.MAX)
    return bool(answer)


def stacked(share: Tensor) -> Tensor:
    """Return what each rank has, by rank: [...] to [W, ...], without a gradient."""
    share = share.detach().contiguous()
    if _is_alone():
        return share.expand(_own.size, *share.shape)
    # Booleans and bytes of the same size: not every backend knows the first.
    sent = share.view(torch.uint8) if share.dtype == torch.bool else share
    received = sent.new_empty(_own.size, *sent.shape)
    with _lost_on_error():
        dist.all_gather(list(received.unbind(0)), sent)
    return received.view(share.dtype)


def broadcast_tensors(tensors: Mapping[str, Tensor] | None = None) -> dict[str, Tensor]:
    """Return the tensors of rank 0, on the CPU; the other ranks pass none."""
    content = b""
    if tensors is not None:
        content = save({n: t.detach().cpu().contiguous() for n, t in tensors.items()})
    length = total(torch.tensor(len(content)))
    # Of its own memory: the bytes may not be written to.
    whole = torch.frombuffer(bytearray(content or int(length)), dtype=torch.uint8)
    with _lost_on_error():
        dist.broadcast(whole, 0)
    return load(whole.numpy().tobytes())


# --------------------------------------------------------------------------
# Batch norm.


def normalize(
    rows: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Normalise channels by the mean and variance over the rows of all ranks.

    Source: batch normalisation, Ioffe & Szegedy 2015, arXiv:1502.03167, algorithm 1.

    Args:
        rows: [n, C, H, W]; n may differ between the ranks, and be 0.
        weight: [C] factor of the normalised rows.
        bias: [C] added to them.
        eps: added to the variance.

    Returns:
        [n, C, H, W]; mean [C], biased variance [C] and number [] of the values of all ranks.
    """
    return _apply(_Normalized, rows, weight, bias, eps)


class _Normalized(Function):
    @staticmethod
    def forward(
        ctx: Any, rows: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        values = rows.to(torch.promote_types(rows.dtype, torch.float32))
        own_count = values[:, 0].numel()
        own = values.new_zeros(2, values.shape[1])
        if own_count:
            own = torch.stack(_KERNELS.batch_norm_update_stats(values, None, None, 0.0))
        all_of = stacked(torch.cat([own.flatten(), own.new_tensor([own_count])]))
        means, variances = all_of[:, :-1].chunk(2, 1)
        counts = all_of[:, -1:]
        count = counts.sum()
        mean = (counts * means).sum(0) / count
        # About the common mean, by the parallel axis theorem.
        variance = (counts * (variances + (means - mean).square())).sum(0) / count
        ctx.save_for_backward(values, weight, mean, (variance + eps).rsqrt(), count)
        ctx.eps = eps
        ctx.mark_non_differentiable(mean, variance, count)
        made = values
        if own_count:
            made, _mean, _scale = _KERNELS.native_batch_norm(
                values, weight, bias, mean, variance, training=False, momentum=0.0, eps=eps
            )
        return made.to(rows.dtype), mean, variance, count

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride] (the decorator hides a name)
        ctx: Any, *grad_outputs: Any
    ) -> tuple[Tensor | None, ...]:
        values, weight, mean, scale, count = ctx.saved_tensors
        slope = grad_outputs[0].to(values.dtype)
        # Sums over own rows of the slope, and of its product with the normalised values.
        own = values.new_zeros(2, values.shape[1])
        if values.numel():
            _rows, products, sums = _KERNELS.native_batch_norm_backward(
                slope,
                values,
                weight,
                None,
                None,
                mean,
                scale,
                train=True,
                eps=ctx.eps,
                output_mask=[False, True, True],
            )
            own = torch.stack([sums, products])
        # (slope - mean slope - normed * mean (slope * normed)) * factor, linear in slope and values
        of_slope, of_normed = total(own) / count
        factor = scale if weight is None else scale * weight
        per_value = -factor * of_normed * scale
        constant = -factor * of_slope - per_value * mean
        of_rows = torch.addcmul(_by_channel(constant), values, _by_channel(per_value))
        of_rows = of_rows.addcmul_(slope, _by_channel(factor)).to(grad_outputs[0].dtype)
        if weight is None:
            return of_rows, None, None, None
        return of_rows, own[1].to(weight.dtype), own[0].to(weight.dtype), None


_KERNELS: Any = torch.ops.aten
"""Those of PyTorch's own batch norm, each a single pass over the values."""


def _by_channel(values: Tensor) -> Tensor:
    return values[:, None, None]


# --------------------------------------------------------------------------
# The row before.


class _PreviousRows(Function):
    @staticmethod
    def forward(_ctx: Any, rows: Tensor) -> Tensor:
        return _shifted(rows, 1)

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride] (as above)
        ctx: Any,  # noqa: ARG004 (PyTorch's)
        *grad_outputs: Any,
    ) -> Tensor:
        return _shifted(grad_outputs[0], -1)


def _shifted(rows: Tensor, by: int) -> Tensor:
    """Shift the rows of all ranks by one place: those of a rank come from its neighbour."""
    own, others = rows.contiguous(), _own.size
    received = torch.empty_like(own)
    sent, kept = (
        tensor.view(torch.uint8) if tensor.dtype == torch.bool else tensor
        for tensor in (own, received)
    )
    with _lost_on_error():
        exchange = [
            dist.P2POp(dist.isend, sent, (_own.rank + by) % others),
            dist.P2POp(dist.irecv, kept, (_own.rank - by) % others),
        ]
        for work in dist.batch_isend_irecv(exchange):
            work.wait()
    # The neighbour's rows have the same places, except from the last rank to the first.
    wraps = _own.rank == (0 if by == 1 else others - 1)
    return received.roll(by, 0) if wraps else received


def _apply(function: type[Function], *arguments: Any) -> Any:
    """Call a differentiable function; PyTorch does not declare the types."""
    return function.apply(*arguments)
