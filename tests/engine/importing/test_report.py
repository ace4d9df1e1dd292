import html.parser
import json
import re

import pytest

from engine.control import RunControl
from engine.importing.build import import_dataset
from engine.importing.ledger import FileLedger, Reason
from engine.importing.report import (
    JSON_NAME,
    PAGE_NAME,
    ROWS_SHOWN,
    counts_of,
    report_page,
    versions,
)
from tests.helpers.sources import sidecar_folder, sidecar_plan


@pytest.fixture
def dataset(tmp_path):
    source = sidecar_folder(tmp_path / "source <b>&", 5)
    (source / "<script>alert(1)<.md").write_text("x")
    (source / "0001.png").write_bytes(b"GIF89a")
    plan = sidecar_plan(source, tmp_path / "pets")
    import_dataset(plan, lambda _event: None, RunControl())
    return plan.dataset


class Tags(html.parser.HTMLParser):
    """Collects the tags of a page and its text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_that_programs_read_what_was_done(dataset):
    report = json.loads((dataset / JSON_NAME).read_text())
    assert report["plan"]["images"]["size"] == 32
    assert report["read_as"] == "sidecar"
    assert report["counts"]["items_imported"] == 4
    assert report["encodings"] == {"utf-8": 5}
    assert report["version"] == json.loads((dataset / "manifest.json").read_text())["version"]
    assert {f["issue"]: f["count"] for f in report["issues"]}["unreadable"] == 1
    assert report["versions"]["pillow"] == versions()["pillow"] != "unknown"
    assert {s["path"] for s in report["skipped_files"]} == {"<script>alert(1)<.md", "0001.png"}


def test_that_people_read_a_page_that_runs_nothing_and_loads_nothing(dataset):
    page = Tags((dataset / PAGE_NAME).read_text(encoding="utf-8"))
    assert "script" not in [tag for tag, _attributes in page.tags]
    assert all(not {"src", "href", "onload"} & attributes.keys() for _tag, attributes in page.tags)
    assert "<script>alert(1)<.md" in page.text
    assert "source <b>&" in page.text
    assert "neither image, text nor sound to this format" in page.text


def test_that_every_reason_has_words(dataset):
    table = json.loads((dataset / JSON_NAME).read_text())
    table["skipped_by_reason"] = {reason.value: 1 for reason in Reason}
    text = Tags(report_page(table)).text
    assert not [reason for reason in Reason if re.search(rf"\b{reason}\b", text) and "_" in reason]


def test_that_a_long_list_is_cut_and_says_so(dataset):
    table = json.loads((dataset / JSON_NAME).read_text())
    row = {"path": "a", "reason": "hidden", "detail": ""}
    table["skipped_files"] = [row] * (ROWS_SHOWN + 7)
    page = report_page(table)
    assert "And 7 more" in page
    assert page.count("<tr><td>a</td>") == ROWS_SHOWN


def test_that_accounts_that_do_not_add_up_are_seen():
    ledger = FileLedger()
    ledger.add(3)
    ledger.mark_used("a")
    ledger.mark_skipped("b", Reason.HIDDEN)
    assert not counts_of(ledger, found=1, imported=1).adds_up
    ledger.mark_skipped("c", Reason.EMPTY)
    assert counts_of(ledger, found=1, imported=1).adds_up
    assert not counts_of(ledger, found=2, imported=1).adds_up
    assert ledger.skip_counts() == {Reason.HIDDEN: 1, Reason.EMPTY: 1}


def test_that_a_file_that_turns_out_useless_is_counted_once():
    ledger = FileLedger()
    ledger.add(2)
    ledger.mark_used("a")
    ledger.mark_used("b")
    ledger.mark_rejected("a", Reason.DAMAGED)
    ledger.mark_rejected("elsewhere", Reason.DAMAGED)
    copy = ledger.copy()
    copy.mark_rejected("b", Reason.NO_TEXT)
    ledger.mark_item_skipped("a", Reason.DAMAGED)
    assert ledger.skip_counts() == {Reason.DAMAGED: 1}
    assert counts_of(ledger, found=0, imported=0).files_skipped == 1
    assert counts_of(copy, found=0, imported=0).files_skipped == 2
    assert counts_of(copy, found=0, imported=0).adds_up
