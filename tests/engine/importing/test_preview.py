import itertools

import pytest

from engine.control import RunControl
from engine.errors import ConfigError, StoppedError
from engine.importing.accounts import Accounts, Reason
from engine.importing.formats.format import Reading
from engine.importing.opening import open_tree
from engine.importing.plan import PicturePlan, TextPlan
from engine.importing.preview import PreviewItem, preview
from engine.importing.survey import overview_of
from tests.helpers.import_sources import caption, sidecar_folder, sidecar_plan


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
    pictures = PicturePlan(size=64, channels="grey")
    plan = sidecar_plan(source, tmp_path / "p", pictures=pictures, texts=TextPlan(longest=1))
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
    with open_tree(source) as tree:
        overview = overview_of(tree, Accounts(), RunControl())
        monkeypatch.setattr(type(tree), "entries", None)
        items = preview(sidecar_plan(source, tmp_path / "pets"), 3, surveyed=(tree, overview))
    assert [item.key for item in items] == ["0000.png", "0002.png", "0004.png"]


def test_that_a_bad_plan_and_a_stop_are_heeded(tmp_path):
    source = sidecar_folder(tmp_path / "source", 2)
    with pytest.raises(ConfigError):
        preview(sidecar_plan(source, tmp_path / "pets", reading=Reading(format="no")))
    control = RunControl()
    control.request_stop()
    with pytest.raises(StoppedError):
        preview(sidecar_plan(source, tmp_path / "pets"), control=control)
