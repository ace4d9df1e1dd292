"""What the studio remembers, in and out of a file."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QSettings

from engine.fs.codec import decode, encode
from studio.i18n import Language
from studio.settings import codec
from studio.settings.choices import (
    GalleryView,
    GeneralChoices,
    PlotView,
    RunChoices,
    SaveGalleryChoices,
    WindowLayout,
)
from studio.settings.codec import SettingsStore
from studio.theme import Appearance
from tests.helpers.guards import ProblemLog

VALUES = (
    GeneralChoices(
        appearance=Appearance.DARK,
        language=Language.CHINESE,
        workspace=Path("/data/Bilder und Wörter/图"),
        last_run=Path("/data/run, 1"),
    ),
    RunChoices(
        starter="",
        dataset=Path("/a;b"),
        recent=("/a;b", "/c, d", "@ByteArray(x)"),
        texts={"training.batch_size": "64", "seed": " 7 "},
        is_more_open=True,
    ),
    WindowLayout(geometry=bytes(range(256)), docks=b"\x00\xff"),
    PlotView(smoothing=0.35, is_log=True, hidden=("penalty",)),
    GalleryView(zoom=7),
    SaveGalleryChoices(count=12, seed=5, folder="/x"),
)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_that_every_choice_survives_a_restart(settings: QSettings, value: object):
    store = SettingsStore(settings)
    store.save(value)
    store.flush()
    again = QSettings(settings.fileName(), QSettings.Format.IniFormat)
    assert SettingsStore(again).load(type(value)()) == value


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4))
def test_that_any_text_survives(texts: dict[str, str]):
    assert decode(dict[str, str], json.loads(json.dumps(encode(texts)))) == texts


@given(st.binary(max_size=64))
def test_that_any_bytes_survive(value: bytes):
    assert decode(bytes, json.loads(json.dumps(encode(value)))) == value


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("PlotView/smoothing", '"much"'),
        ("PlotView/smoothing", "{"),
        ("PlotView/is_log", "1"),
        ("PlotView/hidden", "[3]"),
        ("PlotView/hidden", '"penalty"'),
    ],
)
def test_that_a_damaged_value_takes_its_default(
    settings: QSettings, problem_log: ProblemLog, key: str, text: str
):
    store = SettingsStore(settings)
    store.save(PlotView(smoothing=0.1, is_log=True, hidden=("discriminator",)))
    settings.setValue(key, text)
    found = store.load(PlotView())
    name = key.partition("/")[2]
    expected = PlotView(smoothing=0.1, is_log=True, hidden=("discriminator",))
    assert found == replace(expected, **{name: getattr(PlotView(), name)})
    problem_log.expect(key, logger="studio.settings")


def test_that_an_unknown_appearance_takes_its_default(settings: QSettings, problem_log: ProblemLog):
    settings.setValue("GeneralChoices/appearance", '"sepia"')
    assert SettingsStore(settings).load(GeneralChoices()) == GeneralChoices()
    problem_log.expect("GeneralChoices/appearance")


def test_that_whole_numbers_may_stand_for_fractions():
    assert decode(float, 1) == 1.0
    with pytest.raises(ValueError, match="whole number"):
        decode(int, True)


def test_that_migrations_run_once_and_in_order(settings: QSettings, monkeypatch):
    monkeypatch.setattr(codec, "VERSION", 3)
    settings.setValue("version", 1)
    seen: list[int] = []
    steps = {version: lambda _settings, v=version: seen.append(v) for version in (0, 1, 2)}
    codec.migrate(settings, steps)
    codec.migrate(settings, steps)
    assert seen == [1, 2]
    assert int(str(settings.value("version"))) == 3


def test_that_fresh_settings_need_no_migration(settings: QSettings):
    codec.migrate(settings, {0: lambda _settings: pytest.fail("nothing to migrate")})
    assert int(str(settings.value("version"))) == codec.VERSION


@pytest.mark.parametrize("stored", ["?", None])
def test_that_settings_without_a_version_are_the_oldest(settings: QSettings, stored):
    settings.setValue("something", 1)
    if stored:
        settings.setValue("version", stored)
    seen: list[int] = []
    codec.migrate(settings, {0: lambda _settings: seen.append(0)})
    assert seen == [0]


def test_that_newer_settings_stay_newer(settings: QSettings):
    settings.setValue("version", codec.VERSION + 1)
    codec.migrate(settings)
    assert int(str(settings.value("version"))) == codec.VERSION + 1
