"""What the builders of queries share: a tree with the questions to ask of it, and the definitions of a tree.

Builders only read the user's tree; what they change is a copy. They know no index.
"""

import random
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from codesearch.evaluation.judged import JudgedQuery
from codesearch.search.path_kinds import find_path_kinds, is_test_name
from indexers.parsers import ParserPool
from indexers.types import Chunk, ParsedFile
from indexers.walker import DEFAULT_MAX_FILE_BYTES, walk

_KINDS = ("function", "method", "class")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sample:
    """How many queries are made at most, and the seed that chooses them."""

    limit: int = 200
    seed: int = 0

    def choose(self, found: Sequence[T]) -> list[T]:
        """Return at most `limit` of what was found, in its order; the same ones for the same seed."""
        if len(found) <= self.limit:
            return list(found)
        chosen = random.Random(self.seed).sample(range(len(found)), self.limit)  # noqa: S311
        return [found[position] for position in sorted(chosen)]


DEFAULT_SAMPLE = Sample()


@dataclass(frozen=True, slots=True)
class Case:
    """A state of a tree and what is asked of it. The next case may be the same folder with other content."""

    root: Path
    queries: tuple[JudgedQuery, ...]


def parse_tree(root: Path, paths: Collection[str] | None = None) -> Iterator[ParsedFile]:
    """Yield the files of a tree, or those of the given paths, cut into chunks, by path."""
    files = [file for file in walk(root).files if paths is None or file.path in paths]
    with ParserPool(root) as pool:
        for outcome in pool.parse(files, DEFAULT_MAX_FILE_BYTES):
            if isinstance(outcome, ParsedFile):
                yield outcome


def definitions_of(parsed: ParsedFile) -> list[Chunk]:
    """Return the functions, methods and classes of a file by start; of a class with parts, the whole alone."""
    found: dict[tuple[str, str], list[Chunk]] = defaultdict(list)
    chunks = [chunk for chunk in parsed.chunks if chunk.kind in _KINDS and chunk.symbol]
    for chunk in sorted(chunks, key=lambda chunk: (chunk.start_byte, -chunk.end_byte)):
        same = found[chunk.kind, chunk.qualified_name]
        if not same or same[-1].end_byte <= chunk.start_byte:
            same.append(chunk)
    kept = [chunk for same in found.values() for chunk in same]
    return sorted(kept, key=lambda chunk: (chunk.start_byte, -chunk.end_byte))


def is_asked_about(path: str) -> bool:
    """Tell whether a file is plain source: no test, example, documentation, data, vendored or generated code."""
    return not find_path_kinds(path)


def is_test(chunk: Chunk) -> bool:
    """Tell whether a definition is a test by its name."""
    return is_test_name(chunk.qualified_name)
