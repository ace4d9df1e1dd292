"""Every call to an accelerator, on fake backends that have more or fewer functions."""

import types
from typing import Any

import pytest
import torch

from engine.config.run import RunConfig
from engine.errors import ConfigError, DeviceUnavailableError
from engine.train import device as devices
from engine.train.batch_size import DeviceMemory, peak_bytes, total_bytes
from engine.train.device import (
    accelerator,
    allocated_memory,
    describe,
    device_names,
    find_device,
    free_memory,
    has_bf16,
    in_precision,
    limitations,
    peak_memory,
    reset_peak_memory,
    rng_state,
    set_rng_state,
    synchronize,
    total_memory,
)
from engine.train.storage import free_bytes
from tests.helpers.tiny import tiny_config

GIB = 2**30
FUNCTIONS = (
    "synchronize",
    "empty_cache",
    "get_memory_info",
    "memory_allocated",
    "max_memory_allocated",
    "reset_peak_memory_stats",
    "get_device_capability",
    "set_device_index",
)


class FakeAccelerator:
    """Stands in for ``torch.accelerator`` and the module of one kind of device.

    Args:
        kind: type of the device.
        count: number of devices.
        functions: those of ``torch.accelerator`` that the backend has; others raise.
        module: of the backend.
    """

    def __init__(
        self, kind: str, count: int, functions: dict[str, Any], module: dict[str, Any]
    ) -> None:
        self.kind, self.count, self.calls = kind, count, list[tuple[str, Any]]()
        self.module = types.SimpleNamespace(**module)
        self.functions = functions

    def install(self, monkeypatch: pytest.MonkeyPatch) -> "FakeAccelerator":
        fake = torch.accelerator
        monkeypatch.setattr(
            fake, "current_accelerator", lambda check_available=False: torch.device(self.kind)
        )
        monkeypatch.setattr(fake, "device_count", lambda: self.count)
        for name in FUNCTIONS:
            monkeypatch.setattr(fake, name, self._function(name))
        monkeypatch.setattr(torch, "get_device_module", lambda _device=None: self.module)
        return self

    def _function(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            self.calls.append((name, arguments[0] if arguments else None))
            if name not in self.functions:
                raise RuntimeError(f"{name} is not supported by {self.kind}")
            return self.functions[name]

        return call


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> FakeAccelerator:
    """Two devices with all functions, as CUDA and ROCm have them."""
    functions = {
        "synchronize": None,
        "get_memory_info": (6 * GIB, 8 * GIB),
        "memory_allocated": GIB,
        "max_memory_allocated": 3 * GIB,
        "reset_peak_memory_stats": None,
        "set_device_index": None,
        "empty_cache": None,
    }
    states: dict[str, torch.Tensor] = {"state": torch.arange(4, dtype=torch.uint8)}
    module = {
        "get_device_name": lambda device: f"Fake 4711 ({device.index or 0})",
        "is_bf16_supported": lambda including_emulation: not including_emulation,
        "is_initialized": lambda: True,
        "get_rng_state": lambda _device: states["state"],
        "set_rng_state": lambda state, _device: states.update(state=state),
    }
    return FakeAccelerator("cuda", 2, functions, module).install(monkeypatch)


@pytest.fixture
def mps(monkeypatch: pytest.MonkeyPatch) -> FakeAccelerator:
    """One device without statistics of the allocator, whose functions take no device."""
    states = {"state": torch.arange(4, dtype=torch.uint8)}

    def set_state(state: torch.Tensor) -> None:
        states.update(state=state)

    module = {
        "recommended_max_memory": lambda: 9 * GIB,
        "driver_allocated_memory": lambda: 2 * GIB,
        "current_allocated_memory": lambda: GIB,
        "get_rng_state": lambda: states["state"],
        "set_rng_state": set_state,
    }
    functions: dict[str, Any] = {
        "synchronize": None,
        "set_device_index": None,
        "get_device_capability": {"supported_dtypes": {torch.float32, torch.bfloat16}},
    }
    return FakeAccelerator("mps", 1, functions, module).install(monkeypatch)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> FakeAccelerator:
    """A backend that has nothing but tensors."""
    functions: dict[str, Any] = {"synchronize": None, "set_device_index": None}
    fake = FakeAccelerator("xpu", 1, functions, {}).install(monkeypatch)
    monkeypatch.setattr(torch.amp, "is_autocast_available", lambda _kind: False)
    return fake


def test_that_the_accelerator_is_found_and_the_cpu_when_asked_for(cuda):
    assert find_device("auto") == find_device("cuda") == torch.device("cuda")
    assert find_device("cpu") == torch.device("cpu")
    assert find_device("cuda:1") == torch.device("cuda", 1)
    assert cuda.calls == [("set_device_index", 1)]
    assert describe(torch.device("cuda", 1)) == "Fake 4711 (1)"
    assert device_names() == ["Fake 4711 (0)", "Fake 4711 (1)"]
    with pytest.raises(DeviceUnavailableError, match="there are 2, numbered from 0"):
        find_device("cuda:2")
    with pytest.raises(DeviceUnavailableError, match="accelerator of this PyTorch is 'cuda'"):
        find_device("mps")


def test_that_each_process_gets_a_device_of_its_own(cuda, monkeypatch):
    monkeypatch.setattr(devices.ranks, "size", lambda: 4)
    monkeypatch.setattr(devices.ranks, "num_local", lambda: 2)
    monkeypatch.setattr(devices.ranks, "local_rank", lambda: 1)
    assert find_device("auto") == torch.device("cuda")
    assert cuda.calls == [("set_device_index", 1)]
    monkeypatch.setattr(devices.ranks, "num_local", lambda: 3)
    with pytest.raises(DeviceUnavailableError, match="2 GPUs for 3 processes"):
        find_device("cuda")


@pytest.mark.parametrize(
    ("name", "reason"),
    [("cuda", "without CUDA"), ("mps", "without MPS"), ("xpu", "without XPU"), ("cuda:1", "CUDA")],
)
def test_that_an_absent_accelerator_is_refused_with_the_reason(monkeypatch, name, reason):
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available: None)
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: False)
    with pytest.raises(DeviceUnavailableError, match=reason):
        find_device(name)
    assert find_device("auto") == torch.device("cpu")
    assert device_names() == []


