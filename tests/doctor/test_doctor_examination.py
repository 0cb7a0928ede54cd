"""Which encoder is examined and why, what an examination goes through, and what leaves the machine."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from codesearch.doctor.examination import (
    Chosen,
    Examination,
    Patient,
    Tools,
    check_index,
    describe_sending,
    find_encoder,
)
from codesearch.doctor.findings import Check
from codesearch.doctor.pace import Clock, make_texts
from codesearch.encoders.choice import Choice
from codesearch.encoders.own import open_own
from codesearch.encoders.speeds import read_speeds
from codesearch.errors import ConfigError, FormatError
from codesearch.index import Index
from codesearch.registry import Located, find_nearest
from codesearch.settings.settings import Settings
from codesearch.storage.snapshot import Snapshot
from codesearch.types import BuildOptions
from indexers.encoders.registry import load_encoder
from indexers.encoders.spec import EMBEDDED, EncoderSpec, ServerOptions
from indexers.errors import EncoderError
from indexers.types import Encoder, EncoderDescription, FloatArray
from tests.doctor.toy_encoder import SPEC, Build, ToyEncoder, known_answers


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CODESEARCH_CONFIG", str(tmp_path / "config.toml"))
    return tmp_path / "home"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "queue.py").write_text("def drain():\n    return 1\n", encoding="utf-8")
    return folder


def build(root: Path, home: Path) -> Located:
    Index.build(root, BuildOptions(n_workers=1), home=home)
    located = find_nearest(root, home)
    assert located is not None
    return located


def tools_for(toy: ToyEncoder) -> Tools:
    """A loader that only has this encoder, and a clock that goes on by a second whenever it is looked at."""
    return Tools(lambda _: toy, (known_answers(),), Clock(seconds=count().__next__))


def examine(home: Path, toy: ToyEncoder) -> dict[str, Check]:
    examination = Examination(Chosen(Choice(SPEC, "asked for")), home, tools_for(toy))
    return {check.name: check for check in examination.checks()}


def test_a_right_encoder_is_examined_to_its_speed(home: Path) -> None:
    checks = examine(home, ToyEncoder())
    assert [name for name, check in checks.items() if check.verdict == "fail"] == []
    assert (next(iter(checks)), list(checks)[-1]) == ("loading", "speed")
    assert read_speeds(home)["toy;dim=512"].tokens_per_s > 500


def test_a_wrong_encoder_has_no_speed(home: Path) -> None:
    checks = examine(home, ToyEncoder(Build(pooling="mean")))
    assert checks["ranking"].verdict == "fail"
    assert checks["speed"].verdict == "skip"
    assert read_speeds(home) == {}


def test_an_encoder_that_does_not_load_is_not_tested_further(home: Path) -> None:
    def refuse(_: EncoderSpec) -> Encoder:
        raise EncoderError("weights are missing; fetch them")

    examination = Examination(Chosen(Choice(SPEC, "asked for")), home, Tools(load=refuse))
    (check,) = examination.checks()
    assert (check.name, check.verdict, check.finding) == ("loading", "fail", "weights are missing; fetch them")
    assert examination.description is None


def test_what_an_encoder_notes_is_told(home: Path) -> None:
    class Noting(ToyEncoder):
        def notes(self) -> tuple[str, ...]:
            return ("1 vector was made again in float32",)

    assert examine(home, Noting())["notes"].finding == "1 vector was made again in float32"


def test_an_encoder_that_can_wait_is_given_the_time_of_a_build(home: Path) -> None:
    class Waiting(ToyEncoder):
        is_patient = False

        def be_patient(self) -> None:
            self.is_patient = True

        def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
            if not self.is_patient:
                raise EncoderError("the server does not answer in time; try again")
            return super().encode_documents(inputs)

    assert examine(home, Waiting())["finite values"].verdict == "pass"


def test_the_encoder_asked_for_comes_first(home: Path, root: Path) -> None:
    build(root, home)
    chosen = find_encoder(Patient(root, root, home, wanted="http://127.0.0.1:9/v1"))
    assert (chosen.choice.spec.source, chosen.choice.reason, chosen.index) == ("server", "asked for", None)


@pytest.mark.slow
def test_the_encoder_of_an_index_is_that_which_made_it(home: Path, root: Path) -> None:
    build(root, home)
    (home.parent / "config.toml").write_text('encoder = "qwen3-4b"\n', encoding="utf-8")
    chosen = find_encoder(Patient(root / "queue.py", root, home))
    assert chosen.choice.spec.name == "embedded"
    assert chosen.choice.reason == f"the index of {root} was made with it"
    assert chosen.index is not None


def test_without_an_index_it_is_the_one_that_a_new_index_would_get(home: Path, root: Path) -> None:
    (root / ".codesearch.toml").write_text('encoder = "qwen3-0.6b"\n', encoding="utf-8")
    chosen = find_encoder(Patient(root / "queue.py", root, home, is_offline=True))
    assert (chosen.choice.spec.name, chosen.choice.spec.is_offline, chosen.index) == ("qwen3-0.6b", True, None)


def test_a_wrong_configuration_is_an_error(home: Path, root: Path) -> None:
    (home.parent / "config.toml").write_text("encoder = 7\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        find_encoder(Patient(root, root, home))


class Altered:
    """The embedded encoder that says something else of itself, or gives other vectors."""

    def __init__(self, *, turns: bool = False, **changes: Any) -> None:
        own = load_encoder()
        self.encode_query, self.count_tokens = own.encode_query, own.count_tokens
        self._own = own
        self._turns = turns
        self._description = replace(own.describe(), **changes)
        self.n_asked = 0

    def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
        self.n_asked += 1
        vectors = self._own.encode_documents(inputs)
        return -vectors if self._turns else vectors

    def describe(self) -> EncoderDescription:
        return self._description


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "verdict", "n_asked"),
    [
        ({}, "pass", 0),
        ({"engine": "numpy 99"}, "pass", 1),
        ({"engine": "numpy 99", "turns": True}, "fail", 1),
        ({"knows_weights": False}, "pass", 1),
        ({"knows_weights": False, "turns": True}, "fail", 1),
        ({"identity": "embedded-v9;dim=256"}, "fail", 0),
    ],
    ids=["the same", "engine", "engine and vectors", "weights unknown", "weights changed", "identity"],
)
def test_the_encoder_of_an_index_is_held_against_what_made_it_as_a_search_does(
    changes: dict[str, Any], verdict: str, n_asked: int, home: Path, root: Path
) -> None:
    located = build(root, home)
    encoder = Altered(**changes)
    check = check_index(encoder, located)
    assert (check.verdict, encoder.n_asked) == (verdict, n_asked)
    assert check.remedy == ("" if verdict == "pass" else f"run codesearch index {root} --rebuild")
    with Snapshot.open(located.folder) as snapshot, ExitStack() as refused:
        if verdict == "fail":
            refused.enter_context(pytest.raises(FormatError))
        open_own(snapshot.info, Settings(), snapshot.probe, lambda _: Altered(**changes))


@pytest.mark.slow
def test_an_index_that_cannot_be_read_is_a_failed_check(home: Path, root: Path) -> None:
    located = build(root, home)
    for path in located.folder.glob("*"):
        if path.is_file():
            path.write_bytes(b"no SQLite file 3")
    check = check_index(load_encoder(EMBEDDED), located)
    assert check.verdict == "fail"
    assert f"codesearch index {root} --rebuild" in check.finding


@pytest.mark.slow
def test_the_index_is_part_of_the_examination(home: Path, root: Path) -> None:
    located = build(root, home)
    examination = Examination(
        Chosen(Choice(EMBEDDED, "asked for"), located), home, Tools(clock=Clock(count().__next__))
    )
    checks = {check.name: check.verdict for check in examination.checks()}
    assert checks["index"] == "pass"


@pytest.mark.parametrize(
    ("url", "sends"), [("http://127.0.0.1:8080/v1", False), ("http://gpu.example/v1", True), (None, False)]
)
def test_what_leaves_the_machine_is_said(url: str | None, sends: bool) -> None:
    server = None if url is None else ServerOptions(url)
    said = describe_sending(EncoderSpec("mine", "server" if server else "embedded", server=server))
    assert bool(said) == sends
    assert not sends or "gpu.example" in said


def test_offline_nothing_leaves_the_machine() -> None:
    spec = EncoderSpec("mine", "server", is_offline=True, server=ServerOptions("http://gpu.example/v1"))
    assert describe_sending(spec) == ""


def test_the_self_test_encodes_less_than_it_says(home: Path) -> None:
    toy = ToyEncoder()
    spec = replace(SPEC, source="server", server=ServerOptions("http://gpu.example/v1"))
    list(Examination(Chosen(Choice(spec, "asked for")), home, tools_for(toy)).checks())
    n_bytes = sum(len(text.encode()) for text in toy.texts)
    fastest = sum(len(text.encode()) for n_texts in (1, 4, 16, 64) for text in make_texts(n_texts))
    assert n_bytes + fastest < 100_000
