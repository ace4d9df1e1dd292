"""One small source on disk for each habit of keeping pairs; each holds ``COUNT`` of them."""

import csv
import gzip
import io
import json
import os
import struct
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, settings
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from engine.control import RunControl
from engine.errors import ConfigError, EntryError, SourceUnreadableError
from engine.events import ImportEnded, Outcome
from engine.importing.build import import_dataset
from engine.importing.formats.format import Detection, FileListing, ImportSpec, RawSample
from engine.importing.formats.registry import FORMATS
from engine.importing.ledger import FileLedger, Reason
from engine.importing.plan import ImageSettings, ImportPlan
from engine.importing.sources.archive import FileEntry
from engine.sample.gallery_writer import GalleryWriter, Provenance
from engine.sample.sampler import Samples

# Folders to import: small pictures, each its own, with texts beside them.


WORDS = ("red", "green", "blue", "white", "black", "yellow", "brown")


def picture(number: int, size: int = 40, *, grey: bool = False) -> Image.Image:
    """Draw an image that looks like no other of another number."""
    random = np.random.default_rng(number)
    coarse = random.integers(0, 256, (5, 5, 1 if grey else 3), dtype=np.uint8)
    pixels = np.repeat(coarse, 3, axis=2) if grey else coarse
    return Image.fromarray(pixels).resize((size, size), Image.Resampling.BICUBIC)


