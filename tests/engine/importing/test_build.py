import json
import threading

import numpy as np
import pytest
from PIL import Image

from engine.control import RunControl
from engine.data.image_shape import ImageShape
from engine.data.manifest import read_manifest
from engine.data.store import open_dataset
from engine.errors import (
    ConfigError,
    FilesSkippedError,
    FolderInUseError,
    NothingToImportError,
    SourceUnreadableError,
)
from engine.events import ImportProgressed, ImportStage, Outcome
from engine.importing.build import import_dataset
from engine.importing.formats.format import ImportSpec
from engine.importing.plan import Fix, ImageSettings, Issue, TextSettings
from tests.helpers.sources import (
    caption,
    failed,
    finished,
    picture,
    run,
    sidecar_folder,
    sidecar_plan,
)


def report_of(dataset):
    return json.loads((dataset / "report.json").read_text())


@pytest.fixture
def source(tmp_path):
    return sidecar_folder(tmp_path / "source", 20)


def test_that_pictures_and_texts_arrive_as_they_are(source, tmp_path):
    ended = finished(sidecar_plan(source, tmp_path / "pets"))
    dataset = open_dataset(tmp_path / "pets")
    assert ended.version == dataset.manifest.version
    assert (ended.imported, ended.skipped) == (20, 0)
    assert dataset.texts == [caption(number) for number in range(20)]
    assert [record["key"] for record in dataset.records] == [f"{n:04}.png" for n in range(20)]
    expected = np.asarray(picture(3).resize((32, 32), Image.Resampling.LANCZOS))
    assert np.abs(dataset.images[3].astype(int) - expected).max() <= 2


