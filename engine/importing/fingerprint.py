"""Tells whether an import may go on where another one ended: same plan, same source."""

import dataclasses
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from engine.importing.formats.format import Overview
from engine.importing.plan import ImportPlan
from engine.importing.tree import Tree

DECODING = ("source", "reading", "pictures")
"""Fields of a plan that decide what is staged."""


def plan_table(plan: ImportPlan) -> dict[str, Any]:
    """Write a plan as what JSON can hold; the order of the fields is always the same."""
    table = {field.name: getattr(plan, field.name) for field in dataclasses.fields(plan)}
    for name in ("reading", "texts", "pictures"):
        table[name] = dataclasses.asdict(table[name])
    table["source"], table["dataset"] = str(plan.source), str(plan.dataset)
    table["repairs"] = {str(k): str(v) for k, v in sorted(plan.repairs.items())}
    table["excluded"] = sorted(plan.excluded)
    return table


def fingerprint(plan: ImportPlan, tree: Tree, overview: Overview) -> dict[str, str]:
    """Hash what decides about decoding in a plan, and the names, sizes and times of a source.

    What becomes of the texts, the doctor's repairs and the like may change in between.
    """
    return {"plan": decoding_hash(plan), "source": _source_hash(tree, overview)}


def decoding_hash(plan: ImportPlan) -> str:
    """Hash what decides about decoding in a plan."""
    table = plan_table(plan)
    text = json.dumps([table[name] for name in DECODING], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _source_hash(tree: Tree, overview: Overview) -> str:
    digest = hashlib.sha256()
    root = _folder_of(tree)
    if root is None:
        status = tree.source.stat()
        digest.update(f"{status.st_size} {status.st_mtime_ns}\n".encode())
    for entry in overview.entries:
        time_ns = 0 if root is None else _modified_ns(f"{root}/{entry.path}")
        line = f"{entry.path}\0{entry.size}\0{time_ns}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _folder_of(tree: Tree) -> Path | None:
    """Find where the files lie, or None for an archive, whose own time says it all."""
    if tree.source.is_dir():
        return tree.source
    return tree.source.parent if tree.focus else None


def _modified_ns(path: str) -> int:
    try:
        return os.lstat(path).st_mtime_ns
    except (OSError, ValueError):
        return -1
