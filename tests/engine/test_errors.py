from pathlib import Path

import pytest

from engine import errors
from engine.errors import ConfigError, DiskFullError, EngineError, NonFiniteLossError, Problem

SAMPLES = [
    errors.DatasetMissingError(Path("/data/here")),
    errors.DatasetCorruptError(Path("/data/here"), "images.npy is missing"),
    errors.FolderNotWritableError(Path("/data/here"), "Permission denied"),
    errors.FolderInUseError(Path("/data/here")),
    DiskFullError(Path("/data/here"), 2_500_000, 1_000_000),
    errors.RunMissingError(Path("/data/here")),
    errors.CheckpointMissingError(Path("/data/here")),
    errors.CheckpointCorruptError(Path("/data/here"), "it is too short"),
    errors.RunLockedError(Path("/data/here"), 4711, "box"),
    errors.ImportLockedError(Path("/data/here"), 4711, ""),
    errors.ImagesUnreadableError(Path("/data/here"), "it is not a folder"),
    errors.SheetCorruptError(Path("/data/here"), "it is no PNG"),
]


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_that_an_error_about_files_names_the_place_in_one_sentence(error):
    assert "/data/here" in str(error)
    assert str(error).endswith(".")
    assert isinstance(error, EngineError)


def test_that_a_full_disk_says_how_much_is_needed_and_free():
    assert "2.5 MB are needed, 1.0 MB are free" in str(SAMPLES[4])


def test_that_a_configuration_error_tells_every_problem():
    error = ConfigError([Problem("seed", "must be at least 0"), Problem("device", "is unknown")])
    assert str(error) == "seed: must be at least 0; device: is unknown"


def test_that_a_non_finite_loss_is_named_with_the_progress():
    assert "12,800 images" in str(NonFiniteLossError(12_800, ["discriminator"]))
    assert "discriminator" in str(NonFiniteLossError(12_800, ["discriminator"]))


def test_that_an_unavailable_device_says_why():
    assert "no driver" in str(errors.DeviceUnavailableError("cuda", "no driver"))
