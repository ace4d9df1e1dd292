import json

import numpy as np
import pytest
from hypothesis import given

from engine.control import RunControl
from engine.data.facts import ColumnFacts, TableFacts
from engine.data.store import open_dataset
from engine.data.table_codec import Cells
from engine.data.table_fields import CategoricalField, NumericField
from engine.data.waveform import Sounds
from engine.errors import ConfigError
from engine.importing.build import import_dataset
from engine.importing.formats.format import ImportSpec
from engine.importing.ledger import Reason
from engine.importing.plan import ImageSettings, ImportPlan
from engine.sample.gallery_writer import GalleryWriter, Provenance
from engine.sample.sampler import Samples
from tests.helpers.mutations import mutated, picture
from tests.helpers.sources import best, finished, fuzzed, proposed, scanned, survives

FACTS = {
    "run": "r",
    "dataset": "digits",
    "images_seen": 640,
    "step": 10,
    "seed": 1,
    "direction": "joint",
    "config_hash": "abc",
    "version": "0.1.0",
}
FILES = {
    "000000.png": picture(1),
    "000001.png": picture(2),
    "metadata.jsonl": b"".join(
        json.dumps({"file_name": f"00000{n}.png", "text": text} | FACTS).encode() + b"\n"
        for n, text in enumerate(["one", "two"])
    ),
    "contact_sheet.png": picture(3),
    "index.html": b"<html>",
}


def test_that_a_gallery_that_the_program_saved_is_recognised_and_read(tmp_path):
    images = np.zeros((2, 8, 8, 3), np.uint8)
    with GalleryWriter(tmp_path / "g", Provenance(**FACTS)) as writer:
        writer.add(Samples(columns={"text": ("one", "two"), "image": images}))
    files = {path.name: path.read_bytes() for path in sorted((tmp_path / "g").iterdir())}
    assert best(files) == "gallery"
    found = scanned(files, "gallery")
    assert found.texts == {"000000.png": ("one",), "000001.png": ("two",)}
    assert found.item("000000.png").extras["run"] == "r"
    assert found.item("000000.png").extras["seed"] == "1"
    assert found.skipped_files == dict.fromkeys(
        ("README.md", "contact_sheet.png", "index.html"), Reason.NOT_USED
    )
    assert found.load("000001.png") == files["000001.png"]


def test_that_other_tables_are_no_gallery():
    files = FILES | {"metadata.jsonl": b'{"file_name": "000000.png", "text": "one"}\n'}
    assert proposed(files, "gallery") is None
    assert best(files) == "table_file"
    assert proposed(FILES | {"x.csv": b"a,b\n"}, "gallery", selected_entry="x.csv") is None


def test_that_several_galleries_are_read_together():
    both = {f"{name}/{path}": content for name in "ab" for path, content in FILES.items()}
    found = scanned(both, "gallery")
    assert found.texts["a/000001.png"] == found.texts["b/000001.png"] == ("two",)
    assert len(found.skipped_files) == 4


def test_that_a_gallery_without_metadata_is_refused():
    with pytest.raises(ConfigError):
        scanned({"000000.png": picture()}, "gallery", ImportSpec(format="gallery"))


@fuzzed
@given(mutated(FILES))
def test_that_damaged_galleries_are_survived(files):
    survives(files, "gallery", ImportSpec(format="gallery"))


COUNT = 6


