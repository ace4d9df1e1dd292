"""The run panel as a user fills it in."""

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from engine.config.forecast import text_cost
from engine.config.presets import PRESETS
from engine.errors import CheckpointCorruptError, ConfigError, Problem
from engine.events import Phase, PhaseChanged
from studio.app import Studio
from studio.models.run_form import RunForm
from studio.models.run_state import Command, LifecycleEvent, RunStatus
from studio.panels.run import RunPanel
from tests.helpers.fake_engine import losses, prepared
from tests.helpers.run_folders import made_run
from tests.helpers.tiny import tiny_dataset
from tests.helpers.windows import ask, child, press, says, start, visible_buttons


class Filled:
    """The panel on screen."""

    def __init__(self, qtbot: QtBot, workspace: Path) -> None:
        self.qtbot, self.workspace = qtbot, workspace
        self.form = RunForm(workspace)
        self.panel = RunPanel(self.form)
        qtbot.addWidget(self.panel)
        self.panel.resize(360, 900)
        self.panel.show()
        self.started: list[object] = []
        self.panel.start_requested.connect(self.started.append)

    def control(self, name: str) -> QWidget:
        """Find a field by the name that a screen reader says."""
        kinds = (QLineEdit, QComboBox)
        found = [w for kind in kinds for w in self.panel.findChildren(kind)]
        return next(w for w in found if w.accessibleName() == name)

    def type(self, name: str, text: str) -> QLineEdit:
        edit = self.control(name)
        assert isinstance(edit, QLineEdit)
        edit.selectAll()
        self.qtbot.keyClicks(edit, text)
        return edit

    def choose(self, name: str, text: str) -> QComboBox:
        box = self.control(name)
        assert isinstance(box, QComboBox)
        index = box.findText(text)
        assert index >= 0, f"{text!r} is not offered"
        box.setCurrentIndex(index)
        box.activated.emit(index)
        return box

    @property
    def button(self) -> QPushButton:
        texts = ("Start training", "Stop")
        buttons = self.panel.findChildren(QPushButton)
        return next(b for b in buttons if b.text() in texts and b.isVisible())

    def says(self, text: str) -> bool:
        labels = self.panel.findChildren(QLabel)
        return any(text in label.text() and label.isVisible() for label in labels)


@pytest.fixture
def filled(qtbot: QtBot, tmp_path: Path) -> Filled:
    return Filled(qtbot, tmp_path)


def test_that_a_wrong_field_turns_red_and_start_says_why(filled: Filled):
    edit = filled.type("Batch size", "-1")
    assert edit.property("invalid") is True
    assert not filled.button.isEnabled()
    assert filled.panel.reason == "Cannot start yet. Batch size: Must be at least 0."
    assert filled.says("Must be at least 0")
    assert filled.button.toolTip() == filled.panel.reason
    filled.type("Batch size", "32")
    assert edit.property("invalid") is False
    assert filled.button.isEnabled()
    assert not filled.says("Must be at least 0")


def test_that_a_changed_setting_stands_bold(filled: Filled):
    label = next(w for w in filled.panel.findChildren(QLabel) if w.text() == "Batch size")
    assert label.property("modified") is False
    filled.type("Batch size", "32")
    assert label.property("modified") is True
    filled.choose("Preset", "Tiny, for the CPU")
    assert label.property("modified") is False


def test_that_a_preset_sets_every_field(filled: Filled):
    filled.choose("Preset", "Laptop GPU")
    size = filled.control("Image size")
    assert isinstance(size, QComboBox)
    assert size.currentText() == "128 px"


def test_that_a_preset_says_what_to_expect_of_it(filled: Filled):
    preset = PRESETS["textbook"]
    filled.choose("Preset", preset.title)
    assert filled.says(f"{preset.summary}\n{preset.note}")
    filled.choose("Preset", PRESETS["cpu-tiny"].title)
    assert not filled.says(preset.note)


def test_that_start_carries_what_was_chosen(filled: Filled):
    filled.choose("Dataset", "Shapes")
    filled.type("Name", "my run")
    filled.type("Seed", "7")
    filled.qtbot.mouseClick(filled.button, Qt.MouseButton.LeftButton)
    [plan] = filled.started
    assert plan.starter == "shapes"  # pyright: ignore[reportAttributeAccessIssue]
    assert plan.config.seed == 7  # pyright: ignore[reportAttributeAccessIssue]
    assert plan.config.run == filled.workspace / "runs" / "my run"  # pyright: ignore[reportAttributeAccessIssue]


