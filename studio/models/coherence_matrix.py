"""Table of a coherence matrix: how well what is made fits what is given, coloured as a heat map."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from PySide6.QtCore import (
    QAbstractTableModel,
    QLocale,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QColor

from engine.events import EvaluationCompleted
from engine.metrics.report import AND, COHERENCE, MADE
from studio.models.quality_text import matrix_words
from studio.theme import current_colors, mixed

MAX_SHARE = 0.9
"""Of the accent colour in cells that reach their upper bound."""
Given = tuple[str, ...]
NOTHING: Given = ()
"""What is given in the first row."""
ALL = ""
"""The column that compares all made columns; no column of a dataset has this name."""
_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, kw_only=True)
class MatrixCell:
    """Agreement of made columns with given ones, or with one another."""

    value: float
    chance: float
    """Of a random pairing."""
    upper_bound: float | None = None
    """Of real items, which the readers limit."""
    is_best: bool = False
    """Whether it is the best of the run so far."""
    parts: tuple[tuple[str, float], ...] = ()
    """The columns that it is a mean over, with their agreements."""

    @property
    def level(self) -> float:
        """Position between chance, 0, and the upper bound, 1."""
        low = self.chance
        high = 1.0 if self.upper_bound is None else self.upper_bound
        if high <= low:
            return float(self.value > low)
        return min(max((self.value - low) / (high - low), 0.0), 1.0)


@dataclass(frozen=True, kw_only=True)
class CoherenceMatrix:
    """The coherence matrix of one evaluation."""

    rows: tuple[Given, ...]
    """What is given: nothing, each column alone, all but one."""
    columns: tuple[str, ...]
    """What is made, and ``ALL`` if more than two columns are made together."""
    cells: Mapping[tuple[Given, str], MatrixCell]


def matrix_of(event: EvaluationCompleted) -> CoherenceMatrix | None:
    """Collect the coherence matrix of an evaluation; None if it has none.

    Where nothing is given, the cell of a column is the mean of its agreements with each other one.
    """
    cells: dict[tuple[Given, str], MatrixCell] = {}
    pairs: dict[Given, MatrixCell] = {}
    for given, made, cell in _cells_in(event):
        if given:
            cells[given, made[0]] = cell
        elif len(made) == 2:
            pairs[made] = cell
        else:
            cells[NOTHING, ALL] = cell
    made_names = [name for given, made in cells for name in (*given, made) if name != ALL]
    names = tuple(dict.fromkeys([*(name for pair in pairs for name in pair), *made_names]))
    if not names:
        return None
    for name in names:
        of_name = [(pair, cell) for pair, cell in pairs.items() if name in pair]
        if of_name:
            cells[NOTHING, name] = _mean_cell(name, of_name)
    left_out = [tuple(n for n in names if n != name) for name in names] if len(names) > 2 else []
    return CoherenceMatrix(
        rows=(NOTHING, *((name,) for name in names), *left_out),
        columns=(*names, ALL) if (NOTHING, ALL) in cells else names,
        cells=cells,
    )


def _cells_in(event: EvaluationCompleted) -> Iterator[tuple[Given, Given, MatrixCell]]:
    """Yield given columns, made columns and cell; of several made columns nothing is given."""
    for name, value in event.metrics.items():
        # The values beside a cell have a suffix, and no baseline of their own.
        chance = event.metrics.get(f"{name}_baseline")
        if not name.startswith(COHERENCE) or chance is None:
            continue
        given, made = name.removeprefix(COHERENCE).split(MADE, 1)
        cell = MatrixCell(
            value=value,
            chance=chance,
            upper_bound=event.metrics.get(f"{name}_upper_bound"),
            is_best=name in event.best,
        )
        yield tuple(given.split(AND)) if given else NOTHING, tuple(made.split(AND)), cell


def _mean_cell(name: str, cells: Sequence[tuple[Given, MatrixCell]]) -> MatrixCell:
    """Average the agreements of a column with each other one."""
    bounds = [cell.upper_bound for _pair, cell in cells if cell.upper_bound is not None]
    return MatrixCell(
        value=fmean(cell.value for _pair, cell in cells),
        chance=fmean(cell.chance for _pair, cell in cells),
        upper_bound=fmean(bounds) if len(bounds) == len(cells) else None,
        parts=tuple(
            (next(other for other in pair if other != name), cell.value) for pair, cell in cells
        ),
    )


class MatrixTable(QAbstractTableModel):
    """The coherence matrix of one evaluation: rows are given, columns are made."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._matrix: CoherenceMatrix | None = None

    def show_matrix(self, matrix: CoherenceMatrix | None) -> None:
        """Replace the matrix; None shows nothing."""
        self.beginResetModel()
        self._matrix = matrix
        self.endResetModel()

    def cell(self, row: int, column: int) -> MatrixCell | None:
        """Return a cell; None where there is none."""
        if self._matrix is None:
            return None
        return self._matrix.cells.get((self._matrix.rows[row], self._matrix.columns[column]))

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Return the number of sets of given columns."""
        return 0 if parent.isValid() or self._matrix is None else len(self._matrix.rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Return the number of made columns."""
        return 0 if parent.isValid() or self._matrix is None else len(self._matrix.columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return figure, colours and explanation of a cell."""
        cell = self.cell(index.row(), index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._figure(index, cell)
            case Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignCenter
            case Qt.ItemDataRole.BackgroundRole:
                return self._background(index, cell)
            case Qt.ItemDataRole.ForegroundRole:
                return None if cell is None else ink_on(heat_color(cell.level))
            case Qt.ItemDataRole.ToolTipRole:
                return self._explanation(index, cell)
            case _:
                return None

    def _is_possible(self, index: _Index) -> bool:
        """Whether a cell can exist: its column is made from others."""
        if self._matrix is None:
            return False
        given, made = self._matrix.rows[index.row()], self._matrix.columns[index.column()]
        return given == NOTHING if made == ALL else made not in given

    def _background(self, index: _Index, cell: MatrixCell | None) -> QColor | None:
        if cell is not None:
            return heat_color(cell.level)
        return None if self._is_possible(index) else QColor(current_colors().window)

    def _figure(self, index: _Index, cell: MatrixCell | None) -> str:
        if cell is None:
            return "–" if self._is_possible(index) else ""
        return QLocale().toString(cell.value, "f", 2)

    def _explanation(self, index: _Index, cell: MatrixCell | None) -> str | None:
        if cell is None:
            return (
                self.tr(
                    "Not measured: these columns state nothing in common, or too few validation "
                    "items have them."
                )
                if self._is_possible(index)
                else None
            )
        matrix = self._matrix
        given = matrix.rows[index.row()] if matrix else NOTHING
        made = matrix.columns[index.column()] if matrix else ALL
        lines = [matrix_words(given, (made,) if made else ())[1]]
        lines += [
            self.tr("With {0}: {1}").format(other, _shown(value)) for other, value in cell.parts
        ]
        lines.append(self.tr("By chance: {0}").format(_shown(cell.chance)))
        if cell.upper_bound is not None:
            lines.append(self.tr("Real items: {0}").format(_shown(cell.upper_bound)))
        if cell.is_best:
            lines.append(self.tr("The best of the run so far"))
        return "\n".join(lines)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """Return the names of given and of made columns."""
        if role != Qt.ItemDataRole.DisplayRole or self._matrix is None:
            return None
        if orientation is Qt.Orientation.Horizontal:
            return self._matrix.columns[section] or self.tr("all together")
        given = self._matrix.rows[section]
        return " + ".join(given) if given else self.tr("nothing")


def heat_color(level: float) -> QColor:
    """Return the colour of a level between chance, 0, and the upper bound, 1."""
    colors = current_colors()
    return mixed(QColor(colors.accent), QColor(colors.surface), MAX_SHARE * level)


def ink_on(background: QColor) -> QColor:
    """Return black or white, whichever has the higher contrast: always at least 4.5:1."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (background.redF(), background.greenF(), background.blueF())
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    # The contrasts are (L + .05) / .05 and 1.05 / (L + .05), with relative luminance L (WCAG 2.1).
    return QColor("black" if (luminance + 0.05) ** 2 > 0.05 * 1.05 else "white")


def matrix_csv(events: Sequence[EvaluationCompleted]) -> str:
    """Return all coherence matrices with full precision, one line for each cell, oldest first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("images_seen", "given", "made", "agreement", "chance", "real_items"))
    for event in events:
        for given, made, cell in _cells_in(event):
            bound = "" if cell.upper_bound is None else cell.upper_bound
            names = (AND.join(given), AND.join(made))
            writer.writerow((event.images_seen, *names, cell.value, cell.chance, bound))
    return text.getvalue()


def _shown(value: float) -> str:
    return QLocale().toString(value, "f", 3)
