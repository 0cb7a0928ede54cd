"""Definitions of a source text: what is defined where, under which name, documented how.

Runs the language's query (its files in `queries/`, as one) over its tree. Knows no language by name: what differs
between languages is in the language table and in the queries.

Query contract. Every capture name but these is free for predicates; start such names with `_`.

`@definition.function | .method | .class | .module | .section | .name`
    The whole definition, all of its nodes where these are neighbours (signature and body of Dart). A `function`
    whose innermost enclosing definition is a `class` becomes a `method`, so queries rarely need `.method`. `module`
    is a namespace, `mod`, package block. `class` is whatever has members: struct, trait, interface, enum, protocol,
    object, record, union, impl block. `name` is a constant, module variable, field, enum member, alias: a `name`
    inside a function or method is dropped.
`@name`
    The node with its name, one a match. Of several matches with the same `@name` node the one whose pattern stands
    first in the file wins, so put special patterns before general ones.
    `(#set! name "init")` names a definition without such a node (the first match of the same definition node wins).
    `(#set! split ":: .")` splits the text of `@name` at the last of these separators into scope and name;
    one at the end of the text is dropped.
    Quotes around the text and a colon before it are removed.
`@scope`
    The written qualifier, where it is a node of its own (receiver of Go, class of `Foo.prototype.bar`).
`@body`
    Where the signature ends. The signature is the text from the start of the definition (or of `@signature`) to the
    start of `@body`, without comments and attributes, white space collapsed, cut at 300 characters. Without `@body`
    it is the whole definition, of a `name` the first line.
`@signature`
    Optional: where the signature starts, if that is not the definition's start.
`@documentation`
    Optional: a docstring node. Without it the comments directly above are the documentation.
`@comment`
    Every comment, as a pattern of its own. Comments that stand alone on their lines directly above a definition (no
    blank line between) belong to its span.
`@attribute`
    Every decorator, attribute, annotation or modifier that can stand before a definition outside its node
    (`(decorator) @attribute`), as a pattern of its own: it belongs to the span of what follows it. Inside a
    definition it is left out of the signature. An `@attribute` with a `@documentation` of its own documents what
    follows (`@doc "..."` of Elixir).
`(#set! extent "rest")`
    The definition reaches to the next one of its pattern, or to the end of the file (`namespace a;`).
`(#set! merge "true")`
    Consecutive definitions of one name, with nothing but comments and attributes between, become one (clauses).
`@injection` with `(#set! language "typescript")`
    The node's text is parsed as that language; the first pattern that matches a node wins.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import tree_sitter

from indexers.documentation import LeadingText
from indexers.grammars import GrammarMissing, load_grammar
from indexers.languages import LANGUAGES
from indexers.limits import MAX_NAME, MAX_SCOPE, MAX_SIGNATURE
from indexers.macros import blank_macros
from indexers.masks import mask_macros
from indexers.matches import CompiledQuery, Found, Matches, Span, compile_query, match_query
from indexers.notebooks import find_cells
from indexers.recovery import match_broken
from indexers.sections import find_markdown_sections, find_pod_sections, find_rst_sections
from indexers.statements import find_statements
from indexers.types import Definition

__all__ = ["GrammarMissing", "find_definitions"]

Scan = Callable[[bytes], list[Definition]]

SCANS: dict[str, Scan] = {
    "markdown": find_markdown_sections,
    "rst": find_rst_sections,
    "pod": find_pod_sections,
    "notebook": find_cells,
    "sql": find_statements,
}
"""What finds definitions without a query: sections, and statements of dialects that the grammar cannot read."""


TYPE_ARGUMENTS = re.compile(r"<[^<>]*>")


def find_definitions(language: str, data: bytes) -> list[Definition]:
    """Return the definitions of `data` by start, nested ones included; raise `GrammarMissing`, `KeyError`.

    Broken source yields what parses. A language without grammar or query has no definitions.
    """
    found = sorted(_find(language, data, None), key=lambda one: (one.start_byte, -one.end_byte))
    return _part(found, data)


def _part(definitions: list[Definition], data: bytes) -> list[Definition]:
    """End a definition before the next where they cross: some grammars count the next one's comment to it."""
    parted = list(definitions)
    enclosing: list[int] = []
    for index, one in enumerate(definitions):
        while enclosing and parted[enclosing[-1]].end_byte <= one.start_byte:
            enclosing.pop()
        while enclosing and parted[enclosing[-1]].end_byte < one.end_byte:
            crossed = enclosing.pop()
            start = parted[crossed].start_byte
            end_byte = start + len(data[start : one.start_byte].rstrip())
            parted[crossed] = replace(parted[crossed], end_byte=end_byte)
        enclosing.append(index)
    return [one for one in parted if one.start_byte < one.end_byte]