def many_columns() -> tuple[dict, dict[str, ColumnFacts]]:
    """Make two texts, two tables of one field name, sounds of two rates and two pictures."""
    random = np.random.default_rng(0)

    def pixels(channels):
        drawn = random.integers(0, 256, (COUNT, 32, 32, channels), dtype=np.uint8)
        return np.broadcast_to(drawn, (COUNT, 32, 32, 3)).copy()

    def sounds(rate, length):
        waves = random.integers(-9_000, 9_000, (COUNT, length), dtype=np.int16)
        return Sounds(samples=waves, rate=rate, spectrograms=np.zeros((COUNT, 4, 4), np.uint8))

    words = ("a", "b", "c", "d", "e", "f")
    columns = {
        "caption": words,
        "german": tuple(word * 2 for word in words),
        "seed": Cells(
            fields=("size", "run"),
            rows=tuple((None if n == 2 else n / 3, "left") for n in range(COUNT)),
        ),
        "more": Cells(fields=("size",), rows=tuple((("1", "2")[n % 2],) for n in range(COUNT))),
        "voice": sounds(8_000, 700),
        "music": sounds(16_000, 900),
        "left": pixels(3),
        "right": pixels(1),
    }
    size = NumericField(name="size", quantiles=(0.0, 1.0))
    facts: dict[str, ColumnFacts] = {
        "seed": TableFacts(fields=(size, CategoricalField(name="run", values=("left",)))),
        "more": TableFacts(fields=(CategoricalField(name="size", values=("1", "2")),)),
    }
    return columns, facts


def save_many(folder):
    columns, facts = many_columns()
    with GalleryWriter(folder, Provenance(**FACTS), facts) as writer:
        writer.add(Samples(columns=columns))
    return columns


def plan_for(source, dataset):
    files = {path.name: path.read_bytes() for path in sorted(source.iterdir())}
    offered = proposed(files, "gallery")
    assert offered is not None
    return ImportPlan(
        source=source, dataset=dataset, reading=offered.reading, images=ImageSettings(size=32)
    )


def test_that_any_columns_are_read_back_as_they_were(tmp_path):
    columns = save_many(tmp_path / "g")
    finished(plan_for(tmp_path / "g", tmp_path / "back"))
    dataset = open_dataset(tmp_path / "back")
    assert {info.name: info.kind for info in dataset.manifest.columns} == {
        "left": "image",
        "right": "image",
        "caption": "text",
        "german": "text",
        "voice": "audio",
        "music": "audio",
        "seed": "table",
    }
    arrays = {name: np.load(tmp_path / "back" / f"{name}.npy") for name in ("left", "right")}
    waves = {name: np.load(tmp_path / "back" / f"{name}.npy") for name in ("voice", "music")}
    infos = {info.name: info for info in dataset.manifest.columns}
    assert (infos["voice"].rate, infos["music"].rate) == (8_000, 16_000)
    for number, record in enumerate(dataset.records):
        assert record["text"] == columns["caption"][number]
        assert record["german"] == columns["german"][number]
        for name, values in arrays.items():
            np.testing.assert_array_equal(values[number], columns[name][number])
        for name, values in waves.items():
            np.testing.assert_array_equal(values[record[name]], columns[name].samples[number])
        size = columns["seed"].rows[number][0]
        expected = {"run": "left", "more_size": columns["more"].rows[number][0]}
        assert record["seed"] == (expected if size is None else {"size": size, **expected})


def test_that_a_notice_stays_with_the_items(tmp_path):
    said = Provenance(**FACTS, notice="Not for diagnosis")
    with GalleryWriter(tmp_path / "g", said) as writer:
        writer.add(
            Samples(columns={"text": ("one", "two"), "image": many_columns()[0]["left"][:2]})
        )
    for name in ("metadata.jsonl", "columns.json", "index.html", "README.md"):
        assert "Not for diagnosis" in (tmp_path / "g" / name).read_text(encoding="utf-8")
    finished(plan_for(tmp_path / "g", tmp_path / "back"))
    assert open_dataset(tmp_path / "back").manifest.notice == "Not for diagnosis"
    with GalleryWriter(tmp_path / "h", Provenance(**FACTS)) as writer:
        writer.add(Samples(columns={"text": ("one",), "image": many_columns()[0]["left"][:1]}))
    assert "notice" not in (tmp_path / "h/metadata.jsonl").read_text(encoding="utf-8")


