"""The import wizard's form without widgets: values, validation, undo of fixes, and the plan."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication

from engine.config.run import RunConfig
from engine.config.sections import DataConfig
from engine.config.setting import settings_in, value_at
from engine.data.pixel_values import parse_range
from engine.data.table_fields import FieldKind
from engine.errors import ConfigError, Problem
from engine.importing.formats.format import Detection, ImportSpec
from engine.importing.plan import AudioSettings, Fix, ImageSettings, ImportPlan, Issue, TextSettings
from studio.models.import_text import format_words, rows_alone_words, sounds_format_words
from studio.models.run_form import FIELDS as RUN_FIELDS
from studio.models.run_form import FormField, is_usable_name, read_fields
from studio.models.setting_text import value_text
from studio.paths import holds_files, is_writable

if TYPE_CHECKING:
    from engine.importing.dry_run import ScanFacts
    from engine.importing.scan import QuickScan


class FixHistory:
    """The chosen fixes with undo and redo."""

    def __init__(self) -> None:
        self._steps: list[dict[Issue, Fix]] = [{}]
        self._at = 0

    @property
    def fixes(self) -> Mapping[Issue, Fix]:
        """Fixes chosen by the user; the engine's defaults apply to other issues."""
        return self._steps[self._at]

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to redo."""
        return self._at + 1 < len(self._steps)

    def choose(self, issue: Issue, fix: Fix) -> None:
        """Choose a fix; discards steps that were undone."""
        if self.fixes.get(issue) is not fix:
            del self._steps[self._at + 1 :]
            self._steps.append({**self.fixes, issue: fix})
            self._at += 1

    def undo(self) -> None:
        """Undo the last choice."""
        self._at -= self.can_undo

    def redo(self) -> None:
        """Redo the choice that was undone last."""
        self._at += self.can_redo


_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_UNUSABLE = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')
_MAX_NAME_LENGTH = 60
_ARCHIVES = (".tar.gz", ".tar.bz2", ".tar.xz")
_NO_READING = ImportSpec(format="")

RUN_NAMES = ("data.tokenizer", "data.vocabulary_size", "data.text_length")
"""Settings of the run that would train on the dataset, not of the import."""
FIELDS: Mapping[str, FormField] = {
    name: FormField(name=name, kind=field.type, about=about)  # pyright: ignore[reportArgumentType] - annotations are classes here
    for name, field, about in settings_in(ImportPlan)
} | {name: RUN_FIELDS[name] for name in RUN_NAMES}
_DEFAULTS = ImportPlan(source=Path(), dataset=Path(), reading=_NO_READING)
_RUN_DEFAULTS = RunConfig(dataset=Path(), run=Path(), data=DataConfig(tokenizer="auto"))


class ImportForm:
    """Values of the wizard's fields, valid or not."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.scan: QuickScan | None = None
        self.reading = _NO_READING
        self.labels: tuple[str, ...] = ()
        """Labels in the source that words can be assigned to."""
        self.facts: ScanFacts | None = None
        """What the source holds in the chosen format; None while that is not known."""
        self.field_kinds: dict[str, FieldKind] = {}
        """Kinds of fields that the user chose, by column."""
        self.name = ""
        self.history = FixHistory()
        self._texts = {
            name: value_text(value_at(_RUN_DEFAULTS if name in RUN_NAMES else _DEFAULTS, name))
            for name in FIELDS
        }

    @property
    def dataset(self) -> Path:
        """Folder of the dataset to make."""
        return self.workspace / "datasets" / self.name.strip()

    @property
    def data(self) -> DataConfig:
        """How a run would read the texts; invalid fields have their default."""
        return replace(_RUN_DEFAULTS.data, **_under("data.", self._read()[0]))

    @property
    def detection(self) -> Detection | None:
        """Detection result of the chosen format."""
        offers = self.scan.detections if self.scan else ()
        return next((o for o in offers if o.reading.format == self.reading.format), None)

    @property
    def is_table_alone(self) -> bool:
        """Whether the items are rows of a table, without images or sounds."""
        offer = self.detection
        return offer is not None and is_rows_alone(offer)

    @property
    def takes_sounds(self) -> bool:
        """Whether there are no image files, so that formats take sounds in their place."""
        return self.scan is not None and not self.scan.images and self.scan.sounds > 0

    def format_words(self, offer: Detection) -> tuple[str, str]:
        """Return title and explanation of a format, for what the source holds."""
        if is_rows_alone(offer):
            return rows_alone_words()
        name = offer.reading.format
        return sounds_format_words(name) if self.takes_sounds else format_words(name)

    @property
    def remaining_columns(self) -> tuple[str, ...]:
        """Columns that may become fields: they hold no images, texts or sounds."""
        columns = self.detection.field_columns if self.detection else ()
        return tuple(name for name in columns if name not in self._used_columns)

    @property
    def _used_columns(self) -> set[str]:
        reading = self.reading
        return {reading.image_column, *reading.text_columns, *reading.audio_columns}

    @property
    def has_texts(self) -> bool:
        """Whether the source holds texts, as far as is known."""
        return self.facts is None or bool(self.facts.texts.count or self.facts.emptied)

    @property
    def has_sounds(self) -> bool:
        """Whether items have sounds, as far as is known."""
        if self.facts is not None:
            return self.facts.with_sound > 0
        return self.scan is not None and self.scan.sounds > 0

    @property
    def has_images(self) -> bool:
        """Whether the source holds images, as far as is known."""
        return self.facts is None or self.facts.with_image > 0

    def use_scan(self, scan: "QuickScan") -> None:
        """Use the scan of a new source: select the best format and a free name."""
        self.scan = scan
        self.history = FixHistory()
        self._forget_contents()
        self.reading = _with_fields(scan.detections[0]) if scan.detections else _NO_READING
        self.name = free_name(self.workspace / "datasets", scan.source)

    def clear_scan(self) -> None:
        """Discard the scan, because another source is being scanned."""
        self.scan = None
        self.reading = _NO_READING

    def choose_format(self, name: str) -> None:
        """Select a format with its default mapping."""
        for offer in self.scan.detections if self.scan else ():
            if offer.reading.format == name:
                self.reading = replace(_with_fields(offer), encoding=self.reading.encoding)
                self._forget_contents()

    def map(self, **values: Any) -> None:
        """Change fields of the import spec."""
        if "table" in values:
            self._forget_contents()
        self.reading = replace(self.reading, **values)

    def text(self, name: str) -> str:
        """Return the text of a field."""
        return self._texts[name]

    def set_text(self, name: str, text: str) -> None:
        """Set the text of a field."""
        self._texts[name] = text

    def problems(self) -> dict[str, str]:
        """Return the problems by field, in the user's language."""
        return self._read()[1]

    def name_problem(self) -> str:
        """Return why the dataset cannot have this name or place, or an empty string."""
        translate, name = QCoreApplication.translate, self.name.strip()
        if not name:
            return translate("ImportForm", "Enter a name")
        if not is_usable_name(name):
            return translate("ImportForm", "This cannot be the name of a folder")
        if holds_files(self.dataset):
            return translate("ImportForm", "A dataset of this name exists already")
        if not is_writable(self.workspace):
            return translate("ImportForm", "Nothing can be written to the workspace")
        return ""

    def plan(self) -> ImportPlan:
        """Create the plan.

        Raises:
            ConfigError: names all invalid fields.
        """
        values, problems = self._read()
        if problems or self.scan is None:
            raise ConfigError([Problem(field, text) for field, text in problems.items()])
        return ImportPlan(
            source=self.scan.source,
            dataset=self.dataset,
            reading=self.reading,
            texts=TextSettings(**_under("texts.", values)),
            images=ImageSettings(**_under("images.", values)),
            audio=AudioSettings(**_under("audio.", values)),
            repairs=dict(self.history.fixes),
            field_kinds=self._chosen_kinds(),
            **{name: value for name, value in values.items() if "." not in name},
        )

    def _forget_contents(self) -> None:
        self.labels, self.facts = (), None
        self.field_kinds.clear()

    def _chosen_kinds(self) -> tuple[tuple[str, FieldKind], ...]:
        if not self.reading.with_fields:
            return ()
        used = self._used_columns
        return tuple((name, kind) for name, kind in self.field_kinds.items() if name not in used)

    def _read(self) -> tuple[dict[str, Any], dict[str, str]]:
        values, problems = read_fields(FIELDS, self._texts)
        if not _COLOUR.fullmatch(self._texts["images.background"].strip()):
            problems["images.background"] = QCoreApplication.translate(
                "ImportForm", "Write # and six hex digits, such as #ffffff"
            )
        try:
            parse_range(self._texts["images.value_range"])
        except ValueError:
            problems["images.value_range"] = QCoreApplication.translate(
                "ImportForm", "Write auto, or two numbers such as 0:4095"
            )
        return values, problems


