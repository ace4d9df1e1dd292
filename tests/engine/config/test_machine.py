import ctypes
import sys

import pytest

from engine.config import machine


def test_that_a_torch_without_cuda_has_no_gpu(tmp_path, monkeypatch):
    machine.gpu_memory_bytes.cache_clear()
    version = tmp_path / "version.py"

    class Spec:
        origin = str(tmp_path / "__init__.py")

    monkeypatch.setattr(machine.importlib.util, "find_spec", lambda _name: Spec)
    version.write_text("cuda: Optional[str] = None\n")
    assert not machine._torch_has_cuda()
    version.write_text("cuda: Optional[str] = '12.8'\n")
    assert machine._torch_has_cuda()
    version.unlink()
    assert not machine._torch_has_cuda()
    assert machine.gpu_memory_bytes() == 0
    machine.gpu_memory_bytes.cache_clear()


def test_that_a_missing_driver_is_no_gpu(monkeypatch):
    machine.gpu_memory_bytes.cache_clear()
    monkeypatch.setattr(machine, "_torch_has_cuda", lambda: True)
    monkeypatch.setattr(machine, "_DRIVERS", {})
    assert machine.gpu_memory_bytes() == 0
    machine.gpu_memory_bytes.cache_clear()


class Driver:
    """Stands in for NVIDIA's: answers each call with a code, and says how much memory there is."""

    def __init__(self, *codes: int):
        self._codes = list(codes)

    def cuInit(self, _flags):  # noqa: N802 (NVIDIA's name)
        return self._codes.pop(0)

    def cuDeviceGet(self, _device, _number):  # noqa: N802
        return self._codes.pop(0)

    def cuDeviceTotalMem_v2(self, size, _device):  # noqa: N802
        size._obj.value = 8_000_000_000
        return self._codes.pop(0)


@pytest.mark.parametrize(
    ("codes", "expected"), [((0, 0, 0), 8_000_000_000), ((100,), 0), ((0, 101), 0), ((0, 0, 1), 0)]
)
def test_that_the_driver_is_asked(monkeypatch, codes, expected):
    machine.gpu_memory_bytes.cache_clear()
    monkeypatch.setattr(machine, "_torch_has_cuda", lambda: True)
    monkeypatch.setattr(machine, "_DRIVERS", {sys.platform: "driver"})
    monkeypatch.setattr(machine.ctypes, "CDLL", lambda _name: Driver(*codes))
    assert machine.gpu_memory_bytes() == expected
    machine.gpu_memory_bytes.cache_clear()


def test_that_no_torch_is_no_gpu(monkeypatch):
    monkeypatch.setattr(machine.importlib.util, "find_spec", lambda _name: None)
    assert not machine._torch_has_cuda()


class Kernel32:
    """Stands in for the Windows library: fills a structure laid out as Microsoft documents it."""

    class MemoryStatus(ctypes.Structure):
        """MEMORYSTATUSEX."""

        _fields_ = (
            ("length", ctypes.c_uint32),
            ("load", ctypes.c_uint32),
            *((name, ctypes.c_uint64) for name in ("total", "free", "total_page", "free_page")),
            *((name, ctypes.c_uint64) for name in ("total_virtual", "free_virtual", "extended")),
        )

    def __init__(self, answer: int):
        self._answer = answer

    def GlobalMemoryStatusEx(self, status):  # noqa: N802 (the name that Windows gives it)
        """Fill the structure, if whoever asks has said rightly how large it is."""
        filled = ctypes.cast(status, ctypes.POINTER(self.MemoryStatus)).contents
        if filled.length != ctypes.sizeof(self.MemoryStatus):
            return 0
        filled.load, filled.total, filled.free = 37, 25_000_000_000, 9_000_000_000
        return self._answer


@pytest.mark.parametrize(("answer", "expected"), [(1, 25_000_000_000), (0, 0)])
def test_that_windows_is_asked_for_its_memory(monkeypatch, answer, expected):
    class Windows:
        kernel32 = Kernel32(answer)

    monkeypatch.setattr(machine.sys, "platform", "win32")
    monkeypatch.setattr(machine.ctypes, "windll", Windows, raising=False)
    assert machine.memory_bytes() == expected


def test_that_memory_is_pages_of_bytes(monkeypatch):
    numbers = {"SC_PHYS_PAGES": 1_000_000, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(machine.sys, "platform", "linux")
    monkeypatch.setattr(machine.os, "sysconf", numbers.__getitem__, raising=False)
    assert machine.memory_bytes() == 4_096_000_000


@pytest.mark.parametrize("error", [ValueError("unknown name"), OSError("not told")])
def test_that_untold_memory_is_none(monkeypatch, error):
    def refuse(_name):
        raise error

    monkeypatch.setattr(machine.sys, "platform", "linux")
    monkeypatch.setattr(machine.os, "sysconf", refuse, raising=False)
    assert machine.memory_bytes() == 0
