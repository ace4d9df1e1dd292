from dataclasses import replace

import numpy as np
import pytest

from engine.control import RunControl
from engine.data.store import open_dataset
from engine.errors import SourceUnreadableError, StoppedError
from engine.importing.build import import_dataset, record_of
from engine.importing.dataset_checks import check_dataset
from engine.importing.dry_run import dry_run
from engine.importing.empty_import import CauseKind
from engine.importing.formats.format import ImportSpec
from engine.importing.plan import Fix, ImageSettings, ImportPlan, Issue, TextSettings
from tests.helpers.sounds import save_tone
from tests.helpers.sources import caption, picture, sidecar_folder, sidecar_plan


@pytest.fixture
def source(tmp_path):
    folder = sidecar_folder(tmp_path / "source", 20)
    (folder / "copy.png").write_bytes((folder / "0005.png").read_bytes())
    (folder / "copy.txt").write_text("the same")
    (folder / "0007.txt").unlink()
    return folder


def examine(plan):
    return dry_run(plan, lambda _event: None, RunControl())


def test_that_an_examination_says_what_the_import_then_does(source, tmp_path):
    plan = sidecar_plan(source, tmp_path / "pets")
    before = sorted(tmp_path.rglob("*"))
    found = examine(plan)
    assert sorted(tmp_path.rglob("*")) == before
    import_dataset(plan, lambda _event: None, RunControl())
    dataset = open_dataset(plan.dataset)
    assert [dict(record) for record in dataset.records] == [
        record_of(kept) for kept in found.result.kept
    ]
    assert found.counts.items_imported == dataset.manifest.items == 19
    assert found.counts.adds_up
    assert found.channels == dataset.manifest.channels == 3


def test_that_issues_texts_and_sizes_are_told(source, tmp_path):
    picture(77, 100).resize((100, 50)).save(source / "0001.png")
    found = examine(sidecar_plan(source, tmp_path / "pets"))
    assert found.result.check_report.report(Issue.NO_TEXT).keys == ("0007.png",)
    assert found.result.check_report.report(Issue.SAME_IMAGE).keys == ("copy.png",)
    assert dict(found.sizes) == {(40, 40): 20, (100, 50): 1}
    assert found.text_facts.count == 20
    assert dict(found.text_facts.scripts)["Latin"] == 1.0
    assert found.likely_causes == ()


def test_that_another_repair_needs_no_second_look_at_the_images(source, tmp_path):
    plan = sidecar_plan(source, tmp_path / "pets")
    found = examine(plan)
    other = replace(
        plan,
        repairs={Issue.SAME_IMAGE: Fix.KEEP},
        keep_image_only=True,
        texts=TextSettings(max_words=1),
        excluded=frozenset({"0002.png"}),
    )
    again, fresh = found.with_plan(other), examine(other)
    assert [*map(record_of, again.result.kept)] == [*map(record_of, fresh.result.kept)]
    assert again.counts == fresh.counts != found.counts
    assert found.with_plan(plan).counts == found.counts
    with pytest.raises(ValueError, match="differently"):
        found.with_plan(replace(plan, images=ImageSettings(size=64)))


def test_that_issues_have_small_images(source, tmp_path):
    found = examine(sidecar_plan(source, tmp_path / "pets"))
    small = found.thumbnails(["copy.png", "0005.png", "nowhere.png"], size=16)
    assert small.keys() == {"copy.png", "0005.png"}
    assert small["copy.png"].shape == (16, 16, 3)
    assert np.array_equal(small["copy.png"], small["0005.png"])
    many = [f"{number:04}.png" for number in range(20)] * 10
    assert len(found.thumbnails(many)) == 20


def test_that_sounds_alone_have_small_spectrograms_and_a_shape(tmp_path):
    for number in range(3):
        save_tone(tmp_path / "source/dog" / f"{number}.wav", number)
    (tmp_path / "source/dog/2.wav").write_bytes(b"no sound")
    reading = ImportSpec(format="class_folders")
    plan = ImportPlan(source=tmp_path / "source", dataset=tmp_path / "d", reading=reading)
    found = examine(plan)
    assert found.audio_shape is not None
    assert found.audio_shape.rate == 8_000
    small = found.thumbnails(["dog/0.wav", "dog/1.wav", "dog/2.wav"], size=16)
    assert small.keys() == {"dog/0.wav", "dog/1.wav"}
    assert small["dog/0.wav"].shape == (16, 16, 3)
    assert not np.array_equal(small["dog/0.wav"], small["dog/1.wav"])


def test_that_nothing_to_train_on_is_explained(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for number in range(4):
        picture(number).save(source / f"{number}.png")
    found = examine(sidecar_plan(source, tmp_path / "pets"))
    assert not found.result.is_trainable
    assert [(r.kind, r.count) for r in found.likely_causes] == [(CauseKind.NAMES, 4)]


def test_that_captions_in_another_folder_are_noticed(tmp_path):
    (tmp_path / "source" / "words").mkdir(parents=True)
    for number in range(4):
        picture(number).save(tmp_path / "source" / f"{number}.png")
        (tmp_path / "source" / "words" / f"{number}.txt").write_text(caption(number))
    found = examine(sidecar_plan(tmp_path / "source", tmp_path / "pets"))
    assert CauseKind.TEXTS_ELSEWHERE in [cause.kind for cause in found.likely_causes]


def test_that_an_examination_can_be_stopped(source, tmp_path):
    control = RunControl()

    def stop(_event):
        control.request_stop()

    with pytest.raises(StoppedError):
        dry_run(sidecar_plan(source, tmp_path / "pets"), stop, control)


def test_that_a_source_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(SourceUnreadableError):
        examine(sidecar_plan(tmp_path / "nowhere", tmp_path / "pets"))


def test_that_the_doctor_finds_in_a_dataset_what_was_kept(source, tmp_path):
    plan = sidecar_plan(source, tmp_path / "pets", repairs={Issue.SAME_IMAGE: Fix.KEEP})
    import_dataset(plan, lambda _event: None, RunControl())
    check_report = check_dataset(plan.dataset, RunControl())
    assert check_report.report(Issue.SAME_IMAGE).groups == (("0005.png", "copy.png"),)
    assert check_report.report(Issue.TINY_IMAGE).count == 0
    assert len(check_report.outcomes) == 20
