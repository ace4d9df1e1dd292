"""The set-up scripts, loaded by path, and a pip that only remembers."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from tests.helpers.fake_pip import PACKAGING, FakeCalls, make_checkout

NAMES = ("system_packages", "environment", "bootstrap")


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Load the three scripts by path: their folder is deliberately no package."""
    monkeypatch.syspath_prepend(str(PACKAGING))
    loaded: dict[str, ModuleType] = {}
    for name in NAMES:
        spec = importlib.util.spec_from_file_location(name, PACKAGING / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        loaded[name] = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, loaded[name])
        spec.loader.exec_module(loaded[name])
    return SimpleNamespace(**loaded)


@pytest.fixture
def checkout(
    scripts: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> SimpleNamespace:
    """An environment in an empty checkout, with a pip that only remembers."""
    make_checkout(tmp_path)
    environment = scripts.environment.Environment(tmp_path)
    calls = FakeCalls(environment.python)
    monkeypatch.setattr(subprocess, "call", calls)
    monkeypatch.setattr(scripts.environment.Environment, "_answers", lambda _self: True)
    return SimpleNamespace(root=tmp_path, environment=environment, calls=calls)
