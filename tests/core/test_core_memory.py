"""However large a repository is and however slow its encoder, only so much of it is in memory at once."""

import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from indexers.chunker import chunk_file
from indexers.encoders.embedded import EmbeddedEncoder
from indexers.parsers import BYTES_AHEAD, FILES_AHEAD, ParserOptions, ParserPool, n_parsers
from indexers.pipeline import BATCH_BYTES, LEAVES_AT_ONCE, EncodingPipeline
from indexers.slices import MAX_SLICE_BYTES
from indexers.types import (
    Definition,
    EncodedFile,
    FileStat,
    FloatArray,
    ParsedFile,
    Skipped,
    SourceFile,
    SourceText,
    SumArray,
)
from tests.core.patient import PatientEncoder

LIMIT = 100_000

IS_BOUND = sys.platform == "linux"
"""Whether the system holds a process to what it may take."""

STUB = """
import os, sys
sys.path.insert(0, {package!r})
from indexers.frames import read_frame, write_frame
from indexers.parser_guard import OUT_OF_MEMORY, guard
allowance = guard()
write_frame(sys.stdout.buffer, {{"ready": True}})
n_before = 0
while (frame := read_frame(sys.stdin.buffer)) is not None:
    request = frame[0]
    allowance.set(request["memory_bytes"])
    path, why = request["path"], request["blocks_because"]
    if "greedy" in path and not why:
        held = b"x" * (400 << 20)
        os._exit(7)
    if "early" in path and not why:
        os._exit(7)
    if "python" in path and not why or "always" in path or "later" in path and n_before:
        os._exit(OUT_OF_MEMORY)
    n_before += 1
    write_frame(sys.stdout.buffer, {{"skipped": [path, "binary", why, None]}})
"""

NEEDED = "the parser needed too much memory"


def stub_pool(root: Path, n_workers: int = 1) -> ParserPool:
    package = str(Path(__file__).parents[2])
    return ParserPool(root, ParserOptions(n_workers, command=[sys.executable, "-c", STUB.format(package=package)]))


def file_of(name: str, size_bytes: int = 1) -> SourceFile:
    return SourceFile(name, FileStat(size_bytes, 0, 0, 0))


def details(outcomes: Iterable[ParsedFile | Skipped]) -> list[str]:
    return [outcome.detail for outcome in outcomes if isinstance(outcome, Skipped)]


@dataclass
class Source:
    """Hands out files and counts how much of them has not come back."""

    size_bytes: int
    n_out: int = 0
    most_out: int = 0

    def files(self, n_files: int) -> Iterator[SourceFile]:
        for number in range(n_files):
            self.n_out += 1
            self.most_out = max(self.most_out, self.n_out)
            yield file_of(f"f{number}", self.size_bytes)

    def back(self) -> None:
        self.n_out -= 1


class Shelf:
    """A cache of vectors in memory."""

    def __init__(self) -> None:
        self.vectors: dict[bytes, FloatArray] = {}

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, FloatArray]:
        return {key: self.vectors[key] for key in keys if key in self.vectors}

    def put_many(self, vectors: Mapping[bytes, FloatArray]) -> None:
        self.vectors.update(vectors)


@pytest.mark.skipif(not IS_BOUND, reason="this system does not tell how much memory a process held")
def test_a_grammar_that_takes_all_memory_costs_its_file_the_grammar(tmp_path: Path) -> None:
    with stub_pool(tmp_path) as pool:
        assert details(pool.parse([file_of("a"), file_of("greedy"), file_of("b")], LIMIT)) == ["", NEEDED, ""]


@pytest.mark.skipif(not IS_BOUND, reason="this system does not tell how much memory a process held")
def test_what_the_pools_own_process_once_held_hides_nothing_of_a_parser(tmp_path: Path) -> None:
    """A process that is started counts as its own what its starter held: 500 MB here, of which it takes 400."""
    held = bytearray(b"x") * (500 << 20)
    del held
    with stub_pool(tmp_path) as pool:
        outcomes = pool.parse([file_of("greedy"), file_of("early")], LIMIT)
        assert details(outcomes) == [NEEDED, "the parser died (exit code 7)"]


def test_a_grammar_that_dies_with_little_memory_taken_did_not_die_of_that(tmp_path: Path) -> None:
    with stub_pool(tmp_path) as pool:
        assert details(pool.parse([file_of("early")], LIMIT)) == ["the parser died (exit code 7)"]


def test_so_does_python_that_takes_all_memory(tmp_path: Path) -> None:
    with stub_pool(tmp_path) as pool:
        assert details(pool.parse([file_of("python"), file_of("b")], LIMIT)) == [NEEDED, ""]


def test_what_earlier_files_left_in_a_process_costs_a_file_nothing(tmp_path: Path) -> None:
    with stub_pool(tmp_path) as pool:
        assert details(pool.parse([file_of("a"), file_of("later"), file_of("b")], LIMIT)) == ["", "", ""]


def test_a_file_that_needs_too_much_in_blocks_too_is_listed_as_skipped(tmp_path: Path) -> None:
    with stub_pool(tmp_path) as pool:
        (outcome,) = pool.parse([file_of("always")], LIMIT)
    assert isinstance(outcome, Skipped)
    assert (outcome.reason, outcome.detail) == ("unreadable", f"{NEEDED}, also without its grammar")