def test_that_another_folder_becomes_a_dataset(filled: Filled, tmp_path: Path):
    folder = tiny_dataset(tmp_path / "my pairs")
    filled.choose("Dataset", "Other folder…")
    picker = child(filled.panel, QFileDialog)
    picker.fileSelected.emit(str(folder))
    picker.reject()
    box = filled.control("Dataset")
    assert isinstance(box, QComboBox)
    assert box.currentText() == "my pairs"
    assert filled.panel.can_start
    filled.choose("Dataset", "Digits")
    assert filled.form.starter == "digits"
    filled.choose("Dataset", "my pairs")
    assert filled.form.dataset == folder


def test_that_a_folder_without_pairs_is_refused(filled: Filled, tmp_path: Path):
    filled.choose("Dataset", "Other folder…")
    picker = child(filled.panel, QFileDialog)
    picker.fileSelected.emit(str(tmp_path))
    picker.reject()
    assert "There is no dataset in this folder" in filled.panel.reason
    assert not filled.panel.can_start


def test_that_the_panel_looks_again_when_the_user_comes_back(filled: Filled, tmp_path: Path):
    filled.type("Name", "twice")
    assert filled.panel.can_start
    (tmp_path / "runs" / "twice").mkdir(parents=True)
    (tmp_path / "runs" / "twice" / "run.toml").touch()
    filled.panel.activateWindow()
    filled.panel.changeEvent(QEvent(QEvent.Type.ActivationChange))
    assert "A run of this name exists already" in filled.panel.reason


def test_that_progress_shows_state_figures_and_device(filled: Filled):
    status = RunStatus().started("x")
    filled.panel.show_status(status)
    bar = child(filled.panel, QProgressBar)
    assert bar.maximum() == 0
    filled.panel.show_prepared(prepared(Path()))
    training = status.after(PhaseChanged(phase=Phase.TRAINING)).after(losses(6400))
    filled.panel.show_status(training)
    assert filled.says("6,400 images · 1,234 images/s · 1 min 30 s left")
    assert filled.says("60,000 pairs, 32 px")
    assert bar.value() == 100
    assert filled.button.text() == "Stop"
    stop = filled.button
    with filled.qtbot.waitSignal(filled.panel.command_requested) as commanded:
        filled.qtbot.mouseClick(stop, Qt.MouseButton.LeftButton)
    assert commanded.args == [Command.STOP_SAVE]
    filled.panel.show_status(training.after_asking(LifecycleEvent.STOP_ASKED))
    assert stop.text() == "Stopping…"
    assert not stop.isEnabled()


def test_that_the_wheel_changes_no_choice(filled: Filled):
    box = filled.control("Preset")
    assert isinstance(box, QComboBox)
    before = box.currentText()
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    box.wheelEvent(event)
    assert box.currentText() == before
    assert not event.isAccepted()


def test_that_the_cost_of_long_texts_follows_the_fields(filled: Filled):
    def shown(tokens: int, size: int, encoding: str = "token-ids") -> bool:
        cost = text_cost(vocabulary_size=size, length=tokens, encoding=encoding)
        return any(
            label.text()
            == f"With {tokens} tokens a text and a full vocabulary: about {cost.step:.1f} times a "
            f"training step of digits, {cost.memory:.1f} times the memory."
            for label in filled.panel.findChildren(QLabel)
        )

    assert shown(77, 8192)
    filled.type("Text length", "20")
    assert shown(20, 8192)
    assert not shown(77, 8192)
    filled.choose("Text encoding", "One-hot vectors")
    assert shown(20, 8192, "one-hot")
    filled.type("Vocabulary size", "300")
    assert shown(20, 300, "one-hot")
    # A named tokenizer has no limit that is known before the texts are read.
    filled.choose("Tokenizer", "Words")
    filled.type("Text length", "0")
    assert not any("full vocabulary" in label.text() for label in filled.panel.findChildren(QLabel))


def test_that_more_settings_fold_away(filled: Filled):
    width = filled.control("Generator channels")
    assert not width.isVisible()
    title = next(b for b in filled.panel.findChildren(QToolButton) if b.text() == "More settings")
    title.click()
    assert width.isVisible()
    assert filled.panel.choices().is_more_open


def test_that_every_field_has_help(filled: Filled):
    for kind in (QLineEdit, QComboBox):
        for control in filled.panel.findChildren(kind):
            assert control.accessibleName(), control
            assert control.accessibleDescription(), control.accessibleName()


