"""Words that were replaced do not come back into source, translations or documents."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = ROOT / "tests" / "golden" / "retired_words.txt"
FREE_TO_NAME_THEM = {"GLOSSARY.md", "CHANGELOG.md"}


def retired_words() -> list[str]:
    """Read the list: one word a line; a ``#`` starts a comment."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    words = [line.partition("#")[0].strip() for line in lines]
    return [word for word in words if word]


def lines_to_check() -> Iterator[tuple[str, str]]:
    """Give place and text of every line of source and documents, and of every source text."""
    files = [
        *(ROOT / "engine").rglob("*.py"),
        *(ROOT / "studio").rglob("*.py"),
        *(ROOT / "docs").rglob("*.md"),
        *(path for path in ROOT.glob("*.md") if path.name not in FREE_TO_NAME_THEM),
    ]
    for file in sorted(files):
        lines = file.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, start=1):
            yield f"{file.relative_to(ROOT).as_posix()}:{number}", line
    for file in sorted((ROOT / "resources" / "translations").glob("*.ts")):
        for source in ET.parse(file).iterfind(".//source"):  # noqa: S314 - a file of our own
            yield file.name, source.text or ""


def occurrences(words: list[str], lines: Iterator[tuple[str, str]]) -> list[str]:
    """Find the lines in which a word stands as a whole word."""
    if not words:
        return []
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)")
    return [f"{place}: {found[0]}" for place, line in lines if (found := pattern.search(line))]


def test_that_no_retired_word_comes_back():
    assert occurrences(retired_words(), lines_to_check()) == []


def test_that_whole_words_are_found_and_parts_of_words_are_not():
    lines = [
        ("a:1", "a Verdicts b"),
        ("a:2", "VerdictsList"),
        ("a:3", "old_Verdicts"),
        ("a:4", "(Verdicts)"),
    ]
    assert occurrences(["Verdicts"], iter(lines)) == ["a:1: Verdicts", "a:4: Verdicts"]


def test_that_source_documents_and_translations_are_read():
    places = {place.rpartition(":")[0] or place for place, _line in lines_to_check()}
    assert {"engine/events.py", "README.md", "diptych_zh_CN.ts"} <= places
