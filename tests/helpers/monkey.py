"""A user who presses anything at random, in the real window with real training of tiny networks.

A session is a list of actions that follows from a seed alone. An action names a part of the window
by a number, so what it meets may depend on what threads have done by then. ``shrink`` removes the
actions that a failure does not need.
"""

import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QDockWidget,
    QLineEdit,
    QSlider,
    QWidget,
)

from engine.data.store import open_dataset
from engine.metrics.evaluate import build_evaluator
from engine.metrics.extractor import default_cache
from engine.train.data import model_metadata
from studio.app import Studio
from studio.models.run_state import Command, RunState, enabled, is_alive
from studio.settings.choices import GeneralChoices
from studio.settings.codec import SettingsStore
from tests.helpers.guards import ProblemLog, left_running, running_threads
from tests.helpers.tiny import tiny_config, tiny_dataset
from tests.helpers.windows import TINY_FORM, opened_studio

TINY = {
    **TINY_FORM,
    "images": "300",
    "reporting.preview_count": "9",
    "reporting.preview_every_s": "1",
    "reporting.checkpoint_every_s": "5",
    "reporting.evaluate_every_s": "1",
}
DATASETS = {"grey": {}, "large": {"size": 64}, "wide": {"size": 18, "width": 32, "channels": 3}}
TEXTS = ("", "0", "3", "-1", "8", "0.001", "1e9", "nan", "two words", "é\u202e", "x" * 300)
_KEY_NAMES = "Tab Backtab Space Return Escape Left Right Up Down Home End Delete A F2"
KEYS = tuple(Qt.Key(getattr(Qt.Key, f"Key_{name}")) for name in _KEY_NAMES.split(" "))
SIZES = ((1600, 1000), (1280, 720), (900, 600), (2200, 1300))
MENU_MS = 40
COMMANDS = (*Command, *(c for c in Command if c not in (Command.STOP_SAVE, Command.STOP_DISCARD)))
"""Most runs would be stopped before they are evaluated if all were equally frequent."""
PATIENCE_S = 20.0
"""Longest time that a run is left alone: enough to end with the evaluation of its last weights."""
MAX_DIALOGS = 6
"""More than a user could have opened on purpose."""


@dataclass(frozen=True)
class Action:
    """Something to do, and a number that says to what."""

    name: str
    number: int


def session(seed: int, length: int) -> list[Action]:
    """Draw the actions of a session; starting and stopping are more frequent than others."""
    drawn = random.Random(seed)  # noqa: S311 (no secret)
    names = [*_ACTIONS, *(name for name, times in _FREQUENT.items() for _time in range(times))]
    return [Action(drawn.choice(names), drawn.randrange(10_000)) for _number in range(length)]


def play(
    actions: Sequence[Action], folder: Path, application: QApplication, log: ProblemLog
) -> str:
    """Act in a new window; return what went wrong first, or nothing.

    Args:
        actions: of the session.
        folder: new folder for the workspace and the settings.
        application: the running application.
        log: catches what is logged; what the session explains is taken out.
    """
    raised: list[str] = []
    hook, before = sys.excepthook, running_threads()
    sys.excepthook = lambda kind, value, _trace: raised.append(f"{kind.__name__}: {value}")
    settings = QSettings(str(folder / "studio.ini"), QSettings.Format.IniFormat)
    SettingsStore(settings).save(GeneralChoices(workspace=folder / "work"))
    for name, options in DATASETS.items():
        _prepare_evaluator(tiny_dataset(folder / "work" / "datasets" / name, pairs=90, **options))
    failure, at = "", len(actions)
    try:
        with opened_studio(application, settings) as studio:
            window = _Monkey(studio)
            for at, action in enumerate(actions):  # noqa: B007 (told in the failure)
                window.act(action)
                failure = window.illegal_state() or "; ".join(raised + _unexplained(log))
                if failure:
                    break
            window.close_dialogs()
    finally:
        sys.excepthook = hook
    left = left_running(before)
    failure = failure or "; ".join(raised + _unexplained(log) + [f"left: {n}" for n in left])
    return f"{failure} (action {at + 1} of {len(actions)})" if failure else ""