@pytest.mark.slow
@pytest.mark.skipif(not IS_BOUND, reason="this system does not hold a process to a bound of memory")
def test_a_real_parser_that_reaches_its_bound_leaves_its_file_to_blocks(tmp_path: Path) -> None:
    """For each byte of such a file the grammar takes 3 KB: one of 400 KB reaches the real bound."""
    (tmp_path / "wide.cpp").write_text("a<\n" * 30_000)
    (tmp_path / "small.py").write_text("def area(radius):\n    return radius\n")
    options = ParserOptions(n_workers=1, memory_bytes=64 << 20, timeout_s=60.0)
    with ParserPool(tmp_path, options) as pool:
        wide, small = pool.parse([file_of("wide.cpp"), file_of("small.py")], LIMIT)
    assert isinstance(wide, ParsedFile)
    assert isinstance(small, ParsedFile)
    assert (wide.note, small.note) == (NEEDED, "")
    assert [chunk.symbol for chunk in small.chunks if chunk.kind == "function"] == ["area"]


@pytest.mark.skipif(not IS_BOUND, reason="this system does not hold a process to a bound of memory")
def test_a_parser_writes_no_core_file_of_what_it_read() -> None:
    code = "import resource; from indexers.parse_worker import _bind_memory; _bind_memory(1 << 30); "
    code += "print(*resource.getrlimit(resource.RLIMIT_CORE))"
    environment = {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == ["0", "0"]


def test_files_wait_for_what_takes_them_by_number(tmp_path: Path) -> None:
    source = Source(1)
    with stub_pool(tmp_path, n_workers=2) as pool:
        for _ in pool.parse(source.files(3 * FILES_AHEAD), LIMIT):
            source.back()
    assert source.n_out == 0
    assert source.most_out <= 2 * FILES_AHEAD + 1


def test_large_files_wait_by_their_bytes(tmp_path: Path) -> None:
    source = Source(BYTES_AHEAD // 4)
    with stub_pool(tmp_path, n_workers=2) as pool:
        for _ in pool.parse(source.files(20), LIMIT):
            source.back()
    assert source.n_out == 0
    assert source.most_out <= 4 + 1


def test_files_of_any_size_keep_every_process_busy(tmp_path: Path) -> None:
    source = Source(2 * BYTES_AHEAD)
    with stub_pool(tmp_path, n_workers=3) as pool:
        outcomes = pool.parse(source.files(9), LIMIT)
        next(outcomes)
        assert source.n_out == 3 + 1
        assert len(list(outcomes)) == 8


def parsed_of(number: int, size_bytes: int) -> ParsedFile:
    text = f"value_{number} = 1\n".encode().ljust(size_bytes - 1, b"#") + b"\n"
    chunks = chunk_file(f"f{number}.py", text, ())
    return ParsedFile(
        f"f{number}.py", "python", FileStat(size_bytes, 0, 0, 0), SourceText(text, "utf-8", b""), chunks, ()
    )


@pytest.mark.parametrize("is_known", [False, True], ids=["an encoder that reads all", "a cache that has all"])
def test_what_is_parsed_waits_for_a_slow_encoder(is_known: bool) -> None:
    size, n_files = 50_000, 60
    n_out = most_out = 0

    def hand_out() -> Iterator[ParsedFile]:
        nonlocal n_out, most_out
        for number in range(n_files):
            n_out += 1
            most_out = max(most_out, n_out)
            yield parsed_of(number, size)

    encoder, cache = PatientEncoder(), Shelf()
    if is_known:
        list(EncodingPipeline(encoder, cache).encode(hand_out()))
        n_out = most_out = 0
        encoder.read.clear()
    for _ in EncodingPipeline(encoder, cache).encode(hand_out()):
        n_out -= 1
    assert n_out == 0
    assert most_out * size <= BATCH_BYTES + MAX_SLICE_BYTES + size
    assert len(encoder.read) == (0 if is_known else n_files)


class CountingEncoder(EmbeddedEncoder):
    """The encoder that ships, which remembers of how many texts it held the sums at once."""

    most = 0

    def sum_documents(self, inputs: Sequence[str]) -> SumArray:
        self.most = max(self.most, len(inputs))
        return super().sum_documents(inputs)


def test_of_a_file_of_very_many_parts_only_some_are_summed_at_once() -> None:
    n_parts = 2 * LEAVES_AT_ONCE + 5
    line = b"function f(){}\n"
    starts = range(0, n_parts * len(line), len(line))
    definitions = [Definition("function", "f", "", at, at + len(line) - 1, "function f()", "") for at in starts]
    text = line * n_parts
    parsed = ParsedFile(
        "f.js",
        "javascript",
        FileStat(len(text), 0, 0, 0),
        SourceText(text, "utf-8", b""),
        chunk_file("f.js", text, definitions),
        (),
    )
    encoder = CountingEncoder()
    (encoded,) = EncodingPipeline(encoder).encode([parsed])
    assert isinstance(encoded, EncodedFile)
    assert len(encoded.vectors) == n_parts + 1
    assert encoder.most == LEAVES_AT_ONCE


@pytest.mark.parametrize(("n_cores", "memory_bytes", "n"), [(8, 64 << 30, 8), (8, 4 << 30, 4), (2, 100, 1)])
def test_no_more_parsers_run_than_memory_allows(n_cores: int, memory_bytes: int, n: int) -> None:
    assert n_parsers(n_cores, memory_bytes) == n
