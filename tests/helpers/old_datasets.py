"""Dataset folders as formats 3 and 4 wrote them: images.npy and pairs.jsonl."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

BLOCK_BYTES = 1 << 20


def write_pairs(
    folder: Path,
    images: np.ndarray,
    records: Sequence[dict[str, Any]],
    *,
    format_number: int = 4,
    source: str = "a test",
) -> Path:
    """Write a dataset of format 3 or 4."""
    folder.mkdir(parents=True)
    np.save(folder / "images.npy", images)
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()
    (folder / "pairs.jsonl").write_bytes(lines)
    content = repr(images.shape).encode() + images.tobytes() + lines
    image_only = sum(record["text"] is None for record in records)
    text_only = sum(record.get("image") is False for record in records)
    train = sum(record["split"] == "train" for record in records)
    table: dict[str, Any] = {
        "format": format_number,
        "name": folder.name,
        "title": folder.name.title(),
        "version": hashlib.sha256(content).hexdigest()[:16],
        "pairs": len(records) - image_only - text_only,
        "image_only": image_only,
        "text_only": text_only,
        "train_items": train,
        "validation_items": len(records) - train,
        "image_height": images.shape[1],
        "image_width": images.shape[2],
        "channels": images.shape[3],
        "licence": "CC0",
        "source": source,
        "value_range": [],
        "band": 0,
    }
    if format_number == 4:
        table["checksums"] = {"images": _sums(images.tobytes()), "records": _sums(lines)}
    (folder / "manifest.json").write_text(json.dumps(table, indent=1))
    return folder


def _sums(content: bytes) -> list[str]:
    starts = range(0, len(content), BLOCK_BYTES)
    blocks = (content[start : start + BLOCK_BYTES] for start in starts)
    return [hashlib.sha256(block).hexdigest()[:16] for block in blocks]


def old_tiny_dataset(folder: Path, *, format_number: int = 4) -> Path:
    """Build 24 plain images named by their lightness; every fourth is for validation."""
    random = np.random.default_rng(0)
    shade = np.arange(24) % 2
    images = (60 + 120 * shade[:, None, None, None] + random.integers(0, 9, (24, 8, 8, 1))).astype(
        np.uint8
    )
    records = [
        {"text": ("dark", "light")[kind], "split": "held_out" if row % 4 == 3 else "train"}
        for row, kind in enumerate(shade.tolist())
    ]
    return write_pairs(folder, images, records, format_number=format_number)
