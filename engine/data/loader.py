"""Data loaders: for a dataset that is held on the device, and for one that is read while training.

They have no state to save: the items of a step follow from an order (``engine.data.order``), and
which of an item's captions is taken follows from seed and step. Which items a step has, and
gathering them, are separate functions.

Shapes: B batch, N items, M rows.
"""

import queue
import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import torch
from torch import Tensor

from engine import ranks
from engine.data.order import FreeOrder, Order, Rows, Weights
from engine.data.seeds import mix_seed

Items = Mapping[str, Tensor]
"""By modality, [B, ...]."""
Masks = Mapping[str, Tensor]
"""By modality or discriminator head: [B] booleans."""


@dataclass(frozen=True, kw_only=True)
class StoredRows:
    """One modality of a dataset, or of some of its items."""

    rows: Tensor
    """[M, ...], as the loader keeps them."""
    first_row: Tensor | None = None
    """[N] integers: index of each item's first row, -1 if it has none. None if item i has exactly
    row i."""
    num_captions: Tensor | None = None
    """[N] integers: number of consecutive rows of each item, of which one is drawn per batch. None
    if each item has one."""

    def to(self, device: torch.device) -> "StoredRows":
        """Return the same on a device."""
        first, several = self.first_row, self.num_captions
        return StoredRows(
            rows=self.rows.to(device),
            first_row=None if first is None else first.to(device),
            num_captions=None if several is None else several.to(device),
        )


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Items of all modalities, with presence masks."""

    items: Items
    """By modality, [B, ...]; the content of missing rows is arbitrary."""
    present: Masks
    """By modality, [B]: rows that are observed or pseudo-labelled."""
    is_complete: bool = False
    """Whether no row is missing; known without a device synchronisation."""
    is_imputed: bool = False
    """Whether missing rows hold present items of others."""
    pseudo: Masks = field(default_factory=dict)
    """By modality, [B]: rows that are pseudo-labelled."""

    def observed(self) -> dict[str, Tensor]:
        """Return the mask of the observed rows, without pseudo-labels, by modality: [B]."""
        return {
            name: there & ~self.pseudo[name] if name in self.pseudo else there
            for name, there in self.present.items()
        }


def imputed_rows(present: Tensor) -> Tensor:
    """Return each row itself where it is present, else one of the present rows in turn.

    Args:
        present: [B] booleans.

    Returns:
        [B] integers.
    """
    rows = torch.arange(len(present), device=present.device)
    # Sorting puts the present rows first, in order; unlike ``nonzero`` it does not synchronise.
    first = (~present).to(torch.uint8).argsort(stable=True)
    return torch.where(present, rows, first[rows % present.sum().clamp(min=1)])


class Loader(Protocol):
    """Infinite stream of shuffled batches."""

    def batch(self, step: int) -> Batch:
        """Return the batch of a step, counted from 0.

        Raises:
            DatasetCorruptError: the dataset can no longer be read.
        """
        ...

    def close(self) -> None:
        """Stop reading ahead; the next ``batch`` restarts it."""
        ...


def draw_captions(seed: int, step: int, modality: int, count: int) -> Tensor:
    """Draw which of its captions each item of a batch shows: [B] in [0, 1).

    Args:
        seed: of the run.
        step: of the batch.
        modality: its number.
        count: B.
    """
    generator = torch.Generator()
    generator.manual_seed(mix_seed(seed, mix_seed(step, modality)))
    return torch.rand(count, generator=generator)


class DeviceLoader:
    """Loader of a dataset that is held on the device; of several ranks, each gets its own rows.

    Args:
        stored: rows by modality, on the device.
        batch_size: B, of all ranks.
        seed: seed of the order and of the captions.
        weights: [N] sampling weights, with replacement; by default each item is drawn once per
            epoch.
    """

    def __init__(
        self,
        stored: Mapping[str, StoredRows],
        batch_size: int,
        seed: int,
        weights: Weights | None = None,
    ) -> None:
        self._stored = dict(stored)
        self._seed = seed
        first = next(iter(self._stored.values()))
        count = len(first.rows if first.first_row is None else first.first_row)
        self._order = FreeOrder(count, batch_size, seed, weights)
        self._device = first.rows.device
        self._there = torch.ones(batch_size, dtype=torch.bool, device=self._device)
        self._is_complete = all(
            part.first_row is None or bool((part.first_row >= 0).all())
            for part in self._stored.values()
        )

    def batch(self, step: int) -> Batch:
        """Return the batch of a step, counted from 0."""
        return self.gather(step, self.rows(step))

    def rows(self, step: int) -> Tensor:
        """Return the item indices of the batch of a step: [B] integers."""
        rows = torch.from_numpy(self._order.rows(step))
        return rows.to(self._device, non_blocking=True)

    def gather(self, step: int, rows: Tensor) -> Batch:
        """Gather the items of a step."""
        items: dict[str, Tensor] = {}
        present: dict[str, Tensor] = {}
        for number, (name, part) in enumerate(self._stored.items()):
            places = rows if part.first_row is None else part.first_row[rows]
            present[name] = self._there if part.first_row is None else places >= 0
            if part.num_captions is not None:
                drawn = draw_captions(self._seed, step, number, len(rows)).to(self._device)
                places = places + (drawn * part.num_captions[rows]).long()
            if not self._is_complete:
                # Here, because the other row may belong to another rank.
                places = places[imputed_rows(present[name])]
            items[name] = part.rows[ranks.own_rows(places).clamp(min=0)]
            present[name] = ranks.own_rows(present[name])
        return Batch(items=items, present=present, is_complete=self._is_complete, is_imputed=True)

    def close(self) -> None:
        """Do nothing: nothing is read ahead."""


# --------------------------------------------------------------------------
# Streamed data.


READ_AHEAD = 4
"""Batches that are gathered before they are needed."""
_POLL_S = 1.0


@dataclass(frozen=True, kw_only=True)
class StreamedItems:
    """Items that are read when they are needed."""

    read: Callable[[Rows], Mapping[str, StoredRows]]
    """Reads items [K], by modality, on the CPU. Raises ``DatasetCorruptError`` if that fails."""
    expect: Callable[[Rows], None]
    """Has items read into the system's cache, without waiting for them."""
    substitutes: Items
    """By modality, a row [1, ...] that stands where an item is missing."""
    is_complete: bool
    """Whether no item lacks anything."""


