"""Evaluation of a sampler against a dataset, and of a run on disk.

An evaluator has parts: the metrics of pairs of an image and a text, those of tables, and the
coherence matrix of any columns. What depends on the dataset only is prepared once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any, Protocol

import torch

from engine.config.networks import NetworkConfig
from engine.control import RunControl
from engine.data.column_info import ColumnInfo
from engine.data.facts import AUDIO, IMAGE, TEXT, AudioFacts, ColumnFacts, TableFacts
from engine.data.image_files import to_channels
from engine.data.image_shape import ImageShape
from engine.data.reduction import reduce_dataset
from engine.data.store import TRAIN, VALIDATION, StoredDataset, open_dataset
from engine.data.tokenizers import encode_all
from engine.errors import DatasetChangedError, EvaluationUnavailableError
from engine.events import ImageArray
from engine.fs.atomic import atomic_write
from engine.metrics.distances import NearestImage, subsample
from engine.metrics.extractor import FeatureExtractor, num_training_steps
from engine.metrics.match_matrix import MatchMatrix
from engine.metrics.matrix import CoherenceMatrix
from engine.metrics.pairs import (
    TRAINING_SEEN,
    PairEvaluator,
    build_memorisation_metrics,
)
from engine.metrics.report import EvaluationReport
from engine.metrics.single_column import build_column_evaluator
from engine.metrics.table_columns import TableEvaluator
from engine.metrics.verdict import REPORT_FILE, facts_of, judge
from engine.runs.event_reader import read_quality
from engine.runs.folder import NEWEST, RunFolder
from engine.runs.metadata import ModelMetadata
from engine.sample.load import load_run
from engine.sample.sampler import Sampler


class EvaluatorPart(Protocol):
    """Measures some metrics of samples."""

    def measure(
        self, sampler: Sampler, *, count: int, seed: int, control: RunControl
    ) -> EvaluationReport:
        """Generate items and measure them; see ``Evaluator.measure``."""
        ...


class Evaluator:
    """Measures samplers against a dataset.

    Args:
        dataset: that is compared with.
        parts: prepared; the metrics of all are one report.
    """

    def __init__(self, dataset: StoredDataset, parts: Sequence[EvaluatorPart]) -> None:
        self._dataset, self._parts = dataset, tuple(parts)

    def measure(
        self, sampler: Sampler, *, count: int, seed: int, control: RunControl | None = None
    ) -> EvaluationReport:
        """Generate items from noise and from given columns, and measure them.

        Args:
            sampler: of the model.
            count: items from noise, and at most so many for each given column.
            seed: of the noise.
            control: checked between batches.

        Raises:
            StoppedError: a stop was requested.
        """
        manifest = self._dataset.manifest
        about: dict[str, Any] = {
            "dataset": manifest.name,
            "dataset version": manifest.version,
            "samples": count,
            "seed": seed,
        }
        metrics: dict[str, float] = {}
        absent: dict[str, str] = {}
        distances: dict[str, Mapping[str, float]] = {}
        for part in self._parts:
            report = part.measure(sampler, count=count, seed=seed, control=control or RunControl())
            metrics |= report.metrics
            absent |= report.absent
            about |= report.about
            distances |= report.field_distances
        absent = {name: why for name, why in absent.items() if name not in metrics}
        return EvaluationReport(
            metrics=metrics, absent=absent, about=about, field_distances=distances
        )


def build_evaluator(
    dataset: StoredDataset,
    model: ModelMetadata,
    networks: NetworkConfig,
    cache: Path,
    control: RunControl | None = None,
    *,
    trained_on: StoredDataset | None = None,
) -> Evaluator:
    """Build the evaluator of a model's samples.

    Args:
        dataset: to measure against.
        model: its columns are measured as far as the dataset has them.
        networks: of the model.
        cache: folder of the trained classifiers.
        control: checked while classifiers are trained.
        trained_on: what of the dataset the model was trained on, which its samples may repeat; by
            default all training items.

    Raises:
        EvaluationUnavailableError: the dataset lacks the columns, or has too few items.
        StoppedError: a stop was requested.
    """
    control = control or RunControl()
    trained_on = trained_on or dataset
    columns = {
        name: facts
        for name, facts in model.columns.items()
        if name in dataset.columns and _fits(dataset.columns[name].info, facts)
    }
    parts: list[EvaluatorPart] = []
    pair = _build_pair_evaluator(dataset, trained_on, model, networks, cache, control)
    if pair is not None:
        parts.append(pair)
    tables = {name: facts for name, facts in columns.items() if isinstance(facts, TableFacts)}
    if tables:
        parts.append(TableEvaluator(trained_on, tables))
    if has_matrix(model) and len(columns) == len(model.columns):
        extractor = pair.extractor if pair else None
        parts += _build_matrices(dataset, columns, networks, cache, control, extractor)
    if len(model.columns) == 1:
        for name, facts in columns.items():
            alone = build_column_evaluator(dataset, name, facts, networks, cache, control)
            parts += [alone] if alone else []
    if not parts:
        raise EvaluationUnavailableError(dataset.folder)
    return Evaluator(dataset, parts)


def _build_matrices(
    dataset: StoredDataset,
    columns: Mapping[str, ColumnFacts],
    networks: NetworkConfig,
    cache: Path,
    control: RunControl,
    extractor: FeatureExtractor | None,
) -> Iterator[EvaluatorPart]:
    """Build the parts that compare columns: by attributes, and without any in common by a matcher.

    Parts that cannot measure anything are left out.
    """
    matrix = CoherenceMatrix(dataset, columns, networks, cache, control, extractor)
    if not matrix.why_absent:
        yield matrix
    unlike = [pair for pair in combinations(columns, 2) if not matrix.shares_attribute(*pair)]
    if unlike:
        matches = MatchMatrix(dataset, columns, unlike, networks, control)
        if not matches.is_empty:
            yield matches


def has_matrix(model: ModelMetadata) -> bool:
    """Whether a model's columns are compared with one another in a coherence matrix.

    For an image and a text, the metrics of pairs say as much.
    """
    kinds = sorted(facts.kind for facts in model.columns.values())
    return len(kinds) > 1 and kinds != [IMAGE, TEXT]


def num_preparation_steps(model: ModelMetadata, num_items: int) -> int:
    """Return in about how many training steps of classifiers an evaluator is prepared.

    Where columns state no attributes, a matcher is trained in place of the readers.
    """
    kinds = [facts.kind for facts in model.columns.values()]
    classifiers = int({IMAGE, TEXT} <= {*kinds})
    if has_matrix(model) or len(kinds) == 1:
        classifiers += sum(kind in {IMAGE, AUDIO} for kind in kinds)
    return classifiers * num_training_steps(num_items)


def _fits(info: ColumnInfo, facts: ColumnFacts) -> bool:
    """Whether a column can be compared with generated ones."""
    if info.kind != facts.kind:
        return False
    if isinstance(facts, AudioFacts):
        return (info.rate, info.shape[1]) == (facts.rate, facts.samples)
    if isinstance(facts, TableFacts):
        return {field.name for field in facts.fields} <= {field.name for field in info.fields}
    return True


def _build_pair_evaluator(
    dataset: StoredDataset,
    trained_on: StoredDataset,
    model: ModelMetadata,
    networks: NetworkConfig,
    cache: Path,
    control: RunControl,
) -> PairEvaluator | None:
    """Build the evaluator of the first images and texts; None if model or dataset has none."""
    text, facts, image = model.first(TEXT), model.text, model.first(IMAGE)
    if text is None or facts is None or image is None:
        return None
    if dataset.text_column is None or dataset.image_column is None:
        return None
    return PairEvaluator(
        dataset,
        model.image_shape(networks.image_size),
        encode=lambda texts: torch.from_numpy(encode_all(facts.tokenizer, texts, facts.length)),
        is_in_vocabulary=lambda text: (
            bool(text.strip()) and not facts.tokenizer.out_of_vocabulary(text)
        ),
        cache=cache,
        control=control,
        text=text,
        image=image,
        trained_on=trained_on,
    )


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
    """Evaluate a run and save the report in its folder.

    Args:
        run: its folder.
        cache: folder of the classifiers.
        count: pairs to generate.
        seed: of the noise.
        dataset: to measure against, by default the run's own. Another one has to be named
            explicitly, since its metrics cannot be compared with the run's.
        checkpoint: the newest, or the best by a metric.
        control: checked while a classifier is trained.

    Raises:
        RunMissingError, CheckpointMissingError, CheckpointCorruptError: nothing to measure.
        DatasetMissingError, DatasetCorruptError: nothing to measure against.
        DatasetChangedError: the run's own dataset has changed.
        EvaluationUnavailableError: the dataset lacks its columns, or has too few items.
        StoppedError: a stop was requested.
    """
    loaded = load_run(run, torch.device("cpu"), checkpoint)
    stored = open_dataset(dataset or loaded.config.dataset)
    version = stored.manifest.version
    if dataset is None and version != loaded.model.dataset_version:
        raise DatasetChangedError(stored.folder, loaded.model.dataset_version, version)
    networks = loaded.config.networks
    # Another dataset is measured against as a whole.
    trained_on = stored if dataset else reduce_dataset(stored, loaded.config.data)
    evaluator = build_evaluator(
        stored, loaded.model, networks, cache, control, trained_on=trained_on
    )
    report = evaluator.measure(loaded.sampler, count=count, seed=seed, control=control)
    about = {
        "run": run.absolute().name,
        "family": loaded.config.family,
        "checkpoint": checkpoint,
        "images seen": loaded.checkpoint.images_seen,
        **report.about,
    }
    seen = loaded.checkpoint.images_seen
    history = [
        (point.images_seen, point.metrics)
        for point in read_quality(RunFolder(run).log_file)
        if point.images_seen <= seen
    ]
    verdict = judge(report.metrics, seen, history, facts_of(loaded.config, trained_on))
    report = replace(report, about=about, verdict=verdict)
    atomic_write(RunFolder(run).path / REPORT_FILE, report.to_json().encode())
    return report


class NearestImages:
    """Finds the training images that are nearest to generated ones.

    Distances and limits are those of ``memorisation`` and ``novelty``.

    Args:
        dataset: that the model was trained on.
        shape: height and width of the generated images.
        cache: folder of the trained classifiers.
        control: checked while a classifier is trained, and between batches.
        may_train: train the classifier if it is not in the cache.
        trained_on: what of the dataset the model was trained on; by default all training items.

    Raises:
        StoppedError: a stop was requested.
        EvaluatorMissingError: the classifier must be trained first.
    """

    def __init__(
        self,
        dataset: StoredDataset,
        shape: ImageShape,
        cache: Path,
        control: RunControl,
        *,
        may_train: bool,
        trained_on: StoredDataset | None = None,
    ) -> None:
        self._dataset = dataset
        trained_on = trained_on or dataset
        self._extractor = FeatureExtractor(dataset, shape, cache, control, may_train=may_train)
        self._rows = subsample(trained_on.complete_rows(TRAIN), TRAINING_SEEN)
        self._memory = build_memorisation_metrics(trained_on, self._extractor)
        # A later search must not be stopped by the control of this one.
        self._extractor.control = None

    def find(self, image: ImageArray) -> NearestImage:
        """Find the training image that is nearest to a generated one: [H, W, 3]."""
        features, _said = self._extractor.extract(image[None])
        (index,), (distance,) = self._memory.nearest(features)
        row = self._rows[[index]]
        return NearestImage(
            image=to_channels(self._extractor.images_of(row), 3)[0],
            text=self._dataset.texts[row[0]],
            distance=float(distance),
            closer_than=self._memory.closer_than(distance),
            likeness=self._memory.likeness(distance),
            is_validated=bool(len(self._dataset.complete_rows(VALIDATION))),
        )