def test_that_an_import_of_several_pictures_resumes_to_the_same_dataset(tmp_path):
    save_many(tmp_path / "g")
    whole = finished(plan_for(tmp_path / "g", tmp_path / "whole"))
    plan = plan_for(tmp_path / "g", tmp_path / "out")
    control = RunControl()

    def stop_when_writing(event):
        if getattr(event, "stage", None) == "examining":
            control.request_stop()

    import_dataset(plan, stop_when_writing, control)
    path = tmp_path / ".out.import" / "right.part"
    path.write_bytes(path.read_bytes()[:-100])
    assert finished(plan).version == whole.version


def test_that_a_damaged_picture_of_a_further_column_is_left_out(tmp_path):
    save_many(tmp_path / "g")
    (tmp_path / "g/000001.right.png").write_bytes(b"nothing")
    finished(plan_for(tmp_path / "g", tmp_path / "back"))
    dataset = open_dataset(tmp_path / "back")
    assert dataset.columns["right"].present.tolist() == [True, False, True, True, True, True]
    report = json.loads((tmp_path / "back/report.json").read_text())
    assert [one["path"] for one in report["skipped_files"] if "right" in one["path"]] == [
        "000001.right.png"
    ]


@pytest.mark.parametrize(
    "damage",
    [
        lambda table: b"{}",
        lambda table: b"[" * 10_000,
        lambda table: json.dumps(table | {"format": 2}).encode(),
        lambda table: json.dumps(table | {"columns": table["columns"] * 2}).encode(),
        lambda table: json.dumps(table).replace("right", "../../right").encode(),
        lambda table: json.dumps(table).replace('"left"', '"images"').encode(),
        lambda table: json.dumps(table).replace('"right"', '"image"').encode(),
        lambda table: json.dumps(table).replace("german", "x" * 500).encode(),
        lambda table: json.dumps(table).replace("numeric", "odd").encode(),
    ],
)
def test_that_a_damaged_description_is_ignored(tmp_path, damage):
    save_many(tmp_path / "g")
    files = {path.name: path.read_bytes() for path in sorted((tmp_path / "g").iterdir())}
    files["columns.json"] = damage(json.loads(files["columns.json"]))
    found = scanned(files, "gallery")
    assert len(found.items) == COUNT
    assert all(not item.pictures for item in found.items)
    assert found.skipped_files["columns.json"] is Reason.NOT_USED


def test_that_stated_kinds_that_do_not_fit_are_inferred(tmp_path):
    save_many(tmp_path / "g")
    lines = (tmp_path / "g/metadata.jsonl").read_text().splitlines()
    odd = [
        json.dumps(json.loads(line) | {"size": f"no number {n}"}) for n, line in enumerate(lines)
    ]
    (tmp_path / "g/metadata.jsonl").write_text("\n".join(odd))
    finished(plan_for(tmp_path / "g", tmp_path / "back"))
    table = open_dataset(tmp_path / "back").manifest.columns[-1]
    assert [(field.name, field.kind.value) for field in table.fields] == [
        ("size", "categorical"),
        ("run", "categorical"),
        ("more_size", "categorical"),
    ]


def described() -> dict[str, bytes]:
    """Give a gallery of two pictures and a table, and its description, as files."""
    cells = {"depth": 1.5, "kind": "a"}
    line = {"file_name": "000000.png", "right_file_name": "000000.right.png", "text": "one"}
    info = {
        "format": 1,
        "columns": [
            {"name": "text", "kind": "text", "member": "text"},
            {
                "name": "facts",
                "kind": "table",
                "fields": [
                    {"name": name, "kind": kind, "member": name}
                    for name, kind in (("depth", "numeric"), ("kind", "categorical"))
                ],
            },
            {"name": "image", "kind": "image", "member": "file_name"},
            {"name": "right", "kind": "image", "member": "right_file_name"},
        ],
    }
    return {
        "000000.png": picture(1),
        "000000.right.png": picture(2),
        "metadata.jsonl": json.dumps(line | cells | FACTS).encode(),
        "columns.json": json.dumps(info).encode(),
    }


@fuzzed
@given(mutated(described()))
def test_that_damaged_described_galleries_are_survived(files):
    survives(files, "gallery", ImportSpec(format="gallery", with_fields=True))
