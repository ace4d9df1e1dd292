"""One small source on disk for each habit of keeping pairs; each holds ``COUNT`` of them."""

import csv
import gzip
import io
import json
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL.PngImagePlugin import PngInfo

from engine.sample.gallery_files import GalleryWriter, Provenance
from tests.helpers.import_sources import caption, picture, sidecar_folder

COUNT = 14


def png(number: int) -> bytes:
    """Give a picture as the content of a file."""
    content = io.BytesIO()
    picture(number).save(content, "PNG")
    return content.getvalue()


def sidecar(folder: Path) -> Path:
    """A text file beside each image."""
    return sidecar_folder(folder, COUNT)


def class_folders(folder: Path) -> Path:
    """A folder for each class."""
    for number in range(COUNT):
        place = folder / ("cats", "dogs")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        picture(number).save(place / f"{number:03}.png")
    return folder


def csv_table(folder: Path) -> Path:
    """A CSV table of image names and captions."""
    _images(folder)
    with (folder / "captions.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "caption"])
        rows.writerows([f"images/{n:03}.png", caption(n)] for n in range(COUNT))
    return folder


def image_folder(folder: Path) -> Path:
    """The ImageFolder of Hugging Face: ``metadata.jsonl`` beside the images."""
    folder.mkdir(parents=True)
    lines: list[str] = []
    for number in range(COUNT):
        picture(number).save(folder / f"{number:03}.png")
        lines.append(json.dumps({"file_name": f"{number:03}.png", "text": caption(number)}))
    (folder / "metadata.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def parquet(folder: Path) -> Path:
    """A Parquet table that holds the images themselves."""
    folder.mkdir(parents=True)
    images = [{"bytes": png(n), "path": f"{n:03}.png"} for n in range(COUNT)]
    table = pa.table({"image": images, "text": [caption(n) for n in range(COUNT)]})
    pq.write_table(table, folder / "train.parquet")
    return folder


def coco(folder: Path) -> Path:
    """COCO captions: two captions an image."""
    _images(folder)
    images = [{"id": n, "file_name": f"{n:03}.png"} for n in range(COUNT)]
    notes = [
        {"id": 2 * n + k, "image_id": n, "caption": f"{caption(n)}, view {k}"}
        for n in range(COUNT)
        for k in (0, 1)
    ]
    table = {"images": images, "annotations": notes}
    (folder / "captions.json").write_text(json.dumps(table), encoding="utf-8")
    return folder


def webdataset(folder: Path) -> Path:
    """Two shards of a WebDataset."""
    folder.mkdir(parents=True)
    for shard in (0, 1):
        with tarfile.open(folder / f"shard-{shard:05}.tar", "w") as tar:
            for number in range(shard * COUNT // 2, (shard + 1) * COUNT // 2):
                _add(tar, f"{number:05}.png", png(number))
                _add(tar, f"{number:05}.txt", caption(number).encode())
    return folder


def idx(folder: Path) -> Path:
    """Packed IDX files, like MNIST's."""
    folder.mkdir(parents=True)
    images = np.stack([np.asarray(picture(n, 12, grey=True)) for n in range(COUNT)])
    labels = (np.arange(COUNT) % 3).astype(np.uint8)
    for name, array in (("train-images-idx3-ubyte", images), ("train-labels-idx1-ubyte", labels)):
        head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
        (folder / f"{name}.gz").write_bytes(gzip.compress(head + array.tobytes()))
    return folder


def cub(folder: Path) -> Path:
    """The birds of CUB: images and texts in parallel folders, several captions an image."""
    for number in range(COUNT):
        place = ("001.Albatross", "002.Wren")[number % 2]
        for kind in ("images", "text"):
            (folder / kind / place).mkdir(parents=True, exist_ok=True)
        picture(number).save(folder / "images" / place / f"{number:03}.jpg", quality=95)
        lines = f"{caption(number)}\nagain {caption(number)}\n"
        (folder / "text" / place / f"{number:03}.txt").write_text(lines, encoding="utf-8")
    return folder


def zipped(folder: Path) -> Path:
    """A ZIP of a folder."""
    inside = sidecar_folder(folder / "inside", COUNT)
    target = folder / "pictures.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(inside.iterdir()):
            archive.write(path, f"pictures/{path.name}")
    return target


def file_names(folder: Path) -> Path:
    """Images that are called what they show."""
    folder.mkdir(parents=True)
    for number in range(COUNT):
        word = "small" if number % 2 else "large"
        picture(number).save(folder / f"{word}_red_cat_{number:03}.png")
    return folder


def embedded(folder: Path) -> Path:
    """Descriptions within PNG files."""
    folder.mkdir(parents=True)
    for number in range(COUNT):
        notes = PngInfo()
        notes.add_text("Description", caption(number))
        picture(number).save(folder / f"{number:03}.png", pnginfo=notes)
    return folder


def gallery(folder: Path) -> Path:
    """A gallery that a run has drawn."""
    facts = Provenance(
        run="r",
        dataset="d",
        images_seen=1,
        step=1,
        seed=1,
        direction="joint",
        config_hash="0",
        version="0",
    )
    images = np.stack([np.asarray(picture(n).convert("RGB")) for n in range(COUNT)])
    with GalleryWriter(folder, facts) as writer:
        writer.add(images, [caption(n) for n in range(COUNT)])
    return folder


SOURCES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "sidecar": (sidecar, "sidecar"),
    "class folders": (class_folders, "class_folders"),
    "CSV": (csv_table, "table_file"),
    "ImageFolder": (image_folder, "table_file"),
    "Parquet": (parquet, "parquet"),
    "COCO": (coco, "coco"),
    "WebDataset": (webdataset, "webdataset"),
    "IDX": (idx, "idx"),
    "CUB": (cub, "sidecar"),
    "ZIP": (zipped, "sidecar"),
    "file names": (file_names, "file_names"),
    "embedded": (embedded, "embedded"),
    "gallery": (gallery, "gallery"),
}
"""By what people call it: what makes it, and the format that is to recognise it."""


def _images(folder: Path) -> None:
    (folder / "images").mkdir(parents=True)
    for number in range(COUNT):
        picture(number).save(folder / "images" / f"{number:03}.png")


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
