"""Form state of the save-gallery dialog."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication

from engine.config.setting import Setting
from engine.data.facts import ColumnFacts, TextFacts
from engine.data.image_files import image_files
from engine.errors import EngineError
from engine.runs.folder import RunFolder
from engine.sample.prompts import Prompt, check_prompts
from engine.sample.request import (
    MAX_COUNT,
    MAX_SEED,
    NEED_TEXTS,
    Direction,
    GalleryRequest,
    numbered_lines,
)
from studio.models.gallery_columns import GalleryColumns, path_of, prompt_note, write_texts
from studio.models.setting_text import range_text, read_value, value_text
from studio.paths import holds_files, is_writable
from studio.settings.choices import SaveGalleryChoices

COUNT = Setting(label="Pairs", help="Pairs to draw.", low=1, high=MAX_COUNT)
SEED = Setting(label="Seed", help="Start of the noise.", low=0, high=MAX_SEED)
TRUNCATION = Setting(label="Truncation", help="Share of the noise.", low=0.01, high=1.0)
_NUMBERS: dict[str, tuple[type, Setting]] = {
    "count": (int, COUNT),
    "seed": (int, SEED),
    "to_seed": (int, SEED),
    "truncation": (float, TRUNCATION),
}
_ASKED = {
    "texts": NEED_TEXTS,
    "images": (Direction.IMAGE_TO_TEXT,),
    "to_seed": (Direction.LATENT_PATH,),
}
"""Fields that apply to some directions only."""


class GalleryForm:
    """Field texts and their conversion to a ``GalleryRequest``."""

    def __init__(self, *, run: Path, folder: Path, choices: SaveGalleryChoices) -> None:
        self._run = run
        self._usual_parent = folder.parent
        parent = Path(choices.folder) if choices.folder else folder.parent
        self.count = str(choices.count)
        self.seed = str(choices.seed)
        self.folder = str(free_folder(parent / folder.name))
        known = choices.direction in direction_texts()
        self._usual_direction = choices.direction
        self.direction = Direction(choices.direction) if known else Direction.JOINT
        self.truncation = value_text(choices.truncation)
        self.to_seed = str(choices.to_seed)
        self.texts, self.images = choices.texts, choices.images
        facts = _columns_of(run)
        self.columns = GalleryColumns(facts)
        """What is given and what is made, for runs with other columns than an image and a text."""
        if not self.columns.are_pairs:
            self.direction = Direction.JOINT
        texts = (column for column in facts.values() if isinstance(column, TextFacts))
        self._facts = next(texts, None)

    def asks_for(self, name: str) -> bool:
        """Whether a field applies to the direction; none but numbers does to other columns."""
        if name in _ASKED and not self.columns.are_pairs:
            return False
        if name == "count" and self.direction is Direction.TEXT_TO_IMAGE:
            return False  # One pair for each text.
        if name == "count" and self.columns.has_given:
            return False  # One item for each that is given.
        return self.direction in _ASKED.get(name, tuple(Direction))

    def allowed_range(self, name: str) -> str:
        """Return the allowed range of a number field, as text."""
        return range_text(_NUMBERS[name][1])

    def pair_count(self) -> int:
        """Return the expected number of pairs."""
        match self.direction:
            case Direction.TEXT_TO_IMAGE:
                return sum(not prompt.unknown for prompt in self._prompts())
            case Direction.IMAGE_TO_TEXT:
                return min(self._number("count"), _image_count(self.images))
            case _:
                return self._number("count")

    def text_notes(self) -> str:
        """Return what the run cannot make of single texts, one line each; empty if nothing."""
        if not self.asks_for("texts"):
            return ""
        return "\n".join(filter(None, map(prompt_note, self._prompts())))

    def gallery_folder(self) -> Path:
        """Return the folder of the gallery."""
        return path_of(self.folder)

    def problems(self) -> dict[str, str]:
        """Return the problems that prevent saving, by field, in the user's language."""
        found: dict[str, str] = {}
        for name, (kind, about) in _NUMBERS.items():
            try:
                read_value(kind, about, getattr(self, name))
            except ValueError as error:
                found[name] = str(error)
        found |= {"folder": folder_problem(self.folder), **self._given_problems()}
        return {name: text for name, text in found.items() if text and self.asks_for(name)}

    @property
    def is_valid(self) -> bool:
        """Whether nothing prevents saving."""
        return not self.problems() and (self.columns.are_pairs or self.columns.are_valid)

    def give_image(self, path: Path) -> None:
        """Choose an image, or a folder of them, of which a run of pairs makes the texts."""
        self.direction, self.images = Direction.IMAGE_TO_TEXT, str(path)

    def request(self) -> GalleryRequest:
        """Create the request; texts are written to a temporary file for the engine.

        Raises:
            ValueError: a field has a problem.
            ConfigError: the engine rejects the request.
            OSError: the texts cannot be written.
        """
        numbers: dict[str, Any] = {"count": MAX_COUNT}
        numbers |= {name: self._number(name) for name in _NUMBERS if self.asks_for(name)}
        return GalleryRequest(
            run=self._run,
            folder=path_of(self.folder),
            direction=self.direction,
            images=path_of(self.images) if self.asks_for("images") else None,
            texts=write_texts(self.texts) if self.asks_for("texts") else None,
            **numbers,
            **self._given_and_made(),
        )

    def choices(self) -> SaveGalleryChoices:
        """Return the choices to remember: valid numbers and the parent folder."""
        problems = self.problems()
        parent = path_of(self.folder).parent
        is_own = "folder" not in problems and parent != self._usual_parent
        numbers = {n: self._number(n) for n in _NUMBERS if self.asks_for(n) and n not in problems}
        return SaveGalleryChoices(
            folder=str(parent) if is_own else "",
            direction=self._usual_direction if not self.columns.are_pairs else self.direction.value,
            texts=self.texts,
            images=self.images,
            **numbers,
        )

    def _given_and_made(self) -> dict[str, Any]:
        if not self.columns.has_given:
            return {}
        return {"given": self.columns.given(), "make": self.columns.made()}

    def _number(self, name: str) -> Any:
        kind, about = _NUMBERS[name]
        return read_value(kind, about, getattr(self, name))

    def _prompts(self) -> list[Prompt]:
        lines = numbered_lines(self.texts)
        if self._facts is None:
            return [Prompt(line=number, text=text) for number, text in lines]
        return check_prompts(lines, self._facts)

    def _given_problems(self) -> dict[str, str]:
        translate = QCoreApplication.translate
        nothing = translate("GalleryForm", "Choose an image or a folder of images")
        has_images = bool(self.images.strip()) and path_of(self.images).exists()
        return {"texts": self._texts_problem(), "images": "" if has_images else nothing}

    def _texts_problem(self) -> str:
        translate = QCoreApplication.translate
        one = translate("GalleryForm", "Write at least one text")
        two = translate("GalleryForm", "Write at least two texts")
        few, least = (two, 2) if self.direction is Direction.TEXT_PATH else (one, 1)
        prompts = self._prompts()
        if len(prompts) < least:
            return few
        is_known = sum(not prompt.unknown for prompt in prompts) >= least
        return "" if is_known else self.text_notes()


