"""A new run from a checkpoint of another, with other settings."""

from dataclasses import replace
from pathlib import Path

from engine.config.codec import config_hash, config_to_toml
from engine.config.run import RunConfig
from engine.data.publishing import published
from engine.errors import CheckpointMissingError, ConfigError
from engine.runs.branch_rules import branch_problems
from engine.runs.checkpoint_facts import CheckpointFacts
from engine.runs.checkpoint_files import copy_checkpoint, read_facts
from engine.runs.disk_use import bytes_in
from engine.runs.folder import RunFolder, write_model
from engine.runs.notes import Origin, RunNotes, write_notes


def make_branch(source: RunFolder, checkpoint: Path, config: RunConfig) -> RunFolder:
    """Make ``config.run`` a run that goes on from another's checkpoint; ``resume`` then trains it.

    The folder appears whole or not at all. The other run is only read.

    Args:
        source: the other run.
        checkpoint: one of its checkpoints, the newest or not.
        config: of the new run; its totals count what the checkpoint had seen already.

    Raises:
        RunMissingError: there is no other run.
        ConfigError: a setting differs that shapes the networks or the texts; every such is named.
        CheckpointCorruptError: the checkpoint cannot be used.
        FolderInUseError: the new folder holds files.
        FolderNotWritableError, DiskFullError: the new folder cannot be written.
    """
    before = source.read_config()
    config = _settled(before, config)
    problems = branch_problems(before, config)
    if problems:
        raise ConfigError(problems)
    facts = read_facts(checkpoint)
    model = source.read_model()
    with published(config.run, bytes_in(checkpoint)) as staged:
        run = RunFolder(staged)
        for folder in (run.checkpoints, run.samples):
            folder.mkdir()
        run.write_config(config)
        write_model(run, model)
        path = run.checkpoint_path(facts.images_seen)
        copy_checkpoint(checkpoint, path, _renewed(facts, before, config))
        origin = Origin(
            run=source.path.name, checkpoint=checkpoint.name, images_seen=facts.images_seen
        )
        write_notes(staged, RunNotes(origin=origin))
    return RunFolder(config.run)


def find_checkpoint(source: RunFolder, choice: str) -> Path:
    """Find a checkpoint by what somebody calls it.

    Args:
        source: the run.
        choice: ``newest``, a figure whose best was kept, or a checkpoint's own name.

    Raises:
        CheckpointMissingError: there is no such checkpoint.
    """
    path = source.checkpoints / choice
    if Path(choice).name == choice and choice.startswith(("checkpoint-", "best-")):
        if not path.exists():
            raise CheckpointMissingError(source.path)
        return path
    return source.chosen_checkpoint(choice)


def _settled(before: RunConfig, config: RunConfig) -> RunConfig:
    """A batch that was left to the machine stays what it had settled on."""
    if config.training.batch_size:
        return config
    return config.with_values(training__batch_size=before.training.batch_size)


def _renewed(facts: CheckpointFacts, before: RunConfig, config: RunConfig) -> CheckpointFacts:
    batch = config.training.batch_size
    is_same = batch in (0, before.training.batch_size)
    return replace(
        facts,
        # Images are counted in steps: another batch makes it another number of them.
        step=facts.step if is_same else facts.images_seen // batch,
        config_hash=config_hash(config),
        config=config_to_toml(config),
    )
