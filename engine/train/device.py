"""The training device: selection, precision, memory, and classification of its errors.

Every call that concerns an accelerator is here. ``torch.accelerator`` decides which one there is:
CUDA, ROCm (whose device is called ``cuda``, too), MPS, XPU or none. What a backend lacks is left
out or done in another way, as ``limitations`` says.
"""

import contextlib
import ctypes
import logging
import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor

from engine import garbage, ranks
from engine.errors import DeviceUnavailableError

log = logging.getLogger(__name__)

CPU = "cpu"
_LACKS = (RuntimeError, NotImplementedError, AttributeError, TypeError, ValueError, AssertionError)
"""What a backend raises for a function that it does not have."""


def accelerator() -> torch.device | None:
    """Return the kind of accelerator that this PyTorch can use on this machine; None without."""
    try:
        return torch.accelerator.current_accelerator(check_available=True)
    except RuntimeError as error:
        # A driver that does not fit.
        log.info("There is no accelerator: %s", error)
        return None


def find_device(name: str) -> torch.device:
    """Resolve the name of a device to one of this machine, and make it the current one.

    Args:
        name: ``auto``, ``cpu``, or the type of an accelerator such as ``cuda``, with the number of
            one of several after a colon.

    Raises:
        DeviceUnavailableError: there is no such device.
    """
    kind, _, number = name.partition(":")
    found = accelerator()
    if kind == "auto":
        kind = CPU if found is None else found.type
    if kind == CPU:
        return torch.device(CPU)
    if found is None or found.type != kind:
        raise DeviceUnavailableError(name, _absence(kind, found))
    count = torch.accelerator.device_count()
    if ranks.size() > 1:
        # Each process of a machine has an accelerator of its own.
        if count < ranks.num_local():
            reason = f"there are {count} GPUs for {ranks.num_local()} processes"
            raise DeviceUnavailableError(name, reason)
        torch.accelerator.set_device_index(ranks.local_rank())
        return torch.device(kind)
    if not number:
        return torch.device(kind)
    if int(number) >= count:
        reason = f"there are {count}, numbered from 0" if count > 1 else "there is only number 0"
        raise DeviceUnavailableError(name, reason)
    torch.accelerator.set_device_index(int(number))
    return torch.device(kind, int(number))


def _absence(kind: str, found: torch.device | None) -> str:
    """Return why there is no accelerator of a kind."""
    if found is not None:
        return f"the accelerator of this PyTorch is '{found.type}'"
    is_built: dict[str, Callable[[], bool]] = {
        "cuda": torch.backends.cuda.is_built,
        "mps": torch.backends.mps.is_built,
    }
    if kind == "cuda" and torch.backends.cuda.is_built():
        maker = "AMD" if torch.version.hip else "NVIDIA"
        return f"no {maker} GPU with a working driver was found"
    if kind in is_built and is_built[kind]():
        return "this system is too old for it"
    return f"this PyTorch was built without {kind.upper()}"


def describe(device: torch.device) -> str:
    """Return a readable name of a device."""
    if device.type != CPU:
        return device_name(device)
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads != 1 else ''}"


def device_name(device: torch.device) -> str:
    """Return the name of an accelerator; its type, if the backend does not name it."""
    with contextlib.suppress(*_LACKS):
        return str(_backend(device).get_device_name(device))
    return device.type.upper()


def device_names() -> list[str]:
    """Return the names of all accelerators."""
    found = accelerator()
    if found is None:
        return []
    count = torch.accelerator.device_count()
    return [device_name(torch.device(found.type, number)) for number in range(count)]


def limitations(device: torch.device) -> list[str]:
    """Return what a backend lacks and what is done instead, one sentence each."""
    if device.type == CPU:
        return []
    name, found = device.type.upper(), list[str]()
    if not has_bf16(device):
        found.append(f"{name} does not multiply bf16; the precision 'auto' means fp32.")
    if not has_autocast(device):
        found.append(f"{name} has no autocast; every precision means fp32.")
    if not free_memory(device):
        found.append(
            f"The free memory of {name} is unknown; batches grow until one fails or is not faster."
        )
    if _statistic(device, "max_memory_allocated") is None:
        found.append(f"{name} counts no peak of memory; the current amount is reported instead.")
    if rng_state(device) is None:
        found.append(f"{name} does not give out its random state; training does not use it.")
    return found


def _backend(device: torch.device) -> Any:
    return torch.get_device_module(device)


# --------------------------------------------------------------------------
# Precision.


def has_bf16(device: torch.device) -> bool:
    """Whether a device multiplies bfloat16 natively."""
    if device.type == CPU:
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()  # noqa: SLF001 (the only way to ask)
    if not has_autocast(device):
        return False
    with contextlib.suppress(*_LACKS):
        return bool(_backend(device).is_bf16_supported(including_emulation=False))
    with contextlib.suppress(*_LACKS):
        return bool(_backend(device).is_bf16_supported())
    with contextlib.suppress(*_LACKS):
        types = torch.accelerator.get_device_capability(device)["supported_dtypes"]
        return torch.bfloat16 in types
    return False


