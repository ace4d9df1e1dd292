"""Measures a model's samples against a dataset.

Everything that belongs to the dataset alone is prepared once; each measurement then draws pairs in
all three directions and looks at them.

Shapes: N items, D features.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.control import RunControl
from engine.data.store import HELD_OUT, TRAIN, StoredDataset
from engine.metrics.attributes import normal_form
from engine.metrics.coherence import Coherence
from engine.metrics.eye import Eye
from engine.metrics.frechet_distance import ITEMS_PER_FEATURE, frechet_distance, is_enough
from engine.metrics.kernel_distance import Features, kernel_distance
from engine.metrics.manifold import NEIGHBOURS, manifold_figures
from engine.metrics.memory import Memory
from engine.metrics.report import EvaluationReport
from engine.metrics.text_figures import text_figures
from engine.sample.sampler import Pairs, Sampler

REFERENCE, LEAST_HELD_OUT = 5_000, 500
"""Real images that samples are held against, and how few held-out ones are too few for it."""
TRAINING_SEEN = 10_000
"""Training images among which copies are looked for, spread evenly over the set."""

Encode = Callable[[Sequence[str]], Tensor]
"""From texts to the numbers that a sampler takes."""
Rows = npt.NDArray[np.int64]


class QualityJudge:
    """Knows a dataset, and measures samplers against it.

    Args:
        dataset: that the models learned from, or that they shall be compared on.
        image_size: side in pixels at which the models draw.
        encode: numbers the texts that a model shall draw.
        is_known: whether a model could have been given a text at all.
        cache: folder of the trained readers.
        control: asked while a reader is trained, and between batches.

    Raises:
        StoppedError: a stop was asked for.
    """

    def __init__(
        self,
        dataset: StoredDataset,
        image_size: int,
        *,
        encode: Encode,
        is_known: Callable[[str], bool],
        cache: Path,
        control: RunControl | None = None,
    ) -> None:
        self._dataset, self._encode = dataset, encode
        self._control = control or RunControl()
        self._eye = Eye(dataset, image_size, cache, control)
        held_out, training = dataset.whole_rows(HELD_OUT), dataset.whole_rows(TRAIN)
        self._is_held_out = len(held_out) >= LEAST_HELD_OUT
        self._asked = held_out if len(held_out) else training
        self._real = self._eye.features_of(
            spread(held_out if self._is_held_out else training, REFERENCE)
        )
        self._memory = Memory(
            self._eye.features_of(spread(training, TRAINING_SEEN)),
            self._eye.features_of(spread(held_out, REFERENCE)) if len(held_out) else self._real,
        )
        self._coherence = Coherence(dataset, self._eye, held_out)
        self._training_texts = frozenset(
            normal_form(text) for row in training for text in dataset.captions[row]
        )
        self._held_out_texts = [dataset.texts[row] for row in held_out]
        self._is_known = is_known

    def measure(self, sampler: Sampler, *, count: int, seed: int) -> EvaluationReport:
        """Draw pairs in all directions and measure them.

        Args:
            sampler: draws.
            count: joint pairs, and at most so many in each of the other directions.
            seed: of the noise.

        Raises:
            StoppedError: a stop was asked for.
        """
        images, texts = gathered(sampler.pairs(count, seed), self._control)
        features, said = self._eye.see(images)
        report = EvaluationReport(figures={}, absent={}, about=self._about(count, seed))
        figures, absent = dict(report.figures), dict(report.absent)
        self._measure_pictures(features, figures, absent, seed)
        self._coherence.measure_joint(features, said, texts, figures, absent)
        self._measure_directions(sampler, count, seed, figures)
        is_valid = self._coherence.is_valid or self._is_known
        figures |= text_figures(
            [normal_form(text) for text in texts],
            self._held_out_texts,
            self._training_texts,
            is_valid,
        )
        figures |= self._memory.figures(features)
        return EvaluationReport(figures=figures, absent=absent, about=report.about)

    def _measure_pictures(
        self, features: Features, figures: dict[str, float], absent: dict[str, str], seed: int
    ) -> None:
        one, other = self._real[::2], self._real[1::2]
        figures["kid"], figures["kid_std"] = kernel_distance(features, self._real, seed)
        figures["kid_floor"], _spread = kernel_distance(one, other, seed)
        figures["kid_n"] = len(features)
        smallest = min(len(features), len(one))
        if is_enough(smallest, features.shape[1]):
            figures["fid"] = frechet_distance(features, self._real)
            figures["fid_floor"] = frechet_distance(one, other)
            figures["fid_n"] = len(features)
        else:
            needed = ITEMS_PER_FEATURE * features.shape[1]
            absent["fid"] = f"needs {needed} items on either side, there are {smallest}"
        if min(len(features), len(self._real)) > NEIGHBOURS:
            figures |= manifold_figures(self._real, features)

    def _measure_directions(
        self, sampler: Sampler, count: int, seed: int, figures: dict[str, float]
    ) -> None:
        rows = spread(self._asked, count)
        asked = [self._dataset.texts[row] for row in rows]
        images, texts = gathered(sampler.drawings(self._encode(asked), seed), self._control)
        features, said = self._eye.see(images)
        self._coherence.measure_drawings(features, said, asked, figures)
        real = self._eye.images_of(rows)
        given = torch.from_numpy(real).permute(0, 3, 1, 2).contiguous()
        _images, texts = gathered(sampler.captions(given, seed), self._control)
        self._coherence.measure_captions(rows, self._eye.features_of(rows), texts, figures)

    def _about(self, count: int, seed: int) -> dict[str, object]:
        return {
            "dataset": self._dataset.manifest.name,
            "dataset version": self._dataset.manifest.version,
            "samples": count,
            "seed": seed,
            "features": f"local features of evaluator {self._eye.name}",
            "held against": f"{len(self._real)} {'held-out' if self._is_held_out else 'training'} "
            "images",
        }


def spread(rows: Rows, most: int) -> Rows:
    """Take at most so many rows, evenly over all."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def gathered(
    batches: Iterable[Pairs], control: RunControl
) -> tuple[npt.NDArray[np.uint8], list[str]]:
    """Put batches of pairs together: [N, S, S, 3] and N texts.

    Raises:
        StoppedError: the control asked for it.
    """
    images: list[npt.NDArray[np.uint8]] = []
    texts: list[str] = []
    for pairs in batches:
        control.stop_if_asked()
        images.append(pairs.images)
        texts += pairs.texts
    return np.concatenate(images), texts
