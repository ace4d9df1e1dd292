"""Carries out what the doctor decided: the items of the dataset, and accounts of all the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.data.manifest import TRAIN
from engine.importing.accounts import Accounts, Reason
from engine.importing.decode_pass import Item
from engine.importing.diagnosis import Decision, Diagnosis, ExaminedItem
from engine.importing.doctor import examine_items
from engine.importing.plan import ImportPlan

_FACTS = ("width", "height", "phash", "colours", "pixel_digest")


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
        record |= {name: extras[name] for name in ("label", "group") if extras.get(name)}
        return _plain(record | {"key": self.item.candidate.key})


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What is to be written."""

    entries: tuple[Entry, ...]
    diagnosis: Diagnosis
    channels: int
    """1 where grey is planned, or all images are grey; else 3."""

    @property
    def counts(self) -> Mapping[str, int]:
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
    """Let the doctor decide about items; those that are left out go into the accounts.

    Raises:
        ConfigError: the plan wants a repair that is not offered.
    """
    diagnosis = examine_items([_examined(item) for item in items], accounts, plan)
    entries: list[Entry] = []
    left_out: list[tuple[Item, Decision, Reason]] = []
    for item, decision in zip(items, diagnosis.decisions, strict=True):
        if decision.skipped is None:
            entries.append(Entry(item=item, texts=decision.texts, split=decision.split))
        else:
            left_out.append((item, decision, decision.skipped))
    _account_for(left_out, entries, accounts)
    return Settled(entries=tuple(entries), diagnosis=diagnosis, channels=_channels(plan, entries))


def _examined(item: Item) -> ExaminedItem:
    candidate, facts = item.candidate, item.facts
    known: dict[str, Any] = {}
    if facts is not None:
        known = {name: getattr(facts, name) for name in _FACTS}
    return ExaminedItem(
        key=candidate.key,
        texts=candidate.texts,
        has_image=facts is not None,
        split=candidate.extras.get("split", ""),
        group=candidate.extras.get("group") or candidate.extras.get("label", ""),
        **known,
    )


def _account_for(
    left_out: Sequence[tuple[Item, Decision, Reason]], entries: Sequence[Entry], accounts: Accounts
) -> None:
    """Skip items, and their files unless another item needs them."""
    needed = {_file_of(entry.item) for entry in entries}
    for item, decision, reason in left_out:
        accounts.skip_item(item.candidate.key, reason, decision.detail)
        path = _file_of(item)
        if path not in needed and not decision.merged_into:
            accounts.reject_file(path, reason, decision.detail)


def _file_of(item: Item) -> str:
    """Name the file that is this item alone; empty where it shares one with others."""
    image = item.candidate.image
    if image is None:
        return item.candidate.key
    return image.path if image.part < 0 else ""


def _channels(plan: ImportPlan, entries: Sequence[Entry]) -> int:
    if plan.pictures.channels != "auto":
        return 1 if plan.pictures.channels == "grey" else 3
    facts = [entry.item.facts for entry in entries if entry.item.facts is not None]
    return 1 if all(fact.is_grey for fact in facts) else 3


def _plain(value: Any) -> Any:
    """Write texts with bytes that are no text in a way that UTF-8 can hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
