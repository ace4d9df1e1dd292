"""Samples galleries from a trained run and writes them to a folder."""

import itertools
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from engine.control import RunControl
from engine.data.column_info import IMAGE, TEXT
from engine.data.gallery_info import MAX_NOTICE
from engine.errors import ConfigError, EngineError, Problem
from engine.events import (
    GalleryEmit,
    GalleryEnded,
    GalleryItem,
    GalleryProgressed,
    Outcome,
    PromptsChecked,
)
from engine.printable import printable
from engine.sample.conditions import Condition, read_conditions
from engine.sample.gallery_writer import GalleryWriter
from engine.sample.load import LoadedRun, load_run
from engine.sample.player import Player
from engine.sample.request import Direction, GalleryRequest
from engine.sample.sampler import Samples
from engine.sample.scene import Scene
from engine.sample.scene_file import Provenance
from engine.sample.scene_sources import DRAWN_TOGETHER, gallery_scene
from engine.version import installed_version

log = logging.getLogger(__name__)


def write_gallery(request: GalleryRequest, emit: GalleryEmit, control: RunControl) -> None:
    """Sample pairs and write them to a folder.

    Never raises: the single ``GalleryEnded`` at the end reports the outcome. A stopped or failed
    gallery keeps the pairs written so far.

    Args:
        request: what to sample, and the folder.
        emit: receives all events, on this thread.
        control: checked between batches.
    """
    writing = _Writing(request, emit, control)
    try:
        outcome, error = writing.run(), None
    except Exception as caught:
        outcome, error = Outcome.FAILED, caught
        level = logging.WARNING if isinstance(caught, EngineError) else logging.ERROR
        log.log(level, "The gallery in %s failed.", request.folder, exc_info=caught)
    emit(
        GalleryEnded(
            outcome=outcome,
            folder=request.folder,
            count=writing.done,
            error=error,
            first_items=tuple(writing.first_items),
        )
    )


@dataclass(frozen=True)
class Batch:
    """Some items of a gallery."""

    samples: Samples
    scenes: Sequence[Scene] = ()
    """Of the items, where they have one: nothing but texts is given."""


