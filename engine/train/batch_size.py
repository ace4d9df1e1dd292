"""Finds the batch that fits, by trying.

Larger and larger batches take a step each, until one does not fit into memory or makes training no
faster. Published tables of "batch for so many gigabytes" know neither these networks nor what else
lies in the memory.
"""

import os
import time
from collections.abc import Callable
from typing import Protocol

import torch

from engine.config.presets import memory_bytes
from engine.events import BatchChosen

CANDIDATES = (16, 32, 64, 128, 256, 512)
SHARE_OF_FREE = 0.8
"""Previews and evaluations need memory too."""
WORTH_IT = 1.1
"""Twice the batch must be faster by this factor: a larger one also learns less from each image."""


class Memory(Protocol):
    """What a device's memory can tell."""

    def budget(self) -> int:
        """Bytes that training may take; 0 when it cannot be told."""
        ...

    def peak(self) -> int:
        """Most bytes that training took since the probe began; 0 when it cannot be told."""
        ...


def memory_of(device: torch.device) -> Memory:
    """Give what a device's memory can tell."""
    return GpuMemory(device) if device.type == "cuda" else MainMemory()


def most_taken_bytes(device: torch.device) -> int:
    """Most bytes of a device that this process ever held; 0 when it cannot be told."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return _largest_resident()


def total_bytes(device: torch.device) -> int:
    """Bytes that a device has; 0 when it cannot be told."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    return memory_bytes()


def choose_batch(
    take_steps: Callable[[int], None],
    memory: Memory,
    *,
    largest: int,
    clock: Callable[[], float] = time.perf_counter,
) -> BatchChosen:
    """Try batches and say which is best, and why no larger one.

    Args:
        take_steps: trains one step with a batch of the given size and waits for it.
        memory: of the device.
        largest: more than so many pairs make no batch.
        clock: in seconds.

    Raises:
        torch.OutOfMemoryError: not even the smallest fits.
    """
    budget = memory.budget()
    chosen: BatchChosen | None = None
    sizes = [size for size in CANDIDATES if size <= largest] or [max(2, largest)]
    for size in sizes:
        refused = chosen is not None and budget > 0 and 2 * chosen.memory_bytes > budget
        rate = 0.0 if refused else _rate(take_steps, size, clock, may_fail=chosen is not None)
        if chosen is not None and rate < WORTH_IT * chosen.images_per_s:
            return BatchChosen(**{**vars(chosen), "refused": size})
        chosen = BatchChosen(
            batch_size=size,
            images_per_s=rate,
            memory_bytes=memory.peak(),
            budget_bytes=budget,
        )
    if chosen is None:
        raise ValueError("there is no batch to try")
    return chosen


def _rate(
    take_steps: Callable[[int], None], size: int, clock: Callable[[], float], *, may_fail: bool
) -> float:
    """Images per second with a batch; 0 when it does not fit and a smaller one did."""
    try:
        take_steps(size)  # The first step of a size compiles kernels and grows memory pools.
        start = clock()
        take_steps(size)
        return size / max(clock() - start, 1e-9)
    except torch.OutOfMemoryError:
        if not may_fail:
            raise
        return 0.0


class GpuMemory:
    """A CUDA device's memory."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        torch.cuda.reset_peak_memory_stats(device)

    def budget(self) -> int:
        """Most of what is free, and what is held already."""
        free, _total = torch.cuda.mem_get_info(self._device)
        return int(SHARE_OF_FREE * free) + torch.cuda.memory_allocated(self._device)

    def peak(self) -> int:
        """Peak of the allocator."""
        return torch.cuda.max_memory_allocated(self._device)


class MainMemory:
    """The computer's memory, as far as the system tells."""

    def __init__(self) -> None:
        self._before = _largest_resident()

    def budget(self) -> int:
        """Most of what is free."""
        try:
            free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (AttributeError, ValueError, OSError):
            return 0  # macOS and Windows do not tell.
        return int(SHARE_OF_FREE * free)

    def peak(self) -> int:
        """How far the process has grown."""
        return max(0, _largest_resident() - self._before)


def _largest_resident() -> int:
    """Most bytes that the process ever held; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0  # Windows
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if os.uname().sysname == "Darwin" else largest * 1024
