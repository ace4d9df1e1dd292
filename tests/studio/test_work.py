import gc
import sys

import pytest

import engine.train.loop
from engine.control import RunControl
from studio.jobs import work


@pytest.fixture
def as_at_the_start():
    work._set_libraries_aside.cache_clear()
    gc.unfreeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("as_at_the_start")
@pytest.mark.parametrize("name", ["train", "resume"])
def test_that_no_search_for_garbage_goes_through_torch(monkeypatch, name):
    found = []

    def train(*_arguments):
        searched = {id(thing) for thing in gc.get_objects()}
        is_searched = id(vars(sys.modules["torch._dynamo"])) in searched
        found.append((gc.get_freeze_count(), is_searched))

    monkeypatch.setattr(engine.train.loop, name, train)
    start = getattr(work.Work(), name)
    for _run in range(2):
        start(None, print, RunControl())
    (first, is_searched), (second, _) = found
    assert first > 100_000
    assert not is_searched
    # What later runs make is searched: it has to be freed.
    assert second <= first
