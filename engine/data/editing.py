"""In-memory edits of a dataset, with undo and redo.

The dataset itself is not changed: ``engine.data.versions`` saves the edits as a new version.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Self

from engine.data.manifest import Record, captions_of, tags_of
from engine.data.store import TRAIN, VALIDATION, StoredDataset
from engine.errors import EditRefusedError


class EditKind(StrEnum):
    """Kind of an edit."""

    CAPTIONS = "captions"
    TAGS = "tags"
    EXCLUDED = "excluded"
    SPLIT = "split"
    REPLACED = "replaced"
    REPAIRED = "repaired"


class ItemState(NamedTuple):
    """Editable state of an item; a named tuple, because 100,000 are created at once."""

    captions: tuple[str, ...]
    tags: tuple[str, ...]
    is_excluded: bool
    """Whether it is left out of the next version."""
    split: str

    @property
    def text(self) -> str:
        """The first caption; empty if there is none."""
        return self.captions[0] if self.captions else ""


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One undoable step: the states of its items before and after."""

    kind: EditKind
    before: Mapping[int, ItemState]
    after: Mapping[int, ItemState]


class Edits:
    """Edits of one dataset since it was opened.

    Not thread-safe; use ``copy`` for another thread.
    """

    def __init__(
        self,
        dataset: StoredDataset,
        states: Mapping[int, ItemState] | None = None,
        originals: Sequence[ItemState] | None = None,
    ) -> None:
        """Initialize with an empty undo stack.

        Args:
            dataset: the dataset; it is not changed.
            states: states of the items that differ from the dataset.
            originals: ``original_states`` of the dataset; without them each state is read when it
                is needed, which is slow for 100,000 items.
        """
        self._dataset = dataset
        self._states = dict(states or {})
        self._originals = originals
        self._done: list[Edit] = []
        self._undone: list[Edit] = []

    @property
    def changed(self) -> Iterable[int]:
        """Indices of the items that differ from the dataset."""
        return self._states.keys()

    @property
    def change_count(self) -> int:
        """Number of items that differ from the dataset."""
        return len(self._states)

    @property
    def latest(self) -> Edit | None:
        """The last step that was made and not undone; None if there is none."""
        return self._done[-1] if self._done else None

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to redo."""
        return bool(self._undone)

    def copy(self) -> Self:
        """Return a copy of the current state with an empty undo stack."""
        return type(self)(self._dataset, self._states, self._originals)

    def has_made(self, edit: Edit) -> bool:
        """Whether a step was made and not undone."""
        return any(done is edit for done in self._done)

    def is_changed(self, item: int) -> bool:
        """Whether an item differs from the dataset."""
        return item in self._states

    def needs_text(self, item: int) -> bool:
        """Whether an item has nothing but its text."""
        text = self._dataset.text_column
        others = (column for column in self._dataset.columns.values() if column is not text)
        return not any(column.present[item] for column in others)

    def state(self, item: int) -> ItemState:
        """Return the current state of an item."""
        found = self._states.get(item)
        return self._original(item) if found is None else found

    def states(self) -> Iterator[ItemState]:
        """Iterate over the current states of all items, in dataset order."""
        return (self.state(item) for item in range(self._dataset.count))

    def set_captions(self, item: int, captions: Iterable[str]) -> Edit | None:
        """Replace the captions of an item; blank ones and duplicates are dropped.

        Returns:
            The step, or None if nothing changes; the methods below return the same.

        Raises:
            EditRefusedError: the item would have nothing at all, or there is no column of texts.
        """
        wanted = normalise_texts(captions)
        if wanted and self._dataset.text_column is None:
            raise EditRefusedError("the dataset has no column of texts")
        if not wanted and self.needs_text(item):
            raise EditRefusedError("an item without an image needs its text")
        return self._make(EditKind.CAPTIONS, [item], lambda state: state._replace(captions=wanted))

    def set_all_captions(self, captions: Mapping[int, tuple[str, ...]]) -> Edit | None:
        """Apply the result of a find and replace as one step."""
        after = {
            item: self.state(item)._replace(captions=texts) for item, texts in captions.items()
        }
        return self._take(EditKind.REPLACED, after)

    def set_tags(self, item: int, tags: Iterable[str]) -> Edit | None:
        """Replace the tags of an item."""
        wanted = normalise_texts(tags)
        return self._make(EditKind.TAGS, [item], lambda state: state._replace(tags=wanted))

    def add_tags(self, items: Iterable[int], tags: Iterable[str]) -> Edit | None:
        """Add tags to items."""
        more = normalise_texts(tags)
        return self._make(
            EditKind.TAGS,
            items,
            lambda state: state._replace(tags=normalise_texts(state.tags + more)),
        )

    def set_excluded(self, items: Iterable[int], *, is_excluded: bool) -> Edit | None:
        """Exclude items from the next version, or include them again."""

        def change(state: ItemState) -> ItemState:
            captions, tags, _was_excluded, split = state
            return ItemState(captions, tags, is_excluded, split)

        return self._make(EditKind.EXCLUDED, items, change)

    def set_split(self, items: Iterable[int], split: str) -> Edit | None:
        """Move items to the training or the validation split."""
        if split not in {TRAIN, VALIDATION}:
            raise EditRefusedError(f"there is no split '{split}'")
        return self._make(EditKind.SPLIT, items, lambda state: state._replace(split=split))

    def split_again(self, validation: Collection[int]) -> Edit | None:
        """Assign exactly these items to the validation split, as one step."""
        chosen = frozenset(validation)
        after: dict[int, ItemState] = {}
        for item in range(self._dataset.count):
            split = VALIDATION if item in chosen else TRAIN
            captions, tags, is_excluded, now = self.state(item)
            if now != split:
                after[item] = ItemState(captions, tags, is_excluded, split)
        return self._take(EditKind.SPLIT, after)

    def repair(self, states: Mapping[int, ItemState]) -> Edit | None:
        """Apply the states that a fix of the data checks returned, as one step."""
        return self._take(EditKind.REPAIRED, states)

    def undo(self) -> Edit | None:
        """Undo the last step and return it; None if there is none."""
        if not self._done:
            return None
        edit = self._done.pop()
        self._undone.append(edit)
        self._put(edit.before)
        return edit

    def redo(self) -> Edit | None:
        """Redo the last undone step and return it; None if there is none."""
        if not self._undone:
            return None
        edit = self._undone.pop()
        self._done.append(edit)
        self._put(edit.after)
        return edit

    def record(self, item: int) -> Record:
        """Return the record of an item for the next version."""
        record = self._dataset.records[item]
        if item not in self._states:
            return record
        state, original = self._states[item], self._original(item)
        changed = dict(record)
        if state.captions != original.captions:
            changed["text"] = state.captions[0] if state.captions else None
            _put_list(changed, "texts", state.captions if len(state.captions) > 1 else ())
        _put_list(changed, "tags", state.tags)
        changed["split"] = state.split
        return changed

    def _original(self, item: int) -> ItemState:
        if self._originals is not None:
            return self._originals[item]
        return _state_of(self._dataset.records[item])

    def _make(
        self, kind: EditKind, items: Iterable[int], change: Callable[[ItemState], ItemState]
    ) -> Edit | None:
        now = {item: self.state(item) for item in items}
        return self._note(kind, now, {item: change(state) for item, state in now.items()})

    def _take(self, kind: EditKind, wanted: Mapping[int, ItemState]) -> Edit | None:
        return self._note(kind, {item: self.state(item) for item in wanted}, wanted)

    def _note(
        self, kind: EditKind, now: Mapping[int, ItemState], wanted: Mapping[int, ItemState]
    ) -> Edit | None:
        after = {item: state for item, state in wanted.items() if state != now[item]}
        if not after:
            return None
        before = {item: now[item] for item in after}
        edit = Edit(kind=kind, before=before, after=after)
        self._done.append(edit)
        self._undone.clear()
        self._put(after)
        return edit

    def _put(self, states: Mapping[int, ItemState]) -> None:
        for item, state in states.items():
            # An item that is back in its original state counts as unchanged.
            if state == self._original(item):
                self._states.pop(item, None)
            else:
                self._states[item] = state


def original_states(dataset: StoredDataset) -> Sequence[ItemState]:
    """Return the states of all items as stored in the dataset."""
    items = zip(dataset.captions, dataset.tags, dataset.is_validation.tolist(), strict=True)
    return [
        ItemState(captions, tags, is_excluded=False, split=VALIDATION if is_held_out else TRAIN)
        for captions, tags, is_held_out in items
    ]


def normalise_texts(texts: Iterable[str]) -> tuple[str, ...]:
    """Strip texts; drop blank ones and duplicates."""
    return tuple(dict.fromkeys(stripped for text in texts if (stripped := text.strip())))


def _state_of(record: Record) -> ItemState:
    return ItemState(
        captions=captions_of(record),
        tags=tags_of(record),
        is_excluded=False,
        split=record["split"],
    )


def _put_list(record: dict[str, Any], name: str, values: tuple[str, ...]) -> None:
    if values:
        record[name] = list(values)
    else:
        record.pop(name, None)
