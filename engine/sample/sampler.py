"""Sample items from a trained generator: from noise, from given columns, and between two."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data.seeds import mix_seed
from engine.data.table_codec import Cells
from engine.data.waveform import Sounds
from engine.errors import ConfigError, Problem
from engine.events import ImageArray
from engine.nets.generator import PairGenerator
from engine.nets.protocols import Endpoint, Modality, PairModel
from engine.nets.table import TableDecoder
from engine.sample.scene_sources import DRAWN_TOGETHER

BATCH = DRAWN_TOGETHER


Shown = ImageArray | tuple[str, ...] | Sounds | Cells
"""Samples of a column: images [N, H, W, 3], N texts, N sounds or N rows of a table."""


@dataclass(frozen=True, kw_only=True)
class Samples:
    """N generated items, decoded."""

    columns: Mapping[str, Shown]
    """By name."""

    def __len__(self) -> int:
        """Return N."""
        return len(next(iter(self.columns.values())))

    @property
    def images(self) -> ImageArray:
        """The first column of pictures: [N, H, W, 3]; empty, [N, 0, 0, 3], if there is none."""
        found = next((v for v in self.columns.values() if isinstance(v, np.ndarray)), None)
        return np.zeros((len(self), 0, 0, 3), np.uint8) if found is None else found

    @property
    def texts(self) -> tuple[str, ...]:
        """The first column of texts; empty ones if there is none."""
        found = next((v for v in self.columns.values() if isinstance(v, tuple)), None)
        return ("",) * len(self) if found is None else found


class Sampler:
    """Sample items from a generator in batches.

    Args:
        model: the generator, usually the EMA of a run.
        modalities: modalities of the generator.
        device: device of the generator.
        truncation: factor of the noise, above 0 to 1. For Gaussian noise this is StyleGAN's
            truncation (Karras et al. 2019, arXiv:1812.04948, appendix B) about the mean of the
            latent space; for the noise that selects words it is a temperature.
    """

    def __init__(
        self,
        model: PairModel,
        modalities: Sequence[Modality],
        device: torch.device,
        truncation: float = 1.0,
    ) -> None:
        self._model = model
        self._modalities = {modality.name: modality for modality in modalities}
        self._device = device
        self._truncation = truncation

    @property
    def model(self) -> PairModel:
        """The generator."""
        return self._model

    def truncated(self, truncation: float) -> "Sampler":
        """Return a sampler with another truncation."""
        modalities = tuple(self._modalities.values())
        return Sampler(self._model, modalities, self._device, truncation)

    def draw_noise(self, count: int, seed: int) -> dict[str, Tensor]:
        """Draw the noise of ``count`` pairs from a seed."""
        generator = torch.Generator(self._device).manual_seed(seed)
        noise = self._model.draw_noise(count, generator)
        return {name: self._truncation * part for name, part in noise.items()}

    @torch.no_grad()
    def complete(
        self,
        noise: Mapping[str, Tensor],
        given: Mapping[str, Tensor],
        columns: Collection[str] | None = None,
    ) -> Samples:
        """Generate items from noise and from given columns (stored rows by name).

        Args:
            noise: as ``draw_noise`` returns it.
            given: stored rows by column.
            columns: to decode, by default all; sounds take longer to decode than to generate.
        """
        return self._postprocess(self._model(noise, self._preprocess(given)), columns)

    def from_noise(
        self, count: int, seed: int, columns: Collection[str] | None = None
    ) -> Iterator[Samples]:
        """Sample from noise in batches. Item i depends on the seed and i only; see ``complete``."""
        for start in range(0, count, BATCH):
            # Draw noise for full batches, so that item i does not depend on the count.
            noise = self.draw_noise(BATCH, mix_seed(seed, start))
            wanted = min(BATCH, count - start)
            yield self.complete({name: rows[:wanted] for name, rows in noise.items()}, {}, columns)

    def complete_items(
        self, given: Mapping[str, Tensor], seed: int, columns: Collection[str] | None = None
    ) -> Iterator[Samples]:
        """Generate the other columns of given items, in batches.

        Args:
            given: stored rows by column, N of each: uint8 images [N, C, H, W], token ids [N, L],
                and so on.
            seed: seed of the noise.
            columns: to decode, by default all.
        """
        for start in range(0, len(next(iter(given.values()))), BATCH):
            rows = {name: values[start : start + BATCH] for name, values in given.items()}
            count = len(next(iter(rows.values())))
            noise = self.draw_noise(BATCH, mix_seed(seed, start))
            yield self.complete({name: part[:count] for name, part in noise.items()}, rows, columns)

    @torch.no_grad()
    def fill_cells(
        self,
        name: str,
        rows: Tensor,
        is_given: npt.NDArray[np.bool_],
        given: Mapping[str, Tensor],
        seed: int,
    ) -> Tensor:
        """Complete rows of a table of which some cells are given.

        Args:
            name: column of the table.
            rows: [N, D] encoded rows; the content of other cells is arbitrary.
            is_given: [S] by step of the decoder, as ``TableLayout.steps`` names their fields.
            given: stored rows of further given columns, N of each.
            seed: seed of the noise.

        Returns:
            [N, D].

        Raises:
            ConfigError: the model decodes cells independently of each other.
        """
        decoder = self._model.decoder(name) if isinstance(self._model, PairGenerator) else None
        if not (isinstance(self._model, PairGenerator) and isinstance(decoder, TableDecoder)):
            reason = "lacks cells, which only the hybrid family fills in"
            raise ConfigError([Problem(f"given.{name}", reason)])
        generator = torch.Generator(self._device).manual_seed(mix_seed(seed, len(rows)))
        mask = torch.from_numpy(is_given).to(self._device)
        filled: list[Tensor] = []
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH].to(self._device)
            known = self._preprocess({n: v[start : start + BATCH] for n, v in given.items()})
            context = self._model.context(known, len(part))
            filled.append(decoder.complete(context, part, mask, generator))
        return torch.cat(filled)

    def walk(self, given: Mapping[str, Tensor], count: int, seed: int) -> Iterator[Samples]:
        """Interpolate piecewise between what is generated for given items.

        Args:
            given: stored rows by column, at least two of each.
            count: total number of items, ends included.
            seed: seed of the noise, which is the same for all items.
        """
        noise, conditions = self._first_noise(seed), self._preprocess(given)
        total = len(next(iter(conditions.values())))
        stops = [
            Endpoint(
                noise=noise,
                conditions={name: rows[stop : stop + 1] for name, rows in conditions.items()},
            )
            for stop in range(total)
        ]
        t = torch.linspace(0, total - 1, count)
        legs = t.floor().clamp(max=total - 2)
        for leg in range(total - 1):
            yield from self._interpolate(stops[leg], stops[leg + 1], (t - leg)[legs == leg])

    def _interpolate(self, start: Endpoint, end: Endpoint, t: Tensor) -> Iterator[Samples]:
        for part in t.to(self._device).split(BATCH):
            ends = (_expand(start, len(part)), _expand(end, len(part)))
            with torch.no_grad():
                yield self._postprocess(self._model.interpolate(*ends, part))

    def _first_noise(self, seed: int) -> dict[str, Tensor]:
        noise = self.draw_noise(BATCH, mix_seed(seed, 0))
        return {name: rows[:1] for name, rows in noise.items()}

    def _preprocess(self, stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {
            name: self._modalities[name].preprocess(rows.to(self._device))
            for name, rows in stored.items()
        }

    def _postprocess(
        self, whole: Mapping[str, Tensor], columns: Collection[str] | None = None
    ) -> Samples:
        return Samples(
            columns={
                name: modality.postprocess(whole[name])
                for name, modality in self._modalities.items()
                if columns is None or name in columns
            }
        )


def _expand(end: Endpoint, count: int) -> Endpoint:
    parts = (end.noise, end.conditions)
    noise, conditions = (
        {name: row.expand(count, *row.shape[1:]) for name, row in part.items()} for part in parts
    )
    return Endpoint(noise=noise, conditions=conditions)
