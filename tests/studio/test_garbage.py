"""Cyclic garbage is freed in the GUI thread, whichever thread created it."""

import gc
import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from engine import garbage
from studio.garbage import GarbageCollector

freed_in: list[int] = []


class Cycle:
    """Refers to itself, and notes the thread that frees it."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        freed_in.append(threading.get_ident())


@pytest.fixture
def collector(qtbot: QtBot) -> Iterator[GarbageCollector]:
    freed_in.clear()
    made = GarbageCollector()
    made.start()
    yield made
    made.stop()


def test_that_python_does_not_collect_by_itself_meanwhile(collector: GarbageCollector):
    assert not gc.isenabled()
    collector.stop()
    assert gc.isenabled()
    Cycle()
    garbage.collect()
    assert freed_in == [threading.get_ident()]


def test_that_another_thread_has_garbage_freed_here(qtbot: QtBot, collector: GarbageCollector):
    done = threading.Event()

    def work() -> None:
        Cycle()
        garbage.collect()
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    qtbot.waitUntil(done.is_set)
    thread.join()
    assert freed_in == [threading.get_ident()]


def test_that_the_timer_frees_garbage_that_is_due(qtbot: QtBot, collector: GarbageCollector):
    kept = [[] for _number in range(2 * gc.get_threshold()[0])]

    def work() -> None:
        for _number in range(3):
            Cycle()
        kept.extend([] for _number in range(2 * gc.get_threshold()[0]))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(freed_in) == 3)
    assert set(freed_in) == {threading.get_ident()}
    assert len(kept) == 4 * gc.get_threshold()[0]
