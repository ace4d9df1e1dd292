"""What stands in the dialog that saves a gallery, valid or not."""

import os
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from engine.config.setting import Setting
from engine.sample.request import MAX_COUNT, MAX_SEED, GalleryRequest
from studio.models.setting_text import range_text, read_value
from studio.paths import nearest_existing
from studio.settings.views import SaveGalleryChoices

COUNT = Setting(label="Pairs", help="Pairs to draw.", low=1, high=MAX_COUNT)
SEED = Setting(label="Seed", help="Start of the noise.", low=0, high=MAX_SEED)


class GalleryForm:
    """Texts on their way to a ``GalleryRequest``."""

    def __init__(self, *, run: Path, folder: Path, choices: SaveGalleryChoices) -> None:
        self._run = run
        self._usual_parent = folder.parent
        parent = Path(choices.folder) if choices.folder else folder.parent
        self.count = str(choices.count)
        self.seed = str(choices.seed)
        self.folder = str(free_folder(parent / folder.name))

    def count_range(self) -> str:
        """Say which counts are allowed."""
        return range_text(COUNT)

    def seed_range(self) -> str:
        """Say which seeds are allowed."""
        return range_text(SEED)

    def problems(self) -> dict[str, str]:
        """Say everything that keeps the gallery from being saved, by field."""
        found: dict[str, str] = {}
        for name, about, text in (("count", COUNT, self.count), ("seed", SEED, self.seed)):
            try:
                read_value(int, about, text)
            except ValueError as error:
                found[name] = str(error)
        problem = _folder_problem(self.folder)
        if problem:
            found["folder"] = problem
        return found

    def request(self) -> GalleryRequest:
        """Make the request.

        Raises:
            ValueError: a field has a problem.
            ConfigError: the engine refuses it.
        """
        return GalleryRequest(
            run=self._run,
            folder=_path(self.folder),
            count=read_value(int, COUNT, self.count),
            seed=read_value(int, SEED, self.seed),
        )

    def choices(self) -> SaveGalleryChoices:
        """Give what to remember: numbers that are valid, and where galleries are kept."""
        problems = self.problems()
        usual = SaveGalleryChoices()
        parent = _path(self.folder).parent
        is_own = "folder" not in problems and parent != self._usual_parent
        return SaveGalleryChoices(
            count=usual.count if "count" in problems else read_value(int, COUNT, self.count),
            seed=usual.seed if "seed" in problems else read_value(int, SEED, self.seed),
            folder=str(parent) if is_own else "",
        )


def free_folder(folder: Path) -> Path:
    """Give the folder itself or, if it holds files, the first with a number after its name."""
    found, number = folder, 1
    while _holds_something(found):
        number += 1
        found = folder.with_name(f"{folder.name}-{number}")
    return found


def _path(text: str) -> Path:
    return Path(text.strip()).expanduser()


def _folder_problem(text: str) -> str:
    translate = QCoreApplication.translate
    if not text.strip():
        return translate("GalleryForm", "Choose a folder")
    try:
        folder = _path(text)
        if not folder.is_absolute():
            return translate("GalleryForm", "Enter the whole path")
        if folder.exists() and not folder.is_dir():
            return translate("GalleryForm", "This is a file, not a folder")
        if _holds_something(folder):
            return translate("GalleryForm", "This folder already holds files")
        existing = nearest_existing(folder)
        is_writable = existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
    except (OSError, ValueError, RuntimeError) as error:
        # Too long, a null character, or the home of somebody unknown.
        return str(error)
    return "" if is_writable else translate("GalleryForm", "Nothing can be written there")


def _holds_something(folder: Path) -> bool:
    if folder.is_dir():
        return any(folder.iterdir())
    return folder.exists()
