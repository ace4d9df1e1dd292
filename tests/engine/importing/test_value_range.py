"""One range of values for all images of a source, whatever is imported and resumed."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from engine.control import RunControl
from engine.data.manifest import read_manifest
from engine.data.store import open_dataset
from engine.errors import ConfigError
from engine.events import ImportProgressed, ImportStage, Outcome
from engine.importing.build import import_dataset
from engine.importing.check_context import split_of
from engine.importing.dry_run import dry_run
from engine.importing.plan import ImageSettings, Issue
from engine.importing.scan import check_plan
from engine.importing.value_range import spread_order
from tests.helpers.deep_images import png_16, ramp, tiff
from tests.helpers.sources import caption, finished, picture, sidecar_folder, sidecar_plan

SETTINGS = ImageSettings(size=32)


def deep_folder(folder, contents):
    """Write images of any kind, each with a text; names say the order."""
    folder.mkdir()
    for number, content in enumerate(contents):
        suffix = "tif" if content[:2] in (b"II", b"MM") else "png"
        (folder / f"{number:04}.{suffix}").write_bytes(content)
        (folder / f"{number:04}.txt").write_text(caption(number), encoding="utf-8")
    return folder


def ramps(highs, size=32):
    return [tiff(ramp(0, high, "u2", size)) for high in highs]


def imported(tmp_path, contents, name="pets", **settings):
    source = tmp_path / "source"
    if not source.exists():
        deep_folder(source, contents)
    plan = sidecar_plan(source, tmp_path / name, images=replace(SETTINGS, **settings))
    finished(plan)
    return open_dataset(plan.dataset)


def test_that_neighbours_keep_their_proportions(tmp_path):
    dataset = imported(tmp_path, ramps([200, 260, 2_000, 4_000]))
    assert dataset.manifest.value_range == (0.0, 4_095.0)
    tops = dataset.images.reshape(4, -1).max(1).astype(float)
    assert tops == pytest.approx(np.array([200, 260, 2_000, 4_000]) / 4_095 * 255, abs=2)


def test_that_bytes_are_untouched_beside_deep_images(tmp_path):
    names = [tiff(ramp(0, 255, "u1", 32)), *ramps([4_000] * 3)]
    dataset = imported(tmp_path, names)
    assert np.array_equal(dataset.images[0, :, :, 0], ramp(0, 255, "u1", 32))
    given = imported(tmp_path, names, "given", value_range="9:10")
    assert np.array_equal(given.images[0], dataset.images[0])
    assert set(np.unique(given.images[1])) == {0, 255}


def test_that_a_range_may_be_given(tmp_path):
    dataset = imported(tmp_path, ramps([4_000] * 2), value_range="1000:3000")
    assert dataset.manifest.value_range == (1_000.0, 3_000.0)
    line = dataset.images[0].diagonal().ravel().astype(float)
    expected = (np.linspace(0, 4_000, 32) - 1_000) / 2_000 * 255
    assert line == pytest.approx(expected.clip(0, 255), abs=1)


def test_that_one_deep_image_among_many_is_found(tmp_path):
    source = sidecar_folder(tmp_path / "source", 150)
    (source / "0077.png").write_bytes(png_16(ramp(20_000, 24_000, "u2", 32)))
    plan = sidecar_plan(source, tmp_path / "pets")
    finished(plan)
    low, high = read_manifest(plan.dataset).value_range
    assert (low, high) == pytest.approx((20_000, 24_000), abs=100)


def test_that_a_source_of_bytes_has_no_range(tmp_path):
    plan = sidecar_plan(sidecar_folder(tmp_path / "source", 5), tmp_path / "pets")
    finished(plan)
    assert read_manifest(plan.dataset).value_range == ()
    assert dry_run(plan, lambda _event: None, RunControl()).value_range is None


@pytest.mark.parametrize("stage", [ImportStage.DECODING, ImportStage.WRITING])
def test_that_a_resumed_import_gives_the_same_values(tmp_path, stage):
    source = deep_folder(tmp_path / "source", ramps(range(500, 4_000, 100)))
    expected = finished(sidecar_plan(source, tmp_path / "whole")).version
    plan, control, ended = sidecar_plan(source, tmp_path / "pets"), RunControl(), []

    def stop(event):
        ended.append(event)
        if isinstance(event, ImportProgressed) and (event.stage, event.done > 5) == (stage, True):
            control.request_stop()

    import_dataset(plan, stop, control)
    assert ended[-1].outcome is Outcome.STOPPED
    assert finished(plan).version == expected
    whole, resumed = (read_manifest(tmp_path / name) for name in ("whole", "pets"))
    assert resumed.value_range == whole.value_range == (0.0, 4_095.0)


def test_that_a_dry_run_and_its_thumbnails_use_the_range(tmp_path):
    source = deep_folder(tmp_path / "source", ramps([400, 4_000]))
    found = dry_run(sidecar_plan(source, tmp_path / "pets"), lambda _event: None, RunControl())
    assert found.value_range == (0.0, 4_095.0)
    assert found.result.check_report.report(Issue.DEEP_PIXELS).count == 2
    small = found.thumbnails(["0000.tif", "0001.tif"], size=32)
    assert [int(pixels.max()) for pixels in small.values()] == [25, 249]


@pytest.mark.parametrize("text", ["", "5:5", "9:1", "0:nan"])
def test_that_no_range_is_a_problem_of_the_plan(tmp_path, text):
    plan = sidecar_plan(tmp_path, tmp_path / "pets", images=replace(SETTINGS, value_range=text))
    with pytest.raises(ConfigError, match="value_range"):
        check_plan(plan)


def test_that_bands_are_chosen_and_reported(tmp_path):
    bands = np.stack([ramp(0, high, "u1", 32) for high in (50, 100, 150, 200, 250)], axis=2)
    contents = [tiff(bands), tiff(bands[::-1])]
    dataset = imported(tmp_path, contents)
    assert dataset.images[0].max((0, 1)).tolist() == [50, 100, 150]
    report = json.loads((dataset.folder / "report.json").read_bytes())
    counts = {found["issue"]: found["count"] for found in report["issues"]}
    assert counts["more_bands"] == 2
    fifth = imported(tmp_path, contents, "fifth", band=5)
    assert (fifth.manifest.channels, fifth.manifest.band) == (1, 5)
    assert fifth.images[0].max() == 250


def test_that_frames_are_items_of_one_split(tmp_path):
    source = sidecar_folder(tmp_path / "source", 12)
    for number in range(12):
        frames = [picture(100 * number + frame) for frame in range(5)]
        path = source / f"{number:04}.png"
        frames[0].save(path, save_all=True, append_images=frames[1:])
    first = sidecar_plan(source, tmp_path / "first", validation_percent=50)
    counts = dry_run(first, lambda _event: None, RunControl()).result.check_report
    assert counts.report(Issue.MORE_FRAMES).count == 12
    images = replace(SETTINGS, frame_step=2)
    plan = sidecar_plan(source, tmp_path / "pets", images=images, validation_percent=50)
    finished(plan)
    items = [(record["key"], record["split"]) for record in open_dataset(plan.dataset).records]
    assert [key for key, _split in items[:3]] == ["0000.png", "0000.png#3", "0000.png#5"]
    assert all(split == split_of(key[:8], "", 50) for key, split in items)
    assert {split for _key, split in items} == {"train", "held_out"}
    wanted = picture(4).resize((32, 32), Image.Resampling.LANCZOS)
    assert np.abs(open_dataset(plan.dataset).images[2] - np.asarray(wanted, int)).max() <= 2


def test_that_an_order_is_spread_and_complete():
    for count in (0, 1, 2, 3, 7, 8, 100):
        assert sorted(spread_order(count)) == list(range(count))
    assert list(spread_order(8)) == [0, 4, 2, 6, 1, 3, 5, 7]
