"""Fixtures of the catalogue's tests."""

import pytest

from engine.runs.catalogue import FILE_NAME


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def file(tmp_path):
    return tmp_path / FILE_NAME
