"""Evaluation of a sampler against a dataset, and of a run on disk.

Everything that depends on the dataset only is prepared once; each evaluation then generates pairs
in all three directions.

Shapes: N items, H height, W width, D features.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.control import RunControl
from engine.data.facts import IMAGE, TEXT
from engine.data.image_files import to_channels
from engine.data.image_shape import ImageShape
from engine.data.store import TRAIN, VALIDATION, StoredDataset, open_dataset
from engine.data.tokenizers import encode_all
from engine.errors import DatasetChangedError, EvaluationUnavailableError
from engine.events import ImageArray
from engine.fs.atomic import atomic_write
from engine.metrics.coherence import Coherence
from engine.metrics.distances import (
    ITEMS_PER_FEATURE,
    NEIGHBOURS,
    Features,
    MemorisationMetrics,
    NearestImage,
    frechet_distance,
    is_enough,
    kernel_distance,
    manifold_metrics,
)
from engine.metrics.extractor import FeatureExtractor, normal_form
from engine.metrics.retrieval import CANDIDATES, WordMatch
from engine.metrics.text import KnownWords, text_metrics
from engine.metrics.texture import IMAGES, MIN_IMAGES, TextureMetrics
from engine.metrics.verdict import KID_NOTE, REPORT_FILE, Verdict, facts_of, judge, worded
from engine.runs.event_reader import read_quality
from engine.runs.folder import NEWEST, RunFolder
from engine.runs.metadata import ModelMetadata
from engine.sample.load import load_run
from engine.sample.sampler import Sampler, Samples

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Images": ("kid", "fid", "grid"),
    "Texture": ("texture", *(f"texture_{side}" for side in (128, 64, 32, 16, 8))),
    "Fidelity and variety": ("precision", "recall", "density", "coverage"),
    "Coherence": ("joint_coherence", "text_to_image", "image_to_text", "match"),
    "Modes": ("covered_modes", "smallest_share", "mode_kl"),
    "Texts": (
        *("text_validity", "unique_share", "distinct_1", "distinct_2"),
        *("known_words", "known_bigrams", "bleu", "self_bleu", "copied_share"),
    ),
    "Memory": ("memorisation", "novelty"),
}
BESIDE = ("std", "baseline", "upper_bound", "n")
"""Suffixes of values that accompany a metric."""


@dataclass(frozen=True, kw_only=True)
class EvaluationReport:
    """Metrics of one model's samples."""

    metrics: Mapping[str, float]
    """By name, with ``kid_std``, ``joint_coherence_baseline`` and the like beside theirs."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """By name: why a metric is missing."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """Run, images seen, samples, seed, dataset, evaluator."""
    verdict: Verdict | None = None

    def to_json(self) -> str:
        """Format as JSON."""
        table = {
            "about": dict(self.about),
            "metrics": {name: round(value, 6) for name, value in self.metrics.items()},
            "absent": dict(self.absent),
        }
        if self.verdict is not None:
            sentence, advice = worded(self.verdict)
            table["verdict"] = {
                "claims": list(self.verdict.claims),
                "remedy": self.verdict.remedy,
                "reason": self.verdict.reason,
                "figures": dict(self.verdict.figures),
                "text": f"{sentence} {advice}",
            }
        return json.dumps(table, ensure_ascii=False, indent=1) + "\n"

    def to_text(self) -> str:
        """Format as a table for a terminal."""
        lines = [f"{name}: {value}" for name, value in self.about.items()]
        for title, names in GROUPS.items():
            known = [name for name in names if name in self.metrics or name in self.absent]
            lines += ["", title, *map(self._line, known)]
            if "kid" in self.metrics and "kid" in names:
                lines += wrap(KID_NOTE, 78, initial_indent="  ", subsequent_indent="  ")
        if self.verdict is not None:
            lines += ["", *worded(self.verdict)]
        return "\n".join(lines)

    def _line(self, name: str) -> str:
        if name not in self.metrics:
            return f"  {name:<18} -         ({self.absent[name]})"
        beside = [
            f"{ending} {self.metrics[f'{name}_{ending}']:.4g}"
            for ending in BESIDE
            if f"{name}_{ending}" in self.metrics
        ]
        note = f"({', '.join(beside)})" if beside else ""
        return f"  {name:<18} {self.metrics[name]:<9.4g} {note}".rstrip()


REFERENCE, MIN_VALIDATION = 5_000, 500
"""Real images that samples are compared with, and the smallest useful validation split."""
MATCHED = 300
"""Captions that images are generated for to measure ``match``."""
TRAINING_SEEN = 10_000
"""Training images searched for copies, spread evenly over the split."""

Encode = Callable[[Sequence[str]], Tensor]
"""From texts to token ids."""
Rows = npt.NDArray[np.int64]


class Evaluator:
    """Measures samplers against a dataset.

    Args:
        dataset: that the models were trained on, or are compared on.
        shape: height and width of the generated images.
        encode: encodes the texts that a model is conditioned on.
        is_in_vocabulary: whether a text is in the model's vocabulary.
        cache: folder of the trained classifiers.
        control: checked while a classifier is trained, and between batches.
        text: name of the column of texts.
        image: name of the column of images.

    Raises:
        StoppedError: a stop was requested.
    """

    def __init__(
        self,
        dataset: StoredDataset,
        shape: ImageShape,
        *,
        encode: Encode,
        is_in_vocabulary: Callable[[str], bool],
        cache: Path,
        control: RunControl | None = None,
        text: str = "text",
        image: str = "image",
    ) -> None:
        self._dataset, self._encode = dataset, encode
        self._text, self._image = text, image
        self._control = control or RunControl()
        self._extractor = FeatureExtractor(dataset, shape, cache, control)
        validation, training = dataset.complete_rows(VALIDATION), dataset.complete_rows(TRAIN)
        self._validates = len(validation) >= MIN_VALIDATION
        self._asked = validation if len(validation) else training
        reference = subsample(validation if self._validates else training, REFERENCE)
        self._real = self._extractor.features_of(reference)
        self._texture = TextureMetrics(self._extractor.images_of(subsample(reference, 2 * IMAGES)))
        self._memory = build_memorisation_metrics(dataset, self._extractor)
        self._coherence = Coherence(dataset, self._extractor, validation)
        self._match = self._build_match(
            subsample(validation if len(validation) >= CANDIDATES else training, MATCHED)
        )
        self._training_texts = frozenset(
            normal_form(text) for row in training for text in dataset.captions[row]
        )
        self._known_words = KnownWords(self._training_texts)
        self._validation_texts = [dataset.texts[row] for row in validation]
        self._is_in_vocabulary = is_in_vocabulary

    def measure(
        self, sampler: Sampler, *, count: int, seed: int, control: RunControl | None = None
    ) -> EvaluationReport:
        """Generate pairs in all directions and measure them.

        Args:
            sampler: of the model.
            count: joint pairs, and at most so many in each of the other directions.
            seed: of the noise.
            control: checked from now on; by default the constructor's.

        Raises:
            StoppedError: a stop was requested.
        """
        if control is not None:
            self._control = self._extractor.control = control
        images, texts = collect(sampler.from_noise(count, seed), self._control)
        features, said = self._extractor.extract(images)
        report = EvaluationReport(metrics={}, absent={}, about=self._about(count, seed))
        metrics, absent = dict(report.metrics), dict(report.absent)
        self._measure_images(features, metrics, absent, seed)
        self._measure_texture(images, metrics, absent)
        self._coherence.measure_joint(features, said, texts, metrics, absent)
        self._measure_directions(sampler, count, seed, metrics)
        self._measure_match(sampler, seed, metrics)
        is_valid = self._coherence.is_valid or self._is_in_vocabulary
        metrics |= text_metrics(
            [normal_form(text) for text in texts],
            self._validation_texts,
            self._training_texts,
            is_valid,
            self._known_words,
            self._control.stop_if_asked,
        )
        metrics |= self._memory.metrics(features)
        return EvaluationReport(metrics=metrics, absent=absent, about=report.about)

    def _measure_images(
        self, features: Features, metrics: dict[str, float], absent: dict[str, str], seed: int
    ) -> None:
        one, other = self._real[::2], self._real[1::2]
        check = self._control.stop_if_asked
        metrics["kid"], metrics["kid_std"] = kernel_distance(features, self._real, seed, check)
        metrics["kid_baseline"], _std = kernel_distance(one, other, seed, check)
        metrics["kid_n"] = len(features)
        smallest = min(len(features), len(one))
        if is_enough(smallest, features.shape[1]):
            metrics["fid"] = frechet_distance(features, self._real)
            metrics["fid_baseline"] = frechet_distance(one, other)
            metrics["fid_n"] = len(features)
        else:
            needed = ITEMS_PER_FEATURE * features.shape[1]
            absent["fid"] = f"needs {needed} items on either side, there are {smallest}"
        if min(len(features), len(self._real)) > NEIGHBOURS:
            metrics |= manifold_metrics(self._real, features)

    def _measure_texture(
        self, images: ImageArray, metrics: dict[str, float], absent: dict[str, str]
    ) -> None:
        self._control.stop_if_asked()
        metrics |= self._texture.metrics(to_channels(images, self._dataset.manifest.channels))
        if "texture" not in metrics:
            absent["texture"] = f"needs {2 * MIN_IMAGES} real images that differ"

    def _measure_directions(
        self, sampler: Sampler, count: int, seed: int, metrics: dict[str, float]
    ) -> None:
        rows = subsample(self._asked, count)
        asked = [self._dataset.texts[row] for row in rows]
        images, texts = collect(
            sampler.complete_items({self._text: self._encode(asked)}, seed), self._control
        )
        features, said = self._extractor.extract(images)
        self._coherence.measure_drawings(features, said, asked, metrics)
        real = self._extractor.images_of(rows)
        given = torch.from_numpy(real).permute(0, 3, 1, 2).contiguous()
        _images, texts = collect(sampler.complete_items({self._image: given}, seed), self._control)
        self._coherence.measure_captions(rows, self._extractor.features_of(rows), texts, metrics)

    def _build_match(self, rows: Rows) -> WordMatch | None:
        """Prepare ``match``; None where the captions state attributes or are all the same."""
        vocabulary = self._extractor.vocabulary
        texts = [self._dataset.texts[row] for row in rows]
        if vocabulary is None or not texts:
            return None
        logits = self._extractor.word_logits(self._extractor.features_of(rows))
        match = WordMatch(texts, vocabulary, logits)
        return match if match.baseline < 1 else None

    def _measure_match(self, sampler: Sampler, seed: int, metrics: dict[str, float]) -> None:
        if self._match is None:
            return
        given = {self._text: self._encode(self._match.texts)}
        drawings = sampler.complete_items(given, seed)
        images, _texts = collect(drawings, self._control)
        features, _said = self._extractor.extract(images)
        metrics["match"] = self._match.share(self._extractor.word_logits(features))
        metrics["match_baseline"] = self._match.baseline
        metrics["match_upper_bound"] = self._match.upper_bound

    def _about(self, count: int, seed: int) -> dict[str, object]:
        split = "validation" if self._validates else "training"
        return {
            "dataset": self._dataset.manifest.name,
            "dataset version": self._dataset.manifest.version,
            "samples": count,
            "seed": seed,
            "features": f"local features of evaluator {self._extractor.name}",
            "held against": f"{len(self._real)} {split} images",
            "texture relative to": f"{self._texture.count(count)} other {split} images",
        }


def build_memorisation_metrics(
    dataset: StoredDataset, extractor: FeatureExtractor
) -> MemorisationMetrics:
    """Compare with up to ``TRAINING_SEEN`` training images, calibrated on validation images."""
    validation = subsample(dataset.complete_rows(VALIDATION), REFERENCE)
    return MemorisationMetrics(
        extractor.features_of(subsample(dataset.complete_rows(TRAIN), TRAINING_SEEN)),
        extractor.features_of(validation) if len(validation) else None,
    )


class NearestImages:
    """Finds the training images that are nearest to generated ones.

    Distances and limits are those of ``memorisation`` and ``novelty``.

    Args:
        dataset: that the model was trained on.
        shape: height and width of the generated images.
        cache: folder of the trained classifiers.
        control: checked while a classifier is trained, and between batches.
        may_train: train the classifier if it is not in the cache.

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
    ) -> None:
        self._dataset = dataset
        self._extractor = FeatureExtractor(dataset, shape, cache, control, may_train=may_train)
        self._rows = subsample(dataset.complete_rows(TRAIN), TRAINING_SEEN)
        self._memory = build_memorisation_metrics(dataset, self._extractor)
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


