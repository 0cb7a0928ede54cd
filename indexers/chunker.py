"""Cuts one file into leaves that partition its lines, and containers (class, file) that are runs of leaves.

Knows definitions and lines; knows no grammar, no encoder and no other file. Every non-blank line is in exactly one
leaf. A line that two definitions share belongs to the one that begins first on it.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt

from indexers.blocks import leading_comment, split_block
from indexers.lines import Lines
from indexers.types import Chunk, Definition, Kind

MAX_NAMES = 64
"""Names kept for one leaf beside its own: a table of constants stays findable, a generated one does not bloat."""

MAX_SECTION_LINES = 120
"""Prose sections beyond this are cut at paragraphs: a chapter in one piece answers no question."""

_CLOSERS = re.compile(rb"(?:[^\w\x80-\xff]|\bend\b)*")
"""What only closes something opened above: it joins the leaf before it instead of becoming a result."""

_TOP_LEVEL = -1


@dataclass(slots=True)
class _Scope:
    """A definition that owns lines, with its place among the others."""

    definition: Definition
    parent: int
    first_line: int
    last_line: int
    qualified_name: str
    has_method_scope: bool
    names: list[str] = field(default_factory=list)

    @property
    def is_container(self) -> bool:
        return self.definition.role in {"class", "module"}


@dataclass(frozen=True, slots=True)
class _Run:
    """Consecutive lines of one owner."""

    owner: int
    first_line: int
    last_line: int


def chunk_file(path: str, data: bytes, definitions: Sequence[Definition], separator: str = ".") -> tuple[Chunk, ...]:
    """Return the leaves in file order, then the class containers, then the file; none for a blank file."""
    lines = Lines(data)
    scopes, loose_names = _nest(lines, definitions, separator)
    owners = _paint(lines, scopes)
    runs = list(_split_runs(lines, scopes, _join_closers(lines, _runs_of(lines, owners), scopes)))
    if not runs:
        return ()
    leaves = list(_leaves(lines, scopes, runs))
    leaves = _hand_out_names(lines, leaves, scopes, loose_names)
    containers = list(_containers(lines, scopes, leaves))
    return (*leaves, *containers, _file_chunk(path, data, leaves))


def _nest(
    lines: Lines, definitions: Sequence[Definition], separator: str
) -> tuple[list[_Scope], list[tuple[int, str]]]:
    """Keep what owns lines; what stands inside a function, or is only a name, becomes (byte, name)."""
    scopes: list[_Scope] = []
    loose: list[tuple[int, str]] = []
    open_scopes: list[int] = []
    for definition in sorted(definitions, key=lambda d: (d.start_byte, -d.end_byte)):
        while open_scopes and scopes[open_scopes[-1]].definition.end_byte <= definition.start_byte:
            open_scopes.pop()
        parent = open_scopes[-1] if open_scopes else _TOP_LEVEL
        outer = scopes[parent] if open_scopes else None
        if definition.role == "name" or (outer is not None and not outer.is_container):
            loose.append((definition.start_byte, definition.name))
            continue
        scopes.append(_scope(lines, definition, parent, outer, separator))
        open_scopes.append(len(scopes) - 1)
    return scopes, loose


def _scope(lines: Lines, definition: Definition, parent: int, outer: _Scope | None, separator: str) -> _Scope:
    prefix = outer.qualified_name if outer else ""
    scope = "" if prefix.endswith(definition.scope) else definition.scope
    return _Scope(
        definition=definition,
        parent=parent,
        first_line=lines.line_of(definition.start_byte),
        last_line=lines.last_line_of(definition.end_byte),
        qualified_name=separator.join(part for part in (prefix, scope, definition.name) if part),
        has_method_scope=outer is not None and outer.definition.role == "class",
    )


def _paint(lines: Lines, scopes: Sequence[_Scope]) -> npt.NDArray[np.int64]:
    """Return the owner of each line: the innermost scope, the earlier one where two siblings share a line."""
    owners = np.full(len(lines), _TOP_LEVEL, dtype=np.int64)
    for number, scope in enumerate(scopes):
        first = scope.first_line
        held_by = int(owners[first])
        if held_by not in {scope.parent, _TOP_LEVEL}:
            first += 1
        owners[first : scope.last_line + 1] = number
    return owners


def _runs_of(lines: Lines, owners: npt.NDArray[np.int64]) -> Iterator[_Run]:
    """Yield maximal runs of one owner, blank lines ignored, so that a blank line never parts what belongs together."""
    filled = [(number, int(owners[number])) for number in range(len(lines)) if not lines.is_blank[number]]
    for owner, group in groupby(filled, key=lambda item: item[1]):
        numbers = [number for number, _ in group]
        yield _Run(owner, numbers[0], numbers[-1])


def _join_closers(lines: Lines, runs: Iterator[_Run], scopes: Sequence[_Scope]) -> Iterator[_Run]:
    held: _Run | None = None
    for run in runs:
        is_plain = run.owner == _TOP_LEVEL or scopes[run.owner].is_container
        text = b"\n".join(lines.texts[run.first_line : run.last_line + 1])
        if held is not None and is_plain and _CLOSERS.fullmatch(text):
            held = replace(held, last_line=run.last_line)
            continue
        if held is not None:
            yield held
        held = run
    if held is not None:
        yield held


def _split_runs(lines: Lines, scopes: Sequence[_Scope], runs: Iterator[_Run]) -> Iterator[_Run]:
    """Cut what no definition holds together: blocks of top-level code and over-long prose."""
    for run in runs:
        if run.owner == _TOP_LEVEL or scopes[run.owner].definition.role == "module":
            pieces = split_block(lines, run.first_line, run.last_line)
        elif scopes[run.owner].definition.role == "section":
            pieces = split_block(lines, run.first_line, run.last_line, max_lines=MAX_SECTION_LINES)
        else:
            pieces = [(run.first_line, run.last_line)]
        for first, last in pieces:
            yield _Run(run.owner, first, last)


def _leaves(lines: Lines, scopes: Sequence[_Scope], runs: Sequence[_Run]) -> Iterator[Chunk]:
    seen: set[int] = set()
    for ordinal, run in enumerate(runs):
        leaf = _span(lines, run.first_line, run.last_line, ordinal)
        if run.owner == _TOP_LEVEL:
            yield leaf
            continue
        scope = scopes[run.owner]
        if scope.is_container and run.owner in seen:
            yield replace(leaf, qualified_name=scope.qualified_name)
        else:
            yield _named(leaf, scope, _leaf_kind(scope))
        seen.add(run.owner)


def _named(chunk: Chunk, scope: _Scope, kind: Kind) -> Chunk:
    return replace(
        chunk,
        kind=kind,
        symbol=scope.definition.name,
        qualified_name=scope.qualified_name,
        signature=scope.definition.signature,
        documentation=scope.definition.documentation,
    )


def _leaf_kind(scope: _Scope) -> Kind:
    role = scope.definition.role
    if role in {"class", "module"}:
        return "class"
    if role == "section":
        return "section"
    return "method" if role == "method" or scope.has_method_scope or scope.definition.scope else "function"


def _span(lines: Lines, first: int, last: int, first_leaf: int) -> Chunk:
    return Chunk(
        kind="block",
        granularity="leaf",
        symbol="",
        qualified_name="",
        signature="",
        documentation="",
        names=(),
        start_byte=lines.starts[first],
        end_byte=lines.end_of(last),
        start_line=first + 1,
        end_line=last + 1,
        first_leaf=first_leaf,
        n_leaves=1,
    )


def _hand_out_names(
    lines: Lines, leaves: Sequence[Chunk], scopes: Sequence[_Scope], loose: Sequence[tuple[int, str]]
) -> list[Chunk]:
    """Give each loose name, and each definition that got no line of its own, to the leaf that holds it."""
    starts = [leaf.start_line for leaf in leaves]
    names: list[dict[str, None]] = [{} for _ in leaves]
    for line, name in [(lines.line_of(byte) + 1, name) for byte, name in loose] + [
        (scope.first_line + 1, scope.definition.name) for scope in scopes
    ]:
        ordinal = max(bisect_right(starts, line) - 1, 0)
        if name != leaves[ordinal].symbol and len(names[ordinal]) < MAX_NAMES:
            names[ordinal][name] = None
    return [replace(leaf, names=tuple(found)) if found else leaf for leaf, found in zip(leaves, names, strict=True)]


def _containers(lines: Lines, scopes: Sequence[_Scope], leaves: Sequence[Chunk]) -> Iterator[Chunk]:
    starts = [leaf.start_line for leaf in leaves]
    for scope in scopes:
        if not scope.is_container:
            continue
        first = bisect_left(starts, scope.first_line + 1)
        after = bisect_right(starts, scope.last_line + 1)
        if after - first < 2:
            continue
        span = _span(lines, leaves[first].start_line - 1, leaves[after - 1].end_line - 1, first)
        yield replace(_named(span, scope, "class"), granularity="class", n_leaves=after - first)


def _file_chunk(path: str, data: bytes, leaves: Sequence[Chunk]) -> Chunk:
    return replace(
        leaves[0],
        kind="file",
        granularity="file",
        symbol=PurePosixPath(path).name.split(".")[0],
        qualified_name=path,
        signature="",
        documentation=leading_comment(data),
        names=(),
        end_byte=leaves[-1].end_byte,
        end_line=leaves[-1].end_line,
        n_leaves=len(leaves),
    )
