"""How much structure one file may have: what exceeds it is cut more coarsely, and the file's note says so.

Every level of nesting repeats the names and the text of those above it, and every definition is a chunk with a vector:
without limits a file of 2 MiB that nobody wrote by hand costs gigabytes. Knows definitions and no language.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from indexers.types import Definition

MAX_DEPTH = 32
"""Containers inside each other: hand-written code stays below 10."""

MAX_DEFINITIONS = 20_000
"""Of one file: a source at the size limit of 2 MiB has a definition every 100 bytes then."""

MAX_NAME = 200
"""Characters: the sentences that name tests are shorter; what is longer is a literal, not a name."""

MAX_SCOPE = 1_000
"""Characters: six headings above each other fill half of it; what is longer keeps its innermost part."""

MAX_SIGNATURE = 300
"""Characters: a long parameter list still fits; a literal or a macro body does not drown the words that matter."""

CONTAINERS = frozenset({"class", "module"})


@dataclass(frozen=True, slots=True)
class Limited:
    """Definitions within the limits, in the order given."""

    definitions: list[Definition]
    note: str
    """What was too much, or nothing."""


def limit_definitions(definitions: Sequence[Definition]) -> Limited:
    """Turn definitions that are nested too deep, or too many, into names of those around them.

    `definitions` are sorted by start, outer before inner.
    """
    kept: list[Definition] = []
    enclosing: list[Definition] = []
    n_deep = n_owning = 0
    for one in map(_shorten, definitions):
        while enclosing and enclosing[-1].end_byte <= one.start_byte:
            enclosing.pop()
        is_own = one.role != "name" and (not enclosing or enclosing[-1].role in CONTAINERS)
        if is_own and len(enclosing) >= MAX_DEPTH:
            n_deep += 1
            kept.append(replace(one, role="name"))
        elif is_own and n_owning >= MAX_DEFINITIONS:
            n_owning += 1
            kept.append(replace(one, role="name"))
        else:
            kept.append(one)
            if is_own:
                n_owning += 1
                enclosing.append(one)
    return Limited(kept, "; ".join(_describe(n_deep, n_owning)))


def _describe(n_deep: int, n_owning: int) -> Iterator[str]:
    if n_deep:
        yield f"{n_deep:,} definitions more than {MAX_DEPTH} levels deep were left to those around them"
    if n_owning > MAX_DEFINITIONS:
        yield f"only the first {MAX_DEFINITIONS:,} of {n_owning:,} definitions became chunks"


def _shorten(one: Definition) -> Definition:
    if len(one.name) <= MAX_NAME and len(one.scope) <= MAX_SCOPE and len(one.signature) <= MAX_SIGNATURE:
        return one
    return replace(one, name=one.name[:MAX_NAME], scope=one.scope[-MAX_SCOPE:], signature=one.signature[:MAX_SIGNATURE])
