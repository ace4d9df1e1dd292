"""What went wrong on a device, told from the error that PyTorch raised."""

import contextlib
import ctypes
import gc
import re
import sys

import torch

_NO_ROOM = re.compile(r"can't allocate memory|not enough memory|out of memory", re.IGNORECASE)
_LOST = re.compile(
    r"CUDA error|cudnn_status|cublas_status|device-side assert|unspecified launch failure"
    r"|device is lost|GPU is lost|driver shutting down",
    re.IGNORECASE,
)


def is_out_of_memory(error: Exception) -> bool:
    """Whether a step failed for want of memory alone, so that a smaller one may succeed."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    # On the CPU the allocator has no class of its own.
    is_plain = type(error) in {RuntimeError, torch.AcceleratorError}
    return is_plain and bool(_NO_ROOM.search(str(error)))


def is_device_lost(error: Exception) -> bool:
    """Whether the device's context is gone: nothing can be computed there in this process."""
    if is_out_of_memory(error):
        return False
    return isinstance(error, RuntimeError) and bool(_LOST.search(str(error)))


def give_memory_back() -> None:
    """Return what is no longer used to the system, as far as it can be."""
    gc.collect()
    _trim_memory()
    # A lost device cannot give anything back.
    with contextlib.suppress(RuntimeError):
        if torch.cuda.is_available() and torch.cuda.is_initialized():
            torch.cuda.empty_cache()


def _trim_memory() -> None:
    """Return the free places between blocks in use, where the C library has such a call."""
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
