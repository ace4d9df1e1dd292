import itertools
import tarfile
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.config.sections import DataConfig
from engine.control import RunControl
from engine.errors import ConfigError, SourceUnreadableError, StoppedError
from engine.importing.dry_run import ScanFacts, scan_facts
from engine.importing.empty_import import CauseKind
from engine.importing.formats.format import ImportSpec
from engine.importing.ledger import FileLedger, Reason
from engine.importing.plan import ImageSettings, ImportPlan, TextSettings
from engine.importing.preview import (
    BEFORE_SIDE,
    PreviewItem,
    before_and_after,
    planned_images,
    preview,
)
from engine.importing.scan import QuickScan, decoding_hash, list_files, quick_scan
from engine.importing.sources.opening import ArchiveCache, open_archive
from engine.importing.staging import has_staged, staging_folder
from tests.helpers.sources import caption, sidecar_folder, sidecar_plan


def shape(item: PreviewItem):
    return None if item.image is None else item.image.shape


def test_that_previews_are_spread_over_the_source(tmp_path):
    source = sidecar_folder(tmp_path / "source", 100)
    items = preview(sidecar_plan(source, tmp_path / "pets"))
    numbers = [int(item.key.removesuffix(".png")) for item in items]
    assert numbers == [round(99 * place / 11) for place in range(12)]
    assert [item.texts for item in items] == [(caption(number),) for number in numbers]
    assert all(item.problem is None and shape(item) == (32, 32, 3) for item in items)


def test_that_a_preview_shows_what_the_plan_makes(tmp_path):
    source = sidecar_folder(tmp_path / "source", 2)
    pictures = ImageSettings(size=64, channels="grey")
    plan = sidecar_plan(source, tmp_path / "p", images=pictures, texts=TextSettings(max_words=1))
    (first, _second) = preview(plan)
    assert shape(first) == (64, 64, 1)
    assert first.texts == (caption(0).split()[0],)


def test_that_problems_are_named_with_the_item(tmp_path):
    source = sidecar_folder(tmp_path / "source", 5)
    (source / "0001.png").write_bytes(b"GIF89a")
    (source / "0002.txt").unlink()
    (source / "0003.png").unlink()
    plan = sidecar_plan(source, tmp_path / "pets", excluded=frozenset({"0004.png"}))
    problems = {item.key: item.problem for item in preview(plan)}
    assert problems["0000.png"] is None
    assert problems["0001.png"] in {Reason.TRUNCATED, Reason.DAMAGED}
    assert problems["0002.png"] is Reason.NO_TEXT
    assert problems["0003.txt"] is Reason.NO_IMAGE
    assert problems["0004.png"] is Reason.EXCLUDED


def test_that_a_large_source_is_not_read_to_its_end(tmp_path, monkeypatch):
    source = sidecar_folder(tmp_path / "source", 40)
    hours = itertools.count(step=3_600.0)
    monkeypatch.setattr("engine.importing.preview.time.monotonic", lambda: next(hours))
    items = preview(sidecar_plan(source, tmp_path / "pets"))
    assert [item.key for item in items] == [f"{number:04}.png" for number in range(12)]


def test_that_a_surveyed_source_is_not_listed_again(tmp_path, monkeypatch):
    source = sidecar_folder(tmp_path / "source", 5)
    with open_archive(source) as archive:
        listing = list_files(archive, FileLedger(), RunControl())
        monkeypatch.setattr(type(archive), "entries", None)
        items = preview(sidecar_plan(source, tmp_path / "pets"), 3, surveyed=(archive, listing))
    assert [item.key for item in items] == ["0000.png", "0002.png", "0004.png"]


def test_that_a_bad_plan_and_a_stop_are_heeded(tmp_path):
    source = sidecar_folder(tmp_path / "source", 2)
    with pytest.raises(ConfigError):
        preview(sidecar_plan(source, tmp_path / "pets", reading=ImportSpec(format="no")))
    control = RunControl()
    control.request_stop()
    with pytest.raises(StoppedError):
        preview(sidecar_plan(source, tmp_path / "pets"), control=control)


# What the wizard is shown of a source: counts, reasons, images before and after.