def test_that_only_settings_that_matter_to_the_family_are_shown(filled: Filled):
    def shown() -> set[str]:
        return {w.text() for w in filled.panel.findChildren(QLabel) if not w.isHidden()}

    assert {"Family", "Adversarial loss", "Text NLL weight", "Data"} <= shown()
    assert not {"KL weight", "Likelihood", "Number of subsets"} & shown()
    filled.choose("Family", "MVAE, product of experts")
    assert {"KL weight", "Likelihood", "Number of subsets", "Learning rate"} <= shown()
    assert not {"Adversarial loss", "Penalty weight (gamma)", "Text NLL weight"} & shown()
    filled.choose("Family", "GAN, purely adversarial")
    assert "Adversarial loss" in shown()
    assert not {"KL weight", "Text NLL weight"} & shown()


def test_that_an_impossible_combination_says_why(filled: Filled):
    filled.choose("Discriminator norm", "Batch norm")
    assert "batch norm makes each output depend on the whole batch" in filled.panel.reason
    filled.choose("Regularizer", "Spectral norm")
    assert filled.button.isEnabled()


# --------------------------------------------------------------------------
# The forecast of the run, before it is started.


def start_from(studio: Studio) -> QComboBox:
    boxes = studio.window.run.findChildren(QComboBox)
    return next(box for box in boxes if box.accessibleName() == "Start from")


def pick(box: QComboBox, text: str) -> None:
    index = box.findText(text)
    assert index >= 0, f"{text!r} is not offered"
    box.setCurrentIndex(index)
    box.activated.emit(index)


@pytest.fixture
def earlier(qtbot: QtBot, studio: Studio) -> Path:
    """A finished run of the workspace, listed with one of another family."""
    studio.window.show_docks()
    runs = studio.workspace / "runs"
    made_run(runs, "vae", family="mvae")
    made_run(runs, "untrained", seen=0)
    folder = made_run(runs, "cats", networks__latent_dim=48)
    with qtbot.waitSignal(studio.runs.listed):
        studio.runs.list_runs(studio.workspace)
    return folder


def test_that_a_run_starts_from_an_earlier_one(qtbot, studio, engine, earlier):
    box, run = start_from(studio), studio.window.run
    offered = [box.itemText(index) for index in range(box.count())]
    assert offered == ["None (from scratch)", "cats", "Other run…"]
    assert engine.compared == []
    pick(box, "cats")
    sentence = "Takes over 38 of 42 tensors; 512 of 1,702 words are known."
    qtbot.waitUntil(lambda: says(run, sentence))
    assert [config.init_from for config in engine.compared] == [str(earlier)]
    # The networks differ, which one click mends; the sentence follows.
    press(qtbot, run, "Use its networks")
    qtbot.waitUntil(lambda: len(engine.compared) == 2)
    assert engine.compared[-1].networks.latent_dim == 48
    qtbot.waitUntil(lambda: says(run, sentence))
    assert "Use its networks" not in visible_buttons(run)
    # What decides nothing about the weights asks nothing again.
    run._form.set_text("seed", "5")
    run.refresh()
    assert says(run, sentence)
    start(qtbot, studio)
    (config,) = engine.configs
    assert (config.init_from, config.init_checkpoint) == (str(earlier), "newest")
    assert config.networks.latent_dim == 48
    assert len(engine.compared) == 2
    ask(studio, Command.STOP_SAVE)
    qtbot.waitUntil(lambda: not studio.training.is_running)
    # The next run starts from scratch unless it is told otherwise.
    assert box.currentText() == "None (from scratch)"
    assert run._form.plan().config.init_from == ""


def test_that_an_earlier_run_of_which_nothing_fits_says_so(qtbot, studio, engine, earlier):
    run = studio.window.run
    engine.transfer = ConfigError([Problem("init_from", "cannot be used")])
    pick(start_from(studio), "cats")
    nothing = "Nothing can be taken over: its networks have other sizes."
    qtbot.waitUntil(lambda: says(run, nothing))
    engine.transfer = CheckpointCorruptError(earlier, "it is damaged")
    run._form.set_text("init_checkpoint", "kid")
    run.refresh()
    qtbot.waitUntil(lambda: says(run, "it is damaged"))
    run._form.set_text("family", "mvae")
    run.refresh()
    assert "Its family is" in run.reason
    pick(start_from(studio), "None (from scratch)")
    assert run.reason == ""
