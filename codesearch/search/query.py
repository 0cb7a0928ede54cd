"""Reads a query: filters, quoted text, and the shape of what remains (a symbol, a path, a message, code, or words).

Knows nothing of any index. Whatever is not clearly a filter stays text, so that pasted code can be searched.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from codesearch.errors import QueryError
from codesearch.search.cjk import asks, blank_cjk, has_cjk, split_question
from codesearch.search.literal import find_defined, find_frames, find_literal_shape
from codesearch.search.stopwords import STOPWORDS
from codesearch.search.verbs import VERBS
from codesearch.types import Filters
from indexers.languages import LANGUAGES, resolve_language
from indexers.types import KINDS, Kind

Shape = Literal["symbol", "qualified", "path", "words", "action", "message", "snippet"]

PROSE: frozenset[Shape] = frozenset({"words", "action"})
"""What a person says in words: `words` name a topic or ask for one, an `action` begins with what code should do."""

_PIECE = re.compile(
    r'(?P<minus>-?)(?P<key>lang|language|path|kind):(?P<value>"(?:\\"|[^"])+"|[^\s"]\S*)(?=\s|$)'
    r'|"(?P<quoted>(?:\\"|[^"])+)"(?=$|[\s.,;:?!)])'
    r"|(?P<word>\S+)"
)
_SYMBOL = re.compile(r"[^\W\d]\w*[!?]?|\$\w+")
_QUALIFIED = re.compile(r"[^\W\d]\w*(?:(?:\.|::|#|->|\\)~?[^\W\d]\w*[!?]?)+")
_SEPARATOR = re.compile(r"\.|::|#|->|\\")
_CODE_WORD = re.compile(r"[^\W\d]\w*(?:(?:\.|::|#|->|\\)[^\W\d]\w*)*")
_CALL = re.compile(r"\([^()]*\)$")
_DEFINITION = re.compile(
    r"(?:(?:class|struct|interface|trait|enum|protocol)\s+(?=[A-Z_])|(?:def|defp|fn|func|fun)\s+)"
    r"(?P<name>[^\W\d]\w*[!?]?)\s*(?:\(.*)?:?"
)
_FIRST_WORD = re.compile(r"(?:\w+(?:\([^()]*\))?!?: +)?([A-Za-z']+)\s+\S")
MAX_CHARACTERS = 10_000
"""Characters of a query that are read: some 250 lines of code; what is longer, such as a piped diff, is cut there."""

_MAX_SHOWN = 3
"""Near matches in an error: more than three is a list to read, not a hint."""


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked. Value of `parse_query`."""

    text: str
    """The words without filters, perhaps none; quoted text keeps its words and loses its quotes."""
    quoted: tuple[str, ...]
    """Texts that every result contains byte for byte."""
    filters: Filters
    shape: Shape
    identifiers: tuple[str, ...]
    """Names that are asked for, in order: the whole query if it is a symbol, of a message those of its stack frames, of
    code those that it defines, else words that are spelled like code such as `parse_url`."""


def parse_query(raw: str) -> Query:
    """Split the beginning of `raw` into filters, quoted text and words; there may be filters alone, and no words.

    Raises:
        QueryError: there is nothing at all, or a filter names an unknown language or kind.
    """
    raw = cut_query(raw)
    plain = _without_filters(raw)
    literal = find_literal_shape(plain)
    found: dict[str, list[str]] = {}
    quoted: list[str] = []
    words: list[str] = []
    for piece in _PIECE.finditer(raw):
        if piece["key"]:
            key = "lang" if piece["key"] == "language" else piece["key"]
            found.setdefault(piece["minus"] + key, []).append(_unquote(piece["value"]))
        elif piece["quoted"] and piece["quoted"].strip() and literal is None:
            quoted.append(piece["quoted"].replace('\\"', '"'))
            words.append(quoted[-1])
        else:
            words.append(piece["word"] or piece[0])
    text = _read_words(" ".join(words) if found or quoted else raw) if literal is None else plain
    filters = resolve_filters(_read_filters(found))
    if not text and not found:
        raise QueryError("the query has no words; write what to search for")
    shape = literal or find_shape(text)
    return Query(text, tuple(quoted), filters, shape, find_identifiers(text, shape))


def _without_filters(raw: str) -> str:
    """Return `raw` without its filters, lines kept."""
    return _PIECE.sub(lambda piece: "" if piece["key"] else piece[0], raw).strip()


def plain_query(text: str) -> Query:
    """Take the beginning of `text` as words only: a piece of code whose `key:value` and quotes mean nothing.

    Raises:
        QueryError: the text is blank.
    """
    if not text.strip():
        raise QueryError("the text is empty; give some code or words to compare with")
    return Query(cut_query(text), (), Filters(), "words", ())


def _read_words(text: str) -> str:
    """Return what is asked for: letters of another width (NFKC) are the same letters, as in `ＨＴＴＰ`."""
    return _definition_name(unicodedata.normalize("NFKC", text).strip())


def _definition_name(text: str) -> str:
    """Return the name where `text` is the head of a definition, `class Poly` or `def poly(expr):`, else the text."""
    head = _DEFINITION.fullmatch(text)
    return head["name"] if head else text


def cut_query(text: str) -> str:
    """Return `text` without blanks around it, cut between two words where it has more than `MAX_CHARACTERS`."""
    text = text.strip()
    return text if len(text) <= MAX_CHARACTERS else text[:MAX_CHARACTERS].rsplit(maxsplit=1)[0]


