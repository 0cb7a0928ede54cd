"""What a fuzzer throws bytes at, and what must hold for any bytes: one class each for the chunker and for the search.

Knows no fuzzer: a finding is an exception, so that what was found stays a test. Both take a first byte that chooses
among languages or ways to search, and the input behind it.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.tree import PROJECT, read_texts
from codesearch.evaluation.judged import read_judgements
from codesearch.index import Index, QueryError
from codesearch.serialize import dump_json, response_to_json
from codesearch.types import MODES, SearchOptions
from indexers.languages import LANGUAGES, detect_language
from indexers.parsing import parse_file
from indexers.reading import to_file_stat
from indexers.terms import unpack_bag
from indexers.types import Chunk, ParsedFile, Skipped, SourceFile
from indexers.walker import DEFAULT_MAX_FILE_BYTES

LONGEST_S = 5.0
"""Processor time for inputs of some KB: what takes longer grows faster than its input, and 2 MiB would take hours."""

SEED_BYTES = 6_000
"""Of a source that is a seed: the shorter, the more of them are tried."""

LANGUAGES_READ = tuple(name for name, entry in LANGUAGES.items() if entry.grammar is not None or entry.scan is not None)

QUERY_SEEDS = (
    "lang:python retry with backoff",
    '-path:tests kind:function "def run"',
    'path:src/** -lang:js "a \\"quoted\\" word" open',
    'path:"with blank/*.py" kind:method',
    "path:[a-z]*/?.[!o] **/x",
    "Worker.run()",
    "crate::jobs::Queue#push->at\\b",
    "src/jobs/queue.py:12:3",
    "類を検索する関数はどこですか",
    'Traceback (most recent call last):\n  File "a.py", line 3, in run\nValueError: no such job 0x1f',
    "for (int i = 0; i < n; i++) { total += a[i]; }",
    "how are expired jobs removed?",
)


class Finding(AssertionError):  # noqa: N818 - what a fuzzer looks for
    """What held for every input before does not hold for this one."""


class Target(Protocol):
    """What is tried with bytes."""

    def seeds(self) -> Iterator[bytes]:
        """Yield inputs to begin with."""
        ...

    def check(self, data: bytes) -> None:
        """Run one input; raises Finding, or whatever escaped."""
        ...


class ChunkerTarget:
    """All that a parser process does with one file: read, decode, mask, parse, define, cut, count terms."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._extensions = [_extension_of(name) for name in LANGUAGES_READ]

    def seeds(self) -> Iterator[bytes]:
        """Yield the project's own sources, cut short, each under the language it is in."""
        for path, text in read_texts():
            language = detect_language(path.name, text.encode())
            if language in LANGUAGES_READ:
                yield bytes([LANGUAGES_READ.index(language)]) + text.encode()[:SEED_BYTES]
        for path in sorted((PROJECT / "tests" / "lang" / "sources").iterdir()):
            yield bytes([LANGUAGES_READ.index(detect_language(path.name))]) + path.read_bytes()[:SEED_BYTES]

    def check(self, data: bytes) -> None:
        """Read the bytes behind the first as a file of the language that the first chooses."""
        number = data[0] % len(LANGUAGES_READ) if data else 0
        self.check_file(f"any{self._extensions[number]}", data[1:])

    def check_file(self, name: str, content: bytes) -> None:
        """Read one file under a name."""
        place = self._folder / name
        place.write_bytes(content)
        file = SourceFile(name, to_file_stat(place.stat()), is_source=True)
        started = time.process_time()
        parsed = parse_file(self._folder, file, DEFAULT_MAX_FILE_BYTES)
        took_s = time.process_time() - started
        if took_s > LONGEST_S:
            raise Finding(f"{len(content):,} bytes of {name} took {took_s:.1f} s")
        if not isinstance(parsed, Skipped):
            check_parsed(parsed)


