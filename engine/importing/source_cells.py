"""The cells of a source by column, read once, and the fields that they would give.

The wizard shows the fields before it imports anything. An import infers them again from the samples
that its checks leave.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain

from engine.control import RunControl
from engine.data.table_cells import Cell
from engine.data.table_fields import FieldKind, FieldReport, infer_fields
from engine.importing.formats.registry import FORMATS
from engine.importing.ledger import FileLedger
from engine.importing.plan import ImportPlan
from engine.importing.scan import QuickScan
from engine.importing.sources.archive import Archive
from engine.importing.table import MAX_COLUMNS

_ASK_EVERY = 64


class SourceCells:
    """Cells by column. Reports are kept, so that a change of one kind costs one column.

    Args:
        columns: of the same length, None where a cell is missing.
    """

    def __init__(self, columns: Mapping[str, Sequence[Cell]]) -> None:
        self.columns = columns
        self._reports: dict[tuple[str, FieldKind | None], FieldReport] = {}

    def reports(
        self, kinds: Mapping[str, FieldKind], control: RunControl
    ) -> tuple[FieldReport, ...]:
        """Return what was found in each column, in the order of the source.

        Args:
            kinds: chosen by the user; names of other columns and kinds that do not fit are ignored.
            control: asked between columns.

        Raises:
            StoppedError: the control asked for it.
        """
        found: list[FieldReport] = []
        for name in self.columns:
            control.stop_if_asked()
            report, chosen = self._report(name, None), kinds.get(name)
            fits = chosen is FieldKind.IGNORED or chosen in report.choices
            found.append(self._report(name, chosen) if chosen and fits else report)
        return tuple(found)

    def _report(self, name: str, chosen: FieldKind | None) -> FieldReport:
        key = (name, chosen)
        if key not in self._reports:
            kinds = {name: chosen} if chosen else {}
            (self._reports[key],) = infer_fields({name: self.columns[name]}, kinds)
        return self._reports[key]


def read_cells(
    plan: ImportPlan,
    archive: Archive,
    look: QuickScan,
    tell: Callable[[int], None],
    control: RunControl,
) -> SourceCells:
    """Read the cells of all samples of a source.

    Args:
        plan: how the source is read.
        archive: the source.
        look: the listing of the source.
        tell: receives the number of samples so far, every few samples.
        control: asked every few samples.

    Raises:
        StoppedError: the control asked for it.
        ConfigError: the spec names what does not exist.
        SourceUnreadableError: the source or its table cannot be read.
    """
    form = FORMATS[plan.reading.format]
    rows: list[Mapping[str, Cell]] = []
    for sample in form.scan(archive, look.listing, plan.reading, FileLedger()):
        if len(rows) % _ASK_EVERY == 0:
            control.stop_if_asked()
            tell(len(rows))
        rows.append(sample.cells)
    control.stop_if_asked()
    names = list(dict.fromkeys(chain.from_iterable(rows)))[:MAX_COLUMNS]
    return SourceCells({name: [cells.get(name) for cells in rows] for name in names})