def find_shape(text: str) -> Shape:
    """Say whether `text` is one symbol, one qualified symbol, one path, or words.

    Chinese and Japanese without a blank count as a symbol even where they ask, since they are found by their letters:
    with as much weight on the embedded model's vectors as for words, recall@1 falls by 0.13 to 0.29.
    """
    word = _CALL.sub("", text)
    if _is_path(text) and not asks(text):
        return "path"
    if _SYMBOL.fullmatch(word):
        return "symbol"
    if _QUALIFIED.fullmatch(word):
        return "qualified"
    return "action" if is_action(text) else "words"


def is_action(text: str) -> bool:
    """Say whether several words begin with a verb, `retry`, `retries` or `retried`; a commit's `fix(core):` aside."""
    first = _FIRST_WORD.match(text)
    if first is None:
        return False
    word = first[1].lower()
    forms = [word, *(word.removesuffix(ending) for ending in ("s", "es", "d", "ed"))]
    if word.endswith(("ies", "ied")):
        forms.append(word[:-3] + "y")
    return not VERBS.isdisjoint(forms)


def find_identifiers(text: str, shape: Shape) -> tuple[str, ...]:
    """Return the names that are asked for; in words separators, inner capitals, underscores or a call's brackets show
    what is spelled like code."""
    is_name = shape in ("symbol", "qualified")
    if is_name and not has_cjk(text):
        return (_CALL.sub("", text),)
    if shape == "path":
        return ()
    if shape == "snippet":
        return find_defined(text)
    if shape == "message":
        return find_frames(text)
    latin = blank_cjk(text)
    found = [match[0] for match in _CODE_WORD.finditer(latin) if _is_spelled_like_code(match, latin)]
    return tuple(dict.fromkeys([*([text] if is_name else []), *(name.rstrip("._") for name in found)]))


def last_part(name: str) -> str:
    """Return the part of a qualified name behind its last separator."""
    return _SEPARATOR.split(name)[-1]


def is_said(query: Query) -> bool:
    """Say whether the words of a query may have a question's grammar: in Chinese and Japanese one word may as well."""
    return query.shape in PROSE or (query.shape in ("symbol", "qualified", "path") and has_cjk(query.text))


def content_words(text: str) -> list[str]:
    """Return the words of `text` without the grammar of a question; all of them if nothing else is left."""
    words = re.findall(r"\w+", text)
    cut = split_question(text) if has_cjk(text) else words
    return [word for word in cut if word.lower() not in STOPWORDS] or words


def merge_filters(first: Filters, second: Filters) -> Filters:
    """Return both filters together."""
    return Filters(
        within=first.within or second.within,
        paths=first.paths + second.paths,
        excluded_paths=first.excluded_paths + second.excluded_paths,
        languages=first.languages + second.languages,
        excluded_languages=first.excluded_languages + second.excluded_languages,
        kinds=first.kinds + second.kinds,
        excluded_kinds=first.excluded_kinds + second.excluded_kinds,
    )


def resolve_filters(filters: Filters) -> Filters:
    """Replace language aliases by their names and check every value.

    Raises:
        QueryError: a language or kind is unknown; the message lists near matches.
    """
    return replace(
        filters,
        languages=tuple(_resolve_language(name) for name in filters.languages),
        excluded_languages=tuple(_resolve_language(name) for name in filters.excluded_languages),
        kinds=tuple(_resolve_kind(name) for name in filters.kinds),
        excluded_kinds=tuple(_resolve_kind(name) for name in filters.excluded_kinds),
    )


def _read_filters(found: dict[str, list[str]]) -> Filters:
    return Filters(
        paths=tuple(found.get("path", ())),
        excluded_paths=tuple(found.get("-path", ())),
        languages=tuple(found.get("lang", ())),
        excluded_languages=tuple(found.get("-lang", ())),
        kinds=tuple(_resolve_kind(name) for name in found.get("kind", ())),
        excluded_kinds=tuple(_resolve_kind(name) for name in found.get("-kind", ())),
    )


def _resolve_language(name: str) -> str:
    resolved = resolve_language(name.lower())
    if resolved is None:
        raise QueryError(f"unknown language {name!r}; {_near(name, LANGUAGES)}")
    return resolved


def _resolve_kind(name: str) -> Kind:
    for kind in KINDS:
        if kind == name.lower():
            return kind
    raise QueryError(f"unknown kind {name!r}; {_near(name, KINDS)}")


def _near(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(name.lower(), names, n=_MAX_SHOWN, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"known are {', '.join(names)}"


def _unquote(value: str) -> str:
    return value[1:-1].replace('\\"', '"') if value.startswith('"') else value


def _is_path(word: str) -> bool:
    if any(mark.isspace() for mark in word) or "://" in word:
        return False
    if "/" in word.strip("/"):
        return True
    stem, _, extension = word.partition(".")
    return bool(stem) and any(f".{extension}" in language.extensions for language in LANGUAGES.values())


def _is_spelled_like_code(match: re.Match[str], text: str) -> bool:
    word = match[0]
    if "_" in word.strip("_") or _SEPARATOR.search(word.rstrip(".")):
        return True
    if text[match.end() : match.end() + 1] == "(":
        return True
    return any(mark.isupper() for mark in word[1:]) and any(mark.islower() for mark in word)
