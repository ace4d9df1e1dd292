"""Facts about PySide6 that the studio relies on: docs/decisions/0001-pyside6-below-6-12.md."""

import sys

import PySide6
import pytest
from PySide6.QtCore import QObject, Signal

EMISSIONS = 10_000
SLACK = 100
"""References that come and go with the interpreter itself; a leak takes one per emission."""


class _Speaker(QObject):
    spoken = Signal(object)


@pytest.mark.parametrize("singleton", [None, True, False], ids=str)
def test_that_emitting_keeps_the_reference_counts_of_singletons(singleton: bool | None) -> None:
    heard = 0

    def hear(_value: object) -> None:
        nonlocal heard
        heard += 1

    speaker = _Speaker()
    speaker.spoken.connect(hear)
    before = sys.getrefcount(singleton)
    for _ in range(EMISSIONS):
        speaker.spoken.emit(singleton)
    after = sys.getrefcount(singleton)
    assert heard == EMISSIONS
    assert abs(after - before) < SLACK


def test_that_the_toolkit_is_older_than_the_release_that_aborts() -> None:
    major, minor, *_rest = PySide6.__version__.split(".")
    assert (int(major), int(minor)) < (6, 12)