def _with_fields(offer: Detection) -> ImportSpec:
    """Return the import spec of a detection, in which the remaining columns become fields.

    Columns whose names are the caption are left out: the caption says all of them.
    """
    has_fields = bool(offer.field_columns) and not offer.reading.flag_columns
    return replace(offer.reading, with_fields=offer.reading.with_fields or has_fields)


def is_rows_alone(offer: Detection) -> bool:
    """Whether the items of a detection are rows of a table, without images or sounds."""
    has_media = bool(offer.reading.image_column or offer.reading.audio_columns)
    return bool(offer.field_columns) and not has_media


def free_name(datasets: Path, source: Path) -> str:
    """Return a dataset name derived from the source that no folder has yet."""
    name = source.name
    suffixes = [s for s in _ARCHIVES if name.lower().endswith(s)] or [source.suffix]
    plain = name if source.is_dir() else name[: len(name) - len(suffixes[0])]
    stem = _UNUSABLE.sub("-", plain).strip(" .-")[:_MAX_NAME_LENGTH].strip(" .-")
    stem = stem if is_usable_name(stem) else "dataset"
    found, number = stem, 1
    while holds_files(datasets / found):
        number += 1
        found = f"{stem}-{number}"
    return found


def _under(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {n.removeprefix(prefix): v for n, v in values.items() if n.startswith(prefix)}