class StreamedLoader:
    """Loader of a dataset that a background thread reads, some batches ahead.

    Args:
        source: reads items.
        order: the items of each step.
        seed: seed of the captions.
        device: batches are copied to it.
        ahead: batches that are gathered in advance; 0 reads each when it is asked for.
    """

    def __init__(
        self,
        source: StreamedItems,
        order: Order,
        seed: int,
        device: torch.device,
        *,
        ahead: int = READ_AHEAD,
    ) -> None:
        self._reader = _BatchReader(source, order, seed, is_pinned=device.type == "cuda")
        self._order, self._device, self._ahead = order, device, ahead
        self._ahead_of: _ReadAhead | None = None
        self._stop: Callable[[], object] = lambda: None
        """Also called when the loader is garbage-collected."""
        self._next = -1

    def batch(self, step: int) -> Batch:
        """Return the batch of a step, counted from 0.

        Steps are read ahead in order; asking for another one restarts the reading there.

        Raises:
            DatasetCorruptError: the dataset can no longer be read.
        """
        if not self._ahead:
            return self._on_device(self._reader.gather(step, self.rows(step).numpy()))
        if step != self._next or self._ahead_of is None:
            self.close()
            self._ahead_of = _ReadAhead(self._reader, step, self._ahead)
            self._stop = weakref.finalize(self, self._ahead_of.stop)
        self._next = -1
        batch = self._ahead_of.take()
        self._next = step + 1
        return self._on_device(batch)

    def rows(self, step: int) -> Tensor:
        """Return the item indices of the batch of a step: [B] integers."""
        return torch.from_numpy(self._order.rows(step))

    def close(self) -> None:
        """Stop reading ahead; the next ``batch`` restarts it."""
        if self._ahead_of is not None:
            self._stop()
            self._ahead_of = None

    def _on_device(self, batch: Batch) -> Batch:
        if self._device.type == "cpu":
            return batch

        def move(tensors: Items) -> Items:
            return {n: value.to(self._device, non_blocking=True) for n, value in tensors.items()}

        return replace(batch, items=move(batch.items), present=move(batch.present))


