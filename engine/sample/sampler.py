"""Draws pairs and captions from a trained generator."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from engine.config.run import RunConfig
from engine.config.sections import NetworkConfig
from engine.config.toml import config_hash
from engine.data.loader import mix_seed
from engine.data.word_vectors import WordVectors
from engine.errors import CheckpointCorruptError
from engine.events import ImageArray
from engine.nets.image import ImageModality
from engine.nets.image_mlp import DenseImageModality
from engine.nets.protocols import Ends, Modality, PairModel
from engine.nets.registry import build_model
from engine.nets.text import TextModality
from engine.runs.checkpoint import read_tensors
from engine.runs.checkpoint_files import CheckpointFacts, read_facts
from engine.runs.folder import NEWEST, RunFolder, ValidCheckpoint
from engine.runs.metadata import ModelFacts

AVERAGE = "average."
"""Prefix, in a checkpoint, of the generator that samples are drawn from."""
BATCH = 64
MISFIT = "its tensors do not fit the run's networks"

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Generated pairs as a person sees them."""

    images: ImageArray
    """[N, H, W, 3]."""
    texts: tuple[str, ...]


def build_modalities(
    networks: NetworkConfig, facts: ModelFacts, vectors: WordVectors | None = None
) -> tuple[Modality, ...]:
    """List the modalities of a run in the order in which a pair is imagined.

    A third modality is one more entry here.
    """
    text = TextModality(
        tokenizer=facts.tokenizer,
        vectors=vectors,
        length=facts.text_length,
        word_dim=networks.word_dim,
        feature_dim=networks.feature_dim,
    )
    kind = DenseImageModality if networks.architecture == "dense" else ImageModality
    image = kind(
        size=networks.image_size,
        channels=facts.channels,
        latent_dim=networks.latent_dim,
        generator_width=networks.generator_width,
        critic_width=networks.critic_width,
        feature_dim=networks.feature_dim,
        critic_norm=networks.critic_norm,
    )
    return (text, image)


class Sampler:
    """Asks a generator for whole pairs.

    Args:
        model: usually a run's average.
        modalities: those it was built for.
        device: where it lies.
        truncation: share of the noise that is used, above 0 to 1. For normal noise this is
            StyleGAN's truncation (Karras et al. 2019, arXiv:1812.04948, appendix B) about the
            mean of the latent space itself; for the noise that chooses words it is a temperature.
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
        """The same with less of the noise, or more."""
        modalities = tuple(self._modalities.values())
        return Sampler(self._model, modalities, self._device, truncation)

    def draw_noise(self, count: int, seed: int) -> dict[str, Tensor]:
        """Draw the noise of ``count`` pairs; the same seed gives the same noise."""
        generator = torch.Generator(self._device).manual_seed(seed)
        noise = self._model.draw_noise(count, generator)
        return {name: self._truncation * part for name, part in noise.items()}

    @torch.no_grad()
    def complete(self, noise: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> Pairs:
        """Complete pairs from noise and from stored rows of what is given, by modality."""
        return self._show(self._model(noise, self._read(given)))

    def pairs(self, count: int, seed: int) -> Iterator[Pairs]:
        """Draw pairs from noise alone, a batch at a time. Pair i depends on seed and i only."""
        for start in range(0, count, BATCH):
            # Whole batches even at the end: pair i must not depend on how many were asked for.
            noise = self.draw_noise(BATCH, mix_seed(seed, start))
            wanted = min(BATCH, count - start)
            yield self.complete({name: rows[:wanted] for name, rows in noise.items()}, {})

    def captions(self, images: Tensor, seed: int) -> Iterator[Pairs]:
        """Write a text for each image, a batch at a time.

        Args:
            images: [N, C, H, W] uint8, as the run's dataset stores them.
            seed: of the noise that decides between possible words.
        """
        return self._completions("image", images, seed)

    def drawings(self, texts: Tensor, seed: int) -> Iterator[Pairs]:
        """Draw an image for each text, a batch at a time.

        Args:
            texts: [N, L] unit numbers, as the run's tokenizer encodes them.
            seed: of the noise that decides what the text leaves open.
        """
        return self._completions("text", texts, seed)

    def latent_walk(self, count: int, seed: int, to_seed: int) -> Iterator[Pairs]:
        """Walk from the first pair of one seed to the first of another, ends included."""
        start, end = (
            Ends(noise=self._first_noise(end_seed), given={}) for end_seed in (seed, to_seed)
        )
        yield from self._walk(start, end, torch.linspace(0, 1, count))

    def text_walk(self, texts: Tensor, count: int, seed: int) -> Iterator[Pairs]:
        """Walk from the image of the first text by way of the others' to that of the last.

        Args:
            texts: [N, L] unit numbers, at least two rows.
            count: pairs on the whole way, ends included.
            seed: of the noise that decides what the texts leave open; the same all the way.
        """
        noise = self._first_noise(seed)
        stops = [Ends(noise=noise, given=self._read({"text": row[None]})) for row in texts]
        place = torch.linspace(0, len(stops) - 1, count)
        legs = place.floor().clamp(max=len(stops) - 2)
        for leg in range(len(stops) - 1):
            yield from self._walk(stops[leg], stops[leg + 1], (place - leg)[legs == leg])

    def _walk(self, start: Ends, end: Ends, place: Tensor) -> Iterator[Pairs]:
        for part in place.to(self._device).split(BATCH):
            ends = (_repeated(start, len(part)), _repeated(end, len(part)))
            with torch.no_grad():
                yield self._show(self._model.walk(*ends, part))

    def _first_noise(self, seed: int) -> dict[str, Tensor]:
        noise = self.draw_noise(BATCH, mix_seed(seed, 0))
        return {name: rows[:1] for name, rows in noise.items()}

    def _read(self, stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {
            name: self._modalities[name].read(rows.to(self._device))
            for name, rows in stored.items()
        }

    def _show(self, whole: Mapping[str, Tensor]) -> Pairs:
        return Pairs(
            images=self._modalities["image"].show(whole["image"]),
            texts=tuple(self._modalities["text"].show(whole["text"])),
        )

    def _completions(self, name: str, given: Tensor, seed: int) -> Iterator[Pairs]:
        for start in range(0, len(given), BATCH):
            rows = given[start : start + BATCH]
            noise = self.draw_noise(BATCH, mix_seed(seed, start))
            yield self.complete(
                {key: part[: len(rows)] for key, part in noise.items()}, {name: rows}
            )


def _repeated(ends: Ends, count: int) -> Ends:
    return Ends(
        noise={name: row.expand(count, *row.shape[1:]) for name, row in ends.noise.items()},
        given={name: row.expand(count, *row.shape[1:]) for name, row in ends.given.items()},
    )


@dataclass(frozen=True, kw_only=True)
class LoadedRun:
    """A run's newest generator, ready to sample."""

    sampler: Sampler
    config: RunConfig
    model: ModelFacts
    checkpoint: CheckpointFacts
    config_hash: str
    passed_over: tuple[str, ...] = ()
    """Newer checkpoints that are damaged: name and reason of each."""


