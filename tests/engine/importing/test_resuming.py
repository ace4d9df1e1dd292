import contextlib
import os
from dataclasses import replace
from types import SimpleNamespace

import pytest

from engine.control import RunControl
from engine.data.store import open_dataset
from engine.errors import (
    DiskFullError,
    SourceUnreadableError,
)
from engine.events import ImportProgressed, ImportStage, Outcome
from engine.importing.build import import_dataset
from engine.importing.decode import Decoder
from engine.importing.formats.format import ImportSpec
from engine.importing.plan import ImageSettings, TextSettings
from engine.importing.staging import Staging
from tests.helpers.disks import fill_disk
from tests.helpers.kill_import import import_whole, kill_import
from tests.helpers.sounds import four_column_folder
from tests.helpers.sources import failed, finished, picture, sidecar_folder, sidecar_plan


@pytest.fixture
def source(tmp_path):
    return sidecar_folder(tmp_path / "source", 20)


def test_that_a_stop_leaves_work_to_be_gone_on_with(source, tmp_path):
    expected = finished(sidecar_plan(source, tmp_path / "whole")).version
    plan, control = sidecar_plan(source, tmp_path / "pets"), RunControl()

    events = []

    def stop(event):
        events.append(event)
        if isinstance(event, ImportProgressed) and event.stage is ImportStage.WRITING:
            control.request_stop()

    import_dataset(plan, stop, control)
    assert events[-1].outcome is Outcome.STOPPED
    assert not plan.dataset.exists()
    with counted_decodes() as decodes:
        assert finished(plan).version == expected
    assert decodes == []
    assert not (tmp_path / ".pets.import").exists()


@pytest.mark.parametrize("stage", list(ImportStage))
def test_that_an_import_that_is_stopped_at_any_stage_gives_the_same_dataset(
    source, tmp_path, stage
):
    expected = finished(sidecar_plan(source, tmp_path / "whole")).version
    plan, control, events = sidecar_plan(source, tmp_path / "pets"), RunControl(), []

    def stop(event):
        events.append(event)
        if isinstance(event, ImportProgressed) and event.stage is stage:
            control.request_stop()

    import_dataset(plan, stop, control)
    assert events[-1].outcome is Outcome.STOPPED
    assert not plan.dataset.exists()
    assert finished(plan).version == expected
    names = ("items.arrow", "images.npy")
    whole, resumed = ([(tmp_path / d / n).read_bytes() for n in names] for d in ("whole", "pets"))
    assert resumed == whole


@contextlib.contextmanager
def counted_decodes():
    """List the keys of the images that are decoded meanwhile."""
    fit, keys = Decoder._fit, []

    def counting(decoder, sample):
        keys.append(sample.key)
        return fit(decoder, sample)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Decoder, "_fit", counting)
        yield keys


def stop_after(count, monkeypatch):
    """Let the disk be full once so many items are staged."""
    append = Staging.append

    def fail_late(staging, decoded):
        if len(staging.items) >= count:
            raise DiskFullError(staging.folder, 1, 0)
        return append(staging, decoded)

    monkeypatch.setattr(Staging, "append", fail_late)


@pytest.mark.parametrize("name", ["items.jsonl", "images.part"])
@pytest.mark.parametrize("cut", [0, 1, 77, 3_072, 10_000])
def test_that_an_import_goes_on_after_torn_tails(source, tmp_path, monkeypatch, name, cut):
    expected = finished(sidecar_plan(source, tmp_path / "whole")).version
    plan = sidecar_plan(source, tmp_path / "pets")
    with monkeypatch.context() as patch:
        stop_after(12, patch)
        assert isinstance(failed(plan), DiskFullError)
    path = tmp_path / ".pets.import" / name
    content = path.read_bytes()
    path.write_bytes(content[: max(0, len(content) - cut)])
    with counted_decodes() as decodes:
        assert finished(plan).version == expected
    if cut == 0:
        assert sorted(decodes) == [f"{number:04}.png" for number in range(12, 20)]
    assert not (tmp_path / ".pets.import").exists()


def test_that_a_full_disk_leaves_no_half_dataset(source, tmp_path, monkeypatch):
    plan = sidecar_plan(source, tmp_path / "pets")
    with monkeypatch.context() as patch:
        stop_after(5, patch)
        error = failed(plan)
    assert isinstance(error, DiskFullError)
    assert not plan.dataset.exists()
    assert finished(plan).imported == 20


def test_that_a_disk_that_fills_while_publishing_leaves_no_half_dataset(
    source, tmp_path, monkeypatch
):
    expected = finished(sidecar_plan(source, tmp_path / "whole")).version
    plan = sidecar_plan(source, tmp_path / "pets")

    def fail(_file):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        # The writer's own ``os``: the staging syncs too, and that must succeed.
        patch.setattr("engine.data.writer.os", SimpleNamespace(**{**vars(os), "fsync": fail}))
        assert isinstance(failed(plan), DiskFullError)
    assert not plan.dataset.exists()
    with counted_decodes() as decodes:
        assert finished(plan).version == expected
    assert decodes == []


def test_that_missing_room_is_noticed_before_the_work(source, tmp_path, monkeypatch):
    monkeypatch.setattr("engine.fs.atomic.free_bytes", lambda _folder: 50_000)
    with counted_decodes() as decodes:
        assert isinstance(failed(sidecar_plan(source, tmp_path / "pets")), DiskFullError)
    assert decodes == []


