"""``docs/settings.md`` is what the settings' declarations make of it."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest

from engine.config.run import RunConfig
from engine.config.setting import settings_in
from engine.importing.plan import ImportPlan

ROOT = Path(__file__).parents[2]


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