def test_that_nothing_is_left_but_the_dataset(source, tmp_path):
    finished(sidecar_plan(source, tmp_path / "pets"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pets", "source"]
    assert sorted(path.name for path in (tmp_path / "pets").iterdir()) == [
        "images.npy",
        "items.arrow",
        "manifest.json",
        "report.html",
        "report.json",
    ]


def test_that_equal_plans_give_equal_datasets(source, tmp_path):
    versions = {finished(sidecar_plan(source, tmp_path / name)).version for name in ("a", "b")}
    other = sidecar_plan(source, tmp_path / "c", texts=TextSettings(case="lower", max_words=2))
    assert len(versions | {finished(other).version}) == 2


def test_that_progress_comes_stage_by_stage(source, tmp_path):
    events = []
    import_dataset(sidecar_plan(source, tmp_path / "pets"), events.append, RunControl())
    stages = [event.stage for event in events if isinstance(event, ImportProgressed)]
    assert list(dict.fromkeys(stages)) == list(ImportStage)
    decoding = [e for e in events[:-1] if e.stage is ImportStage.DECODING]
    assert (decoding[-1].done, decoding[-1].total) == (20, 20)


def test_that_grey_is_found_out_at_the_end(tmp_path):
    grey = sidecar_folder(tmp_path / "grey", 6, grey=True)
    finished(sidecar_plan(grey, tmp_path / "a"))
    picture(99).save(grey / "colour.png")
    (grey / "colour.txt").write_text("colour")
    finished(sidecar_plan(grey, tmp_path / "b"))
    finished(sidecar_plan(grey, tmp_path / "c", images=ImageSettings(size=32, channels="grey")))
    channels = [read_manifest(tmp_path / name).channels for name in "abc"]
    assert channels == [1, 3, 1]
    both = [open_dataset(tmp_path / name).images[:6].astype(int) for name in "ac"]
    assert np.abs(both[0] - both[1]).max() <= 1


def test_that_several_captions_are_kept_or_the_first(source, tmp_path):
    (source / "0000.caption").write_text("another text")
    finished(sidecar_plan(source, tmp_path / "all"))
    first = open_dataset(tmp_path / "all").records[0]
    assert set(first["texts"]) == {caption(0), "another text"}
    assert first["text"] == first["texts"][0]
    finished(sidecar_plan(source, tmp_path / "first", texts=TextSettings(captions="first")))
    assert "texts" not in open_dataset(tmp_path / "first").records[0]


def test_that_halves_of_pairs_are_skipped_or_kept(source, tmp_path):
    (source / "0001.txt").unlink()
    (source / "0002.png").unlink()
    finished(sidecar_plan(source, tmp_path / "pairs"))
    assert read_manifest(tmp_path / "pairs").items == 18
    reasons = {
        item["path"]: item["reason"] for item in report_of(tmp_path / "pairs")["skipped_items"]
    }
    assert reasons == {"0001.png": "no_text", "0002.txt": "no_image"}
    plan = sidecar_plan(source, tmp_path / "all", keep_image_only=True, keep_text_only=True)
    finished(plan)
    manifest = open_dataset(tmp_path / "all").manifest
    assert (manifest.pairs, manifest.image_only, manifest.text_only) == (18, 1, 1)


def test_that_every_file_and_item_is_accounted_for(source, tmp_path):
    (source / "0001.png").write_bytes((source / "0001.png").read_bytes()[:60])
    (source / "0002.png").write_bytes(b"")
    (source / "0003.txt").unlink()
    (source / "read-me.md").write_text("hello")
    (source / "._0004.png").write_bytes(b"x")
    (source / "copy.png").write_bytes((source / "0005.png").read_bytes())
    (source / "copy.txt").write_text("the same")
    found = sum(path.is_file() for path in source.rglob("*"))
    ended = finished(sidecar_plan(source, tmp_path / "pets"))
    report = report_of(tmp_path / "pets")
    counts = report["counts"]
    assert counts["adds_up"]
    assert counts["files_found"] == found
    assert counts["files_found"] == counts["files_used"] + len(report["skipped_files"])
    assert counts["items_found"] == ended.imported + len(report["skipped_items"])
    files = {file["path"]: file["reason"] for file in report["skipped_files"]}
    assert files["0002.png"] == "empty"
    assert files["0003.png"] == "no_text"
    assert files["._0004.png"] == "hidden"
    assert files["read-me.md"] == "not_used"
    assert files["0001.png"] in {"truncated", "damaged"}
    items = {item["path"]: item["reason"] for item in report["skipped_items"]}
    assert items["copy.png"] == "same_image"


def test_that_equal_images_are_merged_with_all_their_captions(source, tmp_path):
    (source / "copy.png").write_bytes((source / "0005.png").read_bytes())
    (source / "copy.txt").write_text("the same")
    finished(sidecar_plan(source, tmp_path / "merged"))
    record = open_dataset(tmp_path / "merged").records[5]
    assert record["texts"] == [caption(5), "the same"]
    kept = sidecar_plan(source, tmp_path / "kept", repairs={Issue.SAME_IMAGE: Fix.KEEP})
    assert finished(kept).imported == 21


def test_that_what_the_user_excludes_is_left_out(source, tmp_path):
    finished(sidecar_plan(source, tmp_path / "pets", excluded=frozenset({"0003.png"})))
    keys = [record["key"] for record in open_dataset(tmp_path / "pets").records]
    assert len(keys) == 19
    assert "0003.png" not in keys


def test_that_a_source_says_itself_what_is_for_validation(tmp_path):
    sidecar_folder(tmp_path / "source" / "train", 5)
    for number in range(5, 8):
        folder = tmp_path / "source" / "test"
        folder.mkdir(exist_ok=True)
        picture(number).save(folder / f"{number}.png")
        (folder / f"{number}.txt").write_text(caption(number))
    finished(sidecar_plan(tmp_path / "source", tmp_path / "pets", validation_percent=50))
    records = open_dataset(tmp_path / "pets").records
    assert {r["key"] for r in records if r["split"] == "held_out"} == {
        f"test/{number}.png" for number in range(5, 8)
    }


def test_that_a_stop_before_anything_leaves_nothing(source, tmp_path):
    control = RunControl()
    control.request_stop()
    assert run(sidecar_plan(source, tmp_path / "pets"), control).outcome is Outcome.STOPPED
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_that_a_stop_from_another_thread_ends_it_soon(tmp_path):
    source = sidecar_folder(tmp_path / "source", 300, size=200)
    control = RunControl()
    threading.Timer(0.15, control.request_stop).start()
    ended = run(sidecar_plan(source, tmp_path / "pets"), control)
    assert ended.outcome is Outcome.STOPPED
    assert not (tmp_path / "pets").exists()


def test_that_a_folder_in_use_is_left_alone(source, tmp_path):
    (tmp_path / "pets").mkdir()
    (tmp_path / "pets" / "mine.txt").write_text("mine")
    assert isinstance(failed(sidecar_plan(source, tmp_path / "pets")), FolderInUseError)
    assert [path.name for path in (tmp_path / "pets").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    "changes",
    [
        {"reading": ImportSpec(format="nonsense")},
        {"images": ImageSettings(size=33)},
        {"images": ImageSettings(background="white")},
        {"validation_percent": 99},
        {"repairs": {Issue.HIDDEN: Fix.MERGE}},
    ],
)
def test_that_a_bad_plan_is_refused(source, tmp_path, changes):
    assert isinstance(failed(sidecar_plan(source, tmp_path / "pets", **changes)), ConfigError)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_that_a_source_that_is_not_there_is_refused(tmp_path):
    error = failed(sidecar_plan(tmp_path / "nowhere", tmp_path / "pets"))
    assert isinstance(error, SourceUnreadableError)
    assert list(tmp_path.iterdir()) == []


def test_that_reasons_are_given_where_nothing_matches(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "texts").mkdir()
    for number in range(7):
        picture(number).save(source / f"{number}.png")
    for number in range(3):
        (source / "texts" / f"{number}.txt").write_text("words")
    for number in range(50, 52):
        (source / "texts" / f"{number}.txt").write_text("words")
    reading = ImportSpec(format="file_names")
    (tmp_path / "empty").mkdir()
    error = failed(sidecar_plan(tmp_path / "empty", tmp_path / "none", reading=reading))
    assert isinstance(error, NothingToImportError)
    assert error.reasons == ("It holds no file.",)
    lonely = failed(sidecar_plan(source, tmp_path / "pets"))
    assert isinstance(lonely, NothingToImportError)
    assert 1 <= len(lonely.reasons) <= 3
    assert "7 images have no text" in lonely.reasons[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "source"]


def test_that_strict_refuses_what_is_skipped_but_not_what_is_hidden(source, tmp_path):
    (source / "Thumbs.db").write_bytes(b"x")
    finished(sidecar_plan(source, tmp_path / "fine"), is_strict=True)
    (source / "notes.md").write_text("x")
    error = failed(sidecar_plan(source, tmp_path / "pets"), is_strict=True)
    assert isinstance(error, FilesSkippedError)
    assert (error.count, error.first) == (1, "notes.md")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fine", "source"]


def test_that_an_unforeseen_error_is_told_and_logged(source, tmp_path, monkeypatch, problem_log):
    def fail(*_arguments):
        raise ZeroDivisionError

    monkeypatch.setattr("engine.importing.build.apply_decisions", fail)
    assert isinstance(failed(sidecar_plan(source, tmp_path / "pets")), ZeroDivisionError)
    problem_log.expect("failed", logger="engine.importing.build")


@pytest.mark.parametrize(
    ("size", "chosen", "expected"),
    [
        ((160, 120), "auto", ImageShape(24, 32)),
        ((120, 160), "auto", ImageShape(32, 24)),
        ((192, 108), "auto", ImageShape(18, 32)),
        ((160, 160), "auto", ImageShape(32, 32)),
        ((300, 30), "auto", ImageShape(8, 32)),
        ((160, 120), "square", ImageShape(32, 32)),
        ((160, 120), "16:9", ImageShape(18, 32)),
    ],
)
def test_that_a_dataset_has_the_shape_of_its_images_or_the_chosen_one(
    tmp_path, size, chosen, expected
):
    source = sidecar_folder(tmp_path / "source", 12, shape=size)
    finished(sidecar_plan(source, tmp_path / "pets", images=ImageSettings(size=32, shape=chosen)))
    dataset = open_dataset(tmp_path / "pets")
    assert dataset.manifest.image_shape == dataset.images.shape[1:3] == expected
    report = report_of(tmp_path / "pets")
    assert (report["image_height"], report["image_width"]) == expected
    assert (
        f"{expected.width} x {expected.height} px"
        in (tmp_path / "pets" / "report.html").read_text()
    )


def test_that_one_image_in_ten_may_differ_and_is_padded(tmp_path):
    source = sidecar_folder(tmp_path / "source", 20, shape=(160, 120))
    for number in (3, 7):
        picture(number).save(source / f"{number:04}.png")
    finished(sidecar_plan(source, tmp_path / "pets"))
    dataset = open_dataset(tmp_path / "pets")
    assert dataset.manifest.image_shape == (24, 32)
    for number in (3, 7):
        assert (dataset.images[number][:, :4] == 255).all()
        assert (dataset.images[number][:, 28:] == 255).all()
        expected = np.asarray(picture(number).resize((24, 24), Image.Resampling.LANCZOS))
        assert np.abs(dataset.images[number][:, 4:28].astype(int) - expected).max() <= 2
    picture(11).save(source / "0011.png")
    finished(sidecar_plan(source, tmp_path / "mixed"))
    assert open_dataset(tmp_path / "mixed").manifest.image_shape == (32, 32)


def test_that_unreadable_images_do_not_decide_the_shape(tmp_path):
    source = sidecar_folder(tmp_path / "source", 12, shape=(160, 120))
    for number in range(4):
        (source / f"{number:04}.png").write_bytes(b"no image")
    ended = finished(sidecar_plan(source, tmp_path / "pets"))
    assert ended.imported == 8
    assert open_dataset(tmp_path / "pets").manifest.image_shape == (24, 32)
