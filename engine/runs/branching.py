"""New runs from a checkpoint of another run: branches, and runs that start from its weights.

A branch continues the other run and may change all settings that do not affect the networks or the
tokens. A run with ``init_from`` has its own dataset, vocabulary and schedule, and takes over the
weights that fit (``engine.train.transfer``). Does not import torch, because the studio validates
both at each key press.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from engine.config.changes import settings_at
from engine.config.run import RunConfig
from engine.config.setting import settings_in, value_at
from engine.config.toml import config_hash, config_to_toml
from engine.data.writer import atomic_directory
from engine.errors import CheckpointMissingError, ConfigError, Problem
from engine.fs.codec import Range
from engine.runs.checkpoint_files import copy_checkpoint, read_metadata
from engine.runs.folder import RunFolder, bytes_in, write_model
from engine.runs.metadata import Origin, RunNotes, write_notes

_FIXED = frozenset(
    {
        "family",
        "init_from",
        "init_checkpoint",
        "data.tokenizer",
        "data.vocabulary_size",
        "data.word_vectors",
        # Checkpoints store its state.
        "data.augmentation",
    }
)
_BOUND = "spectral-norm"
"""This regularizer changes the layers of the discriminator."""


def branch_problems(source: RunConfig, config: RunConfig) -> list[Problem]:
    """List the settings that differ and must be the same in a branch."""
    problems = [
        _problem(name, value_at(source, name))
        for name, _field, _about in settings_in(source)
        if (name in _FIXED or name.startswith("networks."))
        and value_at(source, name) != value_at(config, name)
    ]
    if source.dataset != config.dataset:
        problems.append(_problem("dataset", source.dataset))
    regularizers = {source.training.regularizer, config.training.regularizer}
    if len(regularizers) > 1 and _BOUND in regularizers:
        problems.append(_problem("training.regularizer", source.training.regularizer))
    return problems


def _problem(name: str, value: object) -> Problem:
    return Problem(name, f"is {value} in the source run and cannot differ in a branch")


def make_branch(source: RunFolder, checkpoint: Path, config: RunConfig) -> RunFolder:
    """Create ``config.run`` from a checkpoint of another run; ``resume`` then trains it.

    The folder is written atomically. The source run is not changed.

    Args:
        source: the source run.
        checkpoint: one of its checkpoints.
        config: configuration of the new run; its limits include the progress of the checkpoint.
            Its first values are those at the checkpoint: changes that the source run made before
            it are in them.

    Raises:
        RunMissingError: there is no source run.
        ConfigError: settings differ that must be the same; lists all of them.
        CheckpointCorruptError: the checkpoint cannot be used.
        FolderInUseError: the new folder holds files.
        FolderNotWritableError, DiskFullError: the new folder cannot be written.
    """
    metadata = read_metadata(checkpoint)
    before = settings_at(source.read_config(), metadata.images_seen)
    if not config.training.batch_size:  # chosen automatically: keep the choice of the other run
        config = config.with_values(training__batch_size=before.training.batch_size)
    problems = branch_problems(before, config)
    if problems:
        raise ConfigError(problems)
    model = source.read_model()
    batch = config.training.batch_size
    # The number of steps depends on the batch size.
    is_same = batch in (0, before.training.batch_size)
    branched = replace(
        metadata,
        step=metadata.step if is_same else metadata.images_seen // batch,
        config_hash=config_hash(config),
        config=config_to_toml(config),
    )
    with atomic_directory(config.run, bytes_in(checkpoint)) as staged:
        run = RunFolder(staged)
        for folder in (run.checkpoints, run.samples):
            folder.mkdir()
        run.write_config(config)
        write_model(run, model)
        copy_checkpoint(checkpoint, run.checkpoint_path(metadata.images_seen), branched)
        origin = Origin(
            run=source.path.name, checkpoint=checkpoint.name, images_seen=metadata.images_seen
        )
        write_notes(staged, RunNotes(origin=origin))
    return RunFolder(config.run)


def find_checkpoint(source: RunFolder, choice: str) -> Path:
    """Find a checkpoint by name.

    Args:
        source: the run.
        choice: ``newest``, a metric for the best by it, or the name of a checkpoint.

    Raises:
        CheckpointMissingError: there is no such checkpoint.
    """
    path = source.checkpoints / choice
    if Path(choice).name == choice and choice.startswith(("checkpoint-", "best-")):
        if not path.exists():
            raise CheckpointMissingError(source.path)
        return path
    return source.chosen_checkpoint(choice)


@dataclass(frozen=True, kw_only=True)
class InitialRun:
    """The earlier run that a run starts from."""

    folder: RunFolder
    config: RunConfig
    checkpoint: Path


def find_initial_run(config: RunConfig) -> InitialRun | None:
    """Find the run and the checkpoint that ``config.init_from`` names; None if it names none.

    Raises:
        RunMissingError: the folder holds no run.
        CheckpointMissingError: the run has no such checkpoint.
        CheckpointCorruptError: all its checkpoints are damaged.
        ConfigError: its configuration is damaged, or it is of another family.
    """
    if not config.init_from:
        return None
    folder = RunFolder(Path(config.init_from))
    before = folder.read_config()
    if problem := family_problem(before, config):
        raise ConfigError([problem])
    checkpoint = find_checkpoint(folder, config.init_checkpoint)
    return InitialRun(folder=folder, config=before, checkpoint=checkpoint)


def family_problem(before: RunConfig, config: RunConfig) -> Problem | None:
    """Return the problem of starting from a run of another family, if it is one."""
    if before.family == config.family:
        return None
    reason = f"is a run of the family {before.family}, and this run is {config.family}"
    return Problem("init_from", reason)


_MINUTE_S = 60


@dataclass(frozen=True, kw_only=True)
class BranchStart:
    """A checkpoint to start a branch from."""

    source: Path
    """Folder of the source run."""
    checkpoint: Path
    images_seen: Annotated[int, Range(0, 2**62)]
    elapsed_s: float
    """Training time at the checkpoint."""

    @property
    def minutes(self) -> float:
        """Training time at the checkpoint, in minutes."""
        return self.elapsed_s / _MINUTE_S
