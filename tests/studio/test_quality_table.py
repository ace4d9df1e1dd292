"""The table of all figures, with figures that name their columns."""

import pytest
from PySide6.QtCore import Qt

from engine.events import EvaluationCompleted
from engine.metrics.report import TABLES
from studio.models.quality_table import QualityTable
from studio.models.quality_text import figure_words


def test_that_cells_of_the_coherence_matrix_are_rows_like_all_figures(qtmodeltester):
    metrics = {"coherence/text+row>image": 0.75, "coherence/text+row>image_baseline": 0.1}
    table = QualityTable()
    table.show_evaluations(
        [EvaluationCompleted(images_seen=100, elapsed_s=2.0, metrics=metrics, best=frozenset())]
    )
    qtmodeltester.check(table)
    labels = [table.headerData(row, Qt.Orientation.Vertical) for row in range(table.rowCount())]
    assert labels == ["image from text + row", "image from text + row, baseline"]
    assert table.data(table.index(0, 0)) == "0.75"
    header = "images_seen,elapsed_s,coherence/text+row>image,coherence/text+row>image_baseline"
    assert table.csv_text().splitlines()[0] == header


@pytest.mark.parametrize("stem", TABLES)
def test_that_figures_of_a_table_have_words_and_name_their_column(stem: str):
    label, tip = figure_words(f"{stem}/facts")
    assert label.endswith(", facts")
    assert "/" not in label
    assert len(tip) > len(label)
    assert figure_words(f"{stem}/facts_baseline") == (f"{label}, baseline", tip)


def test_that_cells_without_given_columns_name_those_that_are_compared():
    label, tip = figure_words("coherence/>text+row+image_upper_bound")
    assert label == "text + row + image, upper bound"
    assert tip.endswith("text, row, and image")


def test_that_an_unknown_name_is_shown_as_it_is():
    assert figure_words("length/other") == ("length/other", "length/other")
