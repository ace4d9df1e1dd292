"""Items to judge, as network input and to show: real ones, generated ones, mismatched pairs.

Shapes: N items, H height, W width, L tokens.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from engine.data.facts import AudioFacts
from engine.data.loader import mix_seed
from engine.data.store import TRAIN, VALIDATION, StoredDataset
from engine.data.waveform import Sounds
from engine.inspection.networks import InspectedRun
from engine.modalities.kind import Rows
from engine.nets.protocols import Modality, PairModel
from engine.sample.sampler import Sampler, Samples, Shown
from engine.sample.scene_sources import PREVIEW_STREAM
from engine.train.data import network_input

Items = Mapping[str, Tensor]


def real_items(run: InspectedRun, dataset: StoredDataset, count: int) -> dict[str, Tensor]:
    """Read up to N complete items, held out if there are any: by column, [N, ...].

    They are spread evenly over the dataset, which is often sorted. Empty if no item is complete.
    """
    rows = dataset.complete_rows(VALIDATION, run.model.columns)
    return _read(run, dataset, rows, count) or training_items(run, dataset, count)


def training_items(run: InspectedRun, dataset: StoredDataset, count: int) -> dict[str, Tensor]:
    """Read up to N complete training items, as ``real_items`` does."""
    return _read(run, dataset, dataset.complete_rows(TRAIN, run.model.columns), count)


def _read(run: InspectedRun, dataset: StoredDataset, rows: Rows, count: int) -> dict[str, Tensor]:
    places = np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(np.int64)
    return network_input(dataset, run.model, rows[places], run.config.networks, run.modalities)


def fixed_noise(run: InspectedRun, count: int) -> dict[str, Tensor]:
    """Draw the noise of N items, of the run's previews if these have so many: by name, [N, ...]."""
    sampler = Sampler(run.ema, run.modalities, torch.device("cpu"))
    drawn = max(count, run.config.reporting.preview_count)
    noise = sampler.draw_noise(drawn, mix_seed(run.config.seed, PREVIEW_STREAM))
    return {name: rows[:count] for name, rows in noise.items()}


@torch.no_grad()
def generate(model: PairModel, noise: Items) -> dict[str, Tensor]:
    """Generate items from noise alone, as network input: by column, [N, ...]."""
    return model(noise, {})


def mismatched_items(items: Items, exchanged: Modality) -> tuple[dict[str, Tensor], Tensor]:
    """Give each item the value that the nearest later item with another value has in a column.

    Args:
        items: by column, [N, ...].
        exchanged: the column, discrete, so that values can be equal.

    Returns:
        The items, and [N] booleans: rows whose value differs now; others are as they were.
    """
    own = items[exchanged.name]
    places = torch.arange(len(own))
    source = places.clone()
    is_done = torch.zeros(len(own), dtype=torch.bool)
    for shift in range(1, len(own)):
        differs = ~exchanged.is_equal(own, own.roll(-shift, 0)) & ~is_done
        source = torch.where(differs, (places + shift) % len(own), source)
        is_done |= differs
    return {**items, exchanged.name: own[source]}, is_done


def to_samples(run: InspectedRun, items: Items) -> Samples:
    """Convert network input to samples to show; sounds are spectrograms without waves."""
    columns: dict[str, Shown] = {}
    for modality in run.modalities:
        item, facts = items[modality.name], run.model.columns[modality.name]
        if isinstance(facts, AudioFacts):
            levels = ((item[:, 0] + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
            columns[modality.name] = Sounds(
                samples=np.empty((len(item), 0), np.int16),
                rate=facts.rate,
                spectrograms=np.ascontiguousarray(levels.flip(1).numpy()),
            )
        else:
            columns[modality.name] = modality.postprocess(item)
    return Samples(columns=columns)
