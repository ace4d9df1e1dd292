"""The fields that the wizard shows before anything is imported."""

import json

import pytest

from engine.control import RunControl
from engine.data.table_fields import FieldKind, Reason
from engine.errors import StoppedError
from engine.importing.plan import ImportPlan
from engine.importing.scan import quick_scan
from engine.importing.source_cells import SourceCells, read_cells
from engine.importing.sources.opening import open_archive
from tests.helpers.sources import finished


def rows(path, count=40):
    lines = ["case,radius,diagnosis,note"]
    for row in range(count):
        radius = "" if row % 10 == 3 else f"{10 + row / 7:.2f}"
        lines.append(f"{1000 + row},{radius},{('benign', 'malignant')[row % 2]},A")
    path.write_text("\n".join(lines))
    return path


def cells_of(source) -> tuple[SourceCells, ImportPlan]:
    counts = []
    with open_archive(source) as archive:
        look = quick_scan(archive, lambda _count: None, RunControl())
        plan = ImportPlan(
            source=source, dataset=source.parent / "out", reading=look.detections[0].reading
        )
        cells = read_cells(plan, archive, look, counts.append, RunControl())
    assert counts[0] == 0
    return cells, plan


def test_that_a_table_alone_is_offered_with_its_columns_as_fields(tmp_path):
    cells, plan = cells_of(rows(tmp_path / "cases.csv"))
    assert plan.reading.with_fields
    reports = {report.name: report for report in cells.reports({}, RunControl())}
    assert list(reports) == ["case", "radius", "diagnosis", "note"]
    assert (reports["radius"].kind, reports["radius"].missing) == (FieldKind.NUMERIC, 4)
    assert reports["case"].reason is Reason.IDENTIFIER
    assert not reports["case"].is_included
    assert reports["note"].reason is Reason.CONSTANT
    assert reports["diagnosis"].histogram.counts == (20, 20)


def test_that_the_reports_are_those_of_the_import(tmp_path):
    cells, plan = cells_of(rows(tmp_path / "cases.csv"))
    finished(plan)
    written = json.loads((tmp_path / "out/report.json").read_text())["fields"]
    shown = [(r.name, r.kind, r.is_included) for r in cells.reports({}, RunControl())]
    assert [(f["name"], f["kind"], f["included"]) for f in written] == shown


def test_that_a_chosen_kind_changes_one_report_and_those_that_do_not_fit_are_ignored():
    cells = SourceCells({"a": [1, 2, 3], "b": ["x", "y", "x"], "c": ["", "", ""]})
    before = cells.reports({}, RunControl())
    assert [report.choices for report in before] == [
        (FieldKind.NUMERIC, FieldKind.CATEGORICAL),
        (FieldKind.CATEGORICAL,),
        (),
    ]
    kinds = dict.fromkeys(("b", "c", "gone"), FieldKind.NUMERIC)
    after = cells.reports({"a": FieldKind.CATEGORICAL, **kinds}, RunControl())
    assert after[0].kind is FieldKind.CATEGORICAL
    assert after[1] is before[1]
    assert after[2] is before[2]
    (left_out, *_others) = cells.reports({"a": FieldKind.IGNORED}, RunControl())
    assert not left_out.is_included
    assert left_out.reason is None


def test_that_reading_and_inferring_stop(tmp_path):
    control = RunControl()
    control.request_stop()
    with pytest.raises(StoppedError):
        SourceCells({"a": [1, 2]}).reports({}, control)
    source = rows(tmp_path / "cases.csv")
    with open_archive(source) as archive:
        look = quick_scan(archive, lambda _count: None, RunControl())
        plan = ImportPlan(source=source, dataset=tmp_path / "d", reading=look.detections[0].reading)
        with pytest.raises(StoppedError):
            read_cells(plan, archive, look, lambda _count: None, control)