def fitted(plan, archive, look):
    made = planned_images(plan, archive, look, RunControl())
    return before_and_after(plan, made, archive, look, RunControl())


def looked_at(source: Path) -> QuickScan:
    with open_archive(source) as archive:
        return quick_scan(archive, lambda _count: None, RunControl())


def facts_of(plan: ImportPlan, tokenizer: str = "word") -> ScanFacts:
    look = looked_at(plan.source)
    with open_archive(plan.source) as archive:
        data = DataConfig(tokenizer=tokenizer)
        return scan_facts(plan, archive, look, data, lambda _count: None, RunControl())


def test_that_a_first_look_counts_files_and_names_what_it_leaves_out(tmp_path):
    source = sidecar_folder(tmp_path / "s", 5)
    (source / "Thumbs.db").write_bytes(b"x")
    look = looked_at(source)
    assert (look.files, look.images, look.texts) == (11, 5, 5)
    assert look.left_out == {Reason.HIDDEN: 1}
    assert look.detections[0].reading.format == "sidecar"


def test_that_a_table_alone_is_offered_but_no_table_of_web_addresses(tmp_path):
    (tmp_path / "cases.csv").write_text("size,kind\n" + "1.5,a\n2.5,b\n" * 3)
    (offer,) = looked_at(tmp_path / "cases.csv").detections
    assert offer.reading.with_fields
    assert (offer.images, offer.field_columns) == (0, ("size", "kind"))
    (tmp_path / "web.csv").write_text("url,text\n" + "https://a.org/1,a cat\n" * 6)
    look = looked_at(tmp_path / "web.csv")
    assert look.detections == ()
    assert look.causes[0].kind is CauseKind.ADDRESSES


def test_that_a_scan_counts_pairs_orphans_and_captions(tmp_path):
    source = sidecar_folder(tmp_path / "s", 4)
    (source / "0000.txt").unlink()
    (source / "alone.txt").write_text("alone")
    facts = facts_of(sidecar_plan(source, tmp_path / "d"))
    assert (facts.pairs, facts.image_only, facts.text_only) == (3, 1, 1)
    assert facts.texts.count == 4
    assert facts.reasons == ()


def test_that_samples_show_first_what_a_plan_changes(tmp_path):
    source = sidecar_folder(tmp_path / "s", 12)
    (source / "0007.txt").write_text("LOUD")
    plan = sidecar_plan(source, tmp_path / "d", texts=TextSettings(case="lower"))
    facts = facts_of(plan)
    assert facts.samples[0] == ("LOUD", "loud")
    assert all(before == after for before, after in facts.samples[1:])


def test_that_texts_that_rare_words_leave_empty_are_counted(tmp_path):
    source = sidecar_folder(tmp_path / "s", 6)
    (source / "0000.txt").write_text("unheardof")
    facts = facts_of(sidecar_plan(source, tmp_path / "d", texts=TextSettings(min_count=2)))
    assert facts.emptied == 1
    assert facts.texts.count == 5


def test_that_a_scan_without_a_pair_says_why(tmp_path):
    source = sidecar_folder(tmp_path / "s", 3)
    for path in source.glob("*.txt"):
        path.unlink()
    facts = facts_of(sidecar_plan(source, tmp_path / "d"))
    assert facts.pairs == 0
    assert [cause.kind for cause in facts.reasons] == [CauseKind.NAMES]
    assert facts.reasons[0].count == 3


def test_that_a_scan_heeds_a_stop(tmp_path):
    plan = sidecar_plan(sidecar_folder(tmp_path / "s", 3), tmp_path / "d")
    look, control = looked_at(plan.source), RunControl()
    control.request_stop()
    with open_archive(plan.source) as archive, pytest.raises(StoppedError):
        scan_facts(plan, archive, look, DataConfig(), lambda _count: None, control)


