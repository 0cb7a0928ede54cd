"""Text of a repository made safe to show: whatever could act on a terminal or hide from a reader is spelled out."""

import re

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1
    "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # bidi, separators, invisible
    "\ud800-\udfff"  # lone surrogates: bytes of a name that is not UTF-8
    "\U000e0000-\U000e007f]"  # tags: text no one can see
)
_UNSAFE_IN_LINE = re.compile(f"[\t\n]|{_UNSAFE.pattern}")
_SHORT = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}


def clean_text(text: str) -> str:
    """Return source text without anything that could act on a terminal; tab and newline stay.

    Control and bidi characters appear as escapes such as `\\x1b` and `\\u202e`; `\\r\\n` becomes a newline.
    """
    return _UNSAFE.sub(_escape, text.replace("\r\n", "\n"))


def clean_line(text: str) -> str:
    """Return a name or a line for display on one line: as `clean_text`, with tab and newline escaped too."""
    return _UNSAFE_IN_LINE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
