"""The lessons: texts in the user's language, and experiments whose settings fill the run form."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from PySide6.QtCore import QLocale

from engine.config.presets import config_from_preset
from engine.config.run import RunConfig
from resources import lessons_folder

SCHEME = "setup"
"""Scheme of the links in a lesson's text that name an experiment: ``setup:NAME``."""
_LINK = re.compile(rf"\[([^\]]+)\]\({SCHEME}:([a-z-]+)\)")


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A run that a lesson asks for."""

    name: str
    starter: str
    preset: str
    settings: Mapping[str, Any]
    """By dotted name; the others are those of the preset."""

    def config(self, workspace: Path) -> RunConfig:
        """Return the configuration, without a run folder.

        Args:
            workspace: folder whose ``datasets`` hold the starters.

        Raises:
            ConfigError: a setting is invalid.
        """
        config = config_from_preset(
            self.preset, dataset=workspace / "datasets" / self.starter, run=Path()
        )
        values = {name.replace(".", "__"): value for name, value in self.settings.items()}
        return config.with_values(**values)


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """A page of text, and the experiments that it links to."""

    name: str
    experiments: Mapping[str, Experiment]
    """By name, in the order of the text."""
    texts: Mapping[str, str]
    """Markdown by language: ``en`` and ``zh_CN``."""

    def text(self, locale: QLocale | None = None) -> str:
        """Return the text in a language, by default the application's."""
        locale = locale or QLocale()
        is_chinese = locale.language() is QLocale.Language.Chinese
        return self.texts["zh_CN" if is_chinese else "en"]

    def title(self, locale: QLocale | None = None) -> str:
        """Return the heading of the text."""
        return self.text(locale).partition("\n")[0].removeprefix("# ")

    def links(self, locale: QLocale | None = None) -> list[tuple[str, Experiment]]:
        """Return the experiments in the order of the text, with the words of their links."""
        return [(words, self.experiments[name]) for words, name in _LINK.findall(self.text(locale))]


@cache
def load_lessons() -> tuple[Lesson, ...]:
    """Read all lessons, in order."""
    folder = lessons_folder()
    declared = tomllib.loads((folder / "lessons.toml").read_text(encoding="utf-8"))["lesson"]
    return tuple(
        Lesson(
            name=lesson["name"],
            experiments={each["name"]: Experiment(**each) for each in lesson["experiment"]},
            texts={
                language: (folder / language / f"{lesson['name']}.md").read_text(encoding="utf-8")
                for language in ("en", "zh_CN")
            },
        )
        for lesson in declared
    )
