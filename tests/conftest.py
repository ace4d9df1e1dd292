"""What holds for every test: own folders, no thread left running, no unexpected warning.

Only tests under ``studio`` and ``journeys`` import Qt here: the engine's tests know none.
"""

import os

# These are read once, when torch and Qt are imported, so they are set before anything else.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# No test speaks to the desktop of whoever runs it.
os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/nonexistent"
os.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent"

import gc
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import garbage
from tests.helpers.guards import ProblemLog, left_running, running_threads

TESTS = Path(__file__).parent
QT_TESTS = (TESTS / "studio", TESTS / "journeys")
FOLDERS = ("CONFIG", "DATA", "CACHE", "STATE")


@pytest.fixture(scope="session")
def starters_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder for starters that several tests read; built once, and never changed."""
    return tmp_path_factory.mktemp("starters")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need Qt."""
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in QT_TESTS):
            item.add_marker(pytest.mark.gui)


def pytest_collection_finish() -> None:
    """Exclude what is imported by now from garbage collections.

    Each training run ends with a collection, which would search all of torch for a fifth of a
    second. The studio does the same when it starts a run.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def garbage_in_one_thread(request: pytest.FixtureRequest) -> Iterator[None]:
    """Destroy Qt objects in the main thread, as the studio does (``studio.garbage``)."""
    if request.node.get_closest_marker("gui") is None:
        yield
        return
    gc.disable()
    garbage.collect_with(lambda: None)
    yield
    garbage.collect_with(gc.collect)
    gc.collect(1)
    gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked ``gpu`` without CUDA; only such a test imports torch for this."""
    if item.get_closest_marker("gpu") is None:
        return
    import torch

    if not torch.cuda.is_available():
        pytest.skip("needs CUDA")


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test an empty home, so that it never touches the user's folders."""
    home = tmp_path_factory.mktemp("home", numbered=True)
    monkeypatch.setenv("HOME", str(home))
    for name in FOLDERS:
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    monkeypatch.setenv("XDG_DOCUMENTS_DIR", str(home / "documents"))
    for name in ("PERSONAL", "APPDATA", "LOCAL_APPDATA"):
        monkeypatch.setenv(f"WIN_PD_OVERRIDE_{name}", str(home / name.lower()))
    return home


@pytest.fixture(autouse=True)
def problem_log() -> Iterator[ProblemLog]:
    """Fail the test that logs a warning or an error, unless it expects it.

    ``problem_log.expect("text")`` asserts that a record was logged and forgives it.
    """
    log = ProblemLog()
    logging.getLogger().addHandler(log)
    yield log
    logging.getLogger().removeHandler(log)
    if log.unexpected:
        pytest.fail("Logged unexpectedly:\n" + "\n".join(log.unexpected), pytrace=False)


@pytest.fixture(autouse=True)
def no_thread_left(problem_log: ProblemLog) -> Iterator[None]:
    """Fail the test that leaves a thread running.

    Looks before ``problem_log`` does, so that a thread's last words count.
    """
    before = running_threads()
    yield
    names = left_running(before)
    if names:
        pytest.fail(f"Left running: {', '.join(sorted(names))}", pytrace=False)


@pytest.fixture(autouse=True)
def one_torch_thread() -> Iterator[None]:
    """Undo a change of torch's thread count; never imports torch itself."""
    yield
    torch = sys.modules.get("torch")
    if torch is not None and torch.get_num_threads() != 1:
        torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def qt_isolation(
    request: pytest.FixtureRequest, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Give Qt's tests fresh settings, and coverage a view into their workers."""
    if not any(request.path.is_relative_to(folder) for folder in QT_TESTS):
        return
    from tests.helpers.qt_isolation import start_fresh_settings, trace_workers

    start_fresh_settings(own_home / "settings")
    trace_workers(monkeypatch)