@dataclass(frozen=True)
class Plan:
    """Batches of a gallery, and their total size."""

    batches: Iterator[Batch]
    total: int
    """Total number of items."""
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By given column, names of the files that its values were read from, in order."""


class _Writing:
    def __init__(self, request: GalleryRequest, emit: GalleryEmit, control: RunControl) -> None:
        self._request, self._emit, self._control = request, emit, control
        self.done = 0
        self.first_items: Sequence[GalleryItem] = ()

    def run(self) -> Outcome:
        if self._control.is_stop_requested:
            return Outcome.STOPPED
        # Sample on the CPU, so that a GPU stays free for training.
        run = load_run(self._request.run, torch.device("cpu"), self._request.checkpoint)
        plan = self._plan(run)
        self._emit(GalleryProgressed(done=0, total=plan.total))
        provenance = Provenance(
            run=printable(self._request.run.absolute().name),
            dataset=run.model.dataset,
            images_seen=run.checkpoint.images_seen,
            step=run.checkpoint.step,
            seed=self._request.seed,
            direction=self._request.direction,
            config_hash=run.config_hash,
            version=installed_version(),
            notice=printable(run.model.notice[:MAX_NOTICE]),
        )
        with GalleryWriter(
            self._request.folder, provenance, run.model.columns, self._request.checkpoint
        ) as writer:
            self.first_items = writer.first_items
            for batch in plan.batches:
                if self._control.is_stop_requested:
                    return Outcome.STOPPED
                end = self.done + len(batch.samples)
                sources = {name: files[self.done : end] for name, files in plan.sources.items()}
                writer.add(self._wanted(batch.samples), sources, batch.scenes)
                self.done = end
                self._emit(GalleryProgressed(done=self.done, total=plan.total))
        return Outcome.FINISHED

    def _plan(self, run: LoadedRun) -> Plan:
        request, sampler = self._request, run.sampler.truncated(self._request.truncation)
        count, seed = request.count, request.seed
        given = self._given(run)
        unknown = [name for name in request.make if name not in run.model.columns]
        if unknown:
            reason = f"names no column of the run: {', '.join(unknown)}"
            raise ConfigError([Problem("make", reason)])
        if not given:
            return Plan(_rendered(run, self._scenes(), count), count)
        is_walk = request.direction is Direction.TEXT_PATH
        conditions = self._conditions(run, given, at_least=2 if is_walk else 1)
        texts = {name: condition.texts for name, condition in conditions.items()}
        if all(texts.values()):
            total = count if is_walk else min(count, *map(len, texts.values()))
            return Plan(_rendered(run, self._scenes(texts), total), total)
        rows = {name: condition.rows for name, condition in conditions.items()}
        for name, condition in conditions.items():
            if condition.is_given is not None:
                others = {other: values for other, values in rows.items() if other != name}
                rows[name] = sampler.fill_cells(
                    name, condition.rows, condition.is_given, others, seed
                )
        if is_walk:
            return Plan(map(Batch, sampler.walk(rows, count, seed)), count)
        rows = {name: values[:count] for name, values in rows.items()}
        total = len(next(iter(rows.values())))
        sources = {name: found.sources for name, found in conditions.items() if found.sources}
        return Plan(map(Batch, sampler.complete_items(rows, seed)), total, sources)

    def _scenes(self, texts: Mapping[str, Sequence[str]] | None = None) -> Iterator[Scene]:
        """Yield the scenes of a gallery of which texts are given, or nothing."""
        request = self._request
        seed, truncation = request.seed, request.truncation

        def scene(seed: int, item: int, line: int) -> Scene:
            given = {name: lines[line] for name, lines in (texts or {}).items()}
            return gallery_scene(seed, item, given, truncation)

        path = Direction.LATENT_PATH if texts is None else Direction.TEXT_PATH
        if request.direction is not path:
            for item in range(request.count):
                yield scene(seed, item, item)
            return
        if texts is None:
            stops = [scene(seed, 0, 0), scene(request.to_seed, 0, 0)]
        else:
            stops = [scene(seed, 0, line) for line in range(min(map(len, texts.values())))]
        for item in range(request.count):
            way = item * (len(stops) - 1) / max(1, request.count - 1)
            leg = min(int(way), len(stops) - 2)
            yield replace(stops[leg], towards=stops[leg + 1], place=way - leg)

    def _conditions(
        self, run: LoadedRun, given: Mapping[str, Path], *, at_least: int
    ) -> dict[str, Condition]:
        conditions = read_conditions(run, given, at_least=at_least)
        lacks_cells = any(condition.is_given is not None for condition in conditions.values())
        if conditions.keys() >= run.model.columns.keys() and not lacks_cells:
            raise ConfigError([Problem("make", "has nothing left: all columns are given")])
        if problems := tuple(p for condition in conditions.values() for p in condition.problems):
            self._emit(PromptsChecked(problems=problems))
        return conditions

    def _given(self, run: LoadedRun) -> dict[str, Path]:
        """Return what is given by column; a direction gives the first column of its kind."""
        request = self._request
        given = dict(request.given)
        is_image = request.direction is Direction.IMAGE_TO_TEXT
        path = request.images if is_image else request.texts
        if path is None or request.direction in (Direction.JOINT, Direction.LATENT_PATH):
            return given
        column = run.model.first(IMAGE if is_image else TEXT)
        if column is None:
            setting = "images" if is_image else "texts"
            raise ConfigError([Problem(setting, f"cannot be given: {run.model.dataset} has none")])
        return {column: path, **given}

    def _wanted(self, samples: Samples) -> Samples:
        make = self._request.make
        if not make:
            return samples
        wanted = {*make, *self._request.given}
        return Samples(columns={n: v for n, v in samples.columns.items() if n in wanted})


def _rendered(run: LoadedRun, scenes: Iterator[Scene], total: int) -> Iterator[Batch]:
    """Render the first scenes in batches."""
    player = Player(run)
    for start in range(0, total, DRAWN_TOGETHER):
        part = list(itertools.islice(scenes, min(DRAWN_TOGETHER, total - start)))
        yield Batch(player.render(part), part)
