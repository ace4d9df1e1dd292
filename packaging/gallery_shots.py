"""Take screenshots of every starter's gallery, light and dark (needs Xvfb).

gallery_shots.py FOLDER [--images N] [--only STARTER ...]

Trains each starter on N images; the runs stay in ``FOLDER/work`` for the next time. Writes
``<look>-<starter>.png`` of the window, ``<look>-<starter>-item.png`` of the view of one item, and
``<starter>-contact-sheet.png`` of a saved gallery.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from engine.config.presets import config_from_preset  # noqa: E402 (the path comes first)
from engine.control import RunControl  # noqa: E402
from engine.data.starters import STARTERS  # noqa: E402
from engine.events import RunEnded  # noqa: E402
from engine.runs.folder import RunFolder  # noqa: E402
from engine.sample.request import GalleryRequest  # noqa: E402
from resources import starters_folder  # noqa: E402

LOOKS = ("light", "dark")
WIDTH, HEIGHT = 1280, 800
SETTLE_MS = 1_500
"""Time for a run to be read and its sounds to be looked for."""
SAVED = 12
"""Items of each saved gallery."""


def main() -> int:
    """Train what is not trained yet, and photograph all galleries."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=20_000, help="to train on (default 20000)")
    parser.add_argument("--only", nargs="+", choices=list(STARTERS), default=list(STARTERS))
    parser.add_argument("--inside", choices=LOOKS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    folder: Path = arguments.folder.resolve()
    if arguments.inside:
        return _photograph(folder, arguments.inside, arguments.only)
    if shutil.which("xvfb-run") is None:
        print("xvfb-run was not found: install Debian's xvfb", file=sys.stderr)
        return 1
    for name in arguments.only:
        _prepare(folder, name, arguments.images)
    for look in LOOKS:
        _start(folder, look, arguments.only)
    return 0


def _prepare(folder: Path, name: str, images: int) -> None:
    """Train a starter and save a gallery, unless that was done before."""
    from engine.sample.gallery import write_gallery
    from engine.starters.build import build_starter
    from engine.train.run import train

    run = folder / "work" / "runs" / name
    if not RunFolder(run).checkpoint_paths():
        dataset = build_starter(name, starters_folder(), folder / "work" / "datasets")
        config = config_from_preset("cpu-tiny", dataset=dataset, run=run)
        config = config.with_values(
            images=images, minutes=0.0, device="cpu", reporting__evaluate_every_s=0.0
        )
        train(config, _print_end, RunControl())
    gallery = folder / "work" / "galleries" / name
    shutil.rmtree(gallery, ignore_errors=True)
    request = GalleryRequest(run=run, folder=gallery, count=SAVED)
    write_gallery(request, lambda _event: None, RunControl())
    shutil.copyfile(gallery / "contact_sheet.png", folder / f"{name}-contact-sheet.png")


def _print_end(event: object) -> None:
    if isinstance(event, RunEnded):
        print(f"{event.folder.name}: {event.images_seen:,} images, {event.error or 'no error'}")


def _start(folder: Path, look: str, names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as home:
        variables = {**os.environ, "HOME": home, "QT_QPA_PLATFORM": "xcb"}
        variables["XDG_CONFIG_HOME"] = f"{home}/config"
        variables["XDG_DOCUMENTS_DIR"] = f"{home}/documents"
        screen = f"-screen 0 {WIDTH}x{HEIGHT}x24"
        command = ["xvfb-run", "-a", "-s", screen, sys.executable, __file__, str(folder)]
        command += ["--inside", look, "--only", *names]
        subprocess.run(command, cwd=ROOT, env=variables, check=True)


def _photograph(folder: Path, look: str, names: list[str]) -> int:
    """Open the runs one after the other, and take two pictures of each."""
    from PySide6.QtCore import QSettings, QTimer
    from PySide6.QtWidgets import QApplication

    from studio.app import build_studio
    from studio.paths import settings_file
    from studio.settings.choices import GeneralChoices
    from studio.settings.codec import SettingsStore
    from studio.theme import Appearance

    application = QApplication(sys.argv[:1])
    settings = QSettings(str(settings_file()), QSettings.Format.IniFormat)
    SettingsStore(settings).save(GeneralChoices(appearance=Appearance(look)))
    studio = build_studio(application, settings=settings)
    studio.window.setGeometry(0, 0, WIDTH, HEIGHT)
    studio.window.show()
    studio.window.show_docks()
    steps = _steps(studio, folder, look, names)

    def go_on() -> None:
        if next(steps, None) is None:
            studio.window.close()
        else:
            QTimer.singleShot(SETTLE_MS, go_on)

    QTimer.singleShot(SETTLE_MS, go_on)
    return application.exec()


def _steps(studio: Any, folder: Path, look: str, names: list[str]) -> Iterator[str]:
    """Take the pictures; after each step the window is given time."""
    from studio.dialogs.pair_view import PairView
    from studio.widgets.thumbnail_grid import ThumbnailGrid

    window = studio.window
    for name in names:
        studio.run_view.open(folder / "work" / "runs" / name)
        yield "opened"
        window.grab().save(str(folder / f"{look}-{name}.png"))
        window.gallery.findChild(ThumbnailGrid).tile_opened.emit(0)
        yield "looked into"
        view = window.gallery.findChild(PairView)
        view.grab().save(str(folder / f"{look}-{name}-item.png"))
        view.close()


if __name__ == "__main__":
    sys.exit(main())
