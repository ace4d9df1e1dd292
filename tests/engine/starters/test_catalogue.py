import inspect

import numpy as np
import pytest

import resources
from engine.data.manifest import VALIDATION
from engine.data.starters import GROUPS, STARTERS
from engine.starters import beats, cell_cases, notes, ring, road_scenes
from engine.starters.build import COLUMNS, PAIRS

SOURCE = resources.starters_folder()


def columns_of(name):
    """Build a few items of a starter."""
    few = {
        "beats": lambda: beats.build(SOURCE / "beats", count=4, held_out=1),
        "notes": lambda: notes.build(count=4, held_out=1),
        "road-scenes": lambda: road_scenes.build(count=4, held_out=1),
        "cell-cases": lambda: cell_cases.build(SOURCE / "cell-cases", drawings=1),
        "ring": lambda: ring.build(count=4, held_out=1),
    }
    return few[name]()


def test_that_every_starter_has_a_builder_a_group_and_its_files():
    assert list(STARTERS) == [*PAIRS, *COLUMNS]
    for name, starter in STARTERS.items():
        assert starter.name == name
        assert starter.group in GROUPS
        assert 0.02 * starter.items < starter.held_out < 0.25 * starter.items
        assert starter.source == f"starter {name}, recipe {starter.recipe}"
        assert not starter.summary.endswith(".")
        licence = (SOURCE / name / "LICENSE.txt").read_text("utf-8")
        assert licence.strip()
        if name in COLUMNS:
            assert "creativecommons.org" in licence
            assert "CC0" in starter.licence
        assert (SOURCE / name / "preview.png").is_file()
    assert {starter.group for starter in STARTERS.values()} == set(GROUPS)


@pytest.mark.parametrize("name", [name for name in COLUMNS if name != "spoken-digits"])
def test_that_the_columns_are_those_of_the_catalogue(name, monkeypatch):
    monkeypatch.setattr(notes, "TAKES", 1)
    monkeypatch.setattr(road_scenes, "TAKES", 1)
    columns, starter = columns_of(name), STARTERS[name]
    kinds = {
        **dict.fromkeys(columns.images, "image"),
        **dict.fromkeys(columns.texts, "text"),
        **dict.fromkeys(columns.audio, "audio"),
        **dict.fromkeys(columns.tables, "table"),
    }
    assert kinds == starter.columns
    assert all(images.dtype == np.uint8 for images in columns.images.values())
    assert all(waves.dtype == np.int16 for waves, _rate in columns.audio.values())


def test_that_builders_make_as_many_items_as_the_catalogue_says():
    for module, name in (
        (beats, "beats"),
        (notes, "notes"),
        (road_scenes, "road-scenes"),
        (ring, "ring"),
    ):
        defaults = inspect.signature(module.build).parameters
        assert defaults["count"].default == STARTERS[name].items
        assert defaults["held_out"].default == STARTERS[name].held_out
    cases = cell_cases.build(SOURCE / "cell-cases", drawings=1)
    assert cases.count * cell_cases.DRAWINGS == STARTERS["cell-cases"].items
    held_out = list(cases.split).count(VALIDATION) * cell_cases.DRAWINGS
    assert held_out == STARTERS["cell-cases"].held_out