def has_autocast(device: torch.device) -> bool:
    """Whether PyTorch can choose the precision of each operation on a device."""
    return torch.amp.is_autocast_available(device.type)


def in_precision(name: str, device: torch.device) -> AbstractContextManager[object]:
    """Return a context that computes in a precision; weights stay float32.

    Where the backend has none, all is computed in float32.
    """
    if name != "bf16" or not has_autocast(device):
        return contextlib.nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


# --------------------------------------------------------------------------
# Queue, memory and random state of an accelerator.


def synchronize(device: torch.device) -> None:
    """Wait until a device has done all its work."""
    if device.type != CPU:
        torch.accelerator.synchronize(device)


def free_memory(device: torch.device) -> int:
    """Return the free bytes of an accelerator; 0 if unknown, and for the CPU."""
    found = _memory_info(device)
    return found[0] if found else 0


def total_memory(device: torch.device) -> int:
    """Return the bytes of an accelerator; 0 if unknown, and for the CPU."""
    found = _memory_info(device)
    if found:
        return found[1]
    if device.type != CPU:
        with contextlib.suppress(*_LACKS):
            return int(_backend(device).get_device_properties(device).total_memory)
    return 0


def allocated_memory(device: torch.device) -> int:
    """Return the bytes that tensors of this process take; 0 if unknown, and for the CPU."""
    found = _statistic(device, "memory_allocated")
    if found is None and device.type != CPU:
        with contextlib.suppress(*_LACKS):
            return int(_backend(device).current_allocated_memory())
    return found or 0


def peak_memory(device: torch.device) -> int:
    """Return the largest ``allocated_memory`` since it was reset, or the current one."""
    found = _statistic(device, "max_memory_allocated")
    return allocated_memory(device) if found is None else found


def reset_peak_memory(device: torch.device) -> None:
    """Let ``peak_memory`` count from here, if the backend counts it."""
    if device.type != CPU:
        with contextlib.suppress(*_LACKS):
            torch.accelerator.reset_peak_memory_stats(device)


def _memory_info(device: torch.device) -> tuple[int, int] | None:
    """Return the free and all bytes of an accelerator."""
    if device.type == CPU:
        return None
    with contextlib.suppress(*_LACKS):
        free, total = torch.accelerator.get_memory_info(device)
        return int(free), int(total)
    with contextlib.suppress(*_LACKS):
        # MPS shares the main memory, and says how much of it is meant for tensors.
        total = int(_backend(device).recommended_max_memory())
        return max(0, total - int(_backend(device).driver_allocated_memory())), total
    return None


def _statistic(device: torch.device, name: str) -> int | None:
    """Return a statistic of the allocator; None if the backend has none."""
    if device.type == CPU:
        return None
    with contextlib.suppress(*_LACKS):
        return int(getattr(torch.accelerator, name)(device))
    return None


def rng_state(device: torch.device) -> Tensor | None:
    """Return the state of an accelerator's random generator; None without one."""
    if device.type == CPU:
        return None
    with contextlib.suppress(*_LACKS):
        return _backend(device).get_rng_state(device)
    with contextlib.suppress(*_LACKS):
        # MPS has one device, which its functions do not take.
        return _backend(device).get_rng_state()
    return None


def set_rng_state(device: torch.device, state: Tensor) -> None:
    """Set the state of an accelerator's random generator, if the backend has one."""
    if device.type == CPU:
        return
    try:
        _backend(device).set_rng_state(state, device)
    except TypeError:
        _backend(device).set_rng_state(state)
    except (NotImplementedError, AttributeError):
        log.info("%s does not take a random state.", device.type.upper())


# --------------------------------------------------------------------------
# Classification of errors that PyTorch raises.


_NO_ROOM = re.compile(
    r"can't allocate memory|not enough memory|out of memory|could not (create|execute) a primitive"
    r"|out_of_(device|host)_memory|out_of_resources|hipErrorOutOfMemory",
    re.IGNORECASE,
)
"""*Primitive* is what oneDNN says when it cannot allocate its buffers; the last ones are of Level
Zero and HIP."""
_LOST = re.compile(
    r"CUDA error|cudnn_status|cublas_status|device-side assert|unspecified launch failure"
    r"|(device|GPU) (is |was )?lost|driver shutting down"
    r"|HIP error|miopenStatus|rocblas_status"
    r"|error_device_lost|level[- _]zero error"
    r"|command buffer exited with error|MPS backend error",
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
    garbage.collect()
    if sys.platform == "linux":
        # Free heap pages, where the C library supports it.
        with contextlib.suppress(AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
    # Fails on a lost device.
    with contextlib.suppress(RuntimeError):
        found = accelerator()
        if found is not None and getattr(_backend(found), "is_initialized", lambda: True)():
            torch.accelerator.empty_cache()
