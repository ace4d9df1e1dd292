"""What the wizard shows of the sounds of a source."""

import numpy as np
import pytest

from engine.control import RunControl
from engine.data.audio_files import write_wav
from engine.errors import StoppedError
from engine.importing.formats.format import ImportSpec
from engine.importing.plan import AudioSettings, ImportPlan
from engine.importing.preview import preview
from engine.importing.scan import quick_scan
from engine.importing.sound_preview import SoundPreview, preview_sounds, read_lengths
from engine.importing.sources.opening import open_archive
from tests.helpers.sounds import RATE, save_tone
from tests.helpers.sources import finished, sidecar_folder


def plan_of(source, form="class_folders", **values):
    return ImportPlan(
        source=source, dataset=source.parent / "out", reading=ImportSpec(format=form), **values
    )


def shown(plan, control=None) -> SoundPreview | None:
    control = control or RunControl()
    with open_archive(plan.source) as archive:
        look = quick_scan(archive, lambda _count: None, RunControl())
        measured = read_lengths(plan, archive, look, control)
        return measured and preview_sounds(plan, measured, archive, control)


def test_that_lengths_shape_and_waves_are_those_of_the_import(tmp_path):
    for number in range(10):
        save_tone(tmp_path / "in/dog" / f"{number}.wav", number, 1.5 if number == 4 else 0.3)
    plan = plan_of(tmp_path / "in")
    found = shown(plan)
    assert found is not None
    assert (found.lengths.count, len(found.lengths.seconds)) == (10, 10)
    assert found.seconds == pytest.approx(0.3, abs=0.011)
    assert found.cut == 1
    assert [sound.key for sound in found.sounds if sound.is_cut] == ["dog/4.wav"]
    finished(plan)
    waves = np.load(tmp_path / "out/audio.npy")
    np.testing.assert_array_equal([sound.samples for sound in found.sounds], waves)
    assert all(sound.picture.shape == (64, 96, 3) for sound in found.sounds)


def test_that_settings_decide_and_silent_sounds_are_passed_over(tmp_path):
    save_tone(tmp_path / "in/dog/1.wav", 1)
    write_wav(tmp_path / "in/dog/0.wav", np.zeros(4000, np.int16), RATE)
    found = shown(plan_of(tmp_path / "in", audio=AudioSettings(rate=16_000, seconds=0.5)))
    assert found is not None
    assert (found.shape.rate, found.shape.samples) == (16_000, 8_000)
    [sound] = found.sounds
    assert (sound.key, len(sound.samples), sound.is_cut) == ("dog/1.wav", 8_000, False)


def test_that_a_source_without_sounds_has_none_and_reading_stops(tmp_path):
    source = sidecar_folder(tmp_path / "in", 2)
    assert shown(plan_of(source, "sidecar")) is None
    save_tone(source / "0000.wav", 0)
    control = RunControl()
    control.request_stop()
    with pytest.raises(StoppedError):
        shown(plan_of(source, "sidecar"), control)


def test_that_previews_of_items_hold_sounds_and_cells(tmp_path):
    source = tmp_path / "in"
    rows = ["recording,word,weight"]
    for number in range(3):
        save_tone(source / f"{number}.wav", number)
        rows.append(f"{number}.wav,the word {number},{number}.5")
    (source / "a.csv").write_text("\n".join(rows))
    reading = ImportSpec(
        format="table_file",
        table="a.csv",
        text_columns=("word",),
        audio_columns=("recording",),
        with_fields=True,
    )
    plan = ImportPlan(source=source, dataset=tmp_path / "out", reading=reading)
    items = preview(plan)
    assert [item.texts for item in items] == [(f"the word {n}",) for n in range(3)]
    assert [item.cells for item in items] == [{"weight": f"{n}.5"} for n in range(3)]
    assert [sound.column for item in items for sound in item.sounds] == ["recording"] * 3
    assert all(item.problem is None and item.image is None for item in items)
