"""The command line in this process, with a home and a working folder of its own."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from codesearch.cli.main import main


@dataclass(frozen=True)
class Answer:
    """What one command line came to."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        """Return stdout as the one JSON document that it is."""
        import json

        return json.loads(self.out)


Run = Callable[..., Answer]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return where this test's indexes lie."""
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs one command line, its keyword `stdin` on standard input."""
    monkeypatch.setenv("CODESEARCH_HOME", str(home))
    monkeypatch.delenv("CODESEARCH_DEBUG", raising=False)

    def run_command(*arguments: str | Path, stdin: str = "") -> Answer:
        monkeypatch.setattr(sys, "stdin", StringIO(stdin))
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Answer(status, captured.out, captured.err)

    return run_command
