"""The words for what may go wrong with a run: its folder, its checkpoints, its device."""

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication, QLocale

from engine import errors
from studio.errors.explanation import Explanation

translate = QCoreApplication.translate


def _run_missing(error: errors.RunMissingError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "The run was not found."),
        why=translate("Errors", "There is no run in {0}.").format(error.folder),
        hint=translate(
            "Errors",
            "Choose a folder that holds a run.toml; runs stand in the workspace under runs.",
        ),
    )


def _checkpoint_missing(error: errors.CheckpointMissingError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "There is nothing to draw samples from yet."),
        why=translate("Errors", "The run in {0} has not saved a checkpoint.").format(error.folder),
        hint=translate("Errors", "Let the run train a little longer, then try again."),
    )


def _checkpoint_corrupt(error: errors.CheckpointCorruptError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "A checkpoint cannot be used."),
        why=translate("Errors", "{0}: {1}.").format(error.path, error.reason),
        hint=translate(
            "Errors",
            "Choose another checkpoint, or queue the run again from its settings. Whole ones are "
            "found by themselves.",
        ),
    )


def _run_locked(error: errors.RunLockedError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "This run is being trained already."),
        why=translate("Errors", "Process {0} on {1} holds {2}.").format(
            error.pid or "?", error.host or "?", error.folder
        ),
        hint=translate("Errors", "Wait until it has ended, or end it there, then try again."),
    )


def _logged(error: errors.LoggedError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "The run failed."),
        why=f"{error.message or error.kind}",
        hint=translate("Errors", "Its log in the run's folder says when and where."),
    )


def _device(error: errors.DeviceUnavailableError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "The chosen device is not available."),
        why=translate("Errors", "'{0}': {1}.").format(error.device, error.reason),
        hint=translate(
            "Errors",
            "Set the device to Automatic or CPU. For an NVIDIA GPU, check that its driver is "
            "installed and that PyTorch was installed with CUDA.",
        ),
    )


def _device_lost(error: errors.DeviceLostError) -> Explanation:
    saved = translate("Errors", "'{0}': {1}. The run is saved up to {2} images.")
    if not error.images_saved:
        saved = translate("Errors", "'{0}': {1}. The run had not saved a checkpoint yet.")
    return Explanation(
        happened=translate("Errors", "The graphics card stopped working in mid-run."),
        why=saved.format(error.device, error.reason, QLocale().toString(error.images_saved)),
        hint=translate(
            "Errors",
            "Only a fresh start of Diptych can use it again. Restart, then resume the run.",
        ),
    )


def _memory_exhausted(error: errors.MemoryExhaustedError) -> Explanation:
    locale = QLocale()
    measured = translate("Errors", "A batch of {0} does not fit, even learnt from in parts.")
    if error.memory_bytes and error.budget_bytes:
        measured = translate("Errors", "A batch of {0} does not fit: {1} of {2} were taken.")
    return Explanation(
        happened=translate("Errors", "There was not enough memory."),
        why=measured.format(
            locale.toString(error.batch_size),
            locale.formattedDataSize(error.memory_bytes),
            locale.formattedDataSize(error.budget_bytes),
        ),
        hint=translate(
            "Errors",
            "Close other programs that use this memory and resume, or start again with a batch "
            "of {0} or a smaller preset. What was saved before is still there.",
        ).format(locale.toString(max(1, error.batch_size // 2))),
    )


def _non_finite(error: errors.NonFiniteLossError) -> Explanation:
    return Explanation(
        happened=translate("Errors", "Training became unstable and was ended."),
        why=translate("Errors", "After {0} images these losses were no longer finite: {1}.").format(
            QLocale().toString(error.images_seen), ", ".join(error.losses)
        ),
        hint=translate(
            "Errors",
            "Start again with half the learning rate, or with a larger penalty.",
        ),
    )


RUN_WORDINGS: Mapping[type[BaseException], Callable[[Any], Explanation]] = {
    errors.RunMissingError: _run_missing,
    errors.CheckpointMissingError: _checkpoint_missing,
    errors.CheckpointCorruptError: _checkpoint_corrupt,
    errors.RunLockedError: _run_locked,
    errors.LoggedError: _logged,
    errors.DeviceUnavailableError: _device,
    errors.DeviceLostError: _device_lost,
    errors.MemoryExhaustedError: _memory_exhausted,
    errors.NonFiniteLossError: _non_finite,
}
