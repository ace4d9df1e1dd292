import io
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest
from hypothesis import given

from engine.cli.main import main
from engine.data.store import open_dataset
from engine.errors import ConfigError, EntryError
from engine.importing.formats.format import ImageRef, ImportSpec
from engine.importing.formats.registry import FORMATS
from engine.importing.ledger import FileLedger, Reason
from engine.importing.scan import detect_rows_alone
from tests.helpers.mutations import mutated, picture
from tests.helpers.sounds import tone_file
from tests.helpers.sources import (
    MemoryArchive,
    best,
    fuzzed,
    list_files,
    proposed,
    scanned,
    survives,
)

PICTURES = [picture(shade) for shade in range(200)]
NAME = "data/train-00000-of-00001.parquet"


def parquet(
    columns: Mapping[str, Sequence[object]], notes: object = None, row_group_size: int = 1_000
) -> bytes:
    table = pa.table(dict(columns))
    if notes:
        table = table.replace_schema_metadata({"huggingface": json.dumps(notes)})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, row_group_size=row_group_size)
    return buffer.getvalue()


def hugging_face(count: int = 200, row_group_size: int = 1_000) -> dict[str, bytes]:
    images = [{"bytes": PICTURES[n], "path": f"{n}.png"} for n in range(count)]
    features = {"label": {"names": ["zero", "one"], "_type": "ClassLabel"}}
    columns = {"image": images, "label": [n % 2 for n in range(count)]}
    return {NAME: parquet(columns, {"info": {"features": features}}, row_group_size)}


def test_that_images_as_hugging_face_keeps_them_are_loaded_by_row():
    found = scanned(hugging_face(row_group_size=70) | {"README.md": b"x"}, "parquet")
    assert [item.key for item in found.items] == [f"{NAME}#{n}" for n in range(1, 201)]
    assert found.texts[f"{NAME}#2"] == ("one",)
    assert found.item(f"{NAME}#2").extras == {"label": "one", "split": "train"}
    assert found.skipped_files == {"README.md": Reason.NOT_USED}
    for number in (1, 2, 200, 3, 150, 149, 71, 70):
        assert found.load(f"{NAME}#{number}") == PICTURES[number - 1]


@pytest.mark.parametrize("new", [pa.ipc.new_stream, pa.ipc.new_file])
def test_that_arrow_files_are_read_as_parquet(new):
    table = pq.read_table(io.BytesIO(hugging_face(120)[NAME]))
    buffer = io.BytesIO()
    with new(buffer, table.schema) as writer:
        writer.write_table(table, max_chunksize=50)
    name = "train/data-00000-of-00001.arrow"
    files = {name: buffer.getvalue(), "train/state.json": b'{"_split": "train"}'}
    assert best(files) == "parquet"
    found = scanned(files, "parquet")
    assert len(found.items) == 120
    assert found.texts[f"{name}#2"] == ("one",)
    for number in (1, 120, 51, 50):
        assert found.load(f"{name}#{number}") == PICTURES[number - 1]


@pytest.mark.parametrize("new", [pa.ipc.new_stream, pa.ipc.new_file])
def test_that_rows_of_arrow_without_an_image_are_texts(new):
    rows = [{"image": {"bytes": PICTURES[0], "path": None}, "text": "a cat"}]
    rows += [{"image": None, "text": "a dog"}]
    table = pa.Table.from_pylist(rows)
    buffer = io.BytesIO()
    with new(buffer, table.schema) as writer:
        writer.write_table(table)
    found = scanned({"a.arrow": buffer.getvalue()}, "parquet")
    assert found.texts == {"a.arrow#1": ("a cat",), "a.arrow#2": ("a dog",)}
    assert found.item("a.arrow#2").image is None


def test_that_a_pass_over_all_rows_opens_the_file_once_and_from_several_threads():
    found = scanned(hugging_face(row_group_size=50), "parquet")
    before = found.archive.opened[NAME]
    with ThreadPoolExecutor(4) as threads:
        loaded = list(threads.map(lambda item: found.load(item.key), found.items))
    assert loaded == PICTURES
    assert found.archive.opened[NAME] == before + 1


def test_that_bytes_alone_and_several_captions_are_read():
    columns = {"jpg": PICTURES[:2], "captions": [["a", "b"], ["c"]]}
    found = scanned({"t.parquet": parquet(columns)}, "parquet")
    assert found.texts == {"t.parquet#1": ("a", "b"), "t.parquet#2": ("c",)}
    assert found.load("t.parquet#2") == PICTURES[1]


