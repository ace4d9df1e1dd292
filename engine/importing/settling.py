"""Decides what becomes of every item, by the plan and the doctor: the records of the dataset."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.data.manifest import TRAIN
from engine.importing.accounts import Accounts, Reason
from engine.importing.decode_pass import Item
from engine.importing.plan import ImportPlan
from engine.importing.report import FoundAndDone
from engine.importing.splits import split_of
from engine.importing.text_plan import apply_all, rare_words, without_rare


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One item of the dataset."""

    item: Item
    texts: tuple[str, ...]
    split: str

    @property
    def row(self) -> int:
        """Of its pixels in the staging; -1 where it has no image."""
        return self.item.row

    @property
    def record(self) -> dict[str, Any]:
        """Its line in the dataset."""
        record: dict[str, Any] = {"text": self.texts[0] if self.texts else None}
        if self.item.facts is None:
            record["image"] = False
        record["split"] = self.split
        if len(self.texts) > 1:
            record["texts"] = list(self.texts)
        extras = self.item.candidate.extras
        record |= {name: _plain(extras[name]) for name in ("label", "group") if extras.get(name)}
        return record | {"key": _plain(self.item.candidate.key)}


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What is to be written."""

    entries: tuple[Entry, ...]
    findings: tuple[FoundAndDone, ...]
    channels: int

    @property
    def counts(self) -> dict[str, int]:
        """How many items there are, by the names of a report."""
        image_only = sum(not entry.texts for entry in self.entries)
        text_only = sum(entry.item.facts is None for entry in self.entries)
        train = sum(entry.split == TRAIN for entry in self.entries)
        return {
            "imported": len(self.entries),
            "pairs": len(self.entries) - image_only - text_only,
            "image_only": image_only,
            "text_only": text_only,
            "train_items": train,
            "held_out_items": len(self.entries) - train,
        }

    @property
    def is_trainable(self) -> bool:
        """Whether there is an item to train on, and an image at all."""
        return any(entry.split == TRAIN for entry in self.entries) and any(
            entry.item.facts is not None for entry in self.entries
        )


def settle(plan: ImportPlan, items: Sequence[Item], accounts: Accounts) -> Settled:
    """Settle what becomes of items; those that are left out go into the accounts."""
    entries = [
        Entry(
            item=item,
            texts=apply_all(plan.texts, item.candidate.texts),
            split=split_of(
                item.candidate.key, item.candidate.extras.get("split", ""), plan.held_out_percent
            ),
        )
        for item in items
    ]
    return Settled(entries=tuple(entries), findings=(), channels=_channels(plan, entries))


def _channels(plan: ImportPlan, entries: Sequence[Entry]) -> int:
    if plan.pictures.channels != "auto":
        return 1 if plan.pictures.channels == "grey" else 3
    facts = [entry.item.facts for entry in entries if entry.item.facts is not None]
    return 1 if all(fact.is_grey for fact in facts) else 3


def _plain(text: str) -> str:
    """Write a name with bytes that are no text in a way that UTF-8 can hold."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
