"""Batch size finder: takes steps with growing batches.

It stops at the first batch that does not fit into memory or does not make training faster. Fixed
tables of batch size by memory would consider neither these networks nor what else uses the memory.
"""

import math
import os
import time
from collections.abc import Callable

import torch

from engine.config.presets import memory_bytes
from engine.events import BatchSizeSelected
from engine.train.device import (
    CPU,
    allocated_memory,
    free_memory,
    peak_memory,
    reset_peak_memory,
    total_memory,
)

CANDIDATES = (16, 32, 64, 128, 256, 512)
FREE_FRACTION = 0.8
"""Previews and evaluations need memory too."""
MIN_SPEEDUP = 1.1
"""Required speed-up from doubling the batch: a larger one also learns less from each image."""


class DeviceMemory:
    """Memory statistics of a device."""

    def __init__(self, device: torch.device) -> None:
        self._device, self._before = device, 0
        if device.type == CPU:
            self._before = peak_bytes(device)
        else:
            reset_peak_memory(device)

    def budget(self) -> int:
        """Return the bytes that training may use; 0 if unknown."""
        if self._device.type != CPU:
            free = free_memory(self._device)
            return int(FREE_FRACTION * free) + allocated_memory(self._device) if free else 0
        try:
            free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (AttributeError, ValueError, OSError):
            return 0  # Not reported by macOS and Windows.
        return int(FREE_FRACTION * free)

    def peak(self) -> int:
        """Return the peak bytes of training since the object was created; 0 if unknown."""
        return max(0, peak_bytes(self._device) - self._before)


def peak_bytes(device: torch.device) -> int:
    """Return the peak bytes of a device that this process used; 0 if unknown."""
    if device.type != CPU:
        return peak_memory(device)
    try:
        import resource
    except ImportError:
        return 0  # Windows
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if os.uname().sysname == "Darwin" else peak * 1024


def total_bytes(device: torch.device) -> int:
    """Return the total bytes of a device; 0 if unknown."""
    return memory_bytes() if device.type == CPU else total_memory(device)


def choose_batch(
    take_steps: Callable[[int], None],
    memory: DeviceMemory,
    *,
    largest: int,
    multiple: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> BatchSizeSelected:
    """Try growing batches; return the best, and the size that was refused.

    Args:
        take_steps: takes training steps with a batch size and waits for them.
        memory: of the device.
        largest: number of training pairs; no batch is larger.
        multiple: of what number the batch size must be a multiple.
        clock: in seconds.

    Raises:
        torch.OutOfMemoryError: not even the smallest fits.
    """
    budget = memory.budget()
    chosen: BatchSizeSelected | None = None
    sizes = [size for size in CANDIDATES if size <= largest] or [max(2, largest)]
    for size in dict.fromkeys(math.ceil(size / multiple) * multiple for size in sizes):
        refused = chosen is not None and budget > 0 and 2 * chosen.memory_bytes > budget
        rate = 0.0 if refused else _rate(take_steps, size, clock, may_fail=chosen is not None)
        if chosen is not None and rate < MIN_SPEEDUP * chosen.images_per_s:
            return BatchSizeSelected(**{**vars(chosen), "refused": size})
        chosen = BatchSizeSelected(
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
    """Measure images per second; 0 if the batch does not fit and ``may_fail``."""
    try:
        take_steps(size)  # The first step of a size compiles kernels and grows memory pools.
        start = clock()
        take_steps(size)
        return size / max(clock() - start, 1e-9)
    except torch.OutOfMemoryError:
        if not may_fail:
            raise
        return 0.0
