"""After a server that died half-way, the next run asks only for what is missing."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from codesearch.storage.vector_cache import SqliteVectorCache
from indexers.chunker import chunk_file
from indexers.errors import EncoderError
from indexers.pipeline import EncodingPipeline, PipelineOptions
from indexers.slices import Pace
from indexers.types import EncodedFile, FileStat, ParsedFile, SourceText
from tests.encoders.server.fake_server import FakeServer
from tests.encoders.server.faults import Fault
from tests.encoders.server.made_encoders import encoder_for

N_FILES = 6
SLICE_BYTES = 1 << 14
N_PROBES = 3
N_ANSWERED = 6


def made_files() -> Iterator[ParsedFile]:
    """Files of 8 kB each, two of which fill a slice."""
    for number in range(N_FILES):
        line = f"the {number}. file says the same thing over and over\n"
        data = (line * (SLICE_BYTES // 2 // len(line))).encode()
        chunks = chunk_file(f"{number}.txt", data, [])
        source = SourceText(data, "utf-8", b"")
        yield ParsedFile(f"{number}.txt", "text", FileStat(0, 0, 0, 0), source, chunks, (b"",) * len(chunks))


def run(server: FakeServer, cache_path: Path) -> list[EncodedFile]:
    seconds = count(step=3)  # slices that take their time stay as they are
    pace = Pace(clock=lambda: float(next(seconds)))
    pace.size_bytes = SLICE_BYTES
    options = PipelineOptions(pace=pace)
    with SqliteVectorCache(cache_path) as cache:
        pipeline = EncodingPipeline(encoder_for(server, n_concurrent=1, batch_size=2), cache, options)
        return [file for file in pipeline.encode(made_files()) if isinstance(file, EncodedFile)]


def texts_of(server: FakeServer, n_requests: int | None = None) -> set[str]:
    """The texts of files that it was asked for in its first requests."""
    texts = [text for asked in server.embedding_requests[:n_requests] for text in asked.inputs]
    return {text for text in texts if len(text) > 99}


@pytest.mark.parametrize("fault", [None, Fault("long"), Fault("status", status=400)], ids=["dies", "wrong", "refuses"])
def test_the_next_run_asks_only_for_what_is_missing(server: FakeServer, tmp_path: Path, fault: Fault | None) -> None:
    run(server, tmp_path / "whole.db")
    everything = texts_of(server)
    server.requests.clear()

    if fault is None:
        server.die_after(N_PROBES + N_ANSWERED)
    else:
        server.fail_after(N_PROBES + N_ANSWERED, fault)
    with pytest.raises(EncoderError, match=r"try again|status 400"):
        run(server, tmp_path / "cut.db")
    answered = texts_of(server, N_PROBES + N_ANSWERED)
    server.requests.clear()
    server.revive()

    assert len(run(server, tmp_path / "cut.db")) == N_FILES
    asked_again = texts_of(server)
    lost = answered.intersection(asked_again)
    assert sum(len(text) for text in lost) < SLICE_BYTES
    assert len(answered) > len(lost)
    assert answered | asked_again == everything


def test_a_third_run_asks_for_nothing(server: FakeServer, tmp_path: Path) -> None:
    run(server, tmp_path / "cache.db")
    server.requests.clear()
    run(server, tmp_path / "cache.db")
    assert texts_of(server) == set()
