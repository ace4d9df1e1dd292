"""Renders scenes as they change: the engine of the studio's playground.

A player keeps what does not change from one frame to the next: rows of noise, contexts of what is
given, generated texts, decoded sounds. It always passes ``ROWS`` rows to a network, padded if need
be, and one row's result then does not depend on the others: matrix products and convolutions of one
size add up in one order, wherever a row is in the batch. With a batch of any size, one pixel in
some thousands differs by one level.

Shapes: N scenes, B rows of a batch, Z latent numbers; ``...`` whatever an item looks like.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor

from engine.data.facts import ColumnFacts, TableFacts, TextFacts
from engine.data.waveform import Sounds
from engine.nets.generator import PairGenerator
from engine.nets.protocols import Endpoint
from engine.sample.givens import Givens, given_key
from engine.sample.load import LoadedRun
from engine.sample.noises import NoiseBank
from engine.sample.play_results import Reading
from engine.sample.reading import (
    StepwiseTextDecoder,
    counted_texts,
    likely_texts,
    summarise_cells,
)
from engine.sample.sampler import Samples, Shown
from engine.sample.scene import Given, Noise, Scene, SeedNoise
from engine.sample.stages import SHIFT, stages_of

ROWS = 4
"""Rows of every batch. One picture takes little longer than alone, and many take no longer than in
large batches."""
SAMPLES = 64
"""Samples that a reading is counted from."""
MAX_KEPT_BYTES = 64_000_000
"""Memory of the rows that are kept."""


class RowCache:
    """Rows by what they depend on; the least recently used are dropped."""

    def __init__(self) -> None:
        self._rows: OrderedDict[Hashable, Tensor] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable) -> Tensor | None:
        """Return a row, None if it is not kept."""
        row = self._rows.get(key)
        if row is not None:
            self._rows.move_to_end(key)
        return row

    def put(self, key: Hashable, row: Tensor) -> None:
        """Keep a row."""
        self._rows[key] = row
        self._bytes += row.nbytes
        while self._bytes > MAX_KEPT_BYTES and len(self._rows) > 1:
            _key, dropped = self._rows.popitem(last=False)
            self._bytes -= dropped.nbytes

    def clear(self) -> None:
        """Drop all rows."""
        self._rows.clear()
        self._bytes = 0


@dataclass
class _Item:
    """An item that is being generated, with what its columns depend on."""

    scene: Scene
    rows: dict[str, Tensor]
    """Columns that are given or generated."""
    keys: dict[str, Hashable]
    """By column, what it depends on."""


class Player:
    """Renders scenes with the EMA of a run's generator, on the CPU. Used from one thread.

    Args:
        run: loaded on the CPU.
    """

    def __init__(self, run: LoadedRun) -> None:
        self._run = run
        self._model = run.sampler.model
        self._stages = stages_of(self._model)
        facts = run.model.columns
        self.columns: Mapping[str, ColumnFacts] = {n: facts[n] for n in self._model.modality_order}
        """In the order of generation."""
        texts = [name for name, column in facts.items() if isinstance(column, TextFacts)]
        self._noises = NoiseBank(self._model, texts)
        self._givens = Givens(run)
        self._kept = RowCache()
        self._sounds: OrderedDict[Hashable, Sounds] = OrderedDict()

    @torch.inference_mode()
    def render(self, scenes: Sequence[Scene], columns: Collection[str] | None = None) -> Samples:
        """Render scenes. A scene gives the same item whatever else is rendered with it.

        Args:
            scenes: N, at least one.
            columns: to generate, by default all.

        Raises:
            SceneInvalidError: a scene does not fit the model.
            UnknownWordsError: a given text has words that the run does not know.
            CellsInvalidError: a given cell does not fit its field.
        """
        wanted = [name for name in self.columns if columns is None or name in columns]
        items = [self._begin(scene) for scene in scenes]
        self._generate([item for item in items if item.scene.towards is None], wanted)
        self._walk([item for item in items if item.scene.towards is not None])
        return Samples(columns={name: self._show(name, items) for name in wanted})

    def _begin(self, scene: Scene) -> _Item:
        """Convert what is given of a scene."""
        return _Item(
            scene,
            {name: self._givens.row(name, value) for name, value in scene.given.items()},
            {name: (name, given_key(value)) for name, value in scene.given.items()},
        )

    @torch.inference_mode()
    def read(self, given: Mapping[str, Given], noise: Noise) -> Mapping[str, Reading]:
        """Read in given columns what the other columns of texts and rows may say.

        Texts of the hybrid family have exact probabilities. Other texts, and rows, are counted in
        ``SAMPLES`` samples: those of the noise, whose number the first seed of it decides.

        Args:
            given: by column, at least one.
            noise: of the scene.

        Raises:
            SceneInvalidError: a value does not fit the model.
            UnknownWordsError: a given text has words that the run does not know.
            CellsInvalidError: a given cell does not fit its field.
        """
        given = {n: v for n, v in given.items() if not self._givens.missing_fields(n, v)}
        readings: dict[str, Reading] = {}
        sampled: list[str] = []
        for name, facts in self.columns.items():
            if name in given:
                continue
            if isinstance(facts, TextFacts) and isinstance(self._model, PairGenerator):
                decoder = self._model.decoder(name)
                if isinstance(decoder, StepwiseTextDecoder):
                    context = self._context_of(given)[:1]
                    readings[name] = Reading(
                        candidates=likely_texts(decoder, context, facts.tokenizer)
                    )
                    continue
            if isinstance(facts, TextFacts | TableFacts):
                sampled.append(name)
        return {**readings, **self._count(given, noise, sampled)}

    def _context_of(self, given: Mapping[str, Given]) -> Tensor:
        items = [self._begin(Scene(noise=Noise.from_seed(0), given=given))] * ROWS
        return self._stages.context(_stacked(items, list(given)), ROWS)

    def _count(
        self, given: Mapping[str, Given], noise: Noise, names: Sequence[str]
    ) -> dict[str, Reading]:
        """Read columns by sampling them."""
        if not names:
            return {}
        seed = next((s.seed for s, _w in noise.parts if isinstance(s, SeedNoise)), 0)
        item = self._begin(Scene(noise=noise, given=given))
        drawn = self._model.draw_noise(SAMPLES, torch.Generator("cpu").manual_seed(seed))
        rows = {name: row.expand(SAMPLES, *row.shape) for name, row in item.rows.items()}
        made: dict[str, Tensor] = {}
        for name in names:
            context = self._stages.context(rows, SAMPLES)
            parts = {part: drawn[part] for part in self._stages.parts(name)}
            made[name] = self._stages.decode(name, parts, rows, context)
        readings: dict[str, Reading] = {}
        for name, values in made.items():
            shown, facts = self._run.modality(name).postprocess(values), self.columns[name]
            if isinstance(facts, TableFacts):
                readings[name] = summarise_cells(facts, shown)
            else:
                readings[name] = counted_texts(shown)
        return readings

    # ----------------------------------------------------------------------
    # Items, column by column.

    def _generate(self, items: Sequence[_Item], wanted: Sequence[str]) -> None:
        for group in _grouped(items, lambda item: frozenset(item.rows)):
            given = frozenset(group[0].rows)
            order = [name for name in self.columns if name not in given]
            last = max((order.index(name) for name in wanted if name in order), default=-1)
            for name in order[: last + 1]:
                if self._stages.is_chained or name in wanted:
                    self._generate_column(group, name, given)

    def _generate_column(self, items: Sequence[_Item], name: str, given: frozenset[str]) -> None:
        before = [
            n
            for n in self.columns
            if n in given or (self._stages.is_chained and n in items[0].rows)
        ]
        contexts = [(name, tuple(item.keys[n] for n in before)) for item in items]
        for item, context in zip(items, contexts, strict=True):
            item.keys[name] = (name, self._noise_key(item.scene, name), context)
        keys = [item.keys[name] for item in items]

        def decode(part: Sequence[_Item]) -> Tensor:
            # The context of a column alone, not of the columns that it is made for.
            known = [("context", *(item.keys[n] for n in before)) for item in part]
            made = self._computed(
                known,
                part,
                lambda some: self._stages.context(_stacked(some, before), len(some)),
            )
            noise = self._noise(part, name)
            return self._stages.decode(name, noise, _stacked(part, before), torch.stack(made))

        for item, row in zip(items, self._computed(keys, items, decode), strict=True):
            item.rows[name] = row

    def _computed(
        self,
        keys: Sequence[Hashable],
        items: Sequence[_Item],
        compute: Callable[[Sequence[_Item]], Tensor],
    ) -> list[Tensor]:
        """Return the rows of keys; those that are not kept are computed in batches of ``ROWS``."""
        rows: dict[Hashable, Tensor] = {}
        missing: dict[Hashable, _Item] = {}
        for key, item in zip(keys, items, strict=True):
            kept = self._kept.get(key)
            if kept is None:
                missing[key] = item
            else:
                rows[key] = kept
        todo = list(missing.items())
        for start in range(0, len(todo), ROWS):
            part = todo[start : start + ROWS]
            padded = [item for _key, item in (*part, *[part[0]] * (ROWS - len(part)))]
            for (key, _item), row in zip(part, compute(padded)[: len(part)], strict=True):
                rows[key] = row
                self._kept.put(key, row)
        return [rows[key] for key in keys]

    def _noise_key(self, scene: Scene, name: str) -> Hashable:
        parts = self._stages.parts(name)
        keys = tuple(self._noises.key(scene.noise, part) for part in parts)
        is_directed = self._stages.directed in parts
        offsets = tuple(sorted(scene.offsets.items())) if is_directed else ()
        return (keys, scene.truncation, offsets)

    def _noise(self, items: Sequence[_Item], name: str) -> dict[str, Tensor]:
        parts = self._stages.parts(name)
        noise = {
            part: torch.stack(
                [
                    item.scene.truncation * self._noises.part(item.scene.noise, part)
                    for item in items
                ]
            )
            for part in parts
        }
        if self._stages.directed in parts and any(item.scene.offsets for item in items):
            noise[SHIFT] = torch.stack([self._shift(item.scene) for item in items])
        return noise

    def _shift(self, scene: Scene) -> Tensor:
        """Return what is added along directions: [Z]."""
        size = self._noises.shapes[self._stages.directed][0]
        return torch.zeros(size)

    # ----------------------------------------------------------------------
    # Places on a walk.

    def _walk(self, items: Sequence[_Item]) -> None:
        for item in items:
            start = self._endpoint(replace(item.scene, towards=None, place=0.0))
            end = self._endpoint(cast("Scene", item.scene.towards))
            t = torch.full((ROWS,), item.scene.place)
            made = self._model.interpolate(start, end, t)
            item.rows = {name: rows[0] for name, rows in made.items()}
            item.keys = {name: (name, id(item)) for name in made}

    def _endpoint(self, scene: Scene) -> Endpoint:
        begun = self._begin(scene)
        noise = {
            part: _expanded(scene.truncation * self._noises.part(scene.noise, part))
            for part in self._noises.shapes
        }
        return Endpoint(
            noise=noise, conditions={name: _expanded(row) for name, row in begun.rows.items()}
        )

    # ----------------------------------------------------------------------
    # What is shown.

    def _show(self, name: str, items: Sequence[_Item]) -> Shown:
        rows = torch.stack([item.rows[name] for item in items])
        return self._run.modality(name).postprocess(rows)


def _grouped(items: Iterable[_Item], key: Callable[[_Item], Hashable]) -> list[list[_Item]]:
    groups: dict[Hashable, list[_Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())


def _stacked(items: Sequence[_Item], names: Sequence[str]) -> dict[str, Tensor]:
    """Stack the rows of columns as the networks lay them out: [B, ...] each."""
    stacked = {name: torch.stack([item.rows[name] for item in items]) for name in names}
    return {
        name: rows.contiguous(memory_format=torch.channels_last) if rows.dim() == 4 else rows
        for name, rows in stacked.items()
    }


def _expanded(row: Tensor) -> Tensor:
    return row.expand(ROWS, *row.shape)
