"""The documents point to files that exist."""

import re
from pathlib import Path

import pytest

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
