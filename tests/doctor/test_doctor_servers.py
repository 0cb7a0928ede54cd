"""Real servers that are right pass; servers with wrong pooling or without an end token fail, loudly."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from codesearch.cli.main import main
from codesearch.doctor.examination import Chosen, Examination, Tools
from codesearch.doctor.findings import Check
from codesearch.doctor.pace import Clock
from codesearch.encoders.choice import Choice
from indexers.encoders.registry import load_encoder
from indexers.encoders.spec import EncoderSpec, ServerOptions
from tests.doctor.toy_encoder import DIM, known_answers
from tests.encoders.server.behaviours import Behaviour, llama_cpp, lm_studio, ollama, tei, vllm
from tests.encoders.server.fake_server import FakeServer

pytest.importorskip("urllib3", reason="servers are asked through urllib3")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CODESEARCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CODESEARCH_CONFIG", str(tmp_path / "config.toml"))
    return tmp_path / "home"


def examine(server: FakeServer, home: Path, dim: int | None = None, **options: Any) -> dict[str, Check]:
    spec = EncoderSpec("mine", "server", server.behaviour.model, dim, server=ServerOptions(server.url, **options))
    clock = Clock(seconds=count().__next__)
    examination = Examination(Chosen(Choice(spec, "asked for")), home, Tools(load_encoder, (known_answers(),), clock))
    return {check.name: check for check in examination.checks()}


def failures(checks: dict[str, Check]) -> list[str]:
    return [name for name, check in checks.items() if check.verdict == "fail"]


def test_a_right_server_passes_all_that_can_be_looked_at(stack: ExitStack, home: Path) -> None:
    checks = examine(stack.enter_context(FakeServer(Behaviour(dim=DIM))), home)
    assert failures(checks) == []
    assert [name for name, check in checks.items() if check.verdict == "skip"] == ["end token"]
    assert checks["prefix"].finding.startswith("the server's own 256 dimensions are a cut")


@pytest.mark.parametrize(("make", "end"), [(vllm, "pass"), (llama_cpp, "pass"), (ollama, "skip"), (tei, "pass")])
def test_servers_of_every_kind_pass(stack: ExitStack, home: Path, make: Any, end: str) -> None:
    checks = examine(stack.enter_context(FakeServer(make(dim=DIM, model="qwen3-embedding-toy"))), home)
    assert failures(checks) == []
    assert checks["end token"].verdict == end


def test_where_a_server_only_counts_tokens_the_published_answers_decide(stack: ExitStack, home: Path) -> None:
    checks = examine(stack.enter_context(FakeServer(ollama(dim=DIM, model="qwen3-embedding-toy"))), home)
    assert checks["end token"].finding.endswith("what is known of the model's answers has to decide")
    assert checks["published answers"].verdict == "pass"


def test_a_server_that_adds_no_end_token_but_reads_ours_passes(stack: ExitStack, home: Path) -> None:
    checks = examine(stack.enter_context(FakeServer(Behaviour(dim=DIM, adds_end_token=False))), home)
    assert failures(checks) == []
    assert "is added here" in checks["end token"].finding


@pytest.mark.parametrize("pooling", ["mean", "first"])
def test_wrong_pooling_fails(stack: ExitStack, home: Path, pooling: Any) -> None:
    checks = examine(stack.enter_context(FakeServer(Behaviour(dim=DIM, pooling=pooling))), home)
    assert {"ranking", "published answers"} <= set(failures(checks))
    assert checks["speed"].verdict == "skip"


def test_an_end_token_that_can_be_had_from_nobody_fails(stack: ExitStack, home: Path) -> None:
    server = stack.enter_context(FakeServer(Behaviour(dim=DIM, adds_end_token=False, parses_special=False)))
    checks = examine(server, home)
    assert failures(checks) == ["finite values"]
    assert "neither appends <|endoftext|>" in checks["finite values"].finding


def test_an_end_token_that_only_the_configuration_claims_fails(stack: ExitStack, home: Path) -> None:
    server = stack.enter_context(FakeServer(lm_studio(dim=DIM, adds_end_token=False)))
    checks = examine(server, home, end_token="server")
    assert checks["end token"].verdict == "skip"
    assert {"ranking", "published answers"} <= set(failures(checks))


def test_an_end_token_that_the_configuration_claims_rightly_passes(stack: ExitStack, home: Path) -> None:
    checks = examine(stack.enter_context(FakeServer(lm_studio(dim=DIM))), home, end_token="server")
    assert failures(checks) == []


def test_a_server_that_cuts_nothing_is_not_asked_to(stack: ExitStack, home: Path) -> None:
    checks = examine(stack.enter_context(FakeServer(Behaviour(dim=DIM, dimensions=False))), home)
    assert checks["prefix"].verdict == "skip"
    assert failures(checks) == []


def test_a_server_that_is_to_cut_is_held_against_its_whole_vectors(stack: ExitStack, home: Path) -> None:
    checks = examine(stack.enter_context(FakeServer(Behaviour(dim=DIM))), home, 128, asks_dimensions=True)
    assert checks["prefix"].finding.startswith("the server's own 128 dimensions are a cut")
    assert checks["published answers"].finding == "answers of the toy are known for 512 dimensions, not 128"


def test_a_server_that_is_not_there_fails_at_loading(stack: ExitStack, home: Path) -> None:
    server = stack.enter_context(FakeServer())
    server.close()
    checks = examine(server, home, timeout_s=0.2)
    assert failures(checks) == list(checks) == ["loading"]


def test_the_command_ends_with_an_error_for_a_wrong_server(
    stack: ExitStack, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = stack.enter_context(FakeServer(Behaviour(dim=DIM, pooling="mean")))
    assert main(["doctor", str(home.parent), "--encoder", server.url]) == 2
    captured = capsys.readouterr()
    assert "FAIL ranking" in captured.out
    assert "codesearch: error: ranking FAILED" in captured.err
    assert "--pooling last" in captured.err
