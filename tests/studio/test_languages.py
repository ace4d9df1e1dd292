"""The studio speaks the user's language, and counts in it."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, QSettings
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from engine.errors import DiskFullError
from engine.events import Alert, AlertChanged
from studio.app import Studio, build_studio
from studio.errors.wording import explain
from studio.i18n import Language, install_language, translate_engine
from studio.models.run_form import RunForm
from studio.models.run_state import Command, RunActivity, RunState, activity_text
from studio.panels.run import RunPanel
from studio.panels.run.controls import RunProgress
from studio.settings.choices import GeneralChoices
from studio.settings.codec import SettingsStore
from studio.theme import Theme
from tests.helpers.fake_engine import FakeEngine, prepared
from tests.helpers.windows import ask, life, says, start, visible_buttons, wait_for


def test_that_chinese_reaches_every_corner(
    qtbot: QtBot, qapp: QApplication, settings: QSettings, engine: FakeEngine, tmp_path: Path
):
    SettingsStore(settings).save(GeneralChoices(language=Language.CHINESE))
    studio = build_studio(qapp, settings=settings, work=engine.work())
    qtbot.addWidget(studio.window)
    for late in (studio.window.late_play, studio.window.late_compare, studio.window.late_learn):
        assert late.panel.findChildren(QLabel)
    buttons = {button.text() for button in studio.window.findChildren(QPushButton)}
    assert {"训练手写数字", "开始训练", "保存画廊…"} <= buttons
    labels = {label.text() for label in studio.window.findChildren(QLabel)}
    assert {"欢迎使用 Diptych", "批大小", "学习率"} <= labels
    latin = [text for text in labels | buttons if text.isascii() and len(text.split()) > 2]
    assert set(latin) <= {"Adam beta 1", "Adam beta 2"}
    assert activity_text(RunActivity.STOPPED) == "已停止，检查点已保存"
    assert explain(DiskFullError(tmp_path, 10, 1)).happened == "磁盘已满。"
    studio.window.leave()


def test_that_chinese_uses_a_font_whose_characters_can_be_bold(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
):
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()
    theme = Theme(qapp)
    for installed, family in (
        (["WenQuanYi Zen Hei", "Noto Sans CJK SC"], "Noto Sans CJK SC"),
        (["A font of another system"], system),
    ):
        monkeypatch.setattr(QFontDatabase, "families", lambda _system, found=installed: found)
        theme.use_font_of(QLocale("zh_CN"))
        assert qapp.font().families()[0] == family
        theme.use_font_of(QLocale("en"))
        assert qapp.font().families()[0] == system


@pytest.mark.slow
def test_that_the_language_changes_around_a_run(qtbot: QtBot, studio: Studio, engine: FakeEngine):
    start(qtbot, studio)
    old, form = studio.window, studio.window.run._form
    form.set_text("training.batch_size", "48")
    alert = AlertChanged(alert=Alert.MODE_COLLAPSE, is_raised=True, images_seen=200, evidence={})
    engine.trouble.append(alert)
    qtbot.waitUntil(lambda: bool(studio.notes.raised))
    studio.queue.start()
    with qtbot.waitSignal(old.destroyed):
        old.actions_.choice(Language.CHINESE).trigger()
    window = studio.window
    assert window.isVisible()
    assert not window.is_welcoming
    assert studio.training.is_running
    assert studio.queue.is_active
    assert life(studio) is RunState.RUNNING
    assert {"暂停", "停止", "加入队列"} <= set(visible_buttons(window.run))
    assert says(window.run, "CPU，2 个线程，60,000 对，32 像素")
    assert not window.run.notes.isHidden()
    batch = next(e for e in window.run.findChildren(QLineEdit) if e.accessibleName() == "批大小")
    assert batch.text() == "48"
    # The new window steers the run, and hears of it.
    ask(studio, Command.SAMPLE_NOW)
    qtbot.waitUntil(lambda: "generator" in window.losses.history.curves)
    engine.finish.set()
    wait_for(qtbot, studio, RunState.FINISHED)
    assert "已完成" in window.windowTitle()
    window.actions_.choice(Language.ENGLISH).trigger()
    qtbot.waitUntil(lambda: studio.window is not window)
    assert studio.window.windowTitle().endswith("Diptych")


@pytest.mark.slow
def test_that_the_language_waits_for_an_open_import(qtbot: QtBot, studio: Studio):
    old = studio.window
    old.import_requested.emit(None)
    wizard = studio.importing.wizard
    assert wizard is not None
    old.actions_.choice(Language.CHINESE).trigger()
    qtbot.waitUntil(lambda: "language" in old.statusBar().currentMessage())
    assert studio.window is old
    wizard.close()
    qtbot.waitUntil(lambda: studio.window is not old)
    assert studio.window.actions_.start.text().startswith("开始训练")


def test_that_english_has_plurals(qtbot: QtBot, qapp: QApplication, tmp_path: Path):
    install_language(qapp, Language.ENGLISH)
    form = RunForm(tmp_path)
    panel = RunPanel(form)
    qtbot.addWidget(panel)
    form.set_text("training.batch_size", "1")
    form.set_text("training.learning_rate", "x")
    panel.refresh()
    assert panel.reason.endswith("1 more field needs attention.")
    form.set_text("seed", "-3")
    panel.refresh()
    assert panel.reason.endswith("2 more fields need attention.")


@pytest.mark.parametrize(
    ("language", "one", "two"),
    [
        (Language.ENGLISH, "CPU, 1 thread, ", "CPU, 2 threads, "),
        (Language.CHINESE, "CPU，1 个线程，", "CPU，2 个线程，"),
    ],
)
def test_that_the_device_is_said_in_the_users_language(
    qtbot: QtBot, qapp: QApplication, language: Language, one: str, two: str
):
    install_language(qapp, language)
    progress = RunProgress()
    qtbot.addWidget(progress)
    for event, text in (("CPU, 1 thread", one), ("CPU, 2 threads", two), ("H200", "H200")):
        progress.show_prepared(replace(prepared(Path()), device=event))
        assert any(label.text().startswith(text) for label in progress.findChildren(QLabel))


@pytest.mark.parametrize(
    ("system", "chosen"), [("de_DE", "en"), ("zh_CN", "zh"), ("en_GB", "en"), ("ar_EG", "en")]
)
def test_that_other_systems_get_english(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, system: str, chosen: str
):
    monkeypatch.setattr(QLocale, "system", staticmethod(lambda: QLocale(system)))
    locale = install_language(qapp, Language.SYSTEM)
    assert locale.name().startswith(chosen)
    assert QLocale().toString(1234567) == "1,234,567"


def test_that_nothing_stays_nothing():
    assert translate_engine("") == ""
