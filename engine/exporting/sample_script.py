"""Samples this model: ``python sample.py --count 16 --seed 1 --folder samples``.

``--given COLUMN=TEXT``, which may be repeated, gives a column of texts. Needs torch, safetensors
and numpy, and ``tokenizers`` if the model has byte-pair tokens.
"""

import argparse
import json
import struct
import wave
import zlib
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from safetensors.torch import load_file

from engine.config.sections import NetworkConfig
from engine.data.facts import TextFacts, facts_from_table
from engine.data.table_codec import Cells
from engine.data.waveform import Sounds
from engine.nets.protocols import PairModel
from engine.sample.generator import load_generator
from engine.sample.load import encode_texts
from engine.sample.sampler import Sampler, Shown

HERE = Path(__file__).parent


def write_item(folder: Path, stem: str, columns: dict[str, Shown], row: int) -> dict[str, Any]:
    """Write the images and sounds of an item; return its line of ``items.jsonl``."""
    line: dict[str, Any] = {}
    for name, values in columns.items():
        if isinstance(values, np.ndarray):
            line[name] = f"{stem}.{name}.png"
            (folder / line[name]).write_bytes(png(values[row]))
        elif isinstance(values, Sounds):
            line[name] = f"{stem}.{name}.wav"
            with wave.open(str(folder / line[name]), "wb") as file:
                file.setparams((1, 2, values.rate, 0, "NONE", ""))
                file.writeframes(values.samples[row].astype("<i2").tobytes())
        elif isinstance(values, Cells):
            line[name] = dict(zip(values.fields, values.rows[row], strict=True))
        else:
            line[name] = values[row]
    return line


def png(pixels: np.ndarray) -> bytes:
    """Encode uint8 [H, W, 3] as PNG."""
    head = struct.pack(">2I5B", pixels.shape[1], pixels.shape[0], 8, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + row.tobytes() for row in pixels))
    parts = [(b"IHDR", head), (b"IDAT", rows), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def main() -> None:
    """Load the model, sample from it and write the items."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--truncation", type=float, default=1.0)
    parser.add_argument("--given", action="append", default=[], metavar="COLUMN=TEXT")
    parser.add_argument("--folder", type=Path, default=Path("samples"))
    asked = parser.parse_args()

    config = json.loads((HERE / "config.json").read_text("utf-8"))
    vocabulary = json.loads((HERE / "vocabulary.json").read_text("utf-8"))
    columns = facts_from_table([{**e, **vocabulary.get(e["name"], {})} for e in config["columns"]])
    modalities, generator = load_generator(
        config["settings"]["family"],
        NetworkConfig(**config["settings"]["networks"]),
        columns,
        load_file(HERE / "model.safetensors"),
        torch.device("cpu"),
    )
    model = cast("PairModel", generator)
    sampler = Sampler(model, modalities, torch.device("cpu"), asked.truncation)
    texts: dict[str, list[str]] = {}
    for given in asked.given:
        name, _equals, text = given.partition("=")
        texts.setdefault(name, []).append(text)
    rows = {
        n: encode_texts(t, facts)
        for n, t in texts.items()
        if isinstance(facts := columns[n], TextFacts)
    }
    batches = (
        sampler.complete_items(rows, asked.seed)
        if rows
        else sampler.from_noise(asked.count, asked.seed)
    )

    asked.folder.mkdir(parents=True, exist_ok=True)
    items = [(dict(batch.columns), row) for batch in batches for row in range(len(batch))]
    lines = [write_item(asked.folder, f"{i:06d}", *item) for i, item in enumerate(items)]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (asked.folder / "items.jsonl").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