@pytest.mark.parametrize("change", ["plan", "name", "size", "time"])
def test_that_another_plan_or_a_changed_source_starts_over(source, tmp_path, monkeypatch, change):
    plan = sidecar_plan(source, tmp_path / "pets")
    with monkeypatch.context() as patch:
        stop_after(12, patch)
        failed(plan)
    if change == "plan":
        plan = replace(plan, images=ImageSettings(size=32, fit="stretch"))
    elif change == "name":
        for suffix in ("png", "txt"):
            (source / f"0000.{suffix}").rename(source / f"a.{suffix}")
    elif change == "size":
        (source / "0000.txt").write_text("quite another text than before")
    else:
        picture(50).save(source / "0000.png")
    with counted_decodes() as decodes:
        ended = finished(plan)
    assert len(decodes) == 20
    twin = replace(plan, dataset=tmp_path / "twin")
    assert ended.version == finished(twin).version


def test_that_another_text_plan_goes_on_with_the_same_pixels(source, tmp_path, monkeypatch):
    plan = sidecar_plan(source, tmp_path / "pets")
    with monkeypatch.context() as patch:
        stop_after(12, patch)
        failed(plan)
    plan = replace(plan, texts=TextSettings(max_words=1))
    with counted_decodes() as decodes:
        ended = finished(plan)
    assert len(decodes) == 8
    assert ended.version == finished(replace(plan, dataset=tmp_path / "twin")).version


def test_that_a_source_that_is_pulled_out_leaves_work_to_be_gone_on_with(
    source, tmp_path, monkeypatch
):
    expected = finished(sidecar_plan(source, tmp_path / "whole")).version
    plan, away = sidecar_plan(source, tmp_path / "pets"), tmp_path / "away"
    append = Staging.append

    def pull(staging, decoded):
        if len(staging.items) == 3 and source.exists():
            source.rename(away)
        return append(staging, decoded)

    monkeypatch.setattr("engine.importing.decode.BATCH", 1)
    monkeypatch.setattr("engine.importing.decode.AHEAD", 1)
    with monkeypatch.context() as patch:
        patch.setattr(Staging, "append", pull)
        assert isinstance(failed(plan), SourceUnreadableError)
    away.rename(source)
    assert finished(plan).version == expected


def test_that_an_import_killed_at_any_moment_gives_the_same_dataset(tmp_path):
    source = sidecar_folder(tmp_path / "source", 600)
    expected = import_whole(source, tmp_path / "whole")
    assert kill_import(source, tmp_path / "pets", kills=2, longest_s=0.1) >= 1
    if not (tmp_path / "pets").exists():
        import_whole(source, tmp_path / "pets")
    assert open_dataset(tmp_path / "pets").manifest.version == expected
    assert {path.name for path in tmp_path.iterdir()} <= {"source", "whole", "pets"}


# --------------------------------------------------------------------------
# Images, texts, sounds and a table.


def four_column_plan(source, dataset):
    reading = ImportSpec(
        format="table_file",
        table="metadata.csv",
        image_column="file_name",
        text_columns=("text",),
        audio_columns=("speech",),
        with_fields=True,
    )
    return sidecar_plan(source, dataset, reading=reading)


def test_that_four_columns_are_imported(tmp_path):
    source = four_column_folder(tmp_path / "source")
    finished(four_column_plan(source, tmp_path / "four"))
    columns = open_dataset(tmp_path / "four").columns
    assert [column.kind for column in columns.values()] == ["image", "text", "audio", "table"]


@pytest.mark.parametrize("name", ["items.jsonl", "images.part", "speech.part"])
@pytest.mark.parametrize("cut", [1, 5_000])
def test_that_four_columns_go_on_after_torn_tails(tmp_path, monkeypatch, name, cut):
    source = four_column_folder(tmp_path / "source")
    expected = finished(four_column_plan(source, tmp_path / "whole")).version
    plan = four_column_plan(source, tmp_path / "four")
    with monkeypatch.context() as patch:
        stop_after(7, patch)
        assert isinstance(failed(plan), DiskFullError)
    path = tmp_path / ".four.import" / name
    content = path.read_bytes()
    path.write_bytes(content[: max(0, len(content) - cut)])
    assert finished(plan).version == expected
    assert {path.name for path in tmp_path.iterdir()} == {"source", "whole", "four"}


@pytest.mark.parametrize("name", ["images.npy", "speech.npy", "items.arrow"])
def test_that_a_disk_that_fills_amid_any_file_keeps_what_is_staged(tmp_path, monkeypatch, name):
    source = four_column_folder(tmp_path / "source")
    expected = finished(four_column_plan(source, tmp_path / "whole")).version
    plan = four_column_plan(source, tmp_path / "four")
    with monkeypatch.context() as patch:
        fill_disk(patch, name, 1_000)
        assert isinstance(failed(plan), DiskFullError)
    assert not plan.dataset.exists()
    left = {path.name for path in tmp_path.iterdir() if path.name.startswith(".")}
    assert left == {".four.import"}
    with counted_decodes() as decodes:
        assert finished(plan).version == expected
    assert decodes == []


@pytest.mark.slow
def test_that_an_import_of_four_columns_killed_at_any_moment_gives_the_same_dataset(tmp_path):
    source = four_column_folder(tmp_path / "source", 200)
    expected = import_whole(source, tmp_path / "whole", "--fields")
    dataset = tmp_path / "four"
    assert kill_import(source, dataset, "--fields", kills=2, longest_s=0.1) >= 1
    if not dataset.exists():
        import_whole(source, dataset, "--fields")
    assert open_dataset(dataset).manifest.version == expected
    assert {path.name for path in tmp_path.iterdir()} <= {"source", "whole", "four"}
