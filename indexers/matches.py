"""One language's query run over one tree: the raw matches, as byte spans.

Knows the capture names of the contract in `indexers.definitions`, not what becomes of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import tree_sitter

from indexers.grammars import load_grammar
from indexers.types import DefinitionRole

ROLES: dict[str, DefinitionRole] = {
    "definition.function": "function",
    "definition.method": "method",
    "definition.class": "class",
    "definition.module": "module",
    "definition.section": "section",
    "definition.name": "name",
}

Span = tuple[int, int]
"""Half-open byte offsets."""

Captures = dict[str, list[tree_sitter.Node]]


@dataclass(frozen=True, slots=True)
class Lead:
    """A comment or attribute that may belong to the definition after it."""

    start: int
    end: int
    is_comment: bool
    documentation: Span | None


@dataclass(frozen=True, slots=True)
class Found:
    """A definition as matched, before comments are joined and nesting is known."""

    role: DefinitionRole
    pattern: int
    start: int
    end: int
    name: Span | None
    scope: Span | None
    signature: Span
    documentation: Span | None
    is_broken: bool
    """Whether something inside did not parse."""


@dataclass(frozen=True, slots=True)
class Matches:
    """What one query found in one tree. `injections` holds the ranges to parse as each other language."""

    found: list[Found]
    leads: list[Lead]
    injections: dict[str, list[tree_sitter.Range]]


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """A query and what each of its patterns sets with `#set!`."""

    query: tree_sitter.Query
    settings: tuple[dict[str, str | None], ...]


@cache
def compile_query(grammar: str, stems: tuple[str, ...]) -> CompiledQuery:
    """Read `queries/<stem>.scm` one after the other and compile them as one query for the grammar."""
    queries = files("indexers").joinpath("queries")
    source = "\n".join(queries.joinpath(f"{stem}.scm").read_text("utf-8") for stem in stems)
    compiled = tree_sitter.Query(load_grammar(grammar), source)
    settings = tuple(compiled.pattern_settings(index) for index in range(compiled.pattern_count))
    return CompiledQuery(compiled, settings)


def match_query(compiled: CompiledQuery, root: tree_sitter.Node) -> Matches:
    """Run the query over the tree, without a limit on the matches in progress, so that none is dropped."""
    best: dict[Span, Found] = {}
    leads: list[Lead] = []
    injections: dict[int, tuple[int, str, tree_sitter.Range]] = {}
    for pattern, captures in tree_sitter.QueryCursor(compiled.query).matches(root):
        if "comment" in captures:
            leads += [Lead(*node.byte_range, True, None) for node in captures["comment"]]
        elif "attribute" in captures:
            documentation = _first_span(captures, "documentation")
            leads += [Lead(*node.byte_range, False, documentation) for node in captures["attribute"]]
        elif "injection" in captures:
            language = compiled.settings[pattern].get("language")
            for node in captures["injection"]:
                known = injections.get(node.start_byte)
                if language is not None and (known is None or pattern < known[0]):
                    injections[node.start_byte] = (pattern, language, node.range)
        else:
            _keep_best(best, _read_match(pattern, captures))
    return Matches(_drop_twins(best.values()), leads, _group(injections.values()))


def join_matches(parts: Sequence[Matches]) -> Matches:
    """Join what several trees of one text yield; of one definition, keep what parsed, of equals the first."""
    best: dict[tuple[Span | None, int], Found] = {}
    leads: dict[int, Lead] = {}
    for part in parts:
        for found in part.found:
            key = (found.name, -1 if found.name else found.start)
            if key not in best or best[key].is_broken > found.is_broken:
                best[key] = found
        for lead in part.leads:
            leads.setdefault(lead.start, lead)
    injections = parts[0].injections if parts else {}
    return Matches(_drop_twins(best.values()), list(leads.values()), injections)


def _first_span(captures: Captures, capture: str) -> Span | None:
    nodes = captures.get(capture)
    return nodes[0].byte_range if nodes else None


def _read_match(pattern: int, captures: Captures) -> Found:
    capture = next(capture for capture in captures if capture in ROLES)
    start = min(node.start_byte for node in captures[capture])
    end = max(node.end_byte for node in captures[capture])
    body = _first_span(captures, "body")
    signature = _first_span(captures, "signature")
    return Found(
        role=ROLES[capture],
        pattern=pattern,
        start=start,
        end=end,
        name=_first_span(captures, "name"),
        scope=_first_span(captures, "scope"),
        signature=(signature[0] if signature else start, body[0] if body else end),
        documentation=_first_span(captures, "documentation"),
        is_broken=captures[capture][0].has_error,
    )


def _keep_best(best: dict[Span, Found], found: Found) -> None:
    """Let the first pattern win a name; of one pattern's matches, the one with a docstring."""
    key = found.name or (found.start, -found.end)
    other = best.get(key)
    if other is None or _rank(found) < _rank(other):
        best[key] = found


def _rank(found: Found) -> tuple[int, bool]:
    return found.pattern, found.documentation is None


def _drop_twins(found: Iterable[Found]) -> list[Found]:
    """Keep one definition a node, the first pattern's; one declaration may still hold many names."""
    kept: dict[tuple[int, int, Span | None], Found] = {}
    for one in found:
        key = (one.start, one.end, one.name if one.role == "name" else None)
        other = kept.get(key)
        if other is None or (one.pattern, one.name or ()) < (other.pattern, other.name or ()):
            kept[key] = one
    return list(kept.values())


def _group(injections: Iterable[tuple[int, str, tree_sitter.Range]]) -> dict[str, list[tree_sitter.Range]]:
    grouped: dict[str, list[tree_sitter.Range]] = {}
    for _, language, part in sorted(injections, key=lambda injection: injection[2].start_byte):
        grouped.setdefault(language, []).append(part)
    return grouped
