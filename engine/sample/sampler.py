"""Sample pairs, captions and images from a trained generator."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.data.loader import mix_seed
from engine.events import ImageArray
from engine.nets.protocols import Endpoint, Modality, PairModel

BATCH = 64


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Generated pairs, decoded."""

    images: ImageArray
    """[N, H, W, 3]."""
    texts: tuple[str, ...]


class Sampler:
    """Sample pairs from a generator in batches.

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
    def complete(self, noise: Mapping[str, Tensor], conditions: Mapping[str, Tensor]) -> Pairs:
        """Generate pairs from noise and conditions (stored rows by modality)."""
        return self._postprocess(self._model(noise, self._preprocess(conditions)))

    def pairs(self, count: int, seed: int) -> Iterator[Pairs]:
        """Sample pairs from noise in batches. Pair i depends on the seed and i only."""
        for start in range(0, count, BATCH):
            # Draw noise for full batches, so that pair i does not depend on the count.
            noise = self.draw_noise(BATCH, mix_seed(seed, start))
            wanted = min(BATCH, count - start)
            yield self.complete({name: rows[:wanted] for name, rows in noise.items()}, {})

    def captions(self, images: Tensor, seed: int) -> Iterator[Pairs]:
        """Generate a text for each image, in batches.

        Args:
            images: [N, C, H, W] uint8, as the run's dataset stores them.
            seed: seed of the noise.
        """
        return self._completions("image", images, seed)

    def drawings(self, texts: Tensor, seed: int) -> Iterator[Pairs]:
        """Generate an image for each text, in batches.

        Args:
            texts: [N, L] token ids.
            seed: seed of the noise.
        """
        return self._completions("text", texts, seed)

    def latent_walk(self, count: int, seed: int, to_seed: int) -> Iterator[Pairs]:
        """Interpolate between the first pairs of two seeds, ends included."""
        start, end = (
            Endpoint(noise=self._first_noise(end_seed), conditions={})
            for end_seed in (seed, to_seed)
        )
        yield from self._interpolate(start, end, torch.linspace(0, 1, count))

    def text_walk(self, texts: Tensor, count: int, seed: int) -> Iterator[Pairs]:
        """Interpolate piecewise between the images of texts.

        Args:
            texts: [N, L] token ids, at least two rows.
            count: total number of pairs, ends included.
            seed: seed of the noise, which is the same for all pairs.
        """
        noise = self._first_noise(seed)
        stops = [
            Endpoint(noise=noise, conditions=self._preprocess({"text": row[None]})) for row in texts
        ]
        t = torch.linspace(0, len(stops) - 1, count)
        legs = t.floor().clamp(max=len(stops) - 2)
        for leg in range(len(stops) - 1):
            yield from self._interpolate(stops[leg], stops[leg + 1], (t - leg)[legs == leg])

    def _interpolate(self, start: Endpoint, end: Endpoint, t: Tensor) -> Iterator[Pairs]:
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

    def _postprocess(self, whole: Mapping[str, Tensor]) -> Pairs:
        return Pairs(
            images=self._modalities["image"].postprocess(whole["image"]),
            texts=tuple(self._modalities["text"].postprocess(whole["text"])),
        )

    def _completions(self, name: str, given: Tensor, seed: int) -> Iterator[Pairs]:
        for start in range(0, len(given), BATCH):
            rows = given[start : start + BATCH]
            noise = self.draw_noise(BATCH, mix_seed(seed, start))
            yield self.complete(
                {key: part[: len(rows)] for key, part in noise.items()}, {name: rows}
            )


def _expand(end: Endpoint, count: int) -> Endpoint:
    parts = (end.noise, end.conditions)
    noise, conditions = (
        {name: row.expand(count, *row.shape[1:]) for name, row in part.items()} for part in parts
    )
    return Endpoint(noise=noise, conditions=conditions)
