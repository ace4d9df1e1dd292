"""Search and filters of a dataset."""

import pytest

from engine.data.editing import Edits
from engine.data.search import Filter, Index, ItemFilter
from engine.data.store import open_dataset
from tests.helpers.datasets import mixed_dataset


@pytest.fixture
def dataset(tmp_path):
    return open_dataset(mixed_dataset(tmp_path / "mixed"))


@pytest.fixture
def edits(dataset):
    return Edits(dataset)


def found(dataset, edits, **wanted):
    return Index(dataset).find(edits, Filter(**wanted)).tolist()


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"show": ItemFilter.TRAIN}, [0, 2, 3, 4]),
        ({"show": ItemFilter.VALIDATION}, [1]),
        ({"show": ItemFilter.NO_TEXT}, [2]),
        ({"show": ItemFilter.NO_IMAGE}, [3]),
        ({"show": ItemFilter.EXCLUDED}, []),
        ({"show": ItemFilter.EDITED}, []),
        ({"show": ItemFilter.TAG, "value": "pet"}, [0]),
        ({"show": ItemFilter.GROUP, "value": "thing"}, [2, 3, 4]),
        ({"text": " RED "}, [0, 4]),
        ({"text": "dog"}, [1]),
        ({"text": "PET"}, [0]),
        ({"text": "a.png"}, [0]),
        ({"show": ItemFilter.GROUP, "value": "thing", "text": "red"}, [4]),
    ],
)
def test_that_items_are_found(dataset, edits, wanted, expected):
    assert found(dataset, edits, **wanted) == expected


def test_that_edits_count_at_once(dataset, edits):
    edits.set_captions(2, ["Now RED"])
    edits.set_captions(0, ["blue"])
    edits.set_split([1], "train")
    edits.set_excluded([4], is_excluded=True)
    edits.set_tags(4, ["pet", "new"])
    assert found(dataset, edits, text="red") == [2, 4]
    assert found(dataset, edits, show=ItemFilter.VALIDATION) == []
    assert found(dataset, edits, show=ItemFilter.TRAIN) == [0, 1, 2, 3, 4]
    assert found(dataset, edits, show=ItemFilter.NO_TEXT) == []
    assert found(dataset, edits, show=ItemFilter.NO_IMAGE) == [3]
    assert found(dataset, edits, show=ItemFilter.EXCLUDED) == [4]
    assert found(dataset, edits, show=ItemFilter.EDITED) == [0, 1, 2, 4]
    assert found(dataset, edits, show=ItemFilter.TAG, value="pet") == [0, 4]
    assert found(dataset, edits, show=ItemFilter.GROUP, value="thing") == [2, 3, 4]


def test_that_groups_and_tags_are_counted(dataset, edits):
    index = Index(dataset)
    assert index.groups() == [("thing", 3), ("animal", 2)]
    assert index.tags(edits) == [("pet", 1)]
    edits.set_tags(0, ["new"])
    edits.set_tags(1, ["new"])
    assert index.tags(edits) == [("new", 2)]
    assert (index.key(0), index.key(1), index.group(0)) == ("a.png", "", "animal")
