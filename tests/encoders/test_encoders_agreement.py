"""One model, three engines: sentence-transformers in process, a GGUF file in process, llama.cpp's server.

The weights are random, so rankings mean nothing; that all three make the same ones means that all three read the same
tokens, add the same end token, pool in the same place and cut and normalise alike.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from codesearch.index import Index
from codesearch.types import BuildOptions, SearchOptions, SearchResult
from indexers.encoders.names import spec_of
from indexers.encoders.registry import load_encoder
from indexers.types import Encoder, Task
from tests.encoders.llama_server import llama_server, require_llama_server
from tests.encoders.tiny_gguf import make_tiny_gguf
from tests.encoders.tiny_qwen import make_tiny_qwen

pytest.importorskip("llama_cpp", reason='GGUF files are run by llama-cpp-python: pip install ".[gguf]"')
pytest.importorskip("gguf", reason="the tiny GGUF files are written by the package gguf: pip install gguf")
pytest.importorskip("sentence_transformers", reason='the model is run in process too: pip install ".[qwen]"')
require_llama_server()

pytestmark = pytest.mark.slow  # starts a server process and three builds

FIXTURES = Path(__file__).parents[2] / "fixtures"
REPOSITORY = "larder"

N_TOKENS = 4096
"""What the server reads of a text: the largest file of the repository has 2,577 bytes, nearly each of them a token."""

TEXTS = (
    "def retry(job):\n    return schedule(job, delay=backoff(job.attempts))\n",
    "class LRUCache:\n    '''Evicts what was used least recently.'''\n",
    "naïve Größe 数据库连接 переменная 🚀",
    "    for (int i = 0; i < 1234; ++i) {\r\n\t\tx[i] += y;\n\n\n    }",
    "it's we'll THEY'RE don't",
    "x" * 3000,
    "import os",
)

PAIRS = tuple(combinations(("transformer", "gguf", "server"), 2))

Names = Mapping[str, str]
"""Engine -> the name of its encoder."""


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Names]:
    folder = tmp_path_factory.mktemp("model")
    model = make_tiny_qwen(folder / "qwen")
    path = make_tiny_gguf(model, folder / "tiny.gguf")
    with llama_server(path, n_tokens=N_TOKENS) as url:
        yield {"transformer": str(model), "gguf": f"gguf:{path}", "server": f"{url}#tiny-qwen3-embedding"}


@pytest.fixture(scope="module")
def encoders(names: Names) -> Mapping[str, Encoder]:
    return {engine: load_encoder(spec_of(name)) for engine, name in names.items()}


@pytest.fixture(scope="module")
def rankings(names: Names, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[tuple[SearchResult, ...]]]:
    """The first ten of each judged query of the repository, engine by engine, by vectors alone."""
    folder = tmp_path_factory.mktemp("indexes")
    root = folder / REPOSITORY
    shutil.copytree(FIXTURES / "repositories" / REPOSITORY, root)
    queries = [entry["query"] for entry in json.loads((FIXTURES / "queries" / f"{REPOSITORY}.json").read_text("utf-8"))]
    found = {}
    for engine, name in names.items():
        home = folder / engine
        report = Index.build(root, BuildOptions(encoder=name, n_workers=1), home=home)
        assert report.n_encoded > 0
        with Index.open(root, home=home) as index:
            answers = [index.search(query, SearchOptions(mode="dense", limit=10)) for query in queries]
        assert [answer.degraded for answer in answers] == [None] * len(queries)
        found[engine] = [tuple(answer.results) for answer in answers]
    return found


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_documents_have_the_same_vectors(encoders: Mapping[str, Encoder], first: str, second: str) -> None:
    rows = [encoders[engine].encode_documents(TEXTS) for engine in (first, second)]
    assert np.einsum("ij,ij->i", *rows).min() > 0.9999


@pytest.mark.parametrize("task", get_args(Task))
def test_queries_have_the_same_vectors(encoders: Mapping[str, Encoder], task: Task) -> None:
    rows = np.stack([encoder.encode_query("where are retries backed off", task) for encoder in encoders.values()])
    assert (rows @ rows.T).min() > 0.9999


def test_both_engines_in_process_count_the_same_tokens(encoders: Mapping[str, Encoder]) -> None:
    texts = [*TEXTS, "", "<|endoftext|>", "Gro\u0308\u00dfe", "half \ud800 of a pair"]
    assert encoders["gguf"].count_tokens(texts) == encoders["transformer"].count_tokens(texts)


def test_both_engines_in_process_read_special_tokens_as_the_text_that_spells_them(
    encoders: Mapping[str, Encoder],
) -> None:
    texts = ["", "<|endoftext|>", "if token == '<|im_start|>':", "Gro\u0308\u00dfe", "half \ud800 of a pair"]
    rows = [encoders[engine].encode_documents(texts) for engine in ("transformer", "gguf")]
    assert np.einsum("ij,ij->i", *rows).min() > 0.9999


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_the_same_index_ranks_alike(
    rankings: Mapping[str, list[tuple[SearchResult, ...]]], first: str, second: str
) -> None:
    places = [
        [[(result.path, result.start_line, result.end_line) for result in results] for results in rankings[engine]]
        for engine in (first, second)
    ]
    assert all(len(found) == 10 for found in places[0])
    assert places[0] == places[1]