def test_that_rows_without_an_image_are_texts_or_name_a_file():
    images = [{"bytes": PICTURES[0], "path": None}, {"bytes": None, "path": "x/a.png"}]
    images += [{"bytes": None, "path": None}, None]
    columns = {"image": images, "text": ["inside", "beside", "alone", None]}
    found = scanned({"t.parquet": parquet(columns), "x/a.png": PICTURES[5]}, "parquet")
    assert found.texts == {
        "t.parquet#1": ("inside",),
        "t.parquet#3": ("alone",),
        "x/a.png": ("beside",),
    }
    assert found.item("t.parquet#3").image is None
    assert found.load("x/a.png") == PICTURES[5]
    assert found.skipped_items == {"t.parquet#4": Reason.BAD_ROW}


def test_that_metadata_of_image_folder_name_files_beside_them():
    table = parquet({"file_name": ["a.png", "a.png", "../b.png"], "text": ["one", "two", "x"]})
    files = {
        "train/metadata.parquet": table,
        "train/a.png": PICTURES[0],
        "train/c.png": PICTURES[1],
    }
    found = scanned(files, "parquet")
    assert found.texts == {"train/a.png": ("one", "two"), "train/c.png": ()}
    assert found.skipped_items == {"train/metadata.parquet#3": Reason.BAD_ROW}


def test_that_it_is_the_likeliest_where_it_has_images():
    assert best(hugging_face(5)) == "parquet"
    assert best({"a.png": PICTURES[0], "b.parquet": parquet({"x": [1]})}) == "file_names"


def test_that_bad_files_and_rows_are_named():
    good = parquet({"image": PICTURES[:1], "text": ["x"]})
    found = scanned({"a.parquet": good, "b.parquet": good[:100]}, "parquet")
    assert found.skipped_files == {"b.parquet": Reason.DAMAGED}
    for part in (5_000, 7):
        with pytest.raises(EntryError):
            FORMATS["parquet"].load(found.archive, ImageRef(path="a.parquet", part=part))
    with pytest.raises(EntryError):
        FORMATS["parquet"].load(found.archive, ImageRef(path="b.parquet", part=0))
    with pytest.raises(ConfigError):
        scanned({"a.parquet": good}, "parquet", ImportSpec(format="parquet", text_columns=("y",)))
    with pytest.raises(ConfigError):
        scanned({"a.parquet": good}, "parquet", ImportSpec(format="parquet", table="y"))


def test_that_another_tree_with_the_same_names_is_not_mixed_up():
    for shade in (1, 2, 3):
        archive = MemoryArchive({"t.parquet": parquet({"image": [PICTURES[shade]], "text": ["x"]})})
        assert (
            FORMATS["parquet"].load(archive, ImageRef(path="t.parquet", part=0)) == PICTURES[shade]
        )
        assert not list(FileLedger().skipped_files())
        del archive


FUZZED = hugging_face(8, row_group_size=3)


@fuzzed
@given(mutated(FUZZED))
def test_that_damaged_files_are_survived(files):
    survives(files, "parquet", ImportSpec(format="parquet", image_column="image"))


def test_that_remaining_columns_are_cells_if_asked_for():
    features = {"label": {"names": ["zero", "one"], "_type": "ClassLabel"}}
    columns = {
        "image": [{"bytes": PICTURES[n], "path": f"{n}.png"} for n in range(6)],
        "caption": [f"a sign that says {n}" for n in range(6)],
        "label": [n % 2 for n in range(6)],
        "weight": [0.5, None, 1.5, 2.5, 3.5, 4.5],
        "vector": [[1.0, 2.0]] * 6,
        "is_new": [True, False] * 3,
    }
    files = {NAME: parquet(columns, {"info": {"features": features}})}
    offer = proposed(files, "parquet")
    assert offer is not None
    assert offer.field_columns == ("caption", "label", "weight", "is_new")
    assert not any(item.cells for item in scanned(files, "parquet").items)
    found = scanned(files, "parquet", replace(offer.reading, with_fields=True))
    assert found.item(f"{NAME}#1").cells == {"label": "zero", "weight": 0.5, "is_new": True}
    assert found.item(f"{NAME}#2").cells["weight"] is None


