"""Evaluates a run on disk."""

from collections.abc import Callable
from pathlib import Path

import torch

from engine.control import RunControl
from engine.data.store import StoredDataset, open_dataset
from engine.data.tokenizer import encode_all
from engine.disk import atomic_write
from engine.errors import DatasetChangedError
from engine.metrics.judge import QualityJudge
from engine.metrics.report import EvaluationReport
from engine.runs.folder import NEWEST, ModelFacts, RunFolder
from engine.sample.sampler import load_run

FILE_NAME = "evaluation.json"


def evaluate_run(
    run: Path,
    *,
    cache: Path,
    count: int,
    seed: int = 1,
    dataset: Path | None = None,
    checkpoint: str = NEWEST,
    control: RunControl | None = None,
) -> EvaluationReport:
    """Measure a run's samples and leave the report in its folder.

    Args:
        run: its folder.
        cache: folder of the evaluators.
        count: pairs to draw.
        seed: of the noise.
        dataset: to measure against, by default the run's own. Another one must be asked for by
            name, since its figures cannot be compared with the run's.
        checkpoint: the newest, or the best by a figure.
        control: asked while an evaluator is trained.

    Raises:
        RunMissingError, CheckpointMissingError, CheckpointCorruptError: nothing to measure.
        DatasetMissingError, DatasetCorruptError: nothing to measure against.
        DatasetChangedError: the run's own dataset is not what it was.
        StoppedError: a stop was asked for.
    """
    loaded = load_run(run, torch.device("cpu"), checkpoint)
    stored = open_dataset(dataset or loaded.config.dataset)
    version = stored.manifest.version
    if dataset is None and version != loaded.model.dataset_version:
        raise DatasetChangedError(stored.folder, loaded.model.dataset_version, version)
    judge = judge_for(stored, loaded.model, loaded.config.networks.image_size, cache, control)
    report = judge.measure(loaded.sampler, count=count, seed=seed)
    about = {
        "run": run.absolute().name,
        "family": loaded.config.family,
        "checkpoint": checkpoint,
        "images seen": loaded.checkpoint.images_seen,
        **report.about,
    }
    report = EvaluationReport(figures=report.figures, absent=report.absent, about=about)
    atomic_write(RunFolder(run).path / FILE_NAME, report.to_json().encode())
    return report


def judge_for(
    dataset: StoredDataset,
    model: ModelFacts,
    image_size: int,
    cache: Path,
    control: RunControl | None = None,
) -> QualityJudge:
    """Make the judge of a model's samples."""
    return QualityJudge(
        dataset,
        image_size,
        encode=lambda texts: torch.from_numpy(
            encode_all(model.tokenizer, texts, model.text_length)
        ),
        is_known=_knows(model),
        cache=cache,
        control=control,
    )


def _knows(model: ModelFacts) -> Callable[[str], bool]:
    return lambda text: bool(text.strip()) and not model.tokenizer.unknown_words(text)
