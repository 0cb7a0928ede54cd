"""CREATE statements of SQL in any dialect: tables, views, routines, by their first words and their end.

Knows quotes, comments, batches and BEGIN … END, no grammar: it is for the dialects that the grammar cannot read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from indexers.documentation import LeadingText
from indexers.limits import MAX_SIGNATURE
from indexers.matches import Lead
from indexers.types import Definition, DefinitionRole

_TOKEN = (
    rb"(?P<comment>--[^\n]*|/\*.*?\*/)"
    rb"|(?P<quoted>'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|\[[^\]\n]*\]%s)"
    rb"|(?P<batch>^[ \t]*(?:GO|/|(?P<delimiter>DELIMITER\b[^\n]*))[ \t]*;?[ \t]*\r?$)"
    rb"|(?P<end>;|//%s)"
    rb"|(?P<word>\w+)"
)
_FLAGS = re.IGNORECASE | re.MULTILINE | re.DOTALL
_DOLLAR_DELIMITER = re.compile(rb"^[ \t]*DELIMITER[ \t]+\$\$", _FLAGS)
_TOKENS = re.compile(_TOKEN % (rb"|(?P<tag>\$\w*\$).*?(?P=tag)", b""), _FLAGS)
_TOKENS_BETWEEN_DOLLARS = re.compile(_TOKEN % (b"", rb"|\$\$"), _FLAGS)

_NAME = rb"(?:\"[^\"\n]+\"|`[^`\n]+`|\[[^\]\n]+\]|[\w$#@]+)"
_HEAD = re.compile(
    rb"CREATE\s+(?:OR\s+(?:REPLACE|ALTER)\s+)?(?:DEFINER\s*=\s*\S+\s+|ALGORITHM\s*=\s*\w+\s+|SQL\s+SECURITY\s+\w+\s+"
    rb"|(?:GLOBAL|LOCAL|TEMP|TEMPORARY|UNLOGGED|EXTERNAL|FOREIGN|VIRTUAL|RECURSIVE|MATERIALIZED|AGGREGATE|CONSTRAINT"
    rb"|FORCE|EDITIONABLE|NONEDITIONABLE)\s+)*"
    rb"(?P<what>TABLE|VIEW|FUNCTION|PROC(?:EDURE)?|TRIGGER|PACKAGE(?:\s+BODY)?)\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    rb"(?P<scope>(?:" + _NAME + rb"\s*\.\s*)*)(?P<name>" + _NAME + rb")",
    re.IGNORECASE,
)
_BODY = re.compile(rb"\b(?:AS|IS|BEGIN)\b|\$\w*\$|;", re.IGNORECASE)

_OPENING = {b"BEGIN", b"CASE"}
_NO_BLOCK_AFTER_BEGIN = {b"TRAN", b"TRANSACTION"}
_NO_BLOCK_AFTER_END = {b"IF", b"LOOP", b"WHILE", b"REPEAT", b"FOR"}


@dataclass(frozen=True, slots=True)
class _Statement:
    start: int
    end: int


def find_statements(data: bytes) -> list[Definition]:
    """Return the tables, views, routines and packages that are created, in order."""
    pattern = _TOKENS_BETWEEN_DOLLARS if _DOLLAR_DELIMITER.search(data) else _TOKENS
    tokens = list(pattern.finditer(data))
    leading = LeadingText(data, [Lead(*token.span(), True, None) for token in tokens if token["comment"] is not None])
    return [
        definition
        for statement in _statements(data, [token for token in tokens if token["comment"] is None])
        if (definition := _define(data, statement, leading)) is not None
    ]


def _statements(data: bytes, tokens: list[re.Match[bytes]]) -> Iterator[_Statement]:
    """Yield what starts with CREATE, to its terminator; a routine to the end of its batch where there are batches."""
    has_batches = any(token["batch"] is not None and token["delimiter"] is None for token in tokens)
    start: int | None = None
    is_whole_batch = False
    depth = 0
    previous_end = 0
    for index, token in enumerate(tokens):
        is_held = start is not None and is_whole_batch
        head = None if is_held else _read_head(data, token, depth)
        is_terminated = token["end"] is not None and depth == 0 and not is_held
        if token["batch"] is not None or is_terminated or head is not None:
            if start is not None:
                yield _Statement(start, token.end() if is_terminated else previous_end)
            start, depth = None, 0
        if head is not None:
            start = token.start()
            is_whole_batch = has_batches and head["what"][:4].upper() not in {b"TABL", b"VIEW"}
        elif start is not None:
            depth = max(depth + _step(tokens, index), 0)
        previous_end = token.end()
    if start is not None:
        yield _Statement(start, previous_end)


def _read_head(data: bytes, token: re.Match[bytes], depth: int) -> re.Match[bytes] | None:
    """Return the first words of a statement that may start here; in the first column one always may."""
    start = token.start()
    is_first_column = start == 0 or data[start - 1 : start] == b"\n"
    if _word(token) != b"CREATE" or not (depth == 0 or is_first_column):
        return None
    return _HEAD.match(data, start)


def _word(token: re.Match[bytes]) -> bytes:
    return (token["word"] or b"").upper()


def _step(tokens: list[re.Match[bytes]], index: int) -> int:
    """Return by how much a word changes the depth of blocks."""
    word = _word(tokens[index])
    before = _word(tokens[index - 1]) if index > 0 else b""
    after = _word(tokens[index + 1]) if index + 1 < len(tokens) else b""
    if word in _OPENING and before != b"END" and after not in _NO_BLOCK_AFTER_BEGIN:
        return 1
    return -1 if word == b"END" and after not in _NO_BLOCK_AFTER_END else 0


def _define(data: bytes, statement: _Statement, leading: LeadingText) -> Definition | None:
    head = _HEAD.match(data, statement.start)
    if head is None:
        return None
    what = head["what"][:4].upper()
    role: DefinitionRole = "class" if what in {b"TABL", b"VIEW"} else "module" if what == b"PACK" else "function"
    body = data.find(b"(", head.end(), statement.end) if what == b"TABL" else -1
    if body < 0:
        found = _BODY.search(data, head.end(), statement.end)
        body = found.start() if found else statement.end
    lead = leading.before(statement.start)
    return Definition(
        role=role,
        name=_unquote(head["name"]),
        scope=".".join(_unquote(part) for part in head["scope"].split(b".") if part.strip()),
        start_byte=lead.start,
        end_byte=statement.end,
        signature=" ".join(leading.read_without_leads((statement.start, body)).split())[:MAX_SIGNATURE],
        documentation=lead.documentation,
    )


def _unquote(name: bytes) -> str:
    return name.strip().strip(b'"`[]').decode("utf-8", "replace")