def _find(language: str, data: bytes, ranges: list[tree_sitter.Range] | None) -> list[Definition]:
    entry = LANGUAGES[language]
    if entry.grammar is None or not entry.queries:
        return _scan(SCANS[entry.scan], data, ranges) if entry.scan is not None else []
    compiled = compile_query(entry.grammar, entry.queries)
    parser = tree_sitter.Parser(load_grammar(entry.grammar), included_ranges=ranges)
    source = mask_macros(entry.grammar, data)
    if entry.has_macros:
        source = blank_macros(source)
    tree = parser.parse(source)
    matches = match_query(compiled, tree.root_node)
    if entry.is_recovered and ranges is None:
        matches = match_broken(compiled, entry.grammar, source, tree, matches)
    definitions = _assemble(compiled, matches, data, source)
    if entry.scan is not None and tree.root_node.has_error:
        definitions = [found for found in definitions if found.role == "name"]
        definitions += _scan(SCANS[entry.scan], data, ranges)
    for injected, parts in matches.injections.items():
        definitions += _find(injected, data, parts)
    return definitions


def _scan(scan: Scan, data: bytes, ranges: list[tree_sitter.Range] | None) -> list[Definition]:
    """Return what a scan finds in the whole text, or in each of the ranges by itself."""
    if ranges is None:
        return scan(data)
    return [
        replace(found, start_byte=found.start_byte + part.start_byte, end_byte=found.end_byte + part.start_byte)
        for part in ranges
        for found in scan(data[part.start_byte : part.end_byte].rstrip())
    ]


def _assemble(compiled: CompiledQuery, matches: Matches, data: bytes, source: bytes) -> list[Definition]:
    """Read from `data` what was matched in `source`, the same text as the parser saw it."""
    leading = LeadingText(data, matches.leads, source)
    definitions: list[Definition] = []
    for found in _drop_locals(_extend(compiled, matches.found, len(data))):
        settings = compiled.settings[found.pattern]
        definition = _define(found, settings, leading, data)
        if not definition.name:
            continue
        if definitions and "merge" in settings and _is_next_clause(definitions[-1], definition, data):
            documentation = definitions[-1].documentation or definition.documentation
            definitions[-1] = replace(definitions[-1], end_byte=definition.end_byte, documentation=documentation)
        else:
            definitions.append(definition)
    return definitions


def _extend(compiled: CompiledQuery, found: list[Found], end: int) -> list[Found]:
    """Let what is declared for the rest of the file reach to the next such declaration or the end."""
    extended = list(found)
    next_start: dict[int, int] = {}
    for index in sorted(range(len(found)), key=lambda index: -found[index].start):
        one = found[index]
        if "extent" in compiled.settings[one.pattern]:
            extended[index] = replace(one, end=next_start.get(one.pattern, end))
            next_start[one.pattern] = one.start
    return extended


def _drop_locals(found: list[Found]) -> Iterator[Found]:
    """Yield outer before inner: functions directly in a class as methods, names inside functions left out."""
    enclosing: list[Found] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end, one.name or (0, 0))):
        while enclosing and enclosing[-1].end <= one.start:
            enclosing.pop()
        outer = enclosing[-1].role if enclosing else "module"
        if one.role == "name":
            if outer not in {"function", "method"}:
                yield one
            continue
        kept = replace(one, role="method") if one.role == "function" and outer == "class" else one
        enclosing.append(kept)
        yield kept


def _define(found: Found, settings: dict[str, str | None], leading: LeadingText, data: bytes) -> Definition:
    scope, name = _read_name(found, settings, data)
    lead = leading.before(found.start)
    documentation = lead.documentation
    if found.documentation is not None:
        documentation = leading.read_docstring(found.documentation) or documentation
    return Definition(
        role=found.role,
        name=name,
        scope=scope,
        start_byte=lead.start,
        end_byte=found.start + len(data[found.start : found.end].rstrip()),
        signature=_read_signature(found, leading),
        documentation=documentation,
    )


def _read_name(found: Found, settings: dict[str, str | None], data: bytes) -> tuple[str, str]:
    """Return scope and name, each on one line."""
    name = settings.get("name") or "" if found.name is None else _collapse(data, found.name).lstrip(":").strip("\"'`")
    scope = "" if found.scope is None else _collapse(data, found.scope)
    for separator in (settings.get("split") or "").split():
        name = name.removesuffix(separator) or name
        head, found_separator, tail = name.rpartition(separator)
        if found_separator and tail:
            scope, name = head, tail
            break
    scope = scope[-MAX_SCOPE:]
    while "<" in scope and scope != (plain := TYPE_ARGUMENTS.sub("", scope)):
        scope = plain
    return scope, name[:MAX_NAME]


def _collapse(data: bytes, span: Span) -> str:
    return " ".join(data[span[0] : span[1]].decode("utf-8", "replace").split())


def _read_signature(found: Found, leading: LeadingText) -> str:
    text = leading.read_without_leads(found.signature)
    if found.role == "name":
        text = text.lstrip().partition("\n")[0]
    text = " ".join(text[: 4 * MAX_SIGNATURE].split())
    for ending in ("\\", ";", "{", "=>", "=", ":"):
        text = text.removesuffix(ending).rstrip()
    return text.replace("( ", "(")[:MAX_SIGNATURE]


def _is_next_clause(previous: Definition, definition: Definition, data: bytes) -> bool:
    return (previous.role, previous.scope, previous.name) == (
        definition.role,
        definition.scope,
        definition.name,
    ) and not data[previous.end_byte : definition.start_byte].strip()
