"""The coherence matrix as a heat map: its cells, colours and evaluations."""

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.events import EvaluationCompleted
from engine.metrics.report import AND, cell_name
from studio.models.coherence_matrix import (
    ALL,
    NOTHING,
    MatrixCell,
    MatrixTable,
    heat_color,
    ink_on,
    matrix_of,
)
from studio.panels.quality import QualityPanel
from studio.theme import Appearance, Theme
from tests.helpers.windows import says

NAMES = ("text", "row", "speech", "image")
TIP, INK = Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.ForegroundRole


def matrix_metrics(names: tuple[str, ...] = NAMES, value: float = 0.5) -> dict[str, float]:
    """Return all cells of a matrix, of which chance is .1 and the upper bound .9."""
    cells = [cell_name((), AND.join(pair)) for pair in itertools.combinations(names, 2)]
    cells += [cell_name((), AND.join(names))] if len(names) > 2 else []
    given_rows = {(name,) for name in names} | {tuple(n for n in names if n != x) for x in names}
    cells += [cell_name(g, made) for g in given_rows for made in names if made not in g]
    beside = {"": value, "_baseline": 0.1, "_upper_bound": 0.9}
    return {name + suffix: number for name in cells for suffix, number in beside.items()}


def evaluated(
    images: int, metrics: dict[str, float], best: frozenset[str] = frozenset()
) -> EvaluationCompleted:
    return EvaluationCompleted(images_seen=images, elapsed_s=60.0, metrics=metrics, best=best)


@pytest.fixture
def panel(qtbot: QtBot) -> QualityPanel:
    made = QualityPanel()
    qtbot.addWidget(made)
    made.show()
    return made


def test_that_rows_are_nothing_each_alone_and_all_but_one():
    matrix = matrix_of(evaluated(100, matrix_metrics()))
    assert matrix is not None
    assert matrix.columns == (*NAMES, ALL)
    assert matrix.rows[:5] == (NOTHING, ("text",), ("row",), ("speech",), ("image",))
    assert matrix.rows[5:] == (
        ("row", "speech", "image"),
        ("text", "speech", "image"),
        ("text", "row", "image"),
        ("text", "row", "speech"),
    )
    # Nothing: four columns and all; 12 alone; 4 times the one that is left out.
    assert len(matrix.cells) == 5 + 12 + 4
    assert matrix_of(evaluated(100, {"kid": 0.1})) is None


def test_that_without_anything_given_a_column_has_the_mean_of_its_pairs(qtmodeltester):
    metrics = matrix_metrics(("a", "b", "c"))
    metrics |= {"coherence/>a+b": 0.2, "coherence/>a+c": 0.6, "coherence/>b+c": 0.4}
    matrix = matrix_of(evaluated(100, metrics))
    assert matrix is not None
    assert matrix.cells[NOTHING, "a"].value == pytest.approx(0.4)
    assert matrix.cells[NOTHING, "c"].value == pytest.approx(0.5)
    assert matrix.cells[NOTHING, "c"].parts == (("a", 0.6), ("b", 0.4))
    table = MatrixTable()
    table.show_matrix(matrix)
    qtmodeltester.check(table)
    assert "With b: 0.400" in str(table.data(table.index(0, 2), TIP))


def test_that_two_columns_have_three_rows():
    matrix = matrix_of(evaluated(100, matrix_metrics(("text", "speech"))))
    assert matrix is not None
    assert matrix.rows == (NOTHING, ("text",), ("speech",))
    assert matrix.columns == ("text", "speech")


def test_that_colours_go_from_chance_to_what_real_items_reach():
    levels = [
        MatrixCell(value=value, chance=0.1, upper_bound=0.9).level
        for value in (0.0, 0.1, 0.5, 0.9, 1.0)
    ]
    assert levels == pytest.approx([0, 0, 0.5, 1, 1])
    assert MatrixCell(value=0.8, chance=0.6).level == pytest.approx(0.5)
    # A reader that is no better than chance says nothing.
    assert MatrixCell(value=0.4, chance=0.5, upper_bound=0.5).level == 0


