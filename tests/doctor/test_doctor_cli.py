"""The command: facts and checks as lines or JSON, errors on standard error, exit status 2 where something is wrong."""

import json
from pathlib import Path

import pytest

from codesearch.cli.main import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CODESEARCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CODESEARCH_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


def test_facts_and_checks_are_printed_one_a_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", str(folder), "--encoder", "embedded"]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = [line[:22].strip() for line in lines]
    assert names[:7] == ["codesearch", "processor", "gpu", "home", "configuration", "packages", "ok   faiss"]
    assert "encoder" in names
    assert "embedded: asked for" in lines[names.index("encoder")]
    assert "ok   ranking" in names
    assert "skip end token" in names


def test_json_has_machine_encoder_and_checks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", str(folder), "--encoder", "embedded", "--json"]) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert list(document) == ["version", "ok", "machine", "encoder", "checks"]
    assert document["ok"] is True
    assert document["encoder"]["name"] == "embedded"
    assert document["encoder"]["dim"] == 256
    assert {check["verdict"] for check in document["checks"]} == {"pass", "skip"}
    assert captured.err == ""


def test_an_encoder_that_nobody_knows_fails_loudly(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", str(folder), "--encoder", "no such"]) == 2
    captured = capsys.readouterr()
    assert "FAIL encoder" in captured.out
    assert "codesearch: error: encoder FAILED: no encoder is called 'no such'" in captured.err


def test_a_failure_in_json_is_not_ok(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", str(folder), "--encoder", "no such", "--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is False
    assert [check["name"] for check in document["checks"] if check["verdict"] == "fail"] == ["encoder"]


def test_a_folder_that_is_not_there_is_an_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", str(folder / "none")]) == 2
    assert "no such file or folder" in capsys.readouterr().err
