"""Panels that are built when they are first seen or needed, and miss nothing until then."""

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from engine.events import Outcome
from studio.app import Studio
from studio.i18n import Language
from studio.models.moment import CheckpointChoice
from studio.settings.choices import CompareView
from studio.settings.codec import SettingsStore
from studio.window.late_panel import LatePanel
from studio.window.main_window import MainWindow
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.windows import child, opened_studio, start, write_run

LATE = ("play", "compare", "learn")


def late_panels(window: MainWindow) -> dict[str, LatePanel]:
    return dict(zip(LATE, (window.late_play, window.late_compare, window.late_learn), strict=True))


def built(window: MainWindow) -> set[str]:
    return {name for name, late in late_panels(window).items() if late.built is not None}


def click_tab(qtbot: QtBot, window: MainWindow, title: str) -> None:
    for bar in window.docks.findChildren(QTabBar):
        for tab in range(bar.count()):
            if bar.tabText(tab) == title:
                place = bar.tabRect(tab).center()
                qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=place)
                return
    raise AssertionError(f"there is no tab called {title}")


def test_that_a_panel_is_built_once_and_handed_to_all_who_wait(qtbot: QtBot):
    made: list[QWidget] = []
    used: list[tuple[str, QWidget]] = []

    def build() -> QLabel:
        label = QLabel("late")
        qtbot.addWidget(label)
        made.append(label)
        return label

    late = LatePanel(build)
    late.when_built(lambda panel: used.append(("first", panel)))
    late.when_built(lambda panel: used.append(("second", panel)))
    assert not made
    assert late.built is None
    panel = late.panel
    assert late.panel is late.built is panel
    late.when_built(lambda panel: used.append(("third", panel)))
    assert made == [panel]
    assert used == [("first", panel), ("second", panel), ("third", panel)]


def test_that_panels_are_built_when_their_tabs_come_to_the_front(qtbot: QtBot, studio: Studio):
    window = studio.window
    window.show_docks()
    QApplication.processEvents()
    assert not built(window)
    for number, (name, title) in enumerate(zip(LATE, ("Play", "Compare", "Learn"), strict=True)):
        click_tab(qtbot, window, title)
        assert built(window) == set(LATE[: number + 1])
        panel = late_panels(window)[name].panel
        assert child(window, QDockWidget, name).widget() is panel
        assert panel.isVisible()
        click_tab(qtbot, window, "Gallery")
        click_tab(qtbot, window, title)
        assert late_panels(window)[name].panel is panel


@pytest.mark.parametrize("name", LATE)
def test_that_a_shortcut_builds_a_panel_and_moves_the_focus_into_it(studio: Studio, name: str):
    window = studio.window
    window.actions_.panels[name].trigger()
    assert built(window) == {name}
    focused = QApplication.focusWidget()
    assert focused is not None
    assert late_panels(window)[name].panel.isAncestorOf(focused)


def test_that_a_closed_dock_is_built_when_it_is_shown_again(qtbot: QtBot, studio: Studio):
    window = studio.window
    window.show_docks()
    toggle = window.docks.toggle_actions()["learn"]
    toggle.trigger()
    assert child(window, QDockWidget, "learn").isHidden()
    assert not built(window)
    toggle.trigger()
    window.docks.raise_dock("learn")
    assert built(window) == {"learn"}


def test_that_a_run_that_was_opened_before_reaches_the_panels(studio: Studio, tmp_path: Path):
    for name in ("earlier", "last"):
        studio.run_view.open(write_run(tmp_path / name, outcome=Outcome.FINISHED))
    assert not built(studio.window)
    played = studio.window.play.session.run
    assert played is not None
    assert played.folder == tmp_path / "last"
    assert not played.is_live
    assert studio.window.learn.run == tmp_path / "last"
    # From now on they hear of it directly.
    studio.run_view.open(tmp_path / "earlier")
    assert studio.window.play.session.folder == tmp_path / "earlier"
    assert studio.window.learn.run == tmp_path / "earlier"


def test_that_a_run_that_trains_is_played_with_live(
    qtbot: QtBot, studio: Studio, engine: FakeEngine
):
    start(qtbot, studio)
    assert not built(studio.window)
    studio.window.show_play()
    played = studio.window.play.session.run
    assert played is not None
    assert played.is_live
    assert played.folder == studio.training.folder
    qtbot.waitUntil(lambda: bool(engine.player.opened))


def test_that_a_click_on_play_reaches_a_panel_that_is_built_then(studio: Studio, tmp_path: Path):
    run = write_run(tmp_path / "run", outcome=Outcome.FINISHED)
    studio.run_view.open(run)
    checkpoint = run / "checkpoints" / "000003000"
    choice = CheckpointChoice(folder=run, checkpoint=checkpoint, images_seen=3_000)
    studio.timeline.checkpoint_play_requested.emit(choice)
    assert built(studio.window) == {"play"}
    played = studio.window.play.session.run
    assert played is not None
    assert (played.folder, played.checkpoint) == (run, checkpoint.name)


def test_that_a_single_run_is_added_to_those_of_the_last_session(studio: Studio):
    runs = [write_run(studio.workspace / "runs" / name) for name in ("one", "two", "new")]
    studio.store.save(CompareView(runs=tuple(map(str, runs[:2]))))
    studio._compare((runs[2],))
    assert studio.compared.folders == tuple(runs)


def test_that_a_comparison_that_was_not_seen_is_kept(studio: Studio, settings: QSettings):
    view = CompareView(page=1, runs=("/gone",), smoothing=0.3)
    studio.store.save(view)
    studio.remember()
    assert not built(studio.window)
    assert SettingsStore(settings).load(CompareView()) == view


@pytest.mark.slow
def test_that_a_change_of_the_language_builds_only_the_panel_in_front(
    qtbot: QtBot, studio: Studio, engine: FakeEngine
):
    start(qtbot, studio)
    for name in ("learn", "play"):
        studio.window.show_panel(name)
    old = studio.window
    with qtbot.waitSignal(old.destroyed):
        old.actions_.choice(Language.CHINESE).trigger()
    window = studio.window
    qtbot.waitUntil(lambda: built(window) == {"play"})
    played = window.play.session.run
    assert played is not None
    assert played.is_live
    assert window.play.windowTitle() == "试玩"
    assert window.learn.run == studio.training.folder


def test_that_a_saved_layout_builds_the_panel_in_front(
    qtbot: QtBot, qapp: QApplication, settings: QSettings, studio: Studio, engine: FakeEngine
):
    studio.window.show_panel("compare")
    studio.remember()
    with opened_studio(qapp, settings, engine.work()) as later:
        assert not built(later.window)
        later.window.show_docks()
        qtbot.waitUntil(lambda: built(later.window) == {"compare"})
        assert later.window.compare.isVisible()
        assert child(later.window, QDockWidget, "compare").width() > 400
