"""Small repositories for the tests of the walk, shielded from the configuration of whoever runs them."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Plant = Callable[..., Path]


@pytest.fixture(autouse=True)
def _no_configuration_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """Write files below a fresh root; with `git=True` the root is a repository and everything in it is untracked."""

    def write(files: Mapping[str, str | bytes], *, git: bool = False, name: str = "root") -> Path:
        root = tmp_path / name
        root.mkdir(exist_ok=True)
        if git:
            run_git(root, "init", "-q")
        for path, content in files.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content if isinstance(content, bytes) else content.encode())
        return root

    return write


def run_git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def git() -> Callable[..., str]:
    """Run git in a folder: `git(root, "add", ".")`."""
    return run_git