@pytest.mark.parametrize("appearance", [Appearance.LIGHT, Appearance.DARK])
def test_that_figures_can_be_read_on_every_colour(appearance: Appearance, qapp: QApplication):
    theme = Theme(qapp)
    try:
        theme.set_appearance(appearance)
        for level in np.linspace(0, 1, 21):
            background = heat_color(float(level))
            assert contrast(background, ink_on(background)) >= 4.5
    finally:
        theme.set_appearance(Appearance.SYSTEM)
        theme.deleteLater()


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast ratio of WCAG 2.1."""
    light = [
        sum(
            weight * (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4)
            for weight, v in zip(
                (0.2126, 0.7152, 0.0722),
                (color.redF(), color.greenF(), color.blueF()),
                strict=True,
            )
        )
        for color in (one, other)
    ]
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_that_a_cell_says_its_chance_and_its_upper_bound(panel: QualityPanel):
    name = "coherence/row+speech+image>text"
    panel.add_quality(evaluated(1_000, matrix_metrics(), frozenset({name})))
    table = panel.matrix.model
    tip = str(table.data(table.index(5, 0), TIP))
    assert "By chance: 0.100\nReal items: 0.900\nThe best of the run so far" in tip
    assert tip.startswith("Share of items made from row, speech, and image whose text belongs")
    assert table.data(table.index(5, 0)) == "0.50"
    assert table.data(table.index(5, 1)) == ""
    assert table.data(table.index(5, 1), TIP) is None


def test_that_a_cell_that_is_not_measured_says_why(panel: QualityPanel):
    metrics = matrix_metrics()
    del metrics["coherence/text>row"]
    panel.add_quality(evaluated(1_000, metrics))
    table = panel.matrix.model
    assert table.data(table.index(1, 1)) == "–"
    assert "state nothing in common" in str(table.data(table.index(1, 1), TIP))
    assert table.data(table.index(1, 1), INK) is None


def test_that_the_matrix_comes_first_until_the_user_selects_a_view(panel: QualityPanel):
    panel.add_quality(evaluated(1_000, matrix_metrics()))
    assert panel.matrix.table.isVisible()
    panel._choose_view(0)
    panel.add_quality(evaluated(2_000, matrix_metrics()))
    assert not panel.matrix.table.isVisible()


def test_that_a_run_with_a_table_alone_shows_its_figures(panel: QualityPanel):
    metrics = {"field_distance/row": 0.2, "field_distance/row_baseline": 0.03}
    panel.add_quality(evaluated(1_000, metrics))
    assert panel.board.legend.names == ("field_distance/row",)
    assert panel.board.legend.chip("field_distance/row").text() == "Distributions, row 0.2"
    assert "Baseline: 0.03" in panel.board.legend.chip("field_distance/row").toolTip()


def test_that_earlier_matrices_can_be_shown_and_new_ones_are_followed(panel: QualityPanel):
    for images in (1_000, 2_000):
        panel.add_quality(evaluated(images, matrix_metrics(value=images / 10_000)))
    page = panel.matrix
    assert page.model.data(page.model.index(1, 1)) == "0.20"
    page.steps.move_requested.emit(0)
    assert page.model.data(page.model.index(1, 1)) == "0.10"
    panel.add_quality(evaluated(3_000, matrix_metrics(value=0.3)))
    assert page.model.data(page.model.index(1, 1)) == "0.10"
    page.steps.move_requested.emit(2)
    panel.add_quality(evaluated(4_000, matrix_metrics(value=0.4)))
    assert page.model.data(page.model.index(1, 1)) == "0.40"
    panel.drop_after(1_500)
    assert page.model.data(page.model.index(1, 1)) == "0.10"
    panel.clear()
    assert page.model.rowCount() == 0


def test_that_the_matrix_is_copied_with_the_names_of_its_columns(panel: QualityPanel):
    panel.add_quality(evaluated(1_000, matrix_metrics(("text", "speech"))))
    panel.matrix.table.copy()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split("\t") == ["", "text", "speech"]
    assert lines[1].split("\t") == ["nothing", "0.50", "0.50"]
    assert lines[2].split("\t") == ["text", "", "0.50"]


def test_that_matrices_of_all_evaluations_are_saved(panel: QualityPanel, tmp_path: Path):
    for images in (1_000, 2_000):
        panel.add_quality(evaluated(images, matrix_metrics(("a", "b"), value=images / 3_000)))
    panel.save_matrix_csv(tmp_path / "matrix.csv")
    with (tmp_path / "matrix.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 3
    (row,) = (row for row in rows if (row["images_seen"], row["given"]) == ("2000", "b"))
    assert (row["made"], float(row["agreement"]), row["chance"]) == ("a", 2 / 3, "0.1")
    assert row["real_items"] == "0.9"


def test_that_a_run_without_a_matrix_says_what_one_needs(panel: QualityPanel):
    panel.show_view("matrix")
    assert says(panel, "Quality is measured about once a minute")
    panel.add_quality(evaluated(1_000, {"kid": 0.1}))
    panel.show_view("matrix")
    assert says(panel, "compares three columns or more")
