"""Which tests ``-m gui`` and ``-m gpu`` choose, as ``tests/conftest.py`` decides it."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import conftest

TESTS = Path(__file__).parents[1]


class FakeItem:
    """A collected test, as far as the hooks look at it."""

    def __init__(self, path: str, *marks: str) -> None:
        self.path, self.marks = TESTS / path, list(marks)

    def add_marker(self, mark: pytest.MarkDecorator) -> None:
        self.marks.append(mark.name)

    def get_closest_marker(self, name: str) -> str | None:
        return name if name in self.marks else None


@pytest.mark.parametrize(
    ("path", "marks"),
    [("studio/test_app.py", ["gui"]), ("journeys/x.py", ["gui"]), ("engine/studio.py", [])],
)
def test_that_what_needs_qt_is_marked_by_its_folder(path, marks):
    item: Any = FakeItem(path)
    conftest.pytest_collection_modifyitems([item])
    assert item.marks == marks


@pytest.mark.parametrize("has_cuda", [True, False])
def test_that_a_gpu_test_is_skipped_without_cuda(monkeypatch, has_cuda):
    cuda = SimpleNamespace(is_available=lambda: has_cuda)
    fake = SimpleNamespace(cuda=cuda, get_num_threads=lambda: 1)
    monkeypatch.setitem(sys.modules, "torch", fake)
    item: Any = FakeItem("engine/x.py", "gpu")
    if has_cuda:
        conftest.pytest_runtest_setup(item)
        return
    with pytest.raises(pytest.skip.Exception, match="needs CUDA"):
        conftest.pytest_runtest_setup(item)


def test_that_other_tests_do_not_import_torch_for_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)  # an import would raise
    item: Any = FakeItem("engine/x.py")
    conftest.pytest_runtest_setup(item)