def test_that_images_are_shown_as_they_are_and_as_they_are_stored(tmp_path):
    source = tmp_path / "s"
    source.mkdir()
    Image.new("RGB", (600, 300), (10, 20, 30)).save(source / "wide.png")
    (source / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    plan = ImportPlan(
        source=source,
        dataset=tmp_path / "d",
        reading=ImportSpec(format="file_names"),
        images=ImageSettings(size=32, shape="square", background="#ff0000"),
    )
    look = looked_at(source)
    with open_archive(source) as archive:
        [shown] = fitted(plan, archive, look)
    assert (shown.width, shown.height) == (600, 300)
    assert shown.before.shape == (BEFORE_SIDE // 2, BEFORE_SIDE, 4)
    assert shown.after.shape == (32, 32, 3)
    assert shown.after[0, 0].tolist() == [255, 0, 0]
    assert shown.after[16, 16].tolist() == [10, 20, 30]
    auto = replace(plan, images=ImageSettings(size=32))
    with open_archive(source) as archive:
        [shown] = fitted(auto, archive, look)
    assert shown.after.shape == (16, 32, 3)
    assert (shown.after == [10, 20, 30]).all()
    assert [shape(item) for item in preview(auto)] == [None, (16, 32, 3)]


def test_that_work_left_behind_is_found_for_its_own_plan_alone(tmp_path):
    plan = sidecar_plan(tmp_path / "s", tmp_path / "d")
    assert not has_staged(plan.dataset, decoding_hash(plan))
    folder = staging_folder(plan.dataset)
    folder.mkdir()
    (folder / "plan.json").write_text('{"plan": "' + decoding_hash(plan) + '"}')
    assert has_staged(plan.dataset, decoding_hash(plan))
    other = sidecar_plan(tmp_path / "s", tmp_path / "d", images=ImageSettings(size=128))
    assert not has_staged(other.dataset, decoding_hash(other))
    (folder / "plan.json").write_text("[]")
    assert not has_staged(plan.dataset, decoding_hash(plan))


def packed(folder: Path, name: str) -> Path:
    source = sidecar_folder(folder / name, 3)
    target = folder / f"{name}.tar.gz"
    with tarfile.open(target, "w:gz") as tar:
        tar.add(source, name)
    return target


def test_that_a_source_stays_open_until_another_is_asked_for(tmp_path):
    kept, control = ArchiveCache(), RunControl()
    first, second = packed(tmp_path, "a"), packed(tmp_path, "b")
    with kept.borrow(first, control) as one, kept.borrow(first, control) as two:
        assert one is two
        with kept.borrow(second, control) as three:
            assert three is not one
        # Whoever still uses the first may go on.
        assert one.read("a/0000.txt", 1000)
    with kept.borrow(second, control) as four:
        assert four is three
    kept.close()


def test_that_a_source_that_has_changed_is_opened_anew(tmp_path):
    kept, control = ArchiveCache(), RunControl()
    source = packed(tmp_path, "a")
    with kept.borrow(source, control) as before:
        pass
    packed(tmp_path, "b").replace(source)
    with kept.borrow(source, control) as after:
        assert after is not before
        assert after.read("b/0000.txt", 1_000)
    kept.close()


def test_that_whoever_waits_for_an_archive_can_be_stopped(tmp_path):
    kept, control = ArchiveCache(), RunControl()
    control.request_stop()
    waited: list[bool] = []

    def wait() -> None:
        with pytest.raises(StoppedError), kept.borrow(tmp_path, control):
            waited.append(False)
        waited.append(True)

    with kept._lock:
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(5)
    assert waited == [True]


def test_that_a_source_that_cannot_be_opened_leaves_the_next_free(tmp_path):
    kept, control = ArchiveCache(), RunControl()
    with pytest.raises(SourceUnreadableError), kept.borrow(tmp_path / "none", control):
        pass
    with kept.borrow(sidecar_folder(tmp_path / "s", 1), control) as archive:
        assert archive.read("0000.txt", 1_000)
    kept.close()


def test_that_before_is_transparent_where_the_image_is(tmp_path):
    source = tmp_path / "s"
    source.mkdir()
    Image.fromarray(np.zeros((8, 8, 4), np.uint8)).save(source / "nothing.png")
    plan = ImportPlan(
        source=source, dataset=tmp_path / "d", reading=ImportSpec(format="file_names")
    )
    look = looked_at(source)
    with open_archive(source) as archive:
        [shown] = fitted(plan, archive, look)
    assert shown.before[..., 3].max() == 0
    assert (shown.after == 255).all()