def caption(number: int) -> str:
    """Give a text of its own."""
    words = [WORDS[(number // len(WORDS) ** place) % len(WORDS)] for place in range(3)]
    return f"{' '.join(words)} number {number}"


def sidecar_folder(
    folder: Path,
    count: int = 20,
    *,
    size: int = 40,
    grey: bool = False,
    shape: tuple[int, int] | None = None,
) -> Path:
    """Make pictures with a text of the same name beside each; ``shape`` is width and height."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        made = picture(number, size, grey=grey)
        (made.resize(shape) if shape else made).save(folder / f"{number:04}.png")
        (folder / f"{number:04}.txt").write_text(caption(number), encoding="utf-8")
    return folder


def sidecar_plan(source: Path, dataset: Path, **changes: object) -> ImportPlan:
    """Plan to import such a folder at 32 px."""
    values = {"images": ImageSettings(size=32), "reading": ImportSpec(format="sidecar"), **changes}
    return ImportPlan(source=source, dataset=dataset, **values)  # pyright: ignore[reportArgumentType]


COUNT = 14


def png(number: int) -> bytes:
    """Give an image as the content of a file."""
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
        texts = tuple(caption(n) for n in range(COUNT))
        writer.add(Samples(columns={"text": texts, "image": images}))
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


# Runs an import and looks at its end.


def run(plan, control=None, **options):
    events = []
    import_dataset(plan, events.append, control or RunControl(), **options)
    assert [type(event) for event in events].count(ImportEnded) == 1
    return events[-1]


def finished(plan, **options):
    ended = run(plan, **options)
    assert (ended.outcome, ended.error) == (Outcome.FINISHED, None)
    return ended


def failed(plan, **options):
    ended = run(plan, **options)
    assert ended.outcome is Outcome.FAILED
    return ended.error


# A source of files that lies in memory.


class MemoryArchive:
    """A ``Archive`` over contents by path, in the order given."""

    def __init__(self, files: Mapping[str, bytes], selected_entry: str = "") -> None:
        self.files = dict(files)
        self.selected_entry = selected_entry
        self.source = Path("memory")
        self.opened: Counter[str] = Counter()
        """How often each file was opened or read."""

    def entries(self, ledger: FileLedger) -> Iterator[FileEntry]:
        for path, content in self.files.items():
            ledger.add()
            if content:
                yield FileEntry(path=path, size=len(content))
            else:
                ledger.mark_skipped(path, Reason.EMPTY)

    def has(self, path: str) -> bool:
        return path in self.files

    def open(self, path: str) -> BinaryIO:
        self.opened[path] += 1
        if path not in self.files:
            raise EntryError(path, Reason.UNREADABLE, "it is not there")
        return io.BytesIO(self.files[path])

    def read(self, path: str, limit: int) -> bytes:
        with self.open(path) as stream:
            content = stream.read(limit + 1)
        if len(content) > limit:
            raise EntryError(path, Reason.TOO_LARGE)
        return content

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        pass


def list_files(archive: MemoryArchive, ledger: FileLedger) -> FileListing:
    """Take the overview as the survey does."""
    entries = tuple(archive.entries(ledger))
    suffixes = Counter(PurePosixPath(entry.path).suffix.lower() for entry in entries)
    return FileListing(entries=entries, suffixes=suffixes)


# Scans a source in memory with a format, and holds its ledger against what was found.


fuzzed = settings(
    max_examples=int(os.environ.get("DIPTYCH_FUZZ_EXAMPLES", "25")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
"""For tests that damage sources: few cases each time, and as many as one likes in a longer run."""


@dataclass(frozen=True)
class Scanned:
    archive: MemoryArchive
    ledger: FileLedger
    items: list[RawSample]
    format: str

    @property
    def texts(self) -> dict[str, tuple[str, ...]]:
        return {item.key: item.texts for item in self.items}

    @property
    def skipped_files(self) -> dict[str, Reason]:
        return {skipped.path: skipped.reason for skipped in self.ledger.skipped_files()}

    @property
    def skipped_items(self) -> dict[str, Reason]:
        return {skipped.path: skipped.reason for skipped in self.ledger.skipped_items()}

    def item(self, key: str) -> RawSample:
        return next(item for item in self.items if item.key == key)

    def load(self, key: str):
        image = self.item(key).image
        assert image is not None
        return FORMATS[self.format].load(self.archive, image)


def proposed(files: Mapping[str, bytes], name: str, selected_entry: str = "") -> Detection | None:
    archive = MemoryArchive(files, selected_entry)
    return FORMATS[name].detect(archive, list_files(archive, FileLedger()))


def best(files: Mapping[str, bytes], selected_entry: str = "") -> str:
    """Name the format whose offer is the most confident."""
    offers = [offer for name in FORMATS if (offer := proposed(files, name, selected_entry))]
    return max(offers, key=lambda offer: offer.confidence).reading.format if offers else ""


def scanned(
    files: Mapping[str, bytes],
    name: str,
    reading: ImportSpec | None = None,
    selected_entry: str = "",
) -> Scanned:
    """Scan with a reading, by default the one that is offered; every file must be accounted for."""
    archive, ledger = MemoryArchive(files, selected_entry), FileLedger()
    listing = list_files(archive, ledger)
    if reading is None:
        offer = FORMATS[name].detect(archive, listing)
        assert offer is not None, f"{name} offers nothing"
        reading = offer.reading
    items = list(FORMATS[name].scan(archive, listing, reading, ledger))
    found = Scanned(archive, ledger, items, name)
    assert ledger.files_used + len(found.skipped_files) == ledger.files_found == len(files)
    assert len({item.key for item in items}) == len(items)
    return found


def survives(files: Mapping[str, bytes], name: str, reading: ImportSpec) -> None:
    """Propose, scan and load whatever a source has become; only documented errors may come."""
    proposed(files, name)
    try:
        found = scanned(files, name, reading)
    except (ConfigError, SourceUnreadableError):
        return
    assert [item.key for item in scanned(files, name, reading).items] == list(found.texts)
    for item in found.items[:20]:
        try:
            if item.image is not None:
                FORMATS[name].load(found.archive, item.image)
        except EntryError as error:
            assert_reason(error)


def assert_reason(error: EntryError) -> None:
    """Hold an error's reason against those that the ledger know."""
    assert error.reason in set(Reason)