def load_run(folder: Path, device: torch.device, checkpoint: str = NEWEST) -> LoadedRun:
    """Load the averaged generator from a checkpoint of a run, by default the newest.

    Raises:
        RunMissingError, CheckpointMissingError: there is nothing to load.
        ConfigError, CheckpointCorruptError: what is there is damaged.
    """
    run = RunFolder(folder)
    config, model = run.read_config(), run.read_model()
    chosen = _choose(run, checkpoint)
    path = chosen.path
    facts, tensors = read_facts(path), read_tensors(path, AVERAGE)
    _ensure_fit(path, config, model, tensors)
    modalities = build_modalities(config.networks, model)
    generator = _generator(config, modalities)
    try:
        generator.load_state_dict(tensors)
    except RuntimeError as error:
        raise CheckpointCorruptError(path, MISFIT) from error
    generator = generator.to(device).eval().requires_grad_(requires_grad=False)
    return LoadedRun(
        sampler=Sampler(cast("PairModel", generator), modalities, device),
        config=config,
        model=model,
        checkpoint=facts,
        config_hash=config_hash(config),
        passed_over=chosen.passed_over,
    )


def _choose(run: RunFolder, checkpoint: str) -> ValidCheckpoint:
    if checkpoint != NEWEST:
        return ValidCheckpoint(run.chosen_checkpoint(checkpoint))
    found = run.newest_valid()
    for reason in found.passed_over:
        log.warning("%s: a damaged checkpoint is passed over: %s", run.path, reason)
    return found


def _ensure_fit(
    path: Path, config: RunConfig, model: ModelFacts, tensors: Mapping[str, Tensor]
) -> None:
    """Compare shapes before any memory is taken: a stranger's run may describe a giant."""
    with torch.device("meta"):
        wanted = _generator(config, build_modalities(config.networks, model)).state_dict()
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    if shapes != {name: tensor.shape for name, tensor in wanted.items()}:
        raise CheckpointCorruptError(path, MISFIT)


def _generator(config: RunConfig, modalities: tuple[Modality, ...]) -> nn.Module:
    networks = config.networks
    return build_model(
        config.family,
        modalities,
        feature_dim=networks.feature_dim,
        latent_dim=networks.latent_dim,
    )
