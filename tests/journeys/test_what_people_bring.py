"""Sources as tools and people leave them, imported by the command line and exported again.

Each case is a folder of small images and what lies beside them. The texts of an import are read
from its export, by the path within the source, so this holds the way in and the way out.
"""

import io
import json
import signal
import tarfile
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from engine.cli.main import main

TEXTS = (
    "a red kite over a grey barn",
    "two brown foxes beside a river",
    "an old green tram in the rain",
    "a bowl of yellow plums on a table",
    "a white horse behind a fence",
    "three blue boats at low tide",
)
WORDS = ("dog", "vase", "tram", "kite", "owl", "boat")
COUNT = len(TEXTS)
Files = dict[str, bytes]
Texts = Mapping[str, tuple[str, ...]]


@pytest.fixture(autouse=True)
def keep_signals():
    """Restore the signal handlers that the commands replace."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def photo(number: int, kind: str = "JPEG", **options: object) -> bytes:
    """Return an image that no other number gives."""
    pixels = np.random.default_rng(number).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    picture = Image.fromarray(pixels).resize((40, 32), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def photos(pattern: str) -> Files:
    """Return images at the paths that a pattern gives for 0, 1, 2 and so on."""
    kind = "PNG" if pattern.endswith("png") else "JPEG"
    return {pattern.format(n): photo(n, kind) for n in range(COUNT)}


def captioned(files: Files) -> Texts:
    return {path: (text,) for path, text in zip(files, TEXTS, strict=False)}


def as_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def base(path: str) -> str:
    return path.rpartition("/")[2]


Case = tuple[Files, Texts]
CASES: dict[str, Callable[[], Case]] = {}


def case(build: Callable[[], Case]) -> Callable[[], Case]:
    """Register a case under the name of its function."""
    CASES[build.__name__.removeprefix("_")] = build
    return build


@case
def _map_of_names() -> Case:
    images = photos("images/{:05d}.jpg")
    table = {base(p): t for p, t in zip(images, TEXTS, strict=True)}
    return images | {"captions.json": as_json(table)}, captioned(images)


@case
def _llava() -> Case:
    images = photos("images/{}.jpg")
    rows = [
        {
            "id": base(path),
            "image": path,
            "conversations": [
                {"from": "human", "value": "<image>\nDescribe it briefly."},
                {"from": "gpt", "value": text},
            ],
        }
        for path, text in zip(images, TEXTS, strict=True)
    ]
    return images | {"chat.json": as_json(rows)}, captioned(images)


@case
def _label_studio() -> Case:
    images = photos("images/0a1b2c{:02d}-pic.jpg")
    tasks = [
        {
            "id": number,
            "data": {"image": f"/data/upload/3/{base(path)}"},
            "annotations": [
                {
                    "result": [{"type": "textarea", "value": {"text": [text]}}],
                    "was_cancelled": False,
                }
            ],
        }
        for number, (path, text) in enumerate(zip(images, TEXTS, strict=True))
    ]
    return images | {"project-3.json": as_json(tasks)}, captioned(images)


@case
def _image_board() -> Case:
    images = photos("board_{}.jpg")
    records = {
        f"{path}.json": as_json({"category": "board", "rating": "s", "tags": ["solo", word]})
        for path, word in zip(images, WORDS, strict=True)
    }
    texts = {path: (f"solo, {word}",) for path, word in zip(images, WORDS, strict=True)}
    return images | records, texts


@case
def _report_beside_a_folder() -> Case:
    images = photos("files/p10/s5041426{}/view.jpg")
    reports = {
        f"{path.rpartition('/')[0]}.txt": text.encode()
        for path, text in zip(images, TEXTS, strict=True)
    }
    return images | reports, captioned(images)


@case
def _validation_alone() -> Case:
    images = photos("val2017/{:012d}.jpg")
    table = {
        "images": [{"id": n, "file_name": base(path)} for n, path in enumerate(images)],
        "annotations": [{"id": n, "image_id": n, "caption": t} for n, t in enumerate(TEXTS)],
    }
    return images | {"annotations/captions_val2017.json": as_json(table)}, captioned(images)


@case
def _some_captions_in_class_folders() -> Case:
    images = photos("north/{}.jpg") | {f"south/{n}.jpg": photo(9 + n) for n in range(3)}
    texts = {"north/0.jpg": (TEXTS[0],), "south/1.jpg": (TEXTS[1],)}
    sidecars = {f"{path[:-4]}.txt": found[0].encode() for path, found in texts.items()}
    return images | sidecars, texts


@case
def _repeats_of_kohya() -> Case:
    images = photos("10_sks dog/{}.jpg") | {f"4_blue vase/{n}.jpg": photo(9 + n) for n in range(3)}
    return images, {path: ("sks dog" if path.startswith("10") else "blue vase",) for path in images}


@case
def _names_of_windows_and_mac() -> Case:
    images = {unicodedata.normalize("NFD", f"images/Café {n}.jpg"): photo(n) for n in range(COUNT)}
    rows = [
        f"C:\\set\\{unicodedata.normalize('NFC', base(path)).upper()};{text}"
        for path, text in zip(images, TEXTS, strict=True)
    ]
    table = "sep=;\r\nfile_name;caption\r\n" + "\r\n".join(rows)
    return images | {"captions.csv": table.encode("cp1252")}, captioned(images)


@case
def _excel_unicode_text() -> Case:
    images = photos("images/{}.jpg")
    rows = [f"{base(path)}\t{text} é" for path, text in zip(images, TEXTS, strict=True)]
    table = "file_name\tcaption\r\n" + "\r\n".join(rows)
    texts = {path: (f"{found[0]} é",) for path, found in captioned(images).items()}
    return images | {"captions.csv": table.encode("utf-16")}, texts


@case
def _null_words_and_commas() -> Case:
    images = photos("images/{}.jpg")
    cells = ["red, small, round", "blue, with a hat", "NaN", "None", "", "owl"]
    rows = [f"{base(path)},{cell}\n" for path, cell in zip(images, cells, strict=True)]
    texts = {path: (cell,) for path, cell in zip(images, cells, strict=True)}
    kept = {path: text for path, text in texts.items() if text[0] not in ("NaN", "None", "")}
    return images | {"c.csv": "".join(["file_name,caption\n", *rows]).encode()}, kept


@case
def _zero_width_characters() -> Case:
    images = photos("{}.jpg")
    sidecars = {
        f"{path[:-4]}.txt": text.replace(" ", " \u200b").encode("utf-8-sig")
        for path, text in zip(images, TEXTS, strict=True)
    }
    # A caption of nothing else is none.
    images["9.jpg"], sidecars["9.txt"] = photo(9), "\u200b\ufeff".encode()
    return images | sidecars, captioned(images)


@case
def _shards_with_names_of_their_own() -> Case:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for number, text in enumerate(TEXTS):
            for part, content in (("input.img", photo(number)), ("outputs.cap", text.encode())):
                info = tarfile.TarInfo(f"sample{number:04d}.{part}")
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    texts = {f"s.tar#sample{number:04d}": (text,) for number, text in enumerate(TEXTS)}
    return {"s.tar": buffer.getvalue()}, texts


@case
def _saved_to_disk() -> Case:
    rows = [{"image": {"bytes": photo(n), "path": None}, "text": t} for n, t in enumerate(TEXTS)]
    table, buffer = pa.Table.from_pylist(rows), io.BytesIO()
    with pa.ipc.new_stream(buffer, table.schema) as writer:
        writer.write_table(table)
    name = "data-00000-of-00001.arrow"
    texts = {f"{name}#{number}": (text,) for number, text in enumerate(TEXTS, 1)}
    return {name: buffer.getvalue(), "state.json": b'{"_split": null}'}, texts


@case
def _workflow_of_comfyui() -> Case:
    images: Files = {}
    for number, text in enumerate(TEXTS):
        nodes = {
            "3": {"class_type": "KSampler", "inputs": {"positive": ["6", 0], "negative": ["7", 0]}},
            "6": {"class_type": "CLIPTextEncode", "inputs": {"text": text}},
            "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry"}},
        }
        info = PngInfo()
        info.add_text("prompt", json.dumps(nodes))
        images[f"ComfyUI_{number:05d}_.png"] = photo(number, "PNG", pnginfo=info)
    return images, captioned(images)


@case
def _boxes_of_yolo() -> Case:
    images = photos("train/images/{}.jpg")
    boxes = {f"train/labels/{n}.txt": b"%d 0.5 0.5 0.2 0.2\n" % n for n in range(COUNT)}
    names = f"train: ../train/images\nnames: [{', '.join(WORDS)}]\n".encode()
    texts = {path: (word,) for path, word in zip(images, WORDS, strict=True)}
    return images | boxes | {"data.yaml": names}, texts


def put(folder: Path, files: Files) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def imported(source: Path, work: Path, *options: str) -> Texts:
    """Import a source and export the dataset; return all texts by the path in the source."""
    dataset, folder = str(work / "dataset"), work / "export"
    assert main(["import", str(source), "--dataset", dataset, "--size", "32", *options]) == 0
    assert main(["export", dataset, "--folder", str(folder)]) == 0
    lines = [
        json.loads(line)
        for table in folder.glob("*/metadata.jsonl")
        for line in table.read_text(encoding="utf-8").splitlines()
    ]
    assert all(line["split"] in ("train", "test") for line in lines)
    return {line["source"]: tuple(line["texts"]) for line in lines}


@pytest.mark.parametrize("name", CASES)
def test_that_texts_are_found_where_tools_leave_them(name, tmp_path):
    files, texts = CASES[name]()
    assert imported(put(tmp_path / "source", files), tmp_path) == texts


def test_that_a_cache_of_the_hub_is_read_through_its_links(tmp_path):
    blobs = put(tmp_path / "source", photos("blobs/{:064x}"))
    snapshot = blobs / "snapshots" / "0f" / "train"
    snapshot.mkdir(parents=True)
    for number, text in enumerate(TEXTS):
        (snapshot / f"{number}.jpg").symlink_to(f"../../../blobs/{number:064x}")
        (snapshot / f"{number}.txt").write_text(text)
    found = imported(blobs, tmp_path)
    assert found == {f"snapshots/0f/train/{n}.jpg": (t,) for n, t in enumerate(TEXTS)}


def locked(content: bytes) -> bytes:
    """Set the flag of encryption in both headers of each member of a ZIP."""
    raw = bytearray(content)
    for mark, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = raw.find(mark)
        while at >= 0:
            raw[at + flags] |= 1
            at = raw.find(mark, at + 4)
    return bytes(raw)


def zipped(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return buffer.getvalue()


ADDRESSES = pa.table({"URL": [f"https://x.org/{n}.jpg" for n in range(6)], "TEXT": list(TEXTS)})
PARQUET = io.BytesIO()
pyarrow.parquet.write_table(ADDRESSES, PARQUET)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (photos("IMG_20240501_1011{:02d}.jpg"), "No texts were found"),
        (photos("00000/img{:08d}.png"), "No texts were found"),
        (photos("s5041426{}/view.jpg"), "No texts were found"),
        ({"train.zip": zipped(photos("{}.jpg"))}, "train.zip. Choose one of them"),
        ({"set.zip": locked(zipped(photos("{}.jpg")))}, "encrypted with a password"),
        ({"part-0.parquet": PARQUET.getvalue()}, "web addresses; nothing is downloaded"),
        ({f"{n}.dcm": b"\0" * 128 + b"DICM" for n in range(3)}, "DICOM"),
        ({f"scan{n}": b"\0" * 128 + b"DICM" for n in range(3)}, "DICOM"),
        ({"a.mp4": b"\0\0\0\x18ftypmp42", "a.txt": b"a kite"}, "videos"),
        ({"a.cr2": b"II*\0", "a.txt": b"a kite"}, "raw photos"),
        ({"a.heic": b"\0\0\0\x18ftypheic", "a.txt": b"a kite"}, "Convert"),
        ({"faces.npz": b"PK"}, "arrays"),
        (photos("images/{}.jpg") | {"labels/0.txt": b"0 .5 .5 .2 .2"}, "numbers instead"),
        ({}, "It holds no file"),
    ],
    ids=lambda value: value.split(";")[0][:20] if isinstance(value, str) else "",
)
def test_that_a_source_without_pairs_is_refused_with_the_reason(files, words, tmp_path, capsys):
    source = tmp_path / "source"
    source.mkdir()
    put(source, files)
    if list(files) == ["set.zip"]:
        source /= "set.zip"
    assert main(["import", str(source), "--dataset", str(tmp_path / "d")]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "d").exists()


def test_that_links_that_lead_out_are_named(tmp_path, capsys):
    put(tmp_path / "store", photos("{}.jpg"))
    (tmp_path / "source").mkdir()
    for path in (tmp_path / "store").iterdir():
        (tmp_path / "source" / path.name).symlink_to(path)
    assert main(["import", str(tmp_path / "source"), "--dataset", str(tmp_path / "d")]) == 2
    assert "are links that lead out of it" in capsys.readouterr().err
