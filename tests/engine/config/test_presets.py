import sys

import pytest

from engine.config import machine
from engine.config.presets import AUTO, PRESETS, config_from_preset, suitable_preset
from engine.config.run import RunConfig


@pytest.mark.parametrize("name", PRESETS)
def test_that_every_row_makes_a_run(tmp_path, name):
    config = config_from_preset(name, dataset=tmp_path, run=tmp_path / "run")
    assert isinstance(config, RunConfig)
    assert (config.preset, config.family) == (name, PRESETS[name].family)
    assert AUTO not in PRESETS


@pytest.mark.parametrize(
    ("gigabytes", "pixels", "name", "reason"),
    [
        (0, 256, "cpu-tiny", "no GPU"),
        (4, 256, "cpu-tiny", "4 GB only"),
        (6, 256, "laptop", "6 GB"),
        (24, 64, "laptop", "64 px"),
        (24, 128, "workstation", "128 px"),
        (24, 1024, "workstation", "1024 px"),
        (80, 28, "cpu-tiny", "28 px"),
    ],
)
def test_that_machine_and_dataset_choose_the_row(gigabytes, pixels, name, reason):
    suggestion = suitable_preset(gpu_bytes=int(gigabytes * 1e9), image_size=pixels)
    assert suggestion.name == name
    assert reason in suggestion.reason


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