def _prepare_evaluator(dataset: Path) -> None:
    """Train the evaluator's classifier, unless it is in the cache, where the runs will find it."""
    config = tiny_config(dataset, dataset.with_suffix(".run"))
    stored = open_dataset(dataset)
    model, _texts = model_metadata(config, stored)
    build_evaluator(stored, model, config.networks, default_cache())


def shrink(
    actions: Sequence[Action], fails: Callable[[Sequence[Action]], bool], attempts: int = 60
) -> list[Action]:
    """Remove actions, in halves, quarters and so on, as long as the rest still fails.

    Source: Zeller & Hildebrandt 2002, doi:10.1109/32.988498, only with complements.

    Args:
        actions: that fail.
        fails: plays some of them.
        attempts: most sessions to play.
    """
    kept, parts = list(actions), 2
    while len(kept) > 1 and attempts > 0:
        size = -(-len(kept) // parts)
        for start in range(0, len(kept), size):
            rest = kept[:start] + kept[start + size :]
            attempts -= 1
            if rest and fails(rest):
                kept, parts = rest, max(parts - 1, 2)
                break
            if attempts <= 0:
                return kept
        else:
            if size == 1:
                return kept
            parts = min(2 * parts, len(kept))
    return kept


EXPLAINED = ("cannot be read", "Skipping", "Invalid request", "DeviceUnavailableError")
"""Warnings about what the random user did to files, asked for too late, or asked for on a machine
that does not have it. The window explains each."""


def _unexplained(log: ProblemLog) -> list[str]:
    return [line for line in log.unexpected if not any(text in line for text in EXPLAINED)]


class _Monkey:
    def __init__(self, studio: Studio) -> None:
        self._studio, self._window = studio, studio.window
        self._window.show_docks()
        self._fill_form(0)

    def act(self, action: Action) -> None:
        """Do one thing, and let the window answer."""
        # A menu waits in a loop of its own until it is closed.
        QTimer.singleShot(MENU_MS, self._window, _close_menu)
        _ACTIONS[action.name](self, action.number)
        QTest.qWait(1 + action.number % 30)

    def illegal_state(self) -> str:
        """Say which of the rules that hold at any time is broken."""
        state, panel = self._studio.run_view.status.state, self._window.run
        if is_alive(state) != self._studio.training.is_running:
            return f"{state}, and training: {self._studio.training.is_running}"
        if not panel.available_commands <= enabled(state):
            return f"{state} offers {panel.available_commands - enabled(state)}"
        for command in Command:
            is_offered = command in panel.available_commands
            if self._window.actions_.run.action(command).isEnabled() != is_offered:
                return f"{state}: {command} in the menu is not what the panel offers"
        if len(self._dialogs()) > MAX_DIALOGS:
            return f"{len(self._dialogs())} dialogs are open"
        return ""

    def close_dialogs(self) -> None:
        """Close what is open, the newest first."""
        for dialog in reversed(self._dialogs()):
            dialog.reject()

    def start(self, number: int) -> None:
        if not self._window.run.can_start:
            self._fill_form(number)
        self._window.actions_.start.trigger()

    def command(self, number: int) -> None:
        self._window.actions_.run.action(COMMANDS[number % len(COMMANDS)]).trigger()

    def evaluate(self, _number: int) -> None:
        self._window.actions_.evaluate.trigger()

    def press(self, number: int) -> None:
        """Press any button that can be pressed, in the newest dialog if there is one."""
        place = self._dialogs()[-1] if self._dialogs() else self._window
        buttons = [
            button
            for button in place.findChildren(QAbstractButton)
            if button.isVisible() and button.isEnabled()
        ]
        if buttons:
            buttons[number % len(buttons)].click()

    def write(self, number: int) -> None:
        """Write anything into any field, as a keyboard does."""
        fields = [edit for edit in self._window.findChildren(QLineEdit) if edit.isEnabled()]
        visible = [field for field in fields if field.isVisible()]
        if visible:
            field = visible[number % len(visible)]
            field.setText(TEXTS[number % len(TEXTS)])
            field.textEdited.emit(field.text())

    def choose(self, number: int) -> None:
        boxes = [box for box in self._window.findChildren(QComboBox) if box.isVisible()]
        boxes = [box for box in boxes if box.isEnabled() and box.count()]
        if boxes:
            box = boxes[number % len(boxes)]
            box.setCurrentIndex(number % box.count())
            box.activated.emit(box.currentIndex())

    def slide(self, number: int) -> None:
        sliders = [s for s in self._window.findChildren(QSlider) if s.isVisible()]
        if sliders:
            slider = sliders[number % len(sliders)]
            slider.setValue(slider.minimum() + number % (slider.maximum() + 1))

    def type_a_key(self, number: int) -> None:
        target = QApplication.focusWidget() or self._window
        QTest.keyClick(target, KEYS[number % len(KEYS)])

    def fill_form(self, number: int) -> None:
        self._fill_form(number)

    def open_run(self, number: int) -> None:
        runs = sorted((self._studio.workspace / "runs").glob("*/run.toml"))
        if runs and self._window.actions_.open_run.isEnabled():
            self._studio.run_view.open_or_report(runs[number % len(runs)].parent)

    def show_figures(self, number: int) -> None:
        views = ("coherence", "images", "texture", "variety", "texts", "table")
        self._window.quality.show_view(views[number % len(views)])
        self._window.quality.table.copy()

    def raise_dock(self, number: int) -> None:
        docks = self._window.findChildren(QDockWidget)
        docks[number % len(docks)].raise_()

    def resize(self, number: int) -> None:
        self._window.resize(*SIZES[number % len(SIZES)])

    def leave_dialog(self, _number: int) -> None:
        if self._dialogs():
            self._dialogs()[-1].reject()

    def wait(self, number: int) -> None:
        QTest.qWait(100 + number % 1_500)

    def leave_alone(self, _number: int) -> None:
        """Watch a run until it ends, for a while at most; let it go on if it is paused."""
        self._window.actions_.run.action(Command.RESUME).trigger()
        until_s = time.monotonic() + PATIENCE_S
        while self._is_training() and time.monotonic() < until_s:
            QTest.qWait(100)

    def _is_training(self) -> bool:
        return self._studio.run_view.status.state in (RunState.PREPARING, RunState.RUNNING)

    def _fill_form(self, number: int) -> None:
        name = [*DATASETS][number % len(DATASETS)]
        dataset = self._studio.workspace / "datasets" / name
        seed = {"seed": str(number)}
        self._window.run.choose_dataset(dataset, {**TINY, **seed})

    def _dialogs(self) -> list[QDialog]:
        found: list[Any] = self._window.findChildren(QDialog)
        wizard: QWidget | None = self._studio.importing.wizard
        return [d for d in [wizard, *found] if isinstance(d, QDialog) and d.isVisible()]


def _close_menu() -> None:
    if popup := QApplication.activePopupWidget():
        popup.close()


_ACTIONS: dict[str, Callable[[_Monkey, int], None]] = {
    name: getattr(_Monkey, name)
    for name in (
        *("start", "command", "evaluate", "press", "write", "choose", "slide", "type_a_key"),
        *("fill_form", "open_run", "show_figures", "raise_dock", "resize", "leave_dialog"),
        *("wait", "leave_alone"),
    )
}
_FREQUENT = {"start": 4, "command": 4, "press": 8, "wait": 6, "evaluate": 1, "leave_alone": 2}
"""Actions that are drawn more often, and how often beside once. A stop or a click on one of the
buttons ends most runs, so few would be evaluated if none were left alone."""
