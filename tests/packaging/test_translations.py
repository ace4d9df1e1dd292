"""The translations are complete, compiled and keep their placeholders."""

import importlib
import re
import shutil
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "resources" / "translations"
NAMES = ("diptych_en", "diptych_zh_CN")
PLACEHOLDER = re.compile(r"\{\d\}|%L?n")


@pytest.fixture
def translations(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load the script; its folder is deliberately no package."""
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))
    return importlib.import_module("update_translations")


def messages(path: Path) -> list[tuple[str, str]]:
    """Give each text with each of its translations."""
    found: list[tuple[str, str]] = []
    for message in ET.parse(path).getroot().iter("message"):  # noqa: S314 - our own files
        translation = message.find("translation")
        assert translation is not None
        forms = translation.findall("numerusform") or [translation]
        found += [(message.findtext("source") or "", form.text or "") for form in forms]
    return found


def test_that_nothing_is_left_untranslated(translations):
    assert translations.find_missing(FOLDER) == []
    assert tuple(translations.LANGUAGES) == NAMES


def test_that_a_missing_translation_is_found(tmp_path, translations):
    for name in NAMES:
        text = (FOLDER / f"{name}.ts").read_text(encoding="utf-8")
        text = text.replace("<translation>就绪", '<translation type="unfinished">')
        (tmp_path / f"{name}.ts").write_text(text, encoding="utf-8")
    assert translations.find_missing(tmp_path) == ["diptych_zh_CN.ts: RunStatus: Ready"]


@pytest.mark.parametrize("name", NAMES)
def test_that_placeholders_survive(name):
    for source, translation in messages(FOLDER / f"{name}.ts"):
        wanted, found = (Counter(PLACEHOLDER.findall(text)) for text in (source, translation))
        assert wanted == found, source


@pytest.mark.parametrize("name", NAMES)
def test_that_no_key_opens_two_entries_of_one_menu_bar(name):
    titles = ("&File", "&Run", "&View", "&Help")
    keys = [
        re.findall(r"&(\w)", translation)[0]
        for source, translation in messages(FOLDER / f"{name}.ts")
        if source in titles
    ]
    assert len(set(keys)) == len(keys)


def test_that_what_is_compiled_is_what_is_written(tmp_path, translations):
    for name in NAMES:
        shutil.copy(FOLDER / f"{name}.ts", tmp_path)
    translations.compile_all(tmp_path)
    for name in NAMES:
        file = f"{name}.qm"
        assert (tmp_path / file).read_bytes() == (FOLDER / file).read_bytes()