def test_that_a_driver_that_does_not_fit_is_no_accelerator(monkeypatch):
    def fail(check_available: bool) -> None:
        raise RuntimeError("The NVIDIA driver on your system is too old")

    monkeypatch.setattr(torch.accelerator, "current_accelerator", fail)
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: True)
    assert accelerator() is None
    with pytest.raises(DeviceUnavailableError, match=r"no .* GPU with a working driver"):
        find_device("cuda")


def test_that_a_complete_backend_says_everything(cuda):
    device = torch.device("cuda")
    assert (free_memory(device), total_memory(device)) == (6 * GIB, 8 * GIB)
    assert (allocated_memory(device), peak_memory(device)) == (GIB, 3 * GIB)
    assert has_bf16(device)
    assert limitations(device) == []
    memory = DeviceMemory(device)
    assert ("reset_peak_memory_stats", device) in cuda.calls
    assert memory.budget() == int(0.8 * 6 * GIB) + GIB
    assert memory.peak() == peak_bytes(device) == 3 * GIB
    assert total_bytes(device) == 8 * GIB
    assert free_bytes(device) == 6 * GIB
    synchronize(device)
    assert cuda.calls[-1] == ("synchronize", device)
    devices.release_memory()
    assert cuda.calls[-1][0] == "empty_cache"
    state = rng_state(device)
    assert state is not None
    set_rng_state(device, state + 1)
    assert torch.equal(rng_state(device), state + 1)  # pyright: ignore[reportArgumentType]


def test_that_what_mps_lacks_is_asked_for_in_another_way(mps):
    device = torch.device("mps")
    assert find_device("auto") == device
    assert describe(device) == "MPS"
    assert (free_memory(device), total_memory(device)) == (7 * GIB, 9 * GIB)
    assert allocated_memory(device) == peak_memory(device) == GIB
    assert has_bf16(device)
    [sentence] = limitations(device)
    assert sentence.startswith("MPS counts no peak of memory")
    state = rng_state(device)
    assert state is not None
    set_rng_state(device, state + 1)
    assert torch.equal(rng_state(device), state + 1)  # pyright: ignore[reportArgumentType]
    devices.release_memory()


def test_that_a_backend_with_nothing_trains_and_says_what_is_missing(bare):
    device = torch.device("xpu")
    assert free_memory(device) == total_memory(device) == allocated_memory(device) == 0
    assert peak_memory(device) == peak_bytes(device) == free_bytes(device) == 0
    assert DeviceMemory(device).budget() == 0
    assert not has_bf16(device)
    with in_precision("bf16", device):
        assert not torch.is_autocast_enabled("cpu")
    assert rng_state(device) is None
    set_rng_state(device, torch.zeros(1, dtype=torch.uint8))
    reset_peak_memory(device)
    synchronize(device)
    devices.release_memory()
    told = " ".join(limitations(device))
    for word in ("bf16", "no autocast", "free memory of XPU is unknown", "no peak", "random state"):
        assert word in told


def test_that_the_cpu_asks_no_accelerator(monkeypatch):
    def fail(*_arguments: object) -> None:
        raise AssertionError("asked an accelerator")

    for name in FUNCTIONS:
        monkeypatch.setattr(torch.accelerator, name, fail)
    monkeypatch.setattr(torch, "get_device_module", fail)
    device = torch.device("cpu")
    synchronize(device)
    reset_peak_memory(device)
    assert free_memory(device) == total_memory(device) == allocated_memory(device) == 0
    assert peak_memory(device) == 0
    assert rng_state(device) is None
    set_rng_state(device, torch.zeros(1, dtype=torch.uint8))
    assert limitations(device) == []
    assert describe(device).startswith("CPU, ")
    with in_precision("bf16", device):
        assert torch.is_autocast_enabled("cpu")


@pytest.mark.parametrize("name", ["auto", "cpu", "cuda", "cuda:1", "mps", "xpu", "xpu:15"])
def test_that_a_device_can_be_configured(tmp_path, name):
    assert tiny_config(tmp_path, tmp_path).with_values(device=name).device == name


@pytest.mark.parametrize("name", ["", "gpu", "cuda:", "cuda:x", "cpu:1", "mps:1", "cuda:1234", 5])
def test_that_a_strange_device_is_refused(tmp_path, name):
    config: RunConfig = tiny_config(tmp_path, tmp_path)
    with pytest.raises(ConfigError, match="device: must be one of auto, cpu"):
        config.with_values(device=name)
