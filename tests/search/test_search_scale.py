"""Filters come before every top-k: what a filter leaves fills the page, however much else scores better."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from codesearch.search import engine
from codesearch.storage.snapshot import Snapshot
from codesearch.types import MODES, SearchOptions
from indexers.encoders.embedded import EmbeddedEncoder
from indexers.terms import pack_bags
from indexers.types import Chunk, EncodedFile, Encoder, FileStat, FloatArray, ParsedFile, SourceText, Terms

N_FILES = 1000
LEAVES_EACH = 100
LINE = b"def retry(): backoff\n"
TERMS: Terms = {"symbol": ["retri"], "body": ["def", "retri", "backoff"]}
RARE_LINE = b"def other(): backoff\n"
RARE_TERMS: Terms = {"symbol": ["other"], "body": ["def", "other", "backoff"]}


def make_file(path: str, language: str, line: bytes, terms: Terms, vector: FloatArray) -> EncodedFile:
    """Return a file of one-line functions that all say the same."""
    leaf = Chunk(
        kind="function",
        granularity="leaf",
        symbol="retry",
        qualified_name="retry",
        signature="",
        documentation="",
        names=(),
        start_byte=0,
        end_byte=len(line),
        start_line=1,
        end_line=1,
        first_leaf=0,
        n_leaves=1,
    )
    leaves = [
        replace(
            leaf,
            start_byte=n * len(line),
            end_byte=(n + 1) * len(line),
            start_line=n + 1,
            end_line=n + 1,
            first_leaf=n,
        )
        for n in range(LEAVES_EACH)
    ]
    whole = replace(
        leaf,
        kind="file",
        granularity="file",
        symbol=path,
        end_byte=LEAVES_EACH * len(line),
        end_line=LEAVES_EACH,
        n_leaves=LEAVES_EACH,
    )
    leaf_terms = (terms,) * LEAVES_EACH
    parsed = ParsedFile(
        path=path,
        language=language,
        stat=FileStat(1, 1, 1, 1),
        text=SourceText(line * LEAVES_EACH, "utf-8", path.encode().ljust(16)[:16]),
        chunks=(*leaves, whole),
        bags=tuple(pack_bags(leaf_terms, [(0, LEAVES_EACH)])),
    )
    n_chunks = LEAVES_EACH + 1
    return EncodedFile(parsed, np.repeat(vector[None], n_chunks, axis=0), tuple(range(n_chunks)), (1,) * n_chunks)


@pytest.mark.slow
def test_one_matching_file_among_a_hundred_thousand_chunks_fills_its_results(
    write_index: Callable[[Iterable[EncodedFile], Encoder], Snapshot],
) -> None:
    encoder = EmbeddedEncoder()
    near, far = encoder.encode_documents(["def retry(): backoff", "def other(): backoff"])

    def files() -> Iterator[EncodedFile]:
        for number in range(N_FILES):
            yield make_file(f"src/m{number:04}.py", "python", LINE, TERMS, near)
        yield make_file("lib/one.go", "go", RARE_LINE, RARE_TERMS, far)

    snapshot = write_index(files(), encoder)
    assert snapshot.info.n_chunks > 100_000
    for mode in MODES:
        for query in ("retry backoff lang:go", "retry backoff path:lib/**", 'retry "other(): backoff"'):
            outcome = engine.search(snapshot, encoder, query, SearchOptions(mode=mode))
            assert len(outcome.results) == 10
            assert {result.path for result in outcome.results} == {"lib/one.go"}