def free_folder(folder: Path) -> Path:
    """Return the folder or, if it holds files, the first free one with a number appended."""
    found, number = folder, 1
    while holds_files(found):
        number += 1
        found = folder.with_name(f"{folder.name}-{number}")
    return found


def direction_texts() -> dict[str, str]:
    """Return the names of the directions in the user's language."""
    translate = QCoreApplication.translate
    return {
        Direction.JOINT.value: translate("GalleryForm", "Pairs from noise"),
        Direction.TEXT_TO_IMAGE.value: translate("GalleryForm", "Images for my texts"),
        Direction.IMAGE_TO_TEXT.value: translate("GalleryForm", "Texts for my images"),
        Direction.LATENT_PATH.value: translate("GalleryForm", "A walk between two pairs"),
        Direction.TEXT_PATH.value: translate("GalleryForm", "A walk between my texts"),
    }


def _columns_of(run: Path) -> Mapping[str, ColumnFacts]:
    """Read what the run can draw; a damaged file is told when the gallery is made."""
    try:
        return RunFolder(run).read_model().columns
    except (EngineError, OSError):
        return {}


def _image_count(text: str) -> int:
    path = path_of(text)
    try:
        return len(image_files(path)) if path.is_dir() else 1
    except (OSError, ValueError, RuntimeError):
        return 0  # The reason is told when the gallery is made.


def folder_problem(text: str) -> str:
    """Return why a text names no folder for new files; empty if it does."""
    translate = QCoreApplication.translate
    if not text.strip():
        return translate("GalleryForm", "Choose a folder")
    try:
        folder = path_of(text)
        if not folder.is_absolute():
            return translate("GalleryForm", "Enter the whole path")
        if folder.exists() and not folder.is_dir():
            return translate("GalleryForm", "This is a file, not a folder")
        if holds_files(folder):
            return translate("GalleryForm", "This folder already holds files")
        problem = translate("GalleryForm", "Nothing can be written there")
        return "" if is_writable(folder) else problem
    except (OSError, ValueError, RuntimeError) as error:
        # The path is too long, contains a null character or names an unknown user's home.
        return str(error)
