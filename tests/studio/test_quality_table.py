"""The table of all figures, with names that no view has words for."""

from PySide6.QtCore import Qt

from engine.events import EvaluationCompleted
from studio.models.quality_table import QualityTable


def test_that_cells_of_the_coherence_matrix_are_rows_like_all_figures(qtmodeltester):
    metrics = {"coherence/text+row>image": 0.75, "coherence/text+row>image_baseline": 0.1}
    table = QualityTable()
    table.show_evaluations(
        [EvaluationCompleted(images_seen=100, elapsed_s=2.0, metrics=metrics, best=frozenset())]
    )
    qtmodeltester.check(table)
    labels = [table.headerData(row, Qt.Orientation.Vertical) for row in range(table.rowCount())]
    assert labels == ["coherence/text+row>image", "coherence/text+row>image, baseline"]
    assert table.data(table.index(0, 0)) == "0.75"
    header = "images_seen,elapsed_s,coherence/text+row>image,coherence/text+row>image_baseline"
    assert table.csv_text().splitlines()[0] == header
