"""The wizard's page about the remaining columns of a table."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.data.table_fields import FieldKind
from engine.errors import SourceUnreadableError
from engine.importing.formats.format import Detection, ImportSpec
from engine.importing.source_cells import SourceCells
from studio.widgets.fields import ChoiceField
from studio.wizards.importing.fields import FieldRow
from tests.helpers.fake_looks import TABLE, FakeLooks
from tests.helpers.windows import OpenWizard

CELLS = {
    "case": [f"{1000 + n}" for n in range(40)],
    "weight": ["" if n < 3 else f"{n / 4}" for n in range(40)],
    "colour": ["red", "blue", "red", "green"] * 10,
}
WITH_FIELDS = replace(TABLE, field_columns=("file", "caption", "alt", "class"))
ALONE = Detection(
    reading=ImportSpec(format="table_file", table="a.csv", with_fields=True),
    confidence=0.0,
    images=0,
    columns=tuple(CELLS),
    field_columns=tuple(CELLS),
)


@pytest.fixture
def fake() -> FakeLooks:
    return FakeLooks(offers=(WITH_FIELDS,), pairs={"table_file": 3}, cells=SourceCells(CELLS))


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path, fake: FakeLooks) -> Iterator[OpenWizard]:
    made = OpenWizard(qtbot, tmp_path, fake)
    yield made
    made.end()


def row(opened: OpenWizard, name: str) -> FieldRow:
    return next(row for row in opened.wizard.fields.rows if row._name == name)


def pick(field: ChoiceField, kind: FieldKind) -> None:
    field.set_text(kind.value)
    field.text_edited.emit(kind.value)


def test_that_remaining_columns_become_fields_and_show_what_they_hold(
    opened: OpenWizard, fake: FakeLooks
):
    opened.go_to(opened.wizard.fields)
    assert fake.plans["fields"][-1].reading.with_fields
    assert opened.says("2 field(s)  ·  1 of numbers  ·  1 of categories  ·  1 column(s) left out")
    case, weight, colour = (row(opened, name) for name in CELLS)
    assert (case.kind.text(), weight.kind.text(), colour.kind.text()) == (
        "ignore",
        "numeric",
        "categorical",
    )
    opened.qtbot.waitUntil(lambda: opened.says("Left out. Almost every row has a value"))
    assert opened.says("37 different value(s)\n3 missing")
    assert colour.histogram.names == ("red", "blue", "green")
    assert colour.histogram.counts == (20, 10, 10)
    assert sum(weight.histogram.counts) == 37
    assert weight.histogram.names == ("0.75", "9.75")
    assert not weight.histogram.grab().isNull()
    assert not colour.histogram.grab().isNull()


def test_that_a_kind_can_be_changed_and_reaches_the_plan(opened: OpenWizard, fake: FakeLooks):
    opened.go_to(opened.wizard.fields)
    pick(row(opened, "case").kind, FieldKind.NUMERIC)
    opened.wait()
    assert row(opened, "case").is_included
    assert opened.says("Almost every row has a value of its own")
    pick(row(opened, "colour").kind, FieldKind.IGNORED)
    opened.wait()
    assert opened.says("Left out by you.")
    kinds = {"case": FieldKind.NUMERIC, "colour": FieldKind.IGNORED}
    assert dict(opened.wizard.form.plan().field_kinds) == kinds
    assert dict(fake.plans["fields"][-1].field_kinds) == kinds
    opened.wizard.form.field_kinds["gone"] = FieldKind.IGNORED
    opened.wizard.fields.update_preview()
    opened.wait()
    assert dict(opened.wizard.form.plan().field_kinds) == kinds


def test_that_chosen_kinds_of_mapped_columns_and_of_no_table_are_not_planned(
    opened: OpenWizard,
):
    opened.go_to(opened.wizard.fields)
    form = opened.wizard.form
    form.field_kinds["alt"] = FieldKind.IGNORED
    assert form.plan().field_kinds == (("alt", FieldKind.IGNORED),)
    form.map(text_columns=("caption", "alt"))
    assert form.plan().field_kinds == ()
    form.map(text_columns=("caption",), with_fields=False)
    assert form.plan().field_kinds == ()
    form.map(table="b.csv", with_fields=True)
    assert form.plan().field_kinds == ()


def test_that_the_user_can_say_no_to_a_table(opened: OpenWizard, fake: FakeLooks):
    opened.go_to(opened.wizard.fields)
    opened.wizard.fields.switch._box.click()
    opened.wait()
    assert opened.says("The remaining columns are left out.")
    assert not opened.wizard.form.plan().reading.with_fields
    assert len(fake.plans["fields"]) == 1
    opened.wizard.fields.switch._box.click()
    opened.wait()
    assert opened.says("2 field(s)")


def test_that_columns_whose_names_are_the_caption_are_no_fields_at_first(
    opened: OpenWizard, fake: FakeLooks
):
    reading = replace(TABLE.reading, text_columns=(), flag_columns=("alt", "class"))
    fake.offers = (replace(WITH_FIELDS, reading=reading),)
    opened.choose()
    assert not opened.wizard.form.reading.with_fields
    assert opened.wizard.fields.is_needed()


def test_that_a_failure_to_read_the_cells_is_explained(
    opened: OpenWizard, monkeypatch: pytest.MonkeyPatch
):
    error = SourceUnreadableError(opened.source, "permission denied")

    def fail(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(opened.wizard.fields._reader, "fields", fail)
    opened.go_to(opened.wizard.fields)
    assert opened.says("permission denied")


def test_that_a_table_alone_skips_other_pages_and_needs_a_field(
    opened: OpenWizard, fake: FakeLooks
):
    fake.offers, fake.rows_alone = (ALONE,), 40
    opened.go_to(opened.wizard.format)
    assert opened.says("40 row(s) of a table")
    assert opened.says("Check that the rows are read correctly.")
    opened.press("Next")
    opened.wait()
    assert opened.wizard.page is opened.wizard.fields
    assert not opened.wizard.fields.switch.isVisible()
    for name in ("weight", "colour"):
        pick(row(opened, name).kind, FieldKind.IGNORED)
        opened.wait()
    assert not opened.wizard.next.isEnabled()
    assert opened.says("A table needs at least one field.")
    pick(row(opened, "colour").kind, FieldKind.CATEGORICAL)
    opened.wait()
    opened.press("Next")
    opened.wait()
    assert opened.wizard.page is opened.wizard.check
    opened.press("Back")
    assert opened.wizard.page is opened.wizard.fields


def test_that_the_validation_split_is_asked_for_where_items_are_counted(
    opened: OpenWizard, fake: FakeLooks
):
    opened.go_to(opened.wizard.check)
    field = opened.wizard.check.fields.fields["validation_percent"]
    field.text_edited.emit("20")
    opened.wait()
    assert fake.plans["reconsidered"][-1].validation_percent == 20
    field.text_edited.emit("90")
    assert not opened.wizard.next.isEnabled()
    assert "0 to 50" in field.problem or "at most 50" in field.problem