def subsample(rows: Rows, most: int) -> Rows:
    """Subsample rows evenly."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def collect(
    batches: Iterable[Samples], control: RunControl
) -> tuple[npt.NDArray[np.uint8], list[str]]:
    """Concatenate batches of pairs: [N, H, W, 3] and N texts.

    Raises:
        StoppedError: a stop was requested.
    """
    images: list[npt.NDArray[np.uint8]] = []
    texts: list[str] = []
    for pairs in batches:
        control.stop_if_asked()
        images.append(pairs.images)
        texts += pairs.texts
    return np.concatenate(images), texts


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
        StoppedError: a stop was requested.
    """
    loaded = load_run(run, torch.device("cpu"), checkpoint)
    stored = open_dataset(dataset or loaded.config.dataset)
    version = stored.manifest.version
    if dataset is None and version != loaded.model.dataset_version:
        raise DatasetChangedError(stored.folder, loaded.model.dataset_version, version)
    shape = loaded.model.image_shape(loaded.config.networks.image_size)
    evaluator = build_evaluator(stored, loaded.model, shape, cache, control)
    report = evaluator.measure(loaded.sampler, count=count, seed=seed)
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
    verdict = judge(report.metrics, seen, history, facts_of(loaded.config, stored))
    report = replace(report, about=about, verdict=verdict)
    atomic_write(RunFolder(run).path / REPORT_FILE, report.to_json().encode())
    return report


def build_evaluator(
    dataset: StoredDataset,
    model: ModelMetadata,
    shape: ImageShape,
    cache: Path,
    control: RunControl | None = None,
) -> Evaluator:
    """Build the evaluator of a model's samples.

    Raises:
        EvaluationUnavailableError: the model has no column of images or none of texts.
        StoppedError: a stop was requested.
    """
    text, facts, image = model.first(TEXT), model.text, model.first(IMAGE)
    if text is None or facts is None or image is None:
        raise EvaluationUnavailableError(dataset.folder)
    return Evaluator(
        dataset,
        shape,
        encode=lambda texts: torch.from_numpy(encode_all(facts.tokenizer, texts, facts.length)),
        is_in_vocabulary=lambda text: (
            bool(text.strip()) and not facts.tokenizer.out_of_vocabulary(text)
        ),
        cache=cache,
        control=control,
        text=text,
        image=image,
    )
