"""Galleries: many pairs from a run's newest checkpoint, as files that other programs can read."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.control import RunControl
from engine.data.images import read_image_folder
from engine.errors import EngineError
from engine.events import Outcome
from engine.installed import installed_version
from engine.job_events import GalleryEmit, GalleryEnded, GalleryProgressed
from engine.sample.gallery_files import GalleryWriter, Provenance
from engine.sample.request import Direction, GalleryRequest
from engine.sample.sampler import LoadedRun, Pairs, Sampler, load_run
from engine.sample.texts import encode_texts, read_texts

log = logging.getLogger(__name__)


def write_gallery(request: GalleryRequest, emit: GalleryEmit, control: RunControl) -> None:
    """Sample pairs and write them to a folder, until all are written or a stop comes.

    It never raises: whatever happens is told by the one ``GalleryEnded`` at the end. A stopped or
    failed gallery keeps the pairs that it has.

    Args:
        request: what to sample and where to put it.
        emit: receives every event, on this thread.
        control: asked between batches.
    """
    writing = _Writing(request, emit, control)
    try:
        outcome, error = writing.run(), None
    except Exception as caught:
        outcome, error = Outcome.FAILED, caught
        level = logging.WARNING if isinstance(caught, EngineError) else logging.ERROR
        log.log(level, "The gallery in %s failed.", request.folder, exc_info=caught)
    emit(GalleryEnded(outcome=outcome, folder=request.folder, count=writing.done, error=error))


@dataclass(frozen=True)
class Plan:
    """What a gallery will hold."""

    batches: Iterator[Pairs]
    total: int
    """Pairs in all."""
    sources: Sequence[str] = ()
    """Names of the files that the pairs stem from, in order; empty where they stem from none."""


class _Writing:
    def __init__(self, request: GalleryRequest, emit: GalleryEmit, control: RunControl) -> None:
        self._request, self._emit, self._control = request, emit, control
        self.done = 0

    def run(self) -> Outcome:
        # The CPU is enough for sampling and leaves a GPU to whoever trains on it.
        run = load_run(self._request.run, torch.device("cpu"), self._request.checkpoint)
        plan = self._plan(run)
        self._emit(GalleryProgressed(done=0, total=plan.total))
        with GalleryWriter(self._request.folder, self._provenance(run)) as writer:
            for pairs in plan.batches:
                if self._control.is_stop_requested:
                    return Outcome.STOPPED
                end = self.done + len(pairs.texts)
                writer.add(pairs.images, pairs.texts, plan.sources[self.done : end])
                self.done = end
                self._emit(GalleryProgressed(done=self.done, total=plan.total))
        return Outcome.FINISHED

    def _plan(self, run: LoadedRun) -> Plan:
        sampler = run.sampler.truncated(self._request.truncation)
        planners: dict[Direction, Callable[[LoadedRun, Sampler], Plan]] = {
            Direction.JOINT: self._plan_joint,
            Direction.IMAGE_TO_TEXT: self._plan_captions,
            Direction.TEXT_TO_IMAGE: self._plan_drawings,
            Direction.LATENT_PATH: self._plan_latent_path,
            Direction.TEXT_PATH: self._plan_text_path,
        }
        return planners[self._request.direction](run, sampler)

    def _plan_joint(self, _run: LoadedRun, sampler: Sampler) -> Plan:
        request = self._request
        return Plan(sampler.pairs(request.count, request.seed), request.count)

    def _plan_latent_path(self, _run: LoadedRun, sampler: Sampler) -> Plan:
        request = self._request
        walk = sampler.latent_walk(request.count, request.seed, request.to_seed)
        return Plan(walk, request.count)

    def _plan_captions(self, run: LoadedRun, sampler: Sampler) -> Plan:
        request = self._request
        size, channels = run.config.networks.image_size, run.model.channels
        names, images, skipped = read_image_folder(_given(request.images), size, channels)
        for name, reason in skipped:
            log.info("%s is passed over: %s", name, reason)
        chosen = torch.from_numpy(images[: request.count]).permute(0, 3, 1, 2).contiguous()
        return Plan(sampler.captions(chosen, request.seed), len(chosen), names)

    def _plan_drawings(self, run: LoadedRun, sampler: Sampler) -> Plan:
        request = self._request
        texts = encode_texts(read_texts(_given(request.texts)), run.model)[: request.count]
        return Plan(sampler.drawings(texts, request.seed), len(texts))

    def _plan_text_path(self, run: LoadedRun, sampler: Sampler) -> Plan:
        request = self._request
        texts = encode_texts(read_texts(_given(request.texts), at_least=2), run.model)
        return Plan(sampler.text_walk(texts, request.count, request.seed), request.count)

    def _provenance(self, run: LoadedRun) -> Provenance:
        return Provenance(
            run=self._request.run.absolute().name,
            dataset=run.model.dataset,
            images_seen=run.checkpoint.images_seen,
            step=run.checkpoint.step,
            seed=self._request.seed,
            direction=self._request.direction,
            config_hash=run.config_hash,
            version=installed_version(),
        )


def _given(path: Path | None) -> Path:
    """What the request has made sure of already."""
    if path is None:
        raise ValueError("the request lacks what is given")
    return path
