"""What this machine has, found out without loading torch."""

import ctypes
import functools
import importlib.util
import os
import re
import sys
from pathlib import Path

_DRIVERS = {"win32": "nvcuda.dll", "linux": "libcuda.so.1"}


@functools.cache
def gpu_memory_bytes() -> int:
    """Memory of the first GPU that training can use; 0 when there is none.

    Asks the NVIDIA driver itself, and whether the installed torch was built for it.
    """
    if not _torch_has_cuda():
        return 0
    try:
        driver = ctypes.CDLL(_DRIVERS[sys.platform])
    except (KeyError, OSError):
        return 0
    device, size = ctypes.c_int(), ctypes.c_size_t()
    calls = (
        lambda: driver.cuInit(0),
        lambda: driver.cuDeviceGet(ctypes.byref(device), 0),
        lambda: driver.cuDeviceTotalMem_v2(ctypes.byref(size), device),
    )
    return size.value if all(call() == 0 for call in calls) else 0


def memory_bytes() -> int:
    """Main memory; 0 where the system does not tell."""
    if sys.platform == "win32":
        return _windows_memory_bytes()
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 0


def _windows_memory_bytes() -> int:
    """Ask GlobalMemoryStatusEx, whose structure begins with its own size."""
    status = (ctypes.c_ulonglong * 8)()
    ctypes.cast(status, ctypes.POINTER(ctypes.c_ulong))[0] = ctypes.sizeof(status)
    answered = vars(ctypes)["windll"].kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
    # Two numbers of four bytes stand before the total.
    return status[1] if answered else 0


def _torch_has_cuda() -> bool:
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return False
    try:
        text = (Path(found.origin).parent / "version.py").read_text(encoding="utf-8")
    except OSError:
        return False
    return re.search(r"^cuda[^=]*= *['\"]", text, re.MULTILINE) is not None
