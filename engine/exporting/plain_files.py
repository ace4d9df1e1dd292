"""Writes sampled items with the standard library alone: PNG, WAV and JSON lines."""

import json
import struct
import wave
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from engine.data.table_codec import Cells
from engine.data.waveform import Sounds
from engine.events import ImageArray
from engine.sample.sampler import Samples


def write_items(folder: Path, batches: Iterable[Samples]) -> int:
    """Write items: ``000000.<column>.png`` and ``.wav``, and a line of ``items.jsonl`` for each.

    Returns:
        The number of items.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines: list[dict[str, Any]] = []
    for batch in batches:
        for row in range(len(batch)):
            lines.append(_write_item(folder, f"{len(lines):06d}", batch, row))
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (folder / "items.jsonl").write_text(text, encoding="utf-8")
    return len(lines)


def _write_item(folder: Path, stem: str, samples: Samples, row: int) -> dict[str, Any]:
    line: dict[str, Any] = {}
    for name, values in samples.columns.items():
        if isinstance(values, np.ndarray):
            line[name] = f"{stem}.{name}.png"
            (folder / line[name]).write_bytes(png(values[row]))
        elif isinstance(values, Sounds):
            line[name] = f"{stem}.{name}.wav"
            with wave.open(str(folder / line[name]), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(values.rate)
                file.writeframes(values.samples[row].astype("<i2").tobytes())
        elif isinstance(values, Cells):
            line[name] = dict(zip(values.fields, values.rows[row], strict=True))
        else:
            line[name] = values[row]
    return line


def png(pixels: ImageArray) -> bytes:
    """Encode uint8 [H, W, 3] as PNG.

    Source: Portable Network Graphics, https://www.w3.org/TR/png-3, sections 5 and 11.
    """
    head = struct.pack(">2I5B", pixels.shape[1], pixels.shape[0], 8, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + row.tobytes() for row in pixels))
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
