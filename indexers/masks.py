"""Macros that a grammar cannot read, replaced before parsing by text of the same length, so that all spans stay true.

Knows a few macros by name, of grammars that read the language before its preprocessor; the indexed text is not changed.
"""

import re
from functools import partial

ARGUMENTS = rb"(?:\((?:[^()]|\([^()]*\))*\))?"

MASKS: dict[str, tuple[tuple[re.Pattern[bytes], bytes], ...]] = {
    "objc": (
        # `typedef NS_ENUM(NSInteger, State) {` is read as `enum State {`.
        (re.compile(rb"\btypedef\s+(?:NS|CF)_\w*(?:ENUM|OPTIONS)\([\w\s]+,(\s*\w+\s*)\)(?=\s*\{)"), b"enum"),
        (re.compile(rb"\bNS_(?:ASSUME_NONNULL_(?:BEGIN|END)|DESIGNATED_INITIALIZER|REQUIRES_SUPER)\b"), b""),
        (re.compile(rb"\bNS_(?:UNAVAILABLE|AVAILABLE|DEPRECATED|SWIFT|EXTENSION|FORMAT)\w*" + ARGUMENTS), b""),
        (re.compile(rb"\bAPI_(?:AVAILABLE|UNAVAILABLE|DEPRECATED)\w*" + ARGUMENTS), b""),
    ),
}
"""By grammar: what to blank out, and what is written at its start; line ends and the first group stay in place."""


def mask_macros(grammar: str, data: bytes) -> bytes:
    """Return `data` as the grammar can read it, byte for byte as long."""
    for pattern, replacement in MASKS.get(grammar, ()):
        data = pattern.sub(partial(_blank, replacement), data)
    return data


def _blank(replacement: bytes, found: re.Match[bytes]) -> bytes:
    blank = bytearray(byte if byte in b"\r\n" else 0x20 for byte in found[0])
    blank[: len(replacement)] = replacement
    if found.re.groups and found[1]:
        start, end = found.span(1)
        blank[start - found.start() : end - found.start()] = found[1]
    return bytes(blank)
