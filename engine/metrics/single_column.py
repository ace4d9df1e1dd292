"""Evaluation of models of a single column of pictures, sounds or texts.

With nothing to compare a generated item with, it is compared with real ones. Features of pictures
and sounds are those of the reader of their attributes; where the dataset records none, those of a
network that is not trained.

Shapes: N items, D features.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from engine.config.networks import NetworkConfig
from engine.control import RunControl
from engine.data.facts import AudioFacts, ColumnFacts, ImageFacts, TextFacts
from engine.data.image_files import to_channels
from engine.data.store import TRAIN, VALIDATION, StoredDataset
from engine.metrics.attributes import ItemAttributes, find_item_attributes, normal_form
from engine.metrics.distances import (
    NEIGHBOURS,
    Features,
    MemorisationMetrics,
    Rows,
    kernel_distance,
    manifold_metrics,
    subsample,
)
from engine.metrics.readers import (
    ImageAttributeReader,
    SoundAttributeReader,
    Training,
    real_samples,
)
from engine.metrics.report import SOUND, EvaluationReport
from engine.metrics.text import KnownWords, text_metrics
from engine.metrics.texture import IMAGES, TextureMetrics
from engine.sample.sampler import Sampler, Samples, Shown

REFERENCE = 2_000
"""Real items of each split at most."""
MIN_REFERENCE = 100
"""Fewer validation items are replaced by training items."""
MIN_ITEMS = 2 * (NEIGHBOURS + 1)
"""Training items that are needed to compare with."""


class ColumnEvaluator:
    """Measures generated pictures or sounds against those of a dataset.

    Args:
        dataset: has at least ``MIN_ITEMS`` training items of the column.
        name: of the column.
        facts: of the column.
        networks: of the model.
        cache: folder of the trained classifiers.
        control: checked while a classifier is trained.

    Raises:
        StoppedError: a stop was requested.
    """

    def __init__(
        self,
        dataset: StoredDataset,
        name: str,
        facts: ImageFacts | AudioFacts,
        networks: NetworkConfig,
        cache: Path,
        control: RunControl,
    ) -> None:
        self._dataset, self._name, self._facts = dataset, name, facts
        self._side = networks.image_size
        found = find_item_attributes(dataset, control)
        no_labels = np.empty((dataset.count, 0), dtype=np.int64)
        attributes = found or ItemAttributes(names=(), values=(), labels=no_labels)
        items = dataset.complete_rows(TRAIN, [name])
        how = Training(wanted=None, share=1.0, cache=cache, control=control)
        self._reader = reader = (
            SoundAttributeReader(dataset, name, facts, items, attributes, how)
            if isinstance(facts, AudioFacts)
            else ImageAttributeReader(
                dataset, name, facts.aspect.scaled(self._side), items, attributes, how
            )
        )
        training = self._items(TRAIN)
        validation = self._items(VALIDATION)
        features = reader.features(self._real(training), control)
        self._mean, self._std = features.mean(0), features.std(0).clip(min=1e-6)
        self._training = self._standard(features)
        self._validates = len(validation) >= MIN_REFERENCE
        validated = (
            self._standard(reader.features(self._real(validation), control))
            if len(validation)
            else None
        )
        self._memory = MemorisationMetrics(self._training, validated)
        self._reference = validated if self._validates and validated is not None else self._training
        self._texture = (
            TextureMetrics(np.asarray(self._real(subsample(training, 2 * IMAGES))))
            if isinstance(facts, ImageFacts)
            else None
        )

    def measure(
        self, sampler: Sampler, *, count: int, seed: int, control: RunControl
    ) -> EvaluationReport:
        """Generate items from noise and compare them with real ones.

        Args:
            sampler: of the model.
            count: number of items.
            seed: of the noise.
            control: checked between batches.

        Raises:
            StoppedError: a stop was requested.
        """
        shown = _collect(sampler.from_noise(count, seed, columns=[self._name]), self._name, control)
        made = self._standard(
            np.concatenate([self._reader.features(part, control) for part in shown])
        )
        one, other = self._reference[::2], self._reference[1::2]
        check = control.stop_if_asked
        kid, kid_std = kernel_distance(made, self._reference, seed, check)
        kid_baseline, _std = kernel_distance(one, other, seed, check)
        metrics = {"kid": kid, "kid_std": kid_std, "kid_baseline": kid_baseline, "kid_n": len(made)}
        if len(made) > NEIGHBOURS:
            metrics |= manifold_metrics(self._reference, made)
        metrics |= self._memory.metrics(made)
        if self._texture is not None:
            images = np.concatenate([np.asarray(part) for part in shown])
            channels = self._dataset.array(self._name).info.shape[3]
            metrics |= self._texture.metrics(to_channels(images, channels))
        else:
            metrics = {_sound_name(key, self._name): value for key, value in metrics.items()}
        split = "validation" if self._validates else "training"
        source = "the reader of attributes" if self._reader.is_trained else "an untrained network"
        about = {
            "features": f"of {source}",
            "held against": f"{len(self._reference)} {split} items",
        }
        return EvaluationReport(metrics=metrics, about=about)

    def _items(self, split: str) -> Rows:
        return subsample(self._dataset.complete_rows(split, [self._name]), REFERENCE)

    def _real(self, items: Rows) -> Shown:
        return real_samples(self._dataset, self._name, self._facts, items, self._side)

    def _standard(self, features: Features) -> Features:
        return (features - self._mean) / self._std


class TextEvaluator:
    """Measures generated texts against those of a dataset.

    Args:
        dataset: has the column.
        name: of the column.
        facts: of the column.
    """

    def __init__(self, dataset: StoredDataset, name: str, facts: TextFacts) -> None:
        self._name, self._facts = name, facts
        column = dataset.text(name)
        training = column.by_item(dataset.complete_rows(TRAIN, [name]))
        self._training = frozenset(normal_form(text) for texts in training for text in texts)
        self._known = KnownWords(self._training)
        self._validation = column.first(
            subsample(dataset.complete_rows(VALIDATION, [name]), REFERENCE)
        )

    def measure(
        self, sampler: Sampler, *, count: int, seed: int, control: RunControl
    ) -> EvaluationReport:
        """Generate texts from noise and measure them; see ``ColumnEvaluator.measure``."""
        shown = _collect(sampler.from_noise(count, seed, columns=[self._name]), self._name, control)
        texts = [normal_form(text) for part in shown if isinstance(part, tuple) for text in part]
        tokenizer = self._facts.tokenizer
        metrics = text_metrics(
            texts,
            self._validation,
            self._training,
            lambda text: bool(text.strip()) and not tokenizer.out_of_vocabulary(text),
            self._known,
            control.stop_if_asked,
        )
        return EvaluationReport(metrics=metrics)


def build_column_evaluator(
    dataset: StoredDataset,
    name: str,
    facts: ColumnFacts,
    networks: NetworkConfig,
    cache: Path,
    control: RunControl,
) -> ColumnEvaluator | TextEvaluator | None:
    """Build the evaluator of a single column; None of a table, or with too few training items.

    Raises:
        StoppedError: a stop was requested.
    """
    if len(dataset.complete_rows(TRAIN, [name])) < MIN_ITEMS:
        return None
    if isinstance(facts, ImageFacts | AudioFacts):
        return ColumnEvaluator(dataset, name, facts, networks, cache, control)
    return TextEvaluator(dataset, name, facts) if isinstance(facts, TextFacts) else None


def _collect(batches: Iterable[Samples], name: str, control: RunControl) -> Sequence[Shown]:
    shown: list[Shown] = []
    for samples in batches:
        control.stop_if_asked()
        shown.append(samples.columns[name])
    return shown


def _sound_name(key: str, column: str) -> str:
    """Name a metric of sounds by its column, with suffixes at the end."""
    stem, _mark, suffix = key.partition("_")
    return f"{SOUND}{stem}/{column}" + (f"_{suffix}" if suffix else "")
