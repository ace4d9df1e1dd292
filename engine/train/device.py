"""The training device: selection, precision, memory, and classification of its errors."""

import contextlib
import ctypes
import gc
import re
import sys
from contextlib import AbstractContextManager

import torch

from engine import ranks
from engine.errors import DeviceUnavailableError


def find_device(name: str) -> torch.device:
    """Resolve ``auto``, ``cpu`` or ``cuda`` to a device of this machine.

    Raises:
        DeviceUnavailableError: ``cuda`` was requested and there is none.
    """
    has_cuda = torch.cuda.is_available()
    if name == "cuda" and not has_cuda:
        reason = "this PyTorch was built without CUDA"
        if torch.backends.cuda.is_built():
            reason = "no NVIDIA GPU with a working driver was found"
        raise DeviceUnavailableError(name, reason)
    if name == "auto":
        name = "cuda" if has_cuda else "cpu"
    if name == "cuda" and ranks.size() > 1:
        # Each process of a machine has a GPU of its own.
        if (count := torch.cuda.device_count()) < ranks.num_local():
            reason = f"there are {count} GPUs for {ranks.num_local()} processes"
            raise DeviceUnavailableError(name, reason)
        torch.cuda.set_device(ranks.local_rank())
    return torch.device(name)


def describe(device: torch.device) -> str:
    """Return a readable name of a device."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads != 1 else ''}"


# --------------------------------------------------------------------------
# Precision.


def has_bf16(device: torch.device) -> bool:
    """Whether a device multiplies bfloat16 natively."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()  # noqa: SLF001 (the only way to ask)


def in_precision(name: str, device: torch.device) -> AbstractContextManager[object]:
    """Return a context that computes in a precision; weights stay float32."""
    if name != "bf16":
        return contextlib.nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


# --------------------------------------------------------------------------
# Classification of errors that PyTorch raises.


_NO_ROOM = re.compile(
    r"can't allocate memory|not enough memory|out of memory|could not (create|execute) a primitive",
    re.IGNORECASE,
)
"""The last is what oneDNN says when it cannot allocate its buffers."""
_LOST = re.compile(
    r"CUDA error|cudnn_status|cublas_status|device-side assert|unspecified launch failure"
    r"|device is lost|GPU is lost|driver shutting down",
    re.IGNORECASE,
)


def is_out_of_memory(error: Exception) -> bool:
    """Whether a step failed for lack of memory, so that a smaller one may succeed."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    # The CPU allocator has no exception class of its own.
    is_plain = type(error) in {RuntimeError, torch.AcceleratorError}
    return is_plain and bool(_NO_ROOM.search(str(error)))


def is_device_lost(error: Exception) -> bool:
    """Whether the device's context is lost: this process cannot use the device any more."""
    if is_out_of_memory(error):
        return False
    return isinstance(error, RuntimeError) and bool(_LOST.search(str(error)))


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 512 * 2**20
_MAX_MMAP_THRESHOLD = 32 * 2**20
"""The largest value that glibc accepts."""


def keep_freed_memory() -> None:
    """Let the C library keep up to 512 MiB of freed memory for later tensors.

    By default glibc returns it to the system after every step, and the next step pays for it in
    page faults (5 to 10 % of a small CPU run, docs/measurements.md). ``release_memory`` still
    returns it. Does nothing where the C library is not glibc.
    """
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):
            library = ctypes.CDLL(None)
            library.mallopt(_M_MMAP_THRESHOLD, _MAX_MMAP_THRESHOLD)
            library.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


def release_memory() -> None:
    """Return unused memory to the system, as far as possible."""
    gc.collect()
    if sys.platform == "linux":
        # Free heap pages, where the C library supports it.
        with contextlib.suppress(AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
    # Fails on a lost device.
    with contextlib.suppress(RuntimeError):
        if torch.cuda.is_available() and torch.cuda.is_initialized():
            torch.cuda.empty_cache()
