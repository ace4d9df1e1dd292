"""Take the README's screenshots of the studio: ``make screenshots`` (needs Xvfb).

screenshots.py FOLDER [--seconds S]    imports made-up files, trains on digits for S seconds and
                                       photographs on the way; --wizard leaves the training out,
                                       --play RUN... photographs Play with trained runs instead

The window is the real one with the real engine, on a virtual screen. Choices and runs go to a
temporary folder, never to the user's own.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.events import RunEnded

ROOT = Path(__file__).resolve().parent.parent
Shoot = Callable[[str, Any], None]
"""Saves a picture of a widget under a name."""
SHOTS = (
    # name, appearance, language, width, height, scale
    ("light", "light", "en", 1280, 800, 1),
    ("dark", "dark", "en", 1280, 800, 1),
    ("small", "light", "en", 1280, 720, 1),
    ("large-scale", "light", "en", 1280, 720, 2),
    ("chinese", "light", "zh_CN", 1280, 720, 1),
)


def main() -> int:
    """Take every picture, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0, help="training time (default 60)")
    parser.add_argument("--wizard", action="store_true", help="the import wizard alone")
    parser.add_argument("--play", type=Path, nargs="+", default=[], help="folders of trained runs")
    parser.add_argument("--only", choices=[shot[0] for shot in SHOTS], help="one of the looks")
    parser.add_argument("--inside", nargs=6, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        seconds = 0.0 if arguments.wizard else arguments.seconds
        return _photograph(arguments.folder, seconds, arguments.play, arguments.inside)
    if shutil.which("xvfb-run") is None:
        print("xvfb-run was not found: install Debian's xvfb", file=sys.stderr)
        return 1
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for shot in SHOTS:
        if arguments.only in (None, shot[0]):
            seconds = 0.0 if arguments.wizard else arguments.seconds
            runs = [run.resolve() for run in arguments.play]
            _start(arguments.folder.resolve(), seconds, runs, shot)
    return 0


def _start(
    folder: Path, seconds: float, runs: list[Path], shot: tuple[str, str, str, int, int, int]
) -> None:
    _name, _appearance, _language, width, height, scale = shot
    with tempfile.TemporaryDirectory() as home:
        variables = {**os.environ, "HOME": home, "QT_SCALE_FACTOR": str(scale)}
        variables["QT_QPA_PLATFORM"] = "xcb"
        variables["XDG_CONFIG_HOME"] = f"{home}/config"
        variables["XDG_DOCUMENTS_DIR"] = f"{home}/documents"
        screen = f"-screen 0 {width * scale}x{height * scale}x24"
        command = ["xvfb-run", "-a", "-s", screen, sys.executable, __file__, str(folder)]
        command += ["--seconds", str(seconds), *([] if seconds else ["--wizard"])]
        command += ["--play", *map(str, runs)] if runs else []
        command += ["--inside", *map(str, shot)]
        subprocess.run(command, cwd=ROOT, env=variables, check=True)


def _photograph(folder: Path, seconds: float, runs: list[Path], shot: list[str]) -> int:
    """Press the buttons of a first session, and take a picture at each stage."""
    from play_shots import walk
    from PySide6.QtCore import QSettings, QTimer
    from PySide6.QtWidgets import QApplication, QWidget
    from wizard_shots import go_through, start_walk

    from studio.app import build_studio
    from studio.i18n import Language
    from studio.paths import settings_file
    from studio.settings.choices import GeneralChoices
    from studio.settings.codec import SettingsStore
    from studio.theme import Appearance

    name, appearance, language, width, height, _scale = shot
    application = QApplication(sys.argv[:1])
    settings = QSettings(str(settings_file()), QSettings.Format.IniFormat)
    SettingsStore(settings).save(
        GeneralChoices(appearance=Appearance(appearance), language=Language(language))
    )
    studio = build_studio(application, settings=settings)
    window = studio.window
    window.setGeometry(0, 0, int(width), int(height))
    window.show()

    def shoot(what: str, widget: QWidget) -> None:
        widget.grab().save(str(folder / f"{name}-{what}.png"))

    def begin() -> None:
        shoot("welcome", window)
        start_walk(studio, shoot, train if seconds else window.close)

    def train() -> None:
        window.welcome.starter_button("digits").click()
        QTimer.singleShot(int(seconds * 1000), lambda: _follow_run(studio, shoot))

    def finish(event: object) -> None:
        if isinstance(event, RunEnded):
            _show_what_is_left(studio, shoot)

    studio.training.event_emitted.connect(finish)
    if runs:
        go_through(studio, walk(studio, runs, shoot), window.close)
    else:
        QTimer.singleShot(800, begin)
    return application.exec()


def _follow_run(studio: Any, shoot: Shoot) -> None:
    """Picture a run that trains, its gallery's dialog, a pause, and stop it."""
    from PySide6.QtCore import QTimer

    window = studio.window

    def show_dialog() -> None:
        if studio.saving.dialog is not None:
            shoot("save", studio.saving.dialog)
            studio.saving.dialog.reject()
        studio.training.pause()
        QTimer.singleShot(1_500, show_pause)

    def show_pause() -> None:
        shoot("paused", window)
        studio.training.stop()

    shoot("training", window)
    window.gallery.save_requested.emit()
    QTimer.singleShot(600, show_dialog)


_SETTLE_MS = 2_500
"""Until a panel has read what it shows."""


def _show_what_is_left(studio: Any, shoot: Shoot) -> None:
    """Picture the run that has ended in every panel, one after another; then leave."""
    from PySide6.QtCore import QTimer

    window, folder = studio.window, studio.run_view.folder

    def show_datasets() -> None:
        window.show_datasets()
        window.datasets.open_dataset(studio.workspace / "datasets" / "digits")

    def play() -> None:
        window.play.play(folder)
        window.show_play()

    def compare() -> None:
        studio.compared.replace([folder])
        window.show_panel("compare")

    def learn(page: int) -> None:
        window.show_panel("learn")
        window.learn.show_page(page)

    stages: tuple[tuple[str, Callable[[], object]], ...] = (
        ("stopped", lambda: None),
        ("datasets", show_datasets),
        ("runs", window.show_runs),
        ("play", play),
        ("compare", compare),
        ("lens", lambda: learn(0)),
        ("lessons", lambda: learn(3)),
    )
    for number, (name, show) in enumerate(stages):
        start_ms = number * (_SETTLE_MS + 500)
        QTimer.singleShot(start_ms, show)
        QTimer.singleShot(start_ms + _SETTLE_MS, lambda name=name: shoot(name, window))
    QTimer.singleShot(len(stages) * (_SETTLE_MS + 500), window.close)


if __name__ == "__main__":
    sys.exit(main())
