"""Texts and tags are found in previews and galleries."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.control import RunControl
from engine.errors import StoppedError
from engine.runs.tile_marks import TileMark, write_marks
from studio.dialogs.search_tiles import SearchTilesDialog
from studio.jobs.audio_player import AudioPlayer
from studio.jobs.nearest import NearestJob
from studio.jobs.preview_player import PreviewPlayer
from studio.jobs.tiles import TileJobs
from studio.models import tile_search
from studio.models.tile_search import FoundTile, search_tiles
from studio.panels.gallery import GalleryPanel
from studio.widgets.thumbnail_grid import ThumbnailGrid
from tests.helpers.fake_engine import answering
from tests.helpers.run_folders import write_preview
from tests.helpers.windows import child


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    write_preview(tmp_path / "runs" / "cats", 10)
    write_preview(tmp_path / "runs" / "cats", 20)
    write_preview(tmp_path / "runs" / "dogs", 30)
    mark = TileMark(tile=2, images_seen=30, is_starred=True, tags=("Crisp 七",))
    write_marks(tmp_path / "runs" / "dogs", {2: mark})
    write_preview(tmp_path / "runs" / "damaged", 5).write_bytes(b"no picture")
    (tmp_path / "runs" / ".trash").mkdir()
    gallery = tmp_path / "galleries" / "best"
    gallery.mkdir(parents=True)
    lines = [
        {"file_name": "three.png", "text": "a Two of them", "run": "three", "images_seen": 640},
        {"file_name": "1.png", "text": "none"},
        [],
    ]
    content = "\n".join(map(json.dumps, lines)) + "\n{damaged"
    (gallery / "metadata.jsonl").write_text(content)
    return tmp_path


def search(query: str, workspace: Path) -> list[tuple[str, int, int]]:
    found = search_tiles(query, workspace / "runs", workspace / "galleries", RunControl())
    return sorted((tile.folder.name, tile.images_seen, tile.tile) for tile in found)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("two", [("best", 640, -1), ("cats", 20, 2), ("dogs", 30, 2)]),
        ("TWO crisp", [("dogs", 30, 2)]),
        ("七", [("dogs", 30, 2)]),
        ("three", [("cats", 20, 3), ("dogs", 30, 3)]),
        ("nothing", []),
        ("  ", []),
    ],
)
def test_that_all_words_must_be_in_the_text_or_a_tag(
    workspace: Path, query: str, found: list[tuple[str, int, int]]
) -> None:
    assert search(query, workspace) == found


def test_that_results_are_limited_and_a_missing_workspace_has_none(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tile_search, "MAX_FOUND", 2)
    assert len(search("e", workspace)) == 2
    assert search("two", workspace / "missing") == []


def test_that_a_search_can_be_stopped(workspace: Path) -> None:
    control = RunControl()
    control.request_stop()
    with pytest.raises(StoppedError):
        search_tiles("two", workspace / "runs", workspace / "galleries", control)


def test_that_a_found_tile_of_the_shown_run_is_selected_and_another_run_requested(
    workspace: Path, qtbot: QtBot
) -> None:
    jobs = TileJobs(lambda: workspace / "galleries")
    panel = GalleryPanel(NearestJob(answering(None)), PreviewPlayer(AudioPlayer()), jobs)
    qtbot.addWidget(panel)
    panel.show()
    panel.open_run(workspace / "runs" / "cats")
    panel._search.click()
    dialog = child(panel, SearchTilesDialog)
    dialog.query.setText("three")
    qtbot.waitUntil(lambda: dialog.list.topLevelItemCount() == 2)
    rows = dialog.list.findItems("three", Qt.MatchFlag.MatchExactly)
    own, other = sorted(rows, key=lambda item: item.text(1))
    dialog.list.setCurrentItem(own)
    dialog.list.itemActivated.emit(own, 0)
    assert child(panel, ThumbnailGrid).selected_rows() == (3,)
    requested: list[FoundTile] = []
    panel.run_requested.connect(requested.append)
    dialog.list.setCurrentItem(other)
    dialog.list.itemActivated.emit(other, 0)
    assert [(found.folder.name, found.tile) for found in requested] == [("dogs", 3)]
    dialog.query.setText("nothing at all")
    qtbot.waitUntil(lambda: dialog.list.topLevelItemCount() == 0)
    dialog.close()
