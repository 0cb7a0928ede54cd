"""Pairs of a question and the code that answers it, taken from parsed files. Knows no git and no corpus.

Whatever the question was taken from is removed from the code: what remains must be found by meaning, not by copy.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal, get_args

from codesearch.search.path_kinds import find_path_kinds, is_test_name
from indexers.languages import LANGUAGES
from indexers.tokenizer import split_parts, split_words
from indexers.types import Chunk, ParsedFile

PairKind = Literal["documentation", "name", "test", "file", "comment", "message", "section", "commit"]
"""What the question was: documentation of a definition, its name, the name of a test of it, the purpose at the head of
a file, a comment inside, a message that is given, the heading of a section, the subject of a commit."""

KINDS: tuple[PairKind, ...] = get_args(PairKind)
"""All kinds; stored arrays name a kind by its place here."""

MAX_QUERY = 400
MAX_TEXT = 3000
"""Characters kept: a question is a sentence or two, and the head of a function says what it does."""

MIN_WORDS = 3
"""Words of the shortest question: fewer are a label."""

MIN_LINES = 3
"""Lines of the shortest code: less is a declaration or an alias."""

LEFT_OUT = frozenset({"vendored", "generated", "data", "stub"})
"""Kinds of paths of which nothing is taken: other people's code, and what nobody wrote."""

MAX_LEAVES_OF_COMMIT = 3
"""Leaves of a file that a commit's subject is paired with: the subject of a sweep speaks of none of them."""

AROUND_COMMENT = (3, 15)
"""Lines before and after a comment that it is taken to speak of."""

_LEGAL = re.compile(r"(?i)copyright|licen[cs]e|all rights reserved|spdx|permission is hereby|warranty")
_TAG_LINE = re.compile(
    r"^\s*(?:[@\\:](?:param|returns?|throws|exception|type|raises|see|since|author|arg)\b|(?:args|arguments|parameters"
    r"|returns?|raises|examples?|usage|note|see also|yields|attributes)\s*:?\s*$|[-=~^]{3,}|```|>>>|\.\. )",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"\{@\w+\s+([^}]*)\}|</?\w+[^>]*>|[`*|]|:\w+:(?=`)|\[|\]\([^)]*\)|\]")
_COMMENT = re.compile(r"^\s*(?://+|#+|--+|;+|%+|\*)\s?(?P<text>.*)$")
_CODE_LIKE = re.compile(r"[;{}=<>]|\w\(|^\s*(?:TODO|FIXME|XXX|HACK|noqa|eslint|type:|pylint|@|import |return )|https?:")
_STRING = re.compile(r"\"([^\"\n\\]{16,200})\"|'([^'\n\\]{16,200})'|`([^`\n\\]{16,200})`")
_PLACEHOLDER = re.compile(r"%[-+ #0-9.]*[a-zA-Z]|\$?\{[^}]*\}|\\[nt]|#\{[^}]*\}")
_TEST_WORDS = frozenset({"test", "tests", "it", "should", "spec", "case", "when", "can"})