class QueryTarget:
    """All that a query goes through: filters, quotes, shape, terms, both kinds of candidates, ranking, JSON."""

    def __init__(self, folder: Path) -> None:
        root = folder / "ferry"
        _copy_repository(PROJECT / "fixtures" / "repositories" / "ferry", root)
        Index.build(root, home=folder / "home")
        self._index = Index.open(root, folder / "home")

    def seeds(self) -> Iterator[bytes]:
        """Yield judged queries and some that have every kind of filter."""
        for number, text in enumerate(QUERY_SEEDS * len(MODES)):
            yield bytes([number // len(QUERY_SEEDS)]) + text.encode()
        for path in sorted((PROJECT / "fixtures" / "queries").glob("*.json")):
            yield from (b"\0" + judged.query.encode() for judged in read_judgements(path))

    def check(self, data: bytes) -> None:
        """Ask what stands behind the first byte, which chooses the mode; undecodable bytes stay, as in arguments."""
        choice, text = data[0] if data else 0, data[1:].decode("utf-8", "surrogateescape")
        options = SearchOptions(mode=MODES[choice % len(MODES)], explain=bool(choice & 4))
        ask = self._index.similar if choice & 8 else self._index.search
        started = time.process_time()
        try:
            response = ask(text, options)
        except QueryError:
            return
        took_s = time.process_time() - started
        if took_s > LONGEST_S:
            raise Finding(f"a query of {len(text):,} characters took {took_s:.1f} s")
        dump_json(response_to_json(response))
        scores = [result.score for result in response.results]
        if scores != sorted(scores, reverse=True):
            raise Finding("the results are not in the order of their scores")


TARGETS: dict[str, type[ChunkerTarget] | type[QueryTarget]] = {"chunker": ChunkerTarget, "query": QueryTarget}


def check_parsed(parsed: ParsedFile) -> None:
    """Raise Finding unless leaves partition the lines and every span, line and bag belongs to its chunk."""
    data = parsed.text.data
    data.decode("utf-8")
    lines = data.split(b"\n")
    starts = _starts_of(lines)
    leaves = [chunk for chunk in parsed.chunks if chunk.granularity == "leaf"]
    filled = [number for number, line in enumerate(lines, 1) if line.strip()]
    covered = [n for leaf in leaves for n in range(leaf.start_line, leaf.end_line + 1) if lines[n - 1].strip()]
    if covered != filled:
        raise Finding(f"leaves cover {len(covered)} filled lines of {len(filled)}, or not in order")
    if len(parsed.bags) != len(parsed.chunks):
        raise Finding(f"{len(parsed.bags)} bags for {len(parsed.chunks)} chunks")
    for chunk, bag in zip(parsed.chunks, parsed.bags, strict=True):
        _check_chunk(chunk, data, _Place(starts, lines, len(leaves)))
        unpack_bag(bag)


@dataclass(frozen=True, slots=True)
class _Place:
    """What a chunk's numbers are compared with."""

    starts: list[int]
    lines: list[bytes]
    n_leaves: int


def _check_chunk(chunk: Chunk, data: bytes, place: _Place) -> None:
    first, last = place.starts[chunk.start_line - 1], chunk.end_line - 1
    ends = place.starts[last] + len(place.lines[last])
    is_sound = (
        chunk.start_byte == first
        and chunk.end_byte in (ends, ends - 1)
        and 0 <= chunk.start_byte < chunk.end_byte <= len(data)
        and 0 <= chunk.first_leaf < chunk.first_leaf + chunk.n_leaves <= place.n_leaves
        and "\n" not in chunk.symbol
    )
    if not is_sound:
        raise Finding(f"a chunk's numbers contradict each other: {chunk}")


def _starts_of(lines: list[bytes]) -> list[int]:
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    return starts


def _extension_of(language: str) -> str:
    return LANGUAGES[language].extensions[0]


def _copy_repository(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*")):
        if path.is_file():
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())


def make_target(name: str) -> Target:
    """Return a target that works in a scratch folder of its own, in memory where there is such a place."""
    memory = Path("/dev/shm")
    folder = tempfile.mkdtemp(prefix="codesearch-fuzz-", dir=memory if memory.is_dir() else None)
    return TARGETS[name](Path(folder))
