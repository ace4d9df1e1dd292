"""Items for the doctor to examine, each healthy and unlike the others unless a test changes it."""

from pathlib import Path
from typing import Any

import numpy as np

from engine.importing.accounts import Accounts
from engine.importing.doctor import ExaminedItem, examine_items
from engine.importing.formats.format import Reading
from engine.importing.plan import ImportPlan

RANDOM = np.random.default_rng(0)
HASHES = RANDOM.integers(1, 2**64, 1_000, dtype=np.uint64).tolist()


def item(number, *texts, **changes):
    fields: dict[str, Any] = {
        "key": f"{number}.jpg",
        "texts": texts or (f"text number {number}",),
        "has_image": True,
        "width": 256,
        "height": 256,
        "phash": HASHES[number],
        "pixel_digest": number.to_bytes(16),
        "split": "train",
    }
    fields.update(changes)
    return ExaminedItem(**fields)


def text_only(number, *texts):
    return item(number, *texts, has_image=False, width=0, height=0, phash=0, pixel_digest=b"")


def plan(repairs=None, **changes):
    fields: dict[str, Any] = {
        "source": Path("a"),
        "dataset": Path("b"),
        "reading": Reading(format="sidecar"),
    }
    fields["repairs"] = repairs or {}
    fields.update(changes)
    return ImportPlan(**fields)


def examine(items, repairs=None, accounts=None, **changes):
    return examine_items(items, accounts or Accounts(), plan(repairs, **changes))


def fates(diagnosis):
    return [decision.skipped for decision in diagnosis.decisions]