def test_that_rows_without_images_are_items_of_their_own():
    files = {"cases.parquet": parquet({"radius": [1.5, 2.5, 3.5], "kind": ["a", "b", None]})}
    archive = MemoryArchive(files)
    listing = list_files(archive, FileLedger())
    assert proposed(files, "parquet") is None
    (offer,) = detect_rows_alone(archive, listing)
    assert (offer.images, offer.field_columns) == (0, ("radius", "kind"))
    found = scanned(files, "parquet", offer.reading)
    assert [item.cells for item in found.items] == [
        {"radius": 1.5, "kind": "a"},
        {"radius": 2.5, "kind": "b"},
        {"radius": 3.5, "kind": None},
    ]
    assert not any(item.image or item.texts for item in found.items)


TONES = [tone_file(number) for number in range(6)]


def spoken(**columns: Sequence[object]) -> dict[str, bytes]:
    """Make a file with a struct of sounds, as Hugging Face writes them, and further columns."""
    audio = [{"bytes": content, "path": f"{n}.wav"} for n, content in enumerate(TONES)]
    return {NAME: parquet({"speech": audio, "text": list("abcdef"), **columns})}


def heard(found, number: int, column: str = "speech") -> bytes | object:
    ref = found.item(f"{NAME}#{number}").sounds[column]
    return FORMATS["parquet"].load(found.archive, ImageRef(path=ref.path, part=ref.part))


def test_that_sounds_as_hugging_face_keeps_them_are_read_by_row():
    assert best(spoken()) == "parquet"
    found = scanned(spoken(), "parquet")
    assert found.texts[f"{NAME}#3"] == ("c",)
    assert all(item.image is None for item in found.items)
    assert [heard(found, number) for number in (1, 6, 2)] == [TONES[0], TONES[5], TONES[1]]


def test_that_sounds_may_stand_beside_images_and_be_plain_bytes():
    files = {NAME: parquet({"image": PICTURES[:6], "wav": TONES, "label": list("abcdef")})}
    found = scanned(files, "parquet")
    assert found.load(f"{NAME}#2") == PICTURES[1]
    assert heard(found, 2, "wav") == TONES[1]
    # What the file declares counts more than what its first rows look like.
    notes = {"info": {"features": {"image": {"_type": "Audio"}, "wav": {"_type": "Image"}}}}
    files = {NAME: parquet({"image": PICTURES[:6], "wav": TONES}, notes)}
    (offered,) = [proposed(files, "parquet")]
    assert offered is not None
    assert (offered.reading.image_column, offered.reading.audio_columns) == ("wav", ("image",))


def test_that_rows_may_lack_a_sound_or_name_a_file():
    rows = [
        {"bytes": TONES[0], "path": None},
        None,
        {"bytes": None, "path": "clips/far.wav"},
        {"bytes": None, "path": "clips/nowhere.wav"},
    ]
    files = {
        NAME: parquet({"speech": rows, "text": list("abcd")}),
        "data/clips/far.wav": TONES[1],
    }
    found = scanned(files, "parquet")
    sounds = [item.sounds.get("speech") for item in found.items]
    assert [ref and ref.path for ref in sounds] == [NAME, None, "data/clips/far.wav", None]
    assert not found.skipped_files


def test_that_sounds_of_parquet_are_imported(tmp_path):
    broken = [*TONES[:4], b"RIFF nothing", b""]
    audio = [{"bytes": content, "path": None} for content in broken]
    (tmp_path / "in.parquet").write_bytes(parquet({"speech": audio, "text": list("abcdef")}))
    assert main(["import", str(tmp_path / "in.parquet"), "--dataset", str(tmp_path / "out")]) == 0
    dataset = open_dataset(tmp_path / "out")
    kinds = {info.name: info.kind for info in dataset.manifest.columns}
    assert kinds == {"text": "text", "speech": "audio"}
    assert int(dataset.columns["speech"].present.sum()) == 4
    report = json.loads((tmp_path / "out/report.json").read_text())
    skipped = {one["path"]: one["reason"] for one in report["skipped_items"]}
    assert skipped["in.parquet#5.speech"] == "not_audio"
    counts = report["counts"]
    assert counts["items_found"] == counts["items_imported"] + counts["items_skipped"]


@fuzzed
@given(mutated(spoken()))
def test_that_damaged_files_of_sounds_are_survived(files):
    survives(files, "parquet", ImportSpec(format="parquet"))
