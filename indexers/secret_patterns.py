"""Looks for the tokens and keys of `secret_formats` in a text.

The search has two steps. A screen finds the few places where a format's first bytes stand, at the speed of
`bytes.translate`; a regular expression looks only at the lines around them, so that clean text costs almost nothing.
"""

import re
from base64 import b64decode
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from indexers.secret_formats import (
    BASIC_KIND,
    PASSWORD_KINDS,
    PLACEHOLDERS,
    PRIVATE_KEY_KIND,
    TOKEN_FORMATS,
    TokenFormat,
)

__all__ = ["PRIVATE_KEY_KIND", "TOKEN_FORMATS", "TokenSpan", "find_tokens"]

_ANCHOR_BYTES = 6

_FORMATS_A_SCREEN = 64
"""As many bits as a number has."""

_HEADER_BYTES = 40
"""So far before a value its header's name may stand: `Authorization` with quotes, a colon and blanks."""


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """Where a token stands, half-open, and what issued it."""

    start: int
    end: int
    kind: str


_PEM_HEADER = b"-----BEGIN "

_PEM_GAP = rb"(?:\\[nr]|[\s\"'`+,\\;()])"

_PEM_BLOCK = re.compile(
    rb"-----BEGIN (?P<label>[A-Z0-9 ]{0,40})PRIVATE KEY(?P<block> BLOCK)?-----"
    rb"(?:(?P<body>(?:(?!-----(?:BEGIN|END) )[\x00-\xff]){1,32768}?)-----END (?P=label)PRIVATE KEY(?: BLOCK)?-----"
    rb"|(?P<rest>" + _PEM_GAP + rb"*+(?:[A-Za-z-]{3,20}: [^\n]{0,200}\n\s*)*[A-Za-z0-9+/]{24,}={0,2}"
    rb"(?:" + _PEM_GAP + rb"++[A-Za-z0-9+/]{24,}={0,2})*(?:(?:\s+|\\n)[A-Za-z0-9+/]{2,}={0,2}(?=[\s\"'`\\]|\Z))?))"
)
"""A key up to its footer; where that is missing, as far as the lines of key material reach."""

_KEY_MATERIAL = re.compile(rb"[A-Za-z0-9+/]{24}")
"""A header and a footer without such a run between them are code that talks about keys."""


@dataclass(frozen=True, slots=True)
class _Screen:
    """Which bytes may stand at which place of an anchor."""

    coarse: tuple[bytes, bytes, bytes]
    """For the first three places; each bit of a value stands for several formats, so that some hits are false."""
    exact: npt.NDArray[np.uint64]
    """`[place, byte]`, one bit a format."""
    formats: tuple[tuple[str, re.Pattern[bytes]], ...]
    """Kind and expression, by bit."""


def find_tokens(data: bytes) -> list[TokenSpan]:
    """Return the tokens and embedded private keys of a UTF-8 text, in order, without overlaps."""
    spans = _find_private_keys(data) if _PEM_HEADER in data else []
    for screen in _screens():
        for place, formats in _find_anchors(data, screen):
            spans += _try_formats(data, place, formats, screen)
    return _drop_overlaps(spans) if spans else spans


def _try_formats(data: bytes, place: int, formats: int, screen: _Screen) -> list[TokenSpan]:
    """Return what stands at a place of the formats whose bits are set."""
    spans = []
    for bit in range(formats.bit_length()):
        if formats >> bit & 1:
            kind, regex = screen.formats[bit]
            match = regex.match(data, place)
            if match is not None and not _is_nothing_kept(kind, match):
                spans.append(TokenSpan(*match.span(match.lastgroup or 0), kind))
    return spans


def _is_nothing_kept(kind: str, match: re.Match[bytes]) -> bool:
    """Tell what is written like a secret from one, where the expression cannot."""
    return (kind in PASSWORD_KINDS and _is_placeholder(match)) or (kind == BASIC_KIND and not _is_login(match))


