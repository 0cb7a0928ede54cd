"""The doctor on real models with random weights: right ones pass what can be known of them, wrong ones fail."""

from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codesearch.doctor.examination import Chosen, Examination, Tools
from codesearch.doctor.findings import Check
from codesearch.doctor.known_answers import PASSAGES, QUERIES, KnownAnswers
from codesearch.doctor.pace import Clock
from codesearch.encoders.choice import Choice
from indexers.encoders.registry import load_encoder
from indexers.encoders.spec import EncoderSpec, ServerOptions, Source
from tests.encoders.llama_server import llama_server, require_llama_server
from tests.encoders.tiny_qwen import HIDDEN, make_tiny_qwen

torch = pytest.importorskip("torch", reason='the tiny model is made by torch: pip install ".[qwen]"')
pytest.importorskip("sentence_transformers", reason='the tiny model is run in process: pip install ".[qwen]"')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_qwen(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def known(folder: Path) -> KnownAnswers:
    """What transformers alone answers: the last state behind the end token."""
    from transformers import AutoModel, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    rows = []
    for text in (*QUERIES, *PASSAGES):
        with torch.no_grad():
            state = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0, -1].numpy()
        rows.append(state / np.linalg.norm(state))
    vectors = np.stack(rows)
    (first, second), (third, fourth) = (vectors[:2] @ vectors[2:].T).tolist()
    return KnownAnswers("the tiny model", "tiny", HIDDEN, ((first, second), (third, fourth)))


def examine(source: Source, path: Path, home: Path, known: KnownAnswers) -> dict[str, Check]:
    tools = Tools(load_encoder, (known,), Clock(seconds=count().__next__))
    chosen = Chosen(Choice(EncoderSpec("tiny", source, str(path)), "asked for"))
    return {check.name: check for check in Examination(chosen, home, tools).checks()}


@pytest.mark.slow
def test_a_right_model_in_process_answers_as_transformers_alone(
    folder: Path, tmp_path: Path, known: KnownAnswers
) -> None:
    checks = examine("transformer", folder, tmp_path, known)
    # Random weights rank at random; all else can be right.
    assert {name for name, check in checks.items() if check.verdict == "fail"} <= {"ranking"}
    assert checks["published answers"].value == pytest.approx(0, abs=1e-4)
    assert checks["end token"].finding == "the model's tokenizer ends every text with <|endoftext|>"
    assert checks["two sides"].verdict == checks["batches"].verdict == checks["whole text"].verdict == "pass"


@pytest.mark.parametrize("wrong", [{"pooling": "mean_tokens"}, {"has_end_step": False}])
def test_a_model_whose_files_are_wrong_does_not_load(tmp_path: Path, known: KnownAnswers, wrong: Any) -> None:
    checks = examine("transformer", make_tiny_qwen(tmp_path / "wrong", **wrong), tmp_path, known)
    assert [(name, check.verdict) for name, check in checks.items()] == [("loading", "fail")]


@pytest.mark.slow
@pytest.mark.parametrize("file_type", ["F32", "Q8_0"])
def test_a_gguf_file_answers_as_transformers_alone(
    folder: Path, tmp_path: Path, known: KnownAnswers, file_type: Any
) -> None:
    pytest.importorskip("llama_cpp", reason='GGUF files are run by llama-cpp-python: pip install ".[gguf]"')
    pytest.importorskip("gguf", reason="the tiny GGUF files are written by the package gguf: pip install gguf")
    from tests.encoders.tiny_gguf import make_tiny_gguf

    path = make_tiny_gguf(folder, tmp_path / "tiny.gguf", file_type=file_type)
    checks = examine("gguf", path, tmp_path, known)
    assert {name for name, check in checks.items() if check.verdict == "fail"} <= {"ranking"}
    assert checks["published answers"].verdict == "pass"
    assert "<|endoftext|>" in checks["end token"].finding


@pytest.mark.slow
@pytest.mark.parametrize(
    ("made", "wrong"),
    [
        ({}, set()),
        ({"pooling": "mean"}, {"published answers"}),
        ({"add_eos": False}, {"finite values"}),
    ],
)
def test_the_real_server_of_llama_cpp_fails_with_a_file_that_is_wrong(
    folder: Path, tmp_path: Path, known: KnownAnswers, made: Any, wrong: set[str]
) -> None:
    require_llama_server()
    pytest.importorskip("gguf", reason="the tiny GGUF files are written by the package gguf: pip install gguf")
    from tests.encoders.tiny_gguf import make_tiny_gguf

    path = make_tiny_gguf(folder, tmp_path / "tiny.gguf", **made)
    with llama_server(path) as url:
        spec = EncoderSpec("tiny", "server", server=ServerOptions(url))
        tools = Tools(load_encoder, (known,), Clock(seconds=count().__next__))
        checks = {one.name: one for one in Examination(Chosen(Choice(spec, "asked for")), tmp_path, tools).checks()}
    assert {name for name, check in checks.items() if check.verdict == "fail"} - {"ranking"} == wrong
