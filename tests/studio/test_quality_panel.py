"""The quality panel: figures by scale, their best, and what they mean."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.data.store import open_dataset
from engine.events import EvaluationCompleted, Outcome
from engine.metrics.verdict import Claim, Reason, Verdict
from engine.runs.event_log import RunLog
from engine.runs.event_reader import read_quality
from engine.runs.folder import RunFolder, write_model
from engine.runs.metadata import ModelMetadata
from studio.app import Studio
from studio.models.run_state import Command
from studio.panels.quality import QualityPanel
from studio.widgets.curve_plot import CurvePlot
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.guards import is_event
from tests.helpers.tiny import tiny_dataset, tiny_facts
from tests.helpers.windows import ask, says, start, write_run


def measured(
    images: int, best: frozenset[str] = frozenset(), **figures: float
) -> EvaluationCompleted:
    usual = {"kid": 0.02, "joint_coherence": 0.5, "precision": 0.9, "text_validity": 1.0}
    return EvaluationCompleted(
        images_seen=images, elapsed_s=images / 1000, metrics={**usual, **figures}, best=best
    )


@pytest.fixture
def panel(qtbot: QtBot) -> QualityPanel:
    made = QualityPanel()
    qtbot.addWidget(made)
    made.show()
    return made


def test_that_coherence_comes_first(panel: QualityPanel):
    panel.add_quality(measured(100, joint_coherence=0.4, text_to_image=0.7))
    assert panel.board.legend.names == ("joint_coherence", "text_to_image")
    assert panel.board.legend.chip("joint_coherence").text() == "Pairs 0.4"


def test_that_another_view_shows_other_figures(qtbot: QtBot, panel: QualityPanel):
    panel.add_quality(measured(100))
    panel.show_view("images")
    assert panel.board.legend.names == ("kid",)
    assert panel.board.legend.chip("kid").text() == "KID × 1000 20"
    panel.show_view("variety")
    assert panel.board.legend.names == ("precision",)
    qtbot.waitUntil(panel.board.legend.chip("precision").isVisible)


def test_that_curves_grow_and_a_single_point_is_seen(panel: QualityPanel):
    panel.add_quality(measured(100, joint_coherence=0.4))
    (curve,) = (c for c in panel.board.plot._curves.values())
    assert curve.bold.opts["symbol"] == "o"
    panel.add_quality(measured(200, joint_coherence=0.6))
    assert curve.x.tolist() == [100, 200]
    assert curve.y.tolist() == [0.4, 0.6]


def test_that_a_chip_says_what_its_figure_means_and_the_best(panel: QualityPanel):
    panel.add_quality(measured(100, frozenset({"kid"}), kid=0.02))
    panel.add_quality(measured(200, kid=0.03))
    panel.show_view("images")
    tip = panel.board.legend.chip("kid").toolTip()
    assert "lower is better" in tip
    assert "Best so far: 20" in tip


def test_that_a_figure_can_be_switched_off(panel: QualityPanel):
    panel.add_quality(measured(100))
    panel.board.legend.chip("joint_coherence").click()
    panel.add_quality(measured(200))
    assert not panel.board.plot._curves["joint_coherence"].is_shown


def test_that_grid_and_texture_have_a_view(panel: QualityPanel):
    panel.add_quality(measured(100, grid=12.0, texture=3.0, texture_32=5.0, texture_8=1.0))
    panel.show_view("texture")
    assert panel.board.legend.names == ("grid", "texture")
    assert panel.board.legend.chip("grid").text() == "Grid 12"
    assert "checkerboard" in panel.board.legend.chip("grid").toolTip()
    tip = panel.board.legend.chip("texture").toolTip()
    assert "1 is as good as real" in tip
    assert "32 px: 5\n8 px: 1" in tip


def test_that_the_match_is_beside_that_of_real_images(panel: QualityPanel):
    panel.add_quality(measured(100, match=0.25, match_upper_bound=0.36, match_baseline=0.01))
    assert panel.board.legend.names == (
        "joint_coherence",
        "match",
        "match_upper_bound",
        "match_baseline",
    )
    assert panel.board.legend.chip("match_upper_bound").text() == "Real images 0.36"
    assert "upper bound" in panel.board.legend.chip("match_upper_bound").toolTip()


def test_that_known_bigrams_are_beside_those_of_real_texts(panel: QualityPanel):
    panel.add_quality(
        measured(100, known_words=1.0, known_bigrams=0.6, known_bigrams_upper_bound=0.77)
    )
    panel.show_view("texts")
    assert panel.board.legend.names == (
        "text_validity",
        "known_bigrams",
        "known_bigrams_upper_bound",
    )
    assert panel.board.legend.chip("known_bigrams").text() == "Known bigrams 0.6"
    assert "learned by heart" in panel.board.legend.chip("known_bigrams").toolTip()
    assert panel.board.legend.chip("known_bigrams_upper_bound").text() == "Bigrams, real 0.77"


def test_that_kid_says_how_much_it_varies(panel: QualityPanel):
    panel.add_quality(measured(100))
    panel.show_view("images")
    tip = panel.board.legend.chip("kid").toolTip()
    assert "ninefold" in tip
    assert "not significant" in tip


def test_that_the_verdict_is_below_the_curves_until_the_run_goes_on(panel: QualityPanel):
    verdict = Verdict(
        claims=(Claim.MATCHED, Claim.NARROW),
        reason=Reason.COVERAGE_RISES,
        figures={"coherence": 0.97, "coverage": 0.56, "before": 0.48, "after": 0.56}
        | {"since": 9_000, "until": 12_000},
    )
    panel.show_verdict(verdict)
    assert says(panel, "but cover only 56 % of the variety of the training images.")
    assert says(panel, "train longer: coverage was still rising (0.48 after 9,000 images, 0.56")
    panel.show_verdict(None)
    assert not says(panel, "cover only")
    panel.show_verdict(verdict)
    panel.clear()
    assert not says(panel, "cover only")


def test_that_an_evaluated_run_opens_with_a_verdict(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    dataset = tiny_dataset(tmp_path / "data")
    run = write_run(tmp_path / "run", dataset=dataset, outcome=Outcome.FINISHED)
    version = open_dataset(dataset).manifest.version
    facts = ModelMetadata(
        dataset="tiny",
        dataset_version=version,
        columns=tiny_facts().columns,
    )
    write_model(RunFolder(run), facts)
    about = {"images seen": 3_000, "dataset version": version}
    metrics = {"match": 0.3, "match_baseline": 0.01, "match_upper_bound": 0.6, "coverage": 0.9}
    report = json.dumps({"about": about, "metrics": metrics})
    (run / "evaluation.json").write_text(report, encoding="utf-8")
    with qtbot.waitSignal(studio.runs.judged):
        studio.run_view.open(run)
    quality = studio.window.quality
    assert quality.board.legend.names == ("match", "match_upper_bound", "match_baseline")
    labels = [label.text() for label in quality.findChildren(QLabel)]
    sentence = (
        "Images match their captions less often than real ones do (50 % of the upper bound), but "
        "cover the variety of the training images (90 %)."
    )
    assert sentence in labels
    assert "What would help most: train longer: this run has seen only 3,000 images." in labels
    start(qtbot, studio)
    assert not says(quality, "What would help most")
    ask(studio, Command.STOP_SAVE)
    with qtbot.waitSignal(studio.runs.judged) as judged:
        pass
    assert judged.args is not None
    assert judged.args[0].folder == studio.run_view.folder


def test_that_a_new_run_starts_with_nothing(panel: QualityPanel):
    panel.add_quality(measured(100))
    panel.clear()
    assert panel.board.legend.names == ()
    panel.add_quality(measured(50))
    assert panel.board.legend.names == ("joint_coherence",)


def test_that_a_stored_run_brings_its_figures_back(tmp_path: Path):
    log = RunLog(RunFolder(tmp_path).log_file)
    events = [measured(100, frozenset({"kid"})), measured(200, kid=0.5)]
    for event in events:
        log.record(event)
    log.close()
    with RunFolder(tmp_path).log_file.open("a", encoding="utf-8") as file:
        file.write('{"event": "EvaluationCompleted", "metrics": 3}\n{"event": "Eval')
    assert list(read_quality(RunFolder(tmp_path).log_file)) == events


# All figures, and the evaluation on request.


def test_that_all_figures_are_in_a_table(panel: QualityPanel):
    panel.add_quality(measured(1_000, frozenset({"kid"}), smallest_share=0.07))
    panel.add_quality(measured(2_000, mode_kl=0.25))
    panel.show_view("table")
    model = panel.table.model()
    down, across = Qt.Orientation.Vertical, Qt.Orientation.Horizontal
    names = [model.headerData(row, down) for row in range(model.rowCount())]
    assert [model.headerData(column, across) for column in range(2)] == [
        "2,000 images",
        "1,000 images",
    ]
    assert model.index(names.index("KID × 1000"), 1).data() == "20"
    assert model.index(names.index("Rarest"), 0).data() == ""
    assert model.index(names.index("Rarest"), 1).data() == "0.07"
    assert "best" in model.index(names.index("KID × 1000"), 1).data(Qt.ItemDataRole.ToolTipRole)
    panel.drop_after(1_500)
    assert model.columnCount() == 1
    panel.clear()
    assert (model.rowCount(), model.columnCount()) == (0, 0)


def test_that_figures_can_be_copied_with_their_names(panel: QualityPanel):
    panel.add_quality(measured(1_000, joint_coherence=0.4))
    panel.add_quality(measured(2_000, joint_coherence=0.6))
    panel.show_view("table")
    panel.table.copy()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split("\t") == ["", "2,000 images", "1,000 images"]
    assert "Pairs\t0.6\t0.4" in lines
    row = next(number for number, line in enumerate(lines) if line.startswith("Pairs")) - 1
    panel.table.selectRow(row)
    panel.table.copy_action.trigger()
    assert QGuiApplication.clipboard().text().splitlines()[1:] == ["Pairs\t0.6\t0.4"]


def test_that_figures_are_saved_with_full_precision(panel: QualityPanel, tmp_path: Path):
    panel.add_quality(measured(1_000, kid=1 / 3))
    panel.add_quality(measured(2_000, grid=1.5))
    panel.save_csv(tmp_path / "quality.csv")
    with (tmp_path / "quality.csv").open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["images_seen"], second["images_seen"]) == ("1000", "2000")
    assert float(first["kid"]) == 1 / 3
    assert (first["grid"], second["grid"]) == ("", "1.5")


def test_that_a_file_that_cannot_be_written_is_told(qtbot: QtBot, panel: QualityPanel):
    with qtbot.waitSignal(panel.failed) as failed:
        panel.save_csv(Path("/nonexistent/quality.csv"))
    assert isinstance((failed.args or [None])[0], FileNotFoundError)


def test_that_a_view_without_figures_says_why_and_not_that_nothing_was_measured(
    panel: QualityPanel,
):
    assert says(panel, "Quality is measured about once a minute")
    figures = {"kid": 0.02, "text_validity": 1.0}
    panel.add_quality(EvaluationCompleted(images_seen=100, elapsed_s=0.1, metrics=figures))
    panel.show_view("coherence")
    assert says(panel, "Coherence cannot be measured on this dataset")
    panel.show_view("images")
    assert panel.board.legend.names == ("kid",)
    panel.clear()
    panel.show_view("coherence")
    assert says(panel, "Quality is measured about once a minute")


def test_that_the_same_weights_are_shown_once(panel: QualityPanel):
    panel.add_quality(measured(100, joint_coherence=0.4))
    panel.add_quality(measured(100, joint_coherence=0.5))
    (curve,) = panel.board.plot._curves.values()
    assert (curve.x.tolist(), curve.y.tolist()) == ([100], [0.5])


def test_that_a_training_run_is_evaluated_on_request(
    qtbot: QtBot, studio: Studio, engine: FakeEngine
):
    button, action = studio.window.quality.evaluate, studio.window.actions_.evaluate
    assert not button.isEnabled()
    assert not action.isEnabled()
    start(qtbot, studio)
    qtbot.waitUntil(action.isEnabled)
    with qtbot.waitSignal(
        studio.training.event_emitted, check_params_cb=is_event(EvaluationCompleted)
    ):
        action.trigger()
        assert button.text() == "Evaluating…"
        assert not button.isEnabled()
        assert not action.isEnabled()
    assert button.text() == "Evaluate now"
    assert button.isEnabled()
    assert studio.window.quality.board.legend.names == ("joint_coherence",)
    ask(studio, Command.STOP_SAVE)


def test_that_a_stopped_run_is_evaluated_in_a_thread(
    qtbot: QtBot, studio: Studio, engine: FakeEngine, tmp_path: Path
):
    run = write_run(tmp_path / "runs" / "old", outcome=Outcome.STOPPED)
    studio.run_view.open(run)
    button = studio.window.quality.evaluate
    assert button.isEnabled()
    engine.holds_measurement.set()
    button.click()
    assert button.text() == "Cancel evaluation"
    assert not studio.window.actions_.evaluate.isEnabled()
    with qtbot.waitSignal(studio.evaluation.ended):
        button.click()
    assert button.text() == "Evaluate now"
    engine.holds_measurement.clear()
    with qtbot.waitSignal(studio.runs.judged):
        button.click()
    assert engine.evaluated == [run, run]


def test_that_the_readout_fits_into_a_low_plot(qtbot: QtBot):
    plot = CurvePlot("images seen", "{0} images")
    qtbot.addWidget(plot)
    plot.show()
    for name in ("Precision", "Recall", "Density", "Coverage", "Modes"):
        plot.add(name, name)
        plot.show_curve(name, np.array([0.0, 9.0]), np.array([0.0, 1.0]), None)
    for height in (500, 100):
        plot.resize(700, height)
        qtbot.wait(1)
        plot.crosshair.point_at(plot._plot.getViewBox().sceneBoundingRect().center())
        label = plot.crosshair._label
        assert "Modes" in label.text()
        assert label.geometry().bottom() < height


def test_that_a_run_of_a_single_column_can_be_evaluated(
    studio: Studio, tmp_path: Path, qtbot: QtBot
):
    run = write_run(tmp_path / "runs" / "ring", outcome=Outcome.STOPPED)
    facts = tiny_facts()
    texts = {name: column for name, column in facts.columns.items() if name == "text"}
    write_model(
        RunFolder(run), replace(facts, columns=texts, notice="Made from a table, not for diagnosis")
    )
    studio.run_view.open(run)
    assert studio.window.quality.evaluate.isEnabled()
    assert says(studio.window.gallery, "Made from a table, not for diagnosis")
    write_model(RunFolder(run), facts)
    studio.run_view.open(run)
    assert not says(studio.window.gallery, "not for diagnosis")
