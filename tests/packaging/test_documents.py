"""The documents point to files that exist."""

import importlib
import re
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from engine.config.run import RunConfig
from engine.config.setting import settings_in
from engine.importing.plan import ImportPlan

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
WITH_PATHS = ("ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "GLOSSARY.md")
PLACES = (ROOT, ROOT / "engine", ROOT / "studio")
"""What a path in a document may be relative to."""

FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)")
REFERENCE = re.compile(r"^ {0,3}\[[^\]^]+\]:\s+<?([^\s>]+)", re.MULTILINE)
SOURCE_FILE = re.compile(r"(?<![\w./-])(?:[\w.-]+/)+[\w-]+\.py\b")
SOURCE_FOLDER = re.compile(
    r"(?<![\w./-])(?:engine|studio|resources|packaging|tests|docs)/(?:[\w-]+/)*(?![\w.*{-])"
)


def linked_files(text: str) -> list[str]:
    """Find the relative targets of links and images, without their anchors."""
    prose = CODE.sub("", FENCE.sub("", text))
    targets = LINK.findall(prose) + REFERENCE.findall(prose)
    relative = [target.partition("#")[0] for target in targets if not re.match(r"\w+:", target)]
    return [target for target in relative if target]


def mentioned_paths(text: str) -> list[str]:
    """Find the source files and folders that inline code names with a slash."""
    codes = CODE.findall(FENCE.sub("", text))
    return [
        path for code in codes for p in (SOURCE_FILE, SOURCE_FOLDER) for path in p.findall(code)
    ]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_that_every_relative_link_leads_to_a_file(document):
    links = linked_files(document.read_text(encoding="utf-8"))
    missing = {link for link in links if not (document.parent / link).exists()}
    assert not missing, f"{document.name} links to what is not there: {', '.join(sorted(missing))}"


@pytest.mark.parametrize("name", WITH_PATHS)
def test_that_every_source_path_in_a_document_exists(name):
    if not (ROOT / name).exists():
        pytest.skip(f"there is no {name} yet")
    paths = mentioned_paths((ROOT / name).read_text(encoding="utf-8"))
    missing = {path for path in paths if not any((place / path).exists() for place in PLACES)}
    assert not missing, f"{name} names what is not there: {', '.join(sorted(missing))}"


def test_that_links_are_found_and_code_is_not_taken_for_them():
    text = (
        "[a](docs/a.md#part) ![b](<b.png>) [c](#here) [d](https://x.org/d.md) `[e](e.md)`\n"
        "```\n[f](f.md)\n```\n[g]: g.md\n[^1]: a footnote\n"
    )
    assert linked_files(text) == ["docs/a.md", "b.png", "g.md"]


def test_that_source_paths_are_found_in_code_alone():
    text = (
        "`train/loop.py` and `python packaging/x.py --keep runs/` in `engine/nets/`, "
        "`samples/`, `engine/config/*`, not train/loose.py or `loop.py`\n"
    )
    assert sorted(mentioned_paths(text)) == ["engine/nets/", "packaging/x.py", "train/loop.py"]


# Words that were replaced do not come back into source, translations or documents.


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


# What the project's own files say about it is the same everywhere.


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


@pytest.mark.parametrize("package", ["engine", "studio"])
def test_that_a_package_declares_its_types(package):
    assert (ROOT / package / "py.typed").read_bytes() == b""


def test_that_the_console_and_the_window_start_the_same_program():
    scripts = {**PROJECT["scripts"], **PROJECT["gui-scripts"]}
    assert set(scripts) == {"diptych", "diptych-studio"}
    assert len(set(scripts.values())) == 1


def test_that_the_citation_names_the_version_and_licence_of_the_project():
    assert CITATION["version"] == PROJECT["version"]
    assert CITATION["license"] == PROJECT["license"]


def test_that_the_citation_has_what_its_format_requires():
    assert CITATION["cff-version"] == "1.2.0"
    for entry in (CITATION, *CITATION["references"]):
        assert entry["title"]
        assert all("name" in a or "family-names" in a for a in entry["authors"])
    assert all(entry["type"] and entry["year"] for entry in CITATION["references"])


def test_that_every_make_target_is_explained():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    (phony,) = re.findall(r"^\.PHONY:(.*)$", makefile, re.MULTILINE)
    explained = re.findall(r"^([a-z-]+):  ## ", makefile, re.MULTILINE)
    assert sorted(phony.split()) == sorted(explained)


# ``docs/settings.md`` is what the settings' declarations make of it.


@pytest.fixture
def settings_page(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load the script; its folder is deliberately no package."""
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))
    return importlib.import_module("settings_page")


def test_that_the_page_is_current(settings_page):
    written = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert written == settings_page.page(), "docs/settings.md is out of date: run make docs"


def test_that_the_page_has_a_row_for_every_setting(settings_page):
    rows = [line for line in settings_page.page().splitlines() if "| `--" in line]
    declared = [*settings_in(RunConfig), *settings_in(ImportPlan)]
    assert len(rows) == len(declared)
    for _name, _field, about in declared:
        assert any(about.label in row and about.help in row for row in rows), about.label


def test_that_the_page_names_no_path_of_this_machine(settings_page):
    assert str(ROOT) not in settings_page.page()
    assert str(Path.home()) not in settings_page.page()
