"""The quality panel: figures by scale, their best, and what they mean."""

import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.data.store import open_dataset
from engine.data.tokenizers import Vocabulary
from engine.events import EvaluationCompleted, Outcome
from engine.metrics.verdict import Claim, Reason, Verdict
from engine.runs.event_log import RunLog
from engine.runs.event_reader import read_quality
from engine.runs.folder import RunFolder, write_model
from engine.runs.metadata import ModelMetadata
from studio.app import Studio
from studio.models.run_state import Command
from studio.panels.quality import QualityPanel
from tests.helpers.tiny import WORDS, tiny_dataset
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
        channels=1,
        text_length=3,
        tokenizer=Vocabulary(WORDS),
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
