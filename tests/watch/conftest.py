"""A root with two files in a git work tree, and a home."""

from pathlib import Path

import pytest

from tests.watch.watched import Watched, run_git, write_files

FILES = {
    "queue.py": "def pop(jobs):\n    return jobs.pop()\n",
    "src/retry.py": "def backoff(attempt):\n    return 2**attempt\n",
    ".gitignore": "build/\n*.log\n",
}


@pytest.fixture
def files() -> dict[str, str]:
    """Return the texts that the index has at first."""
    return dict(FILES)


@pytest.fixture
def watched(tmp_path: Path, files: dict[str, str]) -> Watched:
    """Return a root that nobody watches yet."""
    root = tmp_path / "root"
    write_files(root, files)
    run_git(root, "init", "-q")
    return Watched(root, tmp_path / "home")
