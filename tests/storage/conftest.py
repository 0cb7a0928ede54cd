"""Folders for the tests of storage."""

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A place for an index, not made yet."""
    return tmp_path / "index"