@dataclass(frozen=True, slots=True)
class Pair:
    """One question with its answer."""

    kind: PairKind
    digest: str
    """Of the chunk's text without regard to blanks: copies of one text have one."""
    query: str
    name: str
    """First line of the encoder's input, or empty where the question is the name."""
    text: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of a source file with its text."""

    chunk: Chunk
    parsed: ParsedFile
    text: str

    @property
    def digest(self) -> str:
        """The digest of its text, as copies of it have."""
        return digest_of(self.text)


def digest_of(text: str) -> str:
    """Return 16 hex digits of BLAKE2b over the words of a text."""
    return blake2b(" ".join(text.split()).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def digests_of(parsed: ParsedFile) -> Iterator[str]:
    """Yield the digest of each leaf that is long enough to be recognised as a copy."""
    for leaf in _long_leaves(parsed):
        yield leaf.digest


def pairs_of_tree(files: Iterable[ParsedFile]) -> Iterator[Pair]:
    """Yield the pairs of a whole tree; those of tests need all of it and come last."""
    tests: list[Leaf] = []
    definitions: dict[tuple[str, ...], list[Leaf]] = defaultdict(list)
    for parsed in files:
        kinds = find_path_kinds(parsed.path)
        if kinds & LEFT_OUT:
            continue
        if LANGUAGES[parsed.language].grammar is None or "documentation" in kinds:
            yield from _pairs_of_prose(parsed)
        elif "test" in kinds:
            tests += [leaf for leaf in _long_leaves(parsed) if leaf.chunk.symbol]
        elif "example" not in kinds:
            leaves = _long_leaves(parsed)
            yield from _pairs_of_source(parsed, leaves)
            for leaf in leaves:
                if leaf.chunk.symbol and not is_test_name(leaf.chunk.qualified_name):
                    definitions[tuple(words_of(leaf.chunk.symbol))].append(leaf)
    yield from _pairs_of_tests(tests, definitions)


def pairs_of_leaf(leaf: Leaf) -> Iterator[Pair]:
    """Yield what a leaf alone tells: its documentation, name, comments and messages."""
    chunk = leaf.chunk
    body = without_documentation(leaf.text, chunk.documentation)
    query = first_paragraph(chunk.documentation)
    if is_question(query) and chunk.symbol:
        yield _pair("documentation", leaf, query, body)
    if chunk.symbol and chunk.kind in ("function", "method", "class"):
        yield from _pairs_of_name(leaf, body)
    yield from _pairs_of_comments(leaf, body)
    yield from _pairs_of_messages(leaf, body)


def pairs_of_commit(subject: str, parsed: ParsedFile, changed: Sequence[range]) -> Iterator[Pair]:
    """Yield the subject with each named leaf that a commit changed, the most changed first, at most three a file."""
    kinds = find_path_kinds(parsed.path)
    if LANGUAGES[parsed.language].grammar is None or kinds & (LEFT_OUT | {"test", "example", "documentation"}):
        return
    sizes: list[tuple[int, Leaf]] = []
    for leaf in _leaves(parsed):
        lines = range(leaf.chunk.start_line, leaf.chunk.end_line + 1)
        n_changed = sum(max(0, min(lines.stop, one.stop) - max(lines.start, one.start)) for one in changed)
        if n_changed and _is_long(leaf.text):
            sizes.append((n_changed, leaf))
    sizes.sort(key=lambda entry: -entry[0])
    for _, leaf in sizes[:MAX_LEAVES_OF_COMMIT]:
        yield _pair("commit", leaf, subject, leaf.text)


def words_of(name: str) -> list[str]:
    """Return the lower-cased words that a name is made of."""
    return [part.lower() for word in split_words(name) for part in split_parts(word)]


def first_paragraph(documentation: str) -> str:
    """Return the first paragraph without mark-up, tags and what follows them, at most `MAX_QUERY` characters."""
    lines: list[str] = []
    for line in documentation.splitlines():
        if _TAG_LINE.match(line) or (not line.strip() and lines):
            break
        lines.append(line.strip())
    return " ".join(_MARKUP.sub(r" \1", " ".join(lines)).split())[:MAX_QUERY]


def is_question(text: str) -> bool:
    """Say whether a text can stand as a question: enough words, and not the small print."""
    return len(re.findall(r"[^\W\d_]{2,}", text)) >= MIN_WORDS and not _LEGAL.search(text)


def without_documentation(text: str, documentation: str) -> str:
    """Return the code without the lines that hold its documentation."""
    said = {line for line in map(_bare, documentation.splitlines()) if line}
    if not said:
        return text
    return "\n".join(line for line in text.splitlines() if _bare(line) not in said)


def _leaves(parsed: ParsedFile) -> Iterator[Leaf]:
    data = parsed.text.data
    for chunk in parsed.chunks:
        if chunk.granularity == "leaf":
            yield Leaf(chunk, parsed, data[chunk.start_byte : chunk.end_byte].decode("utf-8", "replace"))


def _long_leaves(parsed: ParsedFile) -> list[Leaf]:
    return [leaf for leaf in _leaves(parsed) if _is_long(leaf.text)]


def _is_long(text: str) -> bool:
    return text.count("\n") + 1 >= MIN_LINES and len(text) >= 60


def _pair(kind: PairKind, leaf: Leaf, query: str, text: str) -> Pair:
    return Pair(kind, leaf.digest, query[:MAX_QUERY], leaf.chunk.qualified_name, text[:MAX_TEXT])


def _bare(line: str) -> str:
    """Return the letters and digits of a line: what comment marks and quotes surround."""
    return re.sub(r"[\W_]+", "", line).lower()


def _pairs_of_source(parsed: ParsedFile, leaves: Sequence[Leaf]) -> Iterator[Pair]:
    """Yield what a file of source says of itself and of each of its parts."""
    yield from _pairs_of_file(parsed, leaves)
    for leaf in leaves:
        yield from pairs_of_leaf(leaf)


def _pairs_of_file(parsed: ParsedFile, leaves: Sequence[Leaf]) -> Iterator[Pair]:
    """Yield the file's purpose, as its head says it, with the heads of its parts."""
    whole = parsed.chunks[-1] if parsed.chunks else None
    if whole is None or len(leaves) < 2:
        return
    query = first_paragraph(whole.documentation)
    if is_question(query):
        share = max(200, MAX_TEXT // len(leaves))
        text = "\n".join(without_documentation(leaf.text, whole.documentation)[:share] for leaf in leaves)
        yield Pair("file", digest_of(text), query, "", text[:MAX_TEXT])


def _pairs_of_name(leaf: Leaf, body: str) -> Iterator[Pair]:
    """Yield the words of a name and of its file with the code, in which that name does not occur."""
    stem = leaf.parsed.path.rsplit("/", 1)[-1].split(".")[0]
    words = [*words_of(stem), *words_of(leaf.chunk.qualified_name)]
    if len(set(words)) >= 2:
        nameless = re.sub(rf"\b{re.escape(leaf.chunk.symbol)}\b", " ", body)
        yield Pair("name", leaf.digest, " ".join(dict.fromkeys(words)), "", nameless[:MAX_TEXT])


def _pairs_of_prose(parsed: ParsedFile) -> Iterator[Pair]:
    """Yield the headings of a text with what stands below them."""
    for leaf in _leaves(parsed):
        heading = leaf.chunk.symbol
        if leaf.chunk.kind == "section" and is_question(heading) and _is_long(leaf.text):
            yield Pair("section", leaf.digest, heading[:MAX_QUERY], "", leaf.text.replace(heading, " ", 1)[:MAX_TEXT])


def _pairs_of_comments(leaf: Leaf, body: str) -> Iterator[Pair]:
    """Yield a comment inside the code with the code around it, for the two longest."""
    lines = body.splitlines()
    before, after = AROUND_COMMENT
    for place, text in sorted(_find_comments(lines), key=lambda found: -len(found[1]))[:2]:
        if place.start > 0:
            around = [*lines[:1], *lines[max(1, place.start - before) : place.start]]
            yield _pair("comment", leaf, text, "\n".join([*around, *lines[place.stop : place.stop + after]]))


def _find_comments(lines: Sequence[str]) -> Iterator[tuple[range, str]]:
    """Yield the lines and the words of each run of comments that speaks in words."""
    start = 0
    while start < len(lines):
        stop, words = start, []
        while stop < len(lines) and (match := _COMMENT.match(lines[stop])):
            words.append(match["text"].strip())
            stop += 1
        text = " ".join(words)
        if start < stop and len(text.split()) > MIN_WORDS and not _CODE_LIKE.search(text) and is_question(text):
            yield range(start, stop), text
        start = max(stop, start + 1)


def _pairs_of_messages(leaf: Leaf, body: str) -> Iterator[Pair]:
    """Yield the longest message inside the code with the code that gives it."""
    found = [match for match in _STRING.finditer(body) if " " in match[0]]
    for match in sorted(found, key=lambda match: -len(match[0]))[:1]:
        query = " ".join(_PLACEHOLDER.sub(" ", match[0][1:-1]).split())
        if len(query.split()) > MIN_WORDS and is_question(query) and not re.search(r"[{}<>=]|\bSELECT\b", query):
            yield _pair("message", leaf, query, body.replace(match[0], " ", 1))


def _pairs_of_tests(tests: Sequence[Leaf], definitions: dict[tuple[str, ...], list[Leaf]]) -> Iterator[Pair]:
    """Yield what a test's name says with the one definition whose name it contains."""
    for test in tests:
        words = [word for word in words_of(test.chunk.symbol) if word not in _TEST_WORDS]
        for size in range(min(4, len(words) - 2), 0, -1):
            found = definitions.get(tuple(words[:size]), [])
            if len(found) == 1:
                query = " ".join(words)
                yield _pair("test", found[0], query, without_documentation(found[0].text, found[0].chunk.documentation))
                break