class _BatchReader:
    """Gathers batches on the CPU."""

    def __init__(self, source: StreamedItems, order: Order, seed: int, *, is_pinned: bool) -> None:
        self._source, self._order, self._seed = source, order, seed
        self._is_pinned = is_pinned

    def follow(self, step: int, *, is_first: bool) -> Batch:
        """Gather the batch of a step, and announce what comes after it."""
        for rows in self._order.upcoming(step, is_first=is_first):
            self._source.expect(rows)
        return self.gather(step, self._order.rows(step))

    def gather(self, step: int, rows: Rows) -> Batch:
        """Gather the items of a step, of several ranks those of this one."""
        whole = self._source.is_complete
        # An item of another rank may stand where something is missing.
        read = ranks.own_rows(torch.from_numpy(rows)).numpy() if whole else rows
        items: dict[str, Tensor] = {}
        present: dict[str, Tensor] = {}
        for number, (name, part) in enumerate(self._source.read(read).items()):
            first = part.first_row
            places = torch.arange(len(read)) if first is None else first
            there, content = places >= 0, part.rows
            if part.num_captions is not None:
                drawn = draw_captions(self._seed, step, number, len(rows))
                drawn = ranks.own_rows(drawn) if whole else drawn
                places = places + (drawn * part.num_captions).long()
            if not whole:
                places = torch.where(there, places, len(content))[imputed_rows(there)]
                content = torch.cat([content, self._source.substitutes[name]])
                places, there = ranks.own_rows(places), ranks.own_rows(there)
            items[name] = self._placed(content[places])
            present[name] = self._placed(there)
        return Batch(items=items, present=present, is_complete=whole, is_imputed=True)

    def _placed(self, values: Tensor) -> Tensor:
        return values.pin_memory() if self._is_pinned else values


class _ReadAhead:
    """A thread that gathers the batches from a step on."""

    def __init__(self, reader: _BatchReader, step: int, ahead: int) -> None:
        self._ready: queue.Queue[Batch | BaseException] = queue.Queue(ahead)
        self._is_stopped = threading.Event()
        self._thread = threading.Thread(
            target=self._read, args=(reader, step), name="read-ahead", daemon=True
        )
        self._thread.start()

    def take(self) -> Batch:
        """Wait for the next batch.

        Raises:
            DatasetCorruptError: the dataset can no longer be read.
        """
        found = self._ready.get()
        if isinstance(found, BaseException):
            raise found
        return found

    def stop(self) -> None:
        """End the thread; returns when it has ended."""
        self._is_stopped.set()
        while self._thread.is_alive():
            # It may be waiting for room.
            while not self._ready.empty():
                self._ready.get()
            self._thread.join(0.01)

    def _read(self, reader: _BatchReader, step: int) -> None:
        is_first = True
        while not self._is_stopped.is_set():
            try:
                found = reader.follow(step, is_first=is_first)
            except BaseException as error:  # noqa: BLE001 (``take`` raises it)
                self._put(error)
                return
            self._put(found)
            step, is_first = step + 1, False

    def _put(self, found: Batch | BaseException) -> None:
        while not self._is_stopped.is_set():
            try:
                self._ready.put(found, timeout=_POLL_S)
            except queue.Full:
                continue
            return
