"""What the project's own files say about it is the same everywhere."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
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
