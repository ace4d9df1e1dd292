"""The doctor on datasets that are being edited: issues by item, and what repairs make of them."""

from pathlib import Path

import pytest

from engine.control import RunControl
from engine.data.editing import Edits
from engine.data.store import TRAIN, VALIDATION, StoredDataset, open_dataset
from engine.errors import StoppedError
from engine.importing.dataset_checks import find_in_dataset
from engine.importing.item_issue import ItemIssue, repaired
from engine.importing.plan import Fix, Issue
from tests.helpers.datasets import sick_dataset

SAME, LEAK, MOJIBAKE = Issue.SAME_IMAGE, Issue.LEAK, Issue.MOJIBAKE


@pytest.fixture
def dataset(tmp_path: Path) -> StoredDataset:
    return open_dataset(sick_dataset(tmp_path / "sick"))


def found(dataset: StoredDataset, edits: Edits) -> dict[Issue, ItemIssue]:
    return {one.issue: one for one in find_in_dataset(dataset, edits)}


def test_that_each_issue_is_made_for_itself(dataset: StoredDataset):
    """Merged, the equal images 2 and 4 would no longer be a leak."""
    issues = found(dataset, Edits(dataset))
    assert {issue: one.found for issue, one in issues.items()} == {
        Issue.NO_TEXT: (3,),
        Issue.NO_IMAGE: (5,),
        SAME: (1, 4),
        MOJIBAKE: (2,),
        LEAK: (4,),
    }
    assert issues[SAME].groups == ((0, 1), (2, 4))
    assert issues[SAME].shown.tolist() == [0, 1, 2, 4]
    assert issues[LEAK].shown.tolist() == [2, 4]


def test_that_only_repairs_that_make_sense_are_offered(dataset: StoredDataset):
    issues = found(dataset, Edits(dataset))
    assert issues[SAME].repairs == (Fix.MERGE, Fix.SKIP)
    assert issues[LEAK].repairs == (Fix.FIX, Fix.SKIP)
    assert issues[MOJIBAKE].repairs == (Fix.FIX, Fix.SKIP)
    assert issues[Issue.NO_TEXT].repairs == (Fix.SKIP,)


def test_that_merging_collects_captions_and_leaves_out_the_others(dataset: StoredDataset):
    edits = Edits(dataset)
    assert edits.repair(repaired(found(dataset, edits)[SAME], Fix.MERGE, edits))
    assert edits.state(0).captions == ("one", "uno")
    assert edits.state(2).captions == ("cafÃ©", "bar", "two")
    assert [edits.state(item).is_excluded for item in range(6)] == [
        False, True, False, False, True, False,
    ]  # fmt: skip
    assert SAME not in found(dataset, edits)
    assert LEAK not in found(dataset, edits)
    edits.undo()
    assert edits.change_count == 0


def test_that_a_repair_leaves_alone_what_was_excluded_since(dataset: StoredDataset):
    edits = Edits(dataset)
    issue = found(dataset, edits)[SAME]
    edits.set_excluded([0, 4], is_excluded=True)
    assert repaired(issue, Fix.MERGE, edits) == {}
    assert repaired(issue, Fix.SKIP, edits) == {}


def test_that_garbled_texts_are_mended_and_others_kept(dataset: StoredDataset):
    edits = Edits(dataset)
    assert edits.repair(repaired(found(dataset, edits)[MOJIBAKE], Fix.FIX, edits))
    assert edits.state(2).captions == ("café", "bar")
    assert MOJIBAKE not in found(dataset, edits)


def test_that_a_leak_is_trained_on_instead(dataset: StoredDataset):
    edits = Edits(dataset)
    assert edits.repair(repaired(found(dataset, edits)[LEAK], Fix.FIX, edits))
    assert edits.state(4).split == TRAIN
    assert LEAK not in found(dataset, edits)
    edits.undo()
    assert edits.state(4).split == VALIDATION


def test_that_skipping_excludes_the_items(dataset: StoredDataset):
    edits = Edits(dataset)
    issues = found(dataset, edits)
    for issue, excluded in ((SAME, {1, 4}), (Issue.NO_TEXT, {3}), (Issue.NO_IMAGE, {5})):
        states = repaired(issues[issue], Fix.SKIP, edits)
        assert {item for item, state in states.items() if state.is_excluded} == excluded


def test_that_an_examination_reports_and_can_be_stopped(dataset: StoredDataset):
    told: list[tuple[int, int]] = []
    find_in_dataset(dataset, Edits(dataset), report=lambda *done: told.append(done))
    assert told == [(5, 5)]
    control = RunControl()
    with pytest.raises(StoppedError):
        # Asked for when all images are done: the checks look at it too.
        find_in_dataset(
            dataset, Edits(dataset), report=lambda *_done: control.request_stop(), control=control
        )
