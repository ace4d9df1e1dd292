import subprocess
import sys

import pytest
import torch

from engine import ranks
from engine.errors import DeviceUnavailableError, DiskFullError
from engine.events import CheckpointSaved, Outcome, RunPaused
from engine.runs.checkpoint_files import verify_checkpoint
from engine.train import device, metrics
from engine.train.device import find_device, is_device_lost, is_out_of_memory, release_memory
from tests.helpers.disks import small_disk
from tests.helpers.run_story import RunStory, expect_all, images_of


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
        RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB, max allowed: 9.07 GB)"),
        RuntimeError(
            "level_zero backend failed with error: 39 (UR_RESULT_ERROR_OUT_OF_DEVICE_MEMORY)"
        ),
        RuntimeError("HIP out of memory. Tried to allocate 20.00 MiB."),
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
        RuntimeError("HIP error: an illegal memory access was encountered"),
        RuntimeError("level_zero backend failed with error: 20 (UR_RESULT_ERROR_DEVICE_LOST)"),
        RuntimeError("MPS: command buffer exited with error status. The Metal Performance ..."),
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

    monkeypatch.setattr(device, "accelerator", lambda: torch.device("cuda"))
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.accelerator, "empty_cache", fail)
    release_memory()
    assert asked == [True]


# A whole run on a disk that is really small.


@pytest.mark.slow
def test_that_a_run_waits_for_room_on_a_disk_that_is_full_in_earnest(
    tmp_path, monkeypatch, problem_log
):
    monkeypatch.setattr(metrics, "INTERVAL_S", 0.0)
    with small_disk(tmp_path / "disk", megabytes=24) as place:
        story, ballast = RunStory(place), place / "ballast"

        def answer(event):
            if images_of(event) == 40:
                story.control.request_checkpoint()
            if images_of(event) == 80:
                ballast.write_bytes(bytes(18_000_000))
                story.control.request_checkpoint()
            if isinstance(event, RunPaused):
                ballast.unlink()
                story.control.request_resume()

        ended = story.tell(answer)
        expect_all(problem_log, "could not be saved")
        (paused,) = story.of(RunPaused)
        assert isinstance(paused.error, DiskFullError)
        assert paused.error.needed_bytes > paused.error.free_bytes > 0
        assert ended.outcome is Outcome.FINISHED
        assert [event.images_seen for event in story.of(CheckpointSaved)] == [40, 80, 160]
        for path in story.folder.checkpoint_paths():
            verify_checkpoint(path)


@pytest.mark.skipif(sys.platform != "linux", reason="the allocator of glibc")
def test_that_freed_memory_is_kept_for_the_next_tensors():
    # In a process of its own: memory in use above the freed part would hide that it is returned.
    source = """
import resource, torch
from engine.train.device import keep_freed_memory

def page_faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        tensors = [torch.ones(2**22) for _ in range(16)]  # 256 MiB, 65,536 pages
        del tensors
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

keep_freed_memory()
page_faults()
print(page_faults())
"""
    found = subprocess.run(
        [sys.executable, "-c", source], check=True, capture_output=True, text=True
    )
    assert int(found.stdout) < 65_536


@pytest.mark.parametrize("name", ["cuda", "auto"])
def test_that_each_rank_of_a_machine_needs_a_gpu_of_its_own(monkeypatch, name):
    chosen: list[int] = []
    monkeypatch.setattr(device, "accelerator", lambda: torch.device("cuda"))
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 2)
    monkeypatch.setattr(torch.accelerator, "set_device_index", chosen.append)
    try:
        ranks.join(1, 2, None, None)
        assert find_device(name) == torch.device("cuda")
        ranks.join(1, 3, None, None)
        with pytest.raises(DeviceUnavailableError, match="2 GPUs for 3 processes"):
            find_device(name)
        assert find_device("cpu") == torch.device("cpu")
    finally:
        ranks.leave()
    assert chosen == [1]
