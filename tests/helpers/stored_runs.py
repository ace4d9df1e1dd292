"""Run folders with checkpoints in them, made without training."""

from pathlib import Path

import torch

from engine.data.vocabulary import Vocabulary
from engine.runs.checkpoint import CheckpointFacts, write_checkpoint
from engine.runs.folder import ModelFacts, RunFolder, create_run_folder, write_model
from tests.helpers.tiny import WORDS, tiny_config


def facts_at(images_seen: int) -> CheckpointFacts:
    """Say of a checkpoint what a run would."""
    return CheckpointFacts(
        step=images_seen // 8,
        images_seen=images_seen,
        elapsed_s=images_seen / 100,
        config_hash="0123456789ab",
        config="seed = 1\n",
        dataset_version="ff00",
        versions={"torch": "2"},
        positions={"best": {"kid": 0.5}, "skipped": [3, 4]},
    )


def some_tensors(seed: int = 0) -> dict[str, torch.Tensor]:
    """Draw a few tensors, of several kinds and shapes."""
    random = torch.Generator().manual_seed(seed)
    return {
        "average.w": torch.randn(20, 30, generator=random),
        "average.b": torch.randn(7, generator=random).to(torch.bfloat16),
        "critic.n": torch.arange(5),
        "critic.is": torch.tensor([True, False]),
        "scalar": torch.tensor(2.5, dtype=torch.float64),
        "nothing": torch.zeros(0, 3),
    }


def stored_run(folder: Path, *images: int) -> RunFolder:
    """Make a run folder with checkpoints at so many images."""
    run = create_run_folder(tiny_config(folder.parent / "data", folder))
    write_model(
        run,
        ModelFacts(
            dataset="tiny",
            dataset_version="ff00",
            channels=1,
            text_length=3,
            tokenizer=Vocabulary(WORDS),
        ),
    )
    for count in images:
        write_checkpoint(run.checkpoint_path(count), some_tensors(count), facts_at(count))
    return run


def content_of(folder: Path) -> dict[str, bytes]:
    """Read everything below a folder, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
