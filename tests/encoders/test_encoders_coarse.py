"""The embedded encoder in an index: 64 of 256 dimensions propose, all 256 decide, a file is the sum of its leaves."""

from collections.abc import Iterator

import numpy as np
import pytest

from codesearch.index import Index
from codesearch.search.constants import DENSE_QUOTA
from codesearch.types import BuildOptions, SearchOptions
from indexers.encoders.embedded import COARSE_DIMS, EmbeddedEncoder
from indexers.encoders.model_file import DIM
from indexers.types import FloatArray

pytestmark = pytest.mark.slow  # the build starts a parser process

QUERY = "read the cache"
N_FUNCTIONS = 600
FUNCTIONS_EACH = 20
LIMIT = DENSE_QUOTA["leaf"]

EDGE = 5
"""Places by which rounding to float16 may move a function."""

WORDS = ("index", "search", "file", "vector", "chunk", "token", "path", "parse", "test", "commit", "encoder", "row")


def make_name(number: int) -> str:
    return f"{WORDS[number % 12]}_{number}"


def make_function(number: int) -> str:
    """Return a function whose words are a mixture of their own."""
    first, second, third = (WORDS[(number // 12**place + place * number) % 12] for place in (1, 2, 3))
    return f"def {make_name(number)}():\n    {first} = read({second}, {third})"


def make_inputs(numbers: range) -> list[str]:
    """Return what the encoder reads of functions."""
    return [f"{make_name(number)}\n{make_function(number)}" for number in numbers]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("coarse")
    root = folder / "tree"
    root.mkdir()
    for first in range(0, N_FUNCTIONS, FUNCTIONS_EACH):
        text = "\n\n\n".join(map(make_function, range(first, first + FUNCTIONS_EACH)))
        (root / f"m{first:03}.py").write_text(f"{text}\n", encoding="utf-8")
    Index.build(root, BuildOptions(n_workers=1), home=folder / "home")
    with Index.open(root, folder / "home") as opened:
        yield opened


def cut(vectors: FloatArray, dim: int) -> FloatArray:
    rows: FloatArray = vectors[:, :dim] / np.linalg.norm(vectors[:, :dim], axis=1, keepdims=True)
    return rows


def cosines(dim: int) -> dict[str, float]:
    """Return the cosine of each function with the query over the first `dim` dimensions, best first."""
    encoder = EmbeddedEncoder()
    rows = cut(encoder.encode_documents(make_inputs(range(N_FUNCTIONS))), dim)
    scores = rows @ cut(encoder.encode_query(QUERY, "search")[None], dim)[0]
    order = np.argsort(-scores, kind="stable")
    return {make_name(int(number)): float(scores[number]) for number in order}


def test_an_index_stores_256_dimensions_and_compares_64_first(index: Index) -> None:
    status = index.status()
    assert (status.encoder, status.dim, status.coarse_dim) == ("embedded", DIM, COARSE_DIMS[0])
    assert (status.dim, status.coarse_dim) == (256, 64)


def test_functions_are_proposed_by_64_dimensions(index: Index) -> None:
    results = index.search(f"{QUERY} kind:function", SearchOptions(limit=LIMIT, mode="dense")).results
    found = {result.symbol for result in results}
    assert len(found) == LIMIT
    assert found <= set(list(cosines(64))[: LIMIT + EDGE])
    assert not found <= set(list(cosines(256))[: LIMIT + EDGE])


def test_functions_are_compared_over_256_dimensions(index: Index) -> None:
    expected = cosines(256)
    results = index.search(f"{QUERY} kind:function", SearchOptions(limit=LIMIT, mode="dense")).results
    for result in results:
        assert result.scores.cosine == pytest.approx(expected[result.symbol], abs=1e-3)


def test_a_file_has_the_cosine_of_the_sum_of_its_leaves(index: Index) -> None:
    encoder = EmbeddedEncoder()
    (result,) = index.search(f"{QUERY} kind:file path:m000.py", SearchOptions(mode="dense")).results
    sums = encoder.sum_documents(make_inputs(range(FUNCTIONS_EACH)))
    vector = encoder.normalise(sums.sum(axis=0, keepdims=True))[0]
    assert result.scores.cosine == pytest.approx(float(vector @ encoder.encode_query(QUERY, "search")), abs=1e-3)
