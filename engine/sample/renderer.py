"""Renders scenes that change from frame to frame.

What does not change is kept: rows of noise, contexts of what is given, generated texts, sounds,
ends of a walk. Every batch has ``ROWS`` rows, padded if need be, and is computed on one thread. The
result of one row then does not depend on the others: matrix products and convolutions of one size
add up in one order, wherever a row is in the batch. With batches of any size, single pixels differ
by one level. Drafts, which are shown for an instant while something is dragged, have all rows in
one batch, in half of the time.

Shapes: N scenes, B rows of a batch, Z latent numbers; ``...`` whatever an item looks like.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from engine.data.facts import AudioFacts, ColumnFacts, ImageFacts, TableFacts, TextFacts
from engine.data.table_codec import TableLayout
from engine.data.waveform import Sounds
from engine.errors import SceneInvalidError
from engine.nets.joint_dense import JointDenseGenerator
from engine.nets.protocols import Endpoint, Walk
from engine.nets.vae import LATENT, MultimodalVae
from engine.sample.directions import Axes, principal_axes
from engine.sample.filling import fill_row
from engine.sample.givens import Givens, given_key
from engine.sample.load import LoadedRun
from engine.sample.noises import NoiseBank
from engine.sample.one_thread import one_thread
from engine.sample.sampler import Samples, Shown
from engine.sample.scene import Given, Noise, Scene
from engine.sample.stages import SHIFT, stages_of
from engine.sample.traced import Compute, traced

T = TypeVar("T")
ROWS = 2
"""Rows of every batch. Of digits, one picture takes 1.5 times as long as without padding, and each
of many twice as long as in a batch of 16 (docs/measurements.md)."""
MAX_KEPT_BYTES = 64_000_000
"""Memory of the rows that are kept."""
MAX_DRAFT_BYTES = 8_000_000
"""Memory of the drafts that are kept: texts and contexts stay while pictures change."""
MAX_WALKS = 16
"""Walks whose ends are kept."""
MAX_SOUNDS = 256
"""Sounds that are kept; to decode one takes longer than to generate it."""


class RowCache:
    """Rows by what they depend on; the least recently used are dropped.

    Args:
        max_bytes: memory of the rows that are kept.
    """

    def __init__(self, max_bytes: int) -> None:
        self._rows: OrderedDict[Hashable, Tensor] = OrderedDict()
        self._bytes, self._max_bytes = 0, max_bytes

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
        while self._bytes > self._max_bytes and len(self._rows) > 1:
            _key, dropped = self._rows.popitem(last=False)
            self._bytes -= dropped.nbytes


@dataclass
class Item:
    """An item that is being generated, with what its columns depend on."""

    scene: Scene
    rows: dict[str, Tensor]
    """Columns that are given or generated."""
    keys: dict[str, Hashable]
    """By column, what it depends on."""


class Renderer:
    """Renders scenes with the weights of a run, on the CPU.

    Args:
        run: loaded on the CPU.
    """

    def __init__(self, run: LoadedRun) -> None:
        self._run = run
        self.model = run.sampler.model
        self.stages = stages_of(self.model)
        facts = run.model.columns
        self.columns: Mapping[str, ColumnFacts] = {n: facts[n] for n in self.model.modality_order}
        """In the order of generation."""
        texts = [name for name, column in facts.items() if isinstance(column, TextFacts)]
        self.noises = NoiseBank(self.model, texts)
        self._givens = Givens(run)
        self._is_draft = False
        self._traced: dict[Hashable, Compute] = {}
        """Decoders of pictures for drafts, which use the weights of the moment."""
        self.forget()

    def forget(self) -> None:
        """Forget all that depends on the weights, which have changed."""
        self._kept, self._drafts = RowCache(MAX_KEPT_BYTES), RowCache(MAX_DRAFT_BYTES)
        self._sounds: OrderedDict[Hashable, Sounds] = OrderedDict()
        self._walks: OrderedDict[Hashable, Walk] = OrderedDict()
        self.axes: Axes = principal_axes(self.model, self.stages.directed)

    @torch.inference_mode()
    def render(
        self,
        scenes: Sequence[Scene],
        columns: Collection[str] | None = None,
        *,
        is_draft: bool = False,
    ) -> Samples:
        """Render scenes; see ``Player.render``."""
        with one_thread():
            items = self.generate(scenes, columns, is_draft=is_draft)
        wanted = [name for name in self.columns if columns is None or name in columns]
        return Samples(columns={name: self._show(name, items) for name in wanted})

    @torch.inference_mode()
    def generate(
        self,
        scenes: Sequence[Scene],
        columns: Collection[str] | None = None,
        *,
        is_draft: bool = False,
    ) -> list[Item]:
        """Generate the items of scenes, without converting them to something to show."""
        self._is_draft = is_draft
        wanted = [name for name in self.columns if columns is None or name in columns]
        items = [self.begin(scene) for scene in scenes]
        alone = [item for item in items if item.scene.towards is None]
        for group in _grouped(alone, lambda item: frozenset(item.rows)):
            self._generate(group, wanted)
        between = [item for item in items if item.scene.towards is not None]
        for group in _grouped(between, lambda item: _walk_key(item.scene)):
            self._walk(group, wanted)
        return items

    def begin(self, scene: Scene) -> Item:
        """Convert what is given of a scene to network input, and fill in missing cells."""
        given = scene.given
        item = Item(
            scene,
            {name: self._givens.row(name, value) for name, value in given.items()},
            {name: (name, given_key(value)) for name, value in given.items()},
        )
        for name, value in given.items():
            missing = self._givens.missing_fields(name, value)
            if missing:
                self._fill(item, name, missing)
        return item

    def _fill(self, item: Item, name: str, missing: frozenset[str]) -> None:
        facts = self.columns[name]
        if not isinstance(facts, TableFacts):
            raise SceneInvalidError(f"'{name}' has no cells")
        known = {
            other: row
            for other, row in item.rows.items()
            if not self._givens.missing_fields(other, item.scene.given[other])
        }
        noise = item.scene.noise
        key = ("filled", item.keys[name], noise, *(item.keys[other] for other in known))
        row = self._kept.get(key)
        if row is None:
            layout = TableLayout(facts.fields)
            row = fill_row(
                self.model, self.stages, name, layout, item.rows[name], missing, known, noise
            )
            self._kept.put(key, row)
        item.rows[name], item.keys[name] = row, key

    # ----------------------------------------------------------------------
    # Items, column by column.

    def _generate(self, items: Sequence[Item], wanted: Sequence[str]) -> None:
        """Generate items of which the same columns are given."""
        given = frozenset(items[0].rows)
        order = [name for name in self.columns if name not in given]
        last = max((order.index(name) for name in wanted if name in order), default=-1)
        for place, name in enumerate(order[: last + 1]):
            if self.stages.is_chained or name in wanted:
                earlier = order[:place] if self.stages.is_chained else ()
                self._generate_column(
                    items, name, [n for n in self.columns if n in given | {*earlier}]
                )

    def _generate_column(self, items: Sequence[Item], name: str, before: Sequence[str]) -> None:
        """Generate a column from those before it."""
        contexts = {id(item): ("context", *(item.keys[n] for n in before)) for item in items}
        for item in items:
            item.keys[name] = (name, self._noise_key(item.scene, name), contexts[id(item)])

        def encode(part: Sequence[Item]) -> Tensor:
            return self.stages.context(stacked(part, before), len(part))

        def decode(part: Sequence[Item]) -> Tensor:
            made = self._computed([contexts[id(item)] for item in part], part, encode)
            known, noise = stacked(part, before), self._noise(part, name)
            if self._is_draft and isinstance(self.columns[name], ImageFacts):
                return self._decode_draft(name, noise, known, torch.stack(made))
            return self.stages.decode(name, noise, known, torch.stack(made))

        keys = [item.keys[name] for item in items]
        for item, row in zip(items, self._computed(keys, items, decode), strict=True):
            item.rows[name] = row

    def _decode_draft(
        self, name: str, noise: dict[str, Tensor], known: dict[str, Tensor], context: Tensor
    ) -> Tensor:
        """Decode pictures as ``Stages.decode`` does, in one call."""
        rows = (*noise.values(), *known.values(), context)
        key = (name, *noise, None, *known)
        decode = self._traced.get(key)
        if decode is None:
            parts, columns = tuple(noise), tuple(known)

            def compute(*tensors: Tensor) -> Tensor:
                first = len(parts)
                drawn = dict(zip(parts, tensors, strict=False))
                items = dict(zip(columns, tensors[first:], strict=False))
                return self.stages.decode(name, drawn, items, tensors[-1])

            example = [torch.cat([tensor, tensor])[:2] for tensor in rows]
            decode = self._traced[key] = traced(compute, example)
        return decode(*rows)

    def _computed(
        self,
        keys: Sequence[Hashable],
        items: Sequence[Item],
        compute: Callable[[Sequence[Item]], Tensor],
    ) -> list[Tensor]:
        """Return the rows of keys; those that are not kept are computed.

        In batches of ``ROWS``; those of a draft in a single one.
        """
        rows: dict[Hashable, Tensor] = {}
        missing: dict[Hashable, Item] = {}
        for key, item in zip(keys, items, strict=True):
            kept = self._kept.get(key)
            if kept is None and self._is_draft:
                kept = self._drafts.get(key)
            if kept is None:
                missing[key] = item
            else:
                rows[key] = kept
        # What depends on a draft is one itself, however few rows it has.
        size, cache = ROWS, self._kept
        if self._is_draft:
            size, cache = max(1, len(missing)), self._drafts
        for part in _padded(list(missing.items()), size):
            made = compute([item for _key, item in part])
            for (key, _item), row in zip(part, made, strict=True):
                rows[key] = row
        for key in missing:
            cache.put(key, rows[key])
        return [rows[key] for key in keys]

    def _noise_key(self, scene: Scene, name: str) -> Hashable:
        parts = self.stages.parts(name)
        keys = tuple(self.noises.key(scene.noise, part) for part in parts)
        offsets = tuple(sorted(scene.offsets.items())) if self.stages.directed in parts else ()
        return (keys, scene.truncation, offsets)

    def _noise(self, items: Sequence[Item], name: str) -> dict[str, Tensor]:
        """Return the noise of a column, and what is added along directions: [B, ...] each."""
        parts = self.stages.parts(name)
        scenes = [item.scene for item in items]
        noise = {part: torch.stack([self._part(s, part) for s in scenes]) for part in parts}
        if self.stages.directed in parts and any(scene.offsets for scene in scenes):
            noise[SHIFT] = torch.stack([self._shift(scene) for scene in scenes])
        return noise

    def _part(self, scene: Scene, part: str) -> Tensor:
        return self.noises.part(scene.noise, part, scene.truncation)

    def _shift(self, scene: Scene) -> Tensor:
        """Return what is added along directions: [Z]."""
        vectors = self.axes.vectors
        shift = torch.zeros(self.noises.shapes[self.stages.directed])
        for number, offset in sorted(scene.offsets.items()):
            if not 0 <= number < len(vectors):
                raise SceneInvalidError(
                    f"the model has {len(vectors)} directions, not {number + 1}"
                )
            shift = shift + offset * vectors[number]
        return shift

    # ----------------------------------------------------------------------
    # Places on a walk.

    def _walk(self, items: Sequence[Item], wanted: Sequence[str]) -> None:
        """Generate items on one walk."""
        key = _walk_key(items[0].scene)
        walk = self._walks.get(key)
        if walk is None:
            walk = self._walks[key] = self._begin_walk(items[0].scene)
            if len(self._walks) > MAX_WALKS:
                self._walks.popitem(last=False)
        for part in _padded(items, ROWS):
            places = torch.tensor([item.scene.place for item in part])
            made = self.model.at_place(walk, places, wanted)
            for number, item in enumerate(part):
                item.rows = {name: rows[number] for name, rows in made.items()}
                item.keys = {name: (name, key, item.scene.place) for name in made}

    def _begin_walk(self, scene: Scene) -> Walk:
        start = replace(scene, towards=None, place=0.0)
        ends = [end for end in (start, scene.towards) if end is not None]
        walk = self.model.begin_walk(*(self._endpoint(end) for end in ends))
        if LATENT not in walk.codes or not any(end.offsets for end in ends):
            return walk
        first, last = (
            code + self._shift(end) for code, end in zip(walk.codes[LATENT], ends, strict=True)
        )
        return replace(walk, codes={**walk.codes, LATENT: (first, last)})

    def _endpoint(self, scene: Scene) -> Endpoint:
        begun = self.begin(scene)
        noise = {part: self._part(scene, part) for part in self.noises.shapes}
        # Where there are latent codes, directions move these.
        if scene.offsets and not isinstance(self.model, MultimodalVae | JointDenseGenerator):
            noise[self.stages.directed] = noise[self.stages.directed] + self._shift(scene)
        return Endpoint(
            noise={name: _expanded(row) for name, row in noise.items()},
            conditions={name: _expanded(row) for name, row in begun.rows.items()},
        )

    # ----------------------------------------------------------------------
    # What is shown.

    def _show(self, name: str, items: Sequence[Item]) -> Shown:
        if isinstance(self.columns[name], AudioFacts):
            return self._play(name, items)
        return self._run.modality(name).postprocess(stacked(items, [name])[name])

    def _play(self, name: str, items: Sequence[Item]) -> Sounds:
        """Decode sounds one by one: a wave of several could depend on the others."""
        sounds: list[Sounds] = []
        for item in items:
            key = (item.keys[name], self._is_draft)
            sound = self._sounds.get(key)
            if sound is None:
                rows = stacked([item], [name])[name]
                sound = self._sounds[key] = self._run.modality(name).postprocess(rows)
                if len(self._sounds) > MAX_SOUNDS:
                    self._sounds.popitem(last=False)
            sounds.append(sound)
        return Sounds(
            samples=np.concatenate([sound.samples for sound in sounds]),
            rate=sounds[0].rate,
            spectrograms=np.concatenate([sound.spectrograms for sound in sounds]),
        )


def stacked(items: Sequence[Item], names: Iterable[str]) -> dict[str, Tensor]:
    """Stack the rows of columns as the networks lay them out: [B, ...] each."""
    columns = {name: torch.stack([item.rows[name] for item in items]) for name in names}
    return {
        name: rows.contiguous(memory_format=torch.channels_last) if rows.dim() == 4 else rows
        for name, rows in columns.items()
    }


def scene_of(given: Mapping[str, Given]) -> Scene:
    """Return a scene of what is given, with some noise."""
    return Scene(noise=Noise.from_seed(0), given=given)


def _scene_key(scene: Scene) -> Hashable:
    given = tuple((name, given_key(scene.given[name])) for name in sorted(scene.given))
    return (scene.noise, given, scene.truncation, tuple(sorted(scene.offsets.items())))


def _walk_key(scene: Scene) -> Hashable:
    return (_scene_key(scene), None if scene.towards is None else _scene_key(scene.towards))


def _grouped(items: Iterable[Item], key: Callable[[Item], Hashable]) -> list[list[Item]]:
    groups: dict[Hashable, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())


def _padded(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Split into parts of a size; the last one is padded with its first."""
    for start in range(0, len(items), size):
        part = items[start : start + size]
        yield [*part, *[part[0]] * (size - len(part))]


def _expanded(row: Tensor) -> Tensor:
    return row.expand(ROWS, *row.shape)