def _is_login(match: re.Match[bytes]) -> bool:
    """Tell whether a value is of the header `Authorization`, or says a name and a password."""
    before = match.string[max(match.start() - _HEADER_BYTES, 0) : match.start()].rpartition(b"\n")[2]
    if b"authorization" in before.lower():
        return True
    value = match["v"].rstrip(b"=")
    try:
        decoded = b64decode(value + b"=" * (-len(value) % 4))
    except ValueError:
        return False
    return b":" in decoded and decoded.decode("utf-8", "replace").isprintable()


def _is_placeholder(match: re.Match[bytes]) -> bool:
    user, password = match[0][3:].partition(b":")[0], match["v"]
    return password.lower() in PLACEHOLDERS or password == user or not password.strip(b".xX")


def _find_private_keys(data: bytes) -> list[TokenSpan]:
    return [
        TokenSpan(match.start(), match.end(), PRIVATE_KEY_KIND)
        for match in _PEM_BLOCK.finditer(data)
        if _KEY_MATERIAL.search(match.group("body") or match.group("rest"))
    ]


def _drop_overlaps(spans: list[TokenSpan]) -> list[TokenSpan]:
    """Keep, of spans that overlap, the one that starts first and reaches furthest."""
    kept: list[TokenSpan] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
        elif span.end > kept[-1].end:
            kept.append(TokenSpan(kept[-1].end, span.end, span.kind))
    return kept


def _find_anchors(data: bytes, screen: _Screen) -> list[tuple[int, int]]:
    """Return the places where an anchor stands, each with the formats it may belong to as a set of bits."""
    if len(data) < 3:
        return []
    first, second, third = (np.frombuffer(data.translate(table), dtype=np.uint8) for table in screen.coarse)
    buckets = first[:-2] & second[1:-1]
    buckets &= third[2:]
    places = np.flatnonzero(buckets)
    if len(places) == 0:
        return []
    padded = np.frombuffer(data + bytes(_ANCHOR_BYTES), dtype=np.uint8)
    formats = screen.exact[0, padded[places]]
    for offset in range(1, _ANCHOR_BYTES):
        formats &= screen.exact[offset, padded[places + offset]]
    is_hit = formats != 0
    return list(zip(places[is_hit].tolist(), formats[is_hit].tolist(), strict=True))


@lru_cache(maxsize=1)
def _screens() -> tuple[_Screen, ...]:
    starts = range(0, len(TOKEN_FORMATS), _FORMATS_A_SCREEN)
    return tuple(_make_screen(TOKEN_FORMATS[start : start + _FORMATS_A_SCREEN]) for start in starts)


def _make_screen(formats: tuple[TokenFormat, ...]) -> _Screen:
    exact = np.zeros((_ANCHOR_BYTES, 256), dtype=np.uint64)
    coarse = np.zeros((3, 256), dtype=np.uint8)
    for number, token_format in enumerate(formats):
        members = _parse_anchor(token_format.anchor)
        members += [bytes(range(256))] * (_ANCHOR_BYTES - len(members))
        for offset, accepted in enumerate(members):
            exact[offset, list(accepted)] |= np.uint64(1 << number)
            if offset < 3:
                coarse[offset, list(accepted)] |= np.uint8(1 << (number % 8))
    first, second, third = (row.tobytes() for row in coarse)
    compiled = tuple((one.kind, re.compile(one.regex.encode())) for one in formats)
    return _Screen((first, second, third), exact, compiled)


def _parse_anchor(anchor: str) -> list[bytes]:
    """Split an anchor into the sets of bytes that may stand at each place."""
    sets = []
    for part in re.findall(r"\[[^\]]+\]|.", anchor):
        accepted = re.compile((part if part.startswith("[") else re.escape(part)).encode())
        sets.append(bytes(byte for byte in range(256) if accepted.fullmatch(bytes([byte]))))
    return sets
