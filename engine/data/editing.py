"""Changes to a dataset that is open: held in memory, undone and redone, saved as a new version.

The dataset itself is never touched: ``engine.data.versions`` writes the new one beside it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Self

from engine.data.manifest import Record, captions_of, has_image, tags_of
from engine.data.store import TRAIN, VALIDATION, StoredDataset
from engine.errors import EditRefusedError


class EditKind(StrEnum):
    """What an edit is about."""

    CAPTIONS = "captions"
    TAGS = "tags"
    EXCLUDED = "excluded"
    SPLIT = "split"
    REPLACED = "replaced"
    REPAIRED = "repaired"


class ItemState(NamedTuple):
    """What can be changed about an item; a tuple, since a hundred thousand are made at a click."""

    captions: tuple[str, ...]
    tags: tuple[str, ...]
    is_excluded: bool
    """It will not be part of the next version."""
    split: str

    @property
    def text(self) -> str:
        """The first caption; empty where there is none."""
        return self.captions[0] if self.captions else ""


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One step that can be undone: what each item was and what it became."""

    kind: EditKind
    before: Mapping[int, ItemState]
    after: Mapping[int, ItemState]


class Edits:
    """All changes to one dataset since it was opened.

    Not safe to use from two threads; ``copy`` gives another thread its own.
    """

    def __init__(
        self,
        dataset: StoredDataset,
        states: Mapping[int, ItemState] | None = None,
        originals: Sequence[ItemState] | None = None,
    ) -> None:
        """Begin with no step to undo.

        Args:
            dataset: stays as it is.
            states: of the items that differ from it.
            originals: ``original_states`` of it, made where nobody waits; else they are read one by
                one, which a hundred thousand at a click would feel.
        """
        self._dataset = dataset
        self._states = dict(states or {})
        self._originals = originals
        self._done: list[Edit] = []
        self._undone: list[Edit] = []

    @property
    def changed(self) -> Iterable[int]:
        """The items that differ from the dataset."""
        return self._states.keys()

    @property
    def change_count(self) -> int:
        """How many items differ from the dataset."""
        return len(self._states)

    @property
    def latest(self) -> Edit | None:
        """The step that made the items what they are now; None before the first."""
        return self._done[-1] if self._done else None

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to make again."""
        return bool(self._undone)

    def copy(self) -> Self:
        """Give the same state with no steps to undo, for another thread."""
        return type(self)(self._dataset, self._states, self._originals)

    def has_made(self, edit: Edit) -> bool:
        """Whether a step counts now: it was made, and not taken back."""
        return any(done is edit for done in self._done)

    def is_changed(self, item: int) -> bool:
        """Whether an item differs from the dataset."""
        return item in self._states

    def has_image(self, item: int) -> bool:
        """Whether an item has an image."""
        return has_image(self._dataset.records[item])

    def state(self, item: int) -> ItemState:
        """Give an item as it is now."""
        found = self._states.get(item)
        return self._original(item) if found is None else found

    def states(self) -> Iterator[ItemState]:
        """Give all items as they are now, in the dataset's order."""
        return (self.state(item) for item in range(len(self._dataset.records)))

    def set_captions(self, item: int, captions: Iterable[str]) -> Edit | None:
        """Write other captions; blank ones and repetitions are left out.

        Returns:
            The step, or None where nothing changes. So do all that follow.

        Raises:
            EditRefusedError: the item has no image and would be left with nothing.
        """
        wanted = normalise_texts(captions)
        if not wanted and not self.has_image(item):
            raise EditRefusedError("an item without an image needs its text")
        return self._make(EditKind.CAPTIONS, [item], lambda state: state._replace(captions=wanted))

    def set_all_captions(self, captions: Mapping[int, tuple[str, ...]]) -> Edit | None:
        """Take what a search and replace has made, as one step."""
        after = {
            item: self.state(item)._replace(captions=texts) for item, texts in captions.items()
        }
        return self._take(EditKind.REPLACED, after)

    def set_tags(self, item: int, tags: Iterable[str]) -> Edit | None:
        """Give an item these tags and no others."""
        wanted = normalise_texts(tags)
        return self._make(EditKind.TAGS, [item], lambda state: state._replace(tags=wanted))

    def add_tags(self, items: Iterable[int], tags: Iterable[str]) -> Edit | None:
        """Give items these tags beside those that they have."""
        more = normalise_texts(tags)
        return self._make(
            EditKind.TAGS,
            items,
            lambda state: state._replace(tags=normalise_texts(state.tags + more)),
        )

    def set_excluded(self, items: Iterable[int], *, is_excluded: bool) -> Edit | None:
        """Leave items out of the next version, or take them back in."""

        def change(state: ItemState) -> ItemState:
            captions, tags, _was_excluded, split = state
            return ItemState(captions, tags, is_excluded, split)

        return self._make(EditKind.EXCLUDED, items, change)

    def set_split(self, items: Iterable[int], split: str) -> Edit | None:
        """Move items between what is trained on and what is for validation."""
        if split not in {TRAIN, VALIDATION}:
            raise EditRefusedError(f"there is no split '{split}'")
        return self._make(EditKind.SPLIT, items, lambda state: state._replace(split=split))

    def split_again(self, validation: Collection[int]) -> Edit | None:
        """Hold these items out and no others, as one step."""
        chosen = frozenset(validation)
        after: dict[int, ItemState] = {}
        for item in range(len(self._dataset.records)):
            split = VALIDATION if item in chosen else TRAIN
            captions, tags, is_excluded, now = self.state(item)
            if now != split:
                after[item] = ItemState(captions, tags, is_excluded, split)
        return self._take(EditKind.SPLIT, after)

    def repair(self, states: Mapping[int, ItemState]) -> Edit | None:
        """Take what a repair of the doctor has made of items, as one step."""
        return self._take(EditKind.REPAIRED, states)

    def undo(self) -> Edit | None:
        """Take the latest step back and give it; None where there is none."""
        if not self._done:
            return None
        edit = self._done.pop()
        self._undone.append(edit)
        self._put(edit.before)
        return edit

    def redo(self) -> Edit | None:
        """Make the latest undone step again and give it; None where there is none."""
        if not self._undone:
            return None
        edit = self._undone.pop()
        self._done.append(edit)
        self._put(edit.after)
        return edit

    def record(self, item: int) -> Record:
        """Give an item's line for the next version; an unchanged one is as it was."""
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
            # An item that is back where it began counts as unchanged.
            if state == self._original(item):
                self._states.pop(item, None)
            else:
                self._states[item] = state


def original_states(dataset: StoredDataset) -> Sequence[ItemState]:
    """Give all items as the dataset has them."""
    return [_state_of(record) for record in dataset.records]


def normalise_texts(texts: Iterable[str]) -> tuple[str, ...]:
    """Strip texts; leave out blank ones and repetitions."""
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
