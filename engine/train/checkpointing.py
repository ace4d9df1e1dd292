"""What a checkpoint holds, and how a run takes it up again."""

import logging
import platform
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.config.codec import config_hash, config_to_toml
from engine.errors import CheckpointCorruptError
from engine.installed import installed_version
from engine.runs.checkpoint import CheckpointFacts, read_facts, read_tensors
from engine.train.prepare import PreparedRun

log = logging.getLogger(__name__)

RANDOMNESS = "randomness."
"""Prefix of the states of PyTorch's own random numbers; a run draws none of them, but who knows."""


def tensors_of(run: PreparedRun) -> dict[str, Tensor]:
    """Name every tensor that a checkpoint must hold."""
    named = run.state.tensors()
    named[f"{RANDOMNESS}cpu"] = torch.get_rng_state()
    if run.state.device.type == "cuda":
        named[f"{RANDOMNESS}cuda"] = torch.cuda.get_rng_state(run.state.device)
    return named


def facts_of(
    run: PreparedRun, *, elapsed_s: float, positions: Mapping[str, object]
) -> CheckpointFacts:
    """Say what else it must remember.

    Args:
        run: as it stands.
        elapsed_s: of training.
        positions: of whatever keeps account beside the networks.
    """
    return CheckpointFacts(
        step=run.state.step,
        images_seen=run.state.images_seen,
        elapsed_s=elapsed_s,
        config_hash=config_hash(run.config),
        config=config_to_toml(run.config),
        dataset_version=run.model.dataset_version,
        versions=_versions(),
        positions={"parts": run.step.parts, **positions},
    )


def take_up(run: PreparedRun, checkpoint: Path) -> CheckpointFacts:
    """Put a run's networks where a checkpoint left them.

    Raises:
        CheckpointCorruptError: it is damaged, or is not of such a run; nothing can be said of the
            networks afterwards.
    """
    facts, tensors = read_facts(checkpoint), read_tensors(checkpoint, "")
    _note_other_versions(facts)
    try:
        run.state.restore(tensors, facts)
        _restore_randomness(tensors, run.state.device)
    except (ValueError, RuntimeError) as error:
        raise CheckpointCorruptError(checkpoint, str(error)) from error
    return facts


def _versions() -> dict[str, str]:
    return {
        "diptych": installed_version(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


def _note_other_versions(facts: CheckpointFacts) -> None:
    """Say when the run may go on a little differently than it would have where it was left."""
    others = {
        name: known
        for name, known in facts.versions.items()
        if name in _versions() and known != _versions()[name]
    }
    if others:
        log.info("The checkpoint was saved with other versions: %s", others)


def _restore_randomness(tensors: Mapping[str, Tensor], device: torch.device) -> None:
    if f"{RANDOMNESS}cpu" in tensors:
        torch.set_rng_state(tensors[f"{RANDOMNESS}cpu"])
    if device.type == "cuda" and f"{RANDOMNESS}cuda" in tensors:
        torch.cuda.set_rng_state(tensors[f"{RANDOMNESS}cuda"], device)
