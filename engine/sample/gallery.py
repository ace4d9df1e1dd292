"""Galleries: many pairs from a run's newest checkpoint, as files that other programs can read."""

import importlib.metadata
import logging
from collections.abc import Iterator

import torch

from engine.control import RunControl
from engine.data.images import read_image_folder
from engine.errors import EngineError
from engine.events import GalleryEmit, GalleryEnded, GalleryProgressed, Outcome
from engine.sample.gallery_files import GalleryWriter, Provenance
from engine.sample.request import Direction, GalleryRequest
from engine.sample.sampler import LoadedRun, Pairs, load_run

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


class _Writing:
    def __init__(self, request: GalleryRequest, emit: GalleryEmit, control: RunControl) -> None:
        self._request, self._emit, self._control = request, emit, control
        self.done = 0

    def run(self) -> Outcome:
        # The CPU is enough for sampling and leaves a GPU to whoever trains on it.
        run = load_run(self._request.run, torch.device("cpu"))
        batches, sources, total = self._plan(run)
        self._emit(GalleryProgressed(done=0, total=total))
        with GalleryWriter(self._request.folder, self._provenance(run)) as writer:
            for pairs in batches:
                if self._control.is_stop_requested:
                    return Outcome.STOPPED
                end = self.done + len(pairs.texts)
                writer.add(pairs.images, pairs.texts, sources[self.done : end])
                self.done = end
                self._emit(GalleryProgressed(done=self.done, total=total))
        return Outcome.FINISHED

    def _plan(self, run: LoadedRun) -> tuple[Iterator[Pairs], list[str], int]:
        """Give the batches to come, the files that they stem from, and how many pairs in all."""
        request = self._request
        if request.direction is Direction.JOINT or request.images is None:
            return run.sampler.pairs(request.count, request.seed), [], request.count
        size, channels = run.config.networks.image_size, run.model.channels
        names, images, skipped = read_image_folder(request.images, size, channels)
        for name, reason in skipped:
            log.info("%s is passed over: %s", name, reason)
        chosen = torch.from_numpy(images[: request.count]).permute(0, 3, 1, 2).contiguous()
        return run.sampler.captions(chosen, request.seed), names, len(chosen)

    def _provenance(self, run: LoadedRun) -> Provenance:
        return Provenance(
            run=self._request.run.absolute().name,
            dataset=run.model.dataset,
            images_seen=run.checkpoint.images_seen,
            step=run.checkpoint.step,
            seed=self._request.seed,
            direction=self._request.direction,
            config_hash=run.config_hash,
            version=program_version(),
        )


def program_version() -> str:
    """Version of the installed program."""
    try:
        return importlib.metadata.version("diptych-studio")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
