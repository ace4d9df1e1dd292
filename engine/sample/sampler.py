"""Draws pairs and captions from a trained generator."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from engine.config.codec import config_hash
from engine.config.networks import NetworkConfig
from engine.config.run import RunConfig
from engine.data.loader import mix_seed
from engine.errors import CheckpointCorruptError
from engine.events import ImageArray
from engine.nets.families import build_model
from engine.nets.image import ImageModality
from engine.nets.modality import Modality
from engine.nets.model import PairModel
from engine.nets.text import TextModality
from engine.runs.checkpoint import CheckpointFacts, read_facts, read_tensors
from engine.runs.folder import ModelFacts, RunFolder

AVERAGE = "average."
"""Prefix, in a checkpoint, of the generator that samples are drawn from."""
BATCH = 64


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Generated pairs as a person sees them."""

    images: ImageArray
    """[N, H, W, 3]."""
    texts: tuple[str, ...]


def build_modalities(networks: NetworkConfig, facts: ModelFacts) -> tuple[Modality, ...]:
    """List the modalities of a run in the order in which a pair is imagined.

    A third modality is one more entry here.
    """
    text = TextModality(
        vocabulary=facts.vocabulary,
        length=facts.text_length,
        word_dim=networks.word_dim,
        feature_dim=networks.feature_dim,
    )
    image = ImageModality(
        size=networks.image_size,
        channels=facts.channels,
        latent_dim=networks.latent_dim,
        generator_width=networks.generator_width,
        critic_width=networks.critic_width,
        feature_dim=networks.feature_dim,
    )
    return (text, image)


class Sampler:
    """Asks a generator for whole pairs.

    Args:
        model: usually a run's average.
        modalities: those it was built for.
        device: where it lies.
    """

    def __init__(
        self, model: PairModel, modalities: Sequence[Modality], device: torch.device
    ) -> None:
        self._model = model
        self._modalities = {modality.name: modality for modality in modalities}
        self._device = device

    def draw_noise(self, count: int, seed: int) -> dict[str, Tensor]:
        """Draw the noise of ``count`` pairs; the same seed gives the same noise."""
        return self._model.draw_noise(count, torch.Generator(self._device).manual_seed(seed))

    @torch.no_grad()
    def complete(self, noise: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> Pairs:
        """Complete pairs from noise and from stored rows of what is given, by modality."""
        read = {name: self._modalities[name].read(rows) for name, rows in given.items()}
        whole = self._model(noise, read)
        return Pairs(
            images=self._modalities["image"].show(whole["image"]),
            texts=tuple(self._modalities["text"].show(whole["text"])),
        )

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

    def _completions(self, name: str, given: Tensor, seed: int) -> Iterator[Pairs]:
        for start in range(0, len(given), BATCH):
            rows = given[start : start + BATCH].to(self._device)
            noise = self.draw_noise(BATCH, mix_seed(seed, start))
            yield self.complete(
                {key: part[: len(rows)] for key, part in noise.items()}, {name: rows}
            )


@dataclass(frozen=True, kw_only=True)
class LoadedRun:
    """A run's newest generator, ready to sample."""

    sampler: Sampler
    config: RunConfig
    model: ModelFacts
    checkpoint: CheckpointFacts
    config_hash: str


def load_run(folder: Path, device: torch.device) -> LoadedRun:
    """Load the averaged generator from a run's newest checkpoint.

    Raises:
        RunMissingError, CheckpointMissingError: there is nothing to load.
        ConfigError, CheckpointCorruptError: what is there is damaged.
    """
    run = RunFolder(folder)
    config, model = run.read_config(), run.read_model()
    path = run.latest_checkpoint()
    facts = read_facts(path)
    modalities = build_modalities(config.networks, model)
    networks = config.networks
    generator = build_model(
        config.family,
        modalities,
        feature_dim=networks.feature_dim,
        latent_dim=networks.latent_dim,
    )
    try:
        generator.load_state_dict(read_tensors(path, AVERAGE))
    except RuntimeError as error:
        reason = "its tensors do not fit the run's networks"
        raise CheckpointCorruptError(path, reason) from error
    generator = generator.to(device).eval().requires_grad_(requires_grad=False)
    return LoadedRun(
        sampler=Sampler(cast("PairModel", generator), modalities, device),
        config=config,
        model=model,
        checkpoint=facts,
        config_hash=config_hash(config),
    )
