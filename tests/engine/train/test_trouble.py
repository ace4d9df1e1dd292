import pytest
import torch

from engine.errors import DiskFullError
from engine.train.trouble import give_memory_back, is_device_lost, is_out_of_memory


def error_of_the_cpu() -> Exception:
    try:
        torch.empty(10**15)
    except RuntimeError as error:
        return error
    raise AssertionError("a machine with a petabyte")


@pytest.mark.parametrize(
    "error",
    [
        error_of_the_cpu(),
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."),
        torch.AcceleratorError("CUDA error: out of memory"),
    ],
)
def test_that_a_lack_of_memory_is_told_from_other_errors(error):
    assert is_out_of_memory(error)
    assert not is_device_lost(error)


@pytest.mark.parametrize(
    "error",
    [
        torch.AcceleratorError("CUDA error: an illegal memory access was encountered"),
        RuntimeError("CUDA error: unspecified launch failure"),
        RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
    ],
)
def test_that_a_lost_device_is_recognised(error):
    assert is_device_lost(error)
    assert not is_out_of_memory(error)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"),
        ValueError("out of memory"),
        DiskFullError(torch.__file__, 1, 0),  # pyright: ignore[reportArgumentType] (any path)
        NotImplementedError("aten::thing on CUDA"),
    ],
)
def test_that_a_bug_is_neither(error):
    assert not is_out_of_memory(error)
    assert not is_device_lost(error)


def test_that_a_lost_device_that_gives_nothing_back_is_no_further_trouble(monkeypatch):
    asked = []

    def fail():
        asked.append(True)
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "empty_cache", fail)
    give_memory_back()
    assert asked == [True]
