"""Patterns of `.gitignore` and `.gitattributes` lines, translated to regular expressions over bytes.

Follows git's own `wildmatch` byte for byte, its quirks included; a test holds it against `git check-ignore`.
Knows one line at a time: which file a line came from, and which line wins, is decided in `ignore` and `attributes`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_GLOB = re.compile(rb"[*?\[\\]")

_STAR = b"[^/]*"
_FOLDERS = b"(?:.*/)?"
_ALL = b".*"
_LAZY = {_FOLDERS: b"(?:.*?/)??", _ALL: b".*?"}
"""The wildcards that cross folders, and each as it tries the nearest place first."""

_CLASSES: dict[bytes, bytes] = {
    b"alnum": rb"0-9A-Za-z",
    b"alpha": rb"A-Za-z",
    b"blank": rb" \t",
    b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9",
    b"graph": rb"\x21-\x7e",
    b"lower": rb"a-z",
    b"print": rb"\x20-\x7e",
    b"punct": rb"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
    b"space": rb"\t-\r ",
    b"upper": rb"A-Z",
    b"xdigit": rb"0-9A-Fa-f",
}


class _NeverMatchesError(ValueError):
    """The pattern is malformed; git treats such a line as one that matches nothing."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern. `segments` are its parts between slashes, empty where it matches at any depth."""

    regex: re.Pattern[bytes]
    is_dir_only: bool
    is_name_only: bool
    segments: tuple[re.Pattern[bytes] | None, ...]
    """None stands for `**` and may be any number of folders."""

    def matches(self, path: bytes, is_dir: bool) -> bool:
        """Tell whether the path itself matches; `path` is relative to the folder of the pattern's file."""
        if self.is_dir_only and not is_dir:
            return False
        name = path[path.rfind(b"/") + 1 :] if self.is_name_only else path
        return self.regex.fullmatch(name) is not None

    def may_match_below(self, folder: bytes) -> bool:
        """Tell whether a path inside `folder` could match, for patterns that are tied to their place."""
        for part, segment in zip(folder.split(b"/"), self.segments, strict=False):
            if segment is None:
                return True
            if segment.fullmatch(part) is None:
                return False
        return folder.count(b"/") + 1 < len(self.segments)


@lru_cache(maxsize=4096)
def parse_pattern(text: bytes) -> Pattern | None:
    """Compile the text of a pattern, without its `!`; None where it can match nothing."""
    is_dir_only = text.endswith(b"/")
    body = text[:-1] if is_dir_only else text
    is_name_only = b"/" not in body
    anchored = body.removeprefix(b"/")
    if not anchored:
        return None
    try:
        regex = re.compile(_translate_whole(anchored, has_folders=not is_name_only), re.DOTALL)
        segments = () if is_name_only or anchored.startswith(b"**/") else tuple(_segments(anchored))
    except _NeverMatchesError:
        return None
    return Pattern(regex, is_dir_only, is_name_only, segments)


def trim_line(line: bytes) -> bytes:
    """Drop the carriage return and the unescaped trailing spaces of a rule file's line, as git does."""
    line = line.removesuffix(b"\r").partition(b"\0")[0]
    kept = len(line.rstrip(b" "))
    n_backslashes = kept - len(line[:kept].rstrip(b"\\"))
    if kept < len(line) and n_backslashes % 2 == 1:
        kept += 1
    return line[:kept]


def _segments(pattern: bytes) -> list[re.Pattern[bytes] | None]:
    return [_segment(part) for part in pattern.split(b"/")]


def _segment(part: bytes) -> re.Pattern[bytes] | None:
    if b"**" in part:
        return None
    try:
        return re.compile(_translate(part, has_folders=True), re.DOTALL)
    except _NeverMatchesError:
        return None  # half of a set that holds a slash: what it means only the whole pattern tells


def _translate_whole(pattern: bytes, *, has_folders: bool) -> bytes:
    """Translate a pattern; git compares the part before the first wildcard literally and starts afresh behind it."""
    glob = _GLOB.search(pattern)
    n_literal = glob.start() if glob else len(pattern)
    return re.escape(pattern[:n_literal]) + _translate(pattern[n_literal:], has_folders=has_folders)


def _translate(pattern: bytes, *, has_folders: bool) -> bytes:
    return _join_tokens(list(_tokenise(pattern, has_folders=has_folders)))


def _tokenise(pattern: bytes, *, has_folders: bool) -> Iterator[bytes]:
    """Yield the expression of each character, set and run of stars; those of stars are `_STAR`, `_FOLDERS`, `_ALL`."""
    at = 0
    while at < len(pattern):
        char = pattern[at : at + 1]
        if char == b"*":
            part, at = _translate_stars(pattern, at, has_folders=has_folders)
        elif char == b"?":
            part, at = b"[^/]", at + 1
        elif char == b"[":
            part, at = _translate_set(pattern, at)
        elif char == b"\\":
            if at + 1 == len(pattern):
                raise _NeverMatchesError
            part, at = re.escape(pattern[at + 1 : at + 2]), at + 2
        else:
            part, at = re.escape(char), at + 1
        yield part


def _join_tokens(tokens: list[bytes]) -> bytes:
    """Join to an expression that takes the square of the path's length at worst, whatever the pattern.

    Of what stands between two wildcards of one kind the first place is as good as any: where the rest does not fit
    behind it, it fits behind no later one. So these parts are atomic, and only what follows the last is tried again.
    """
    parts: list[bytes] = []
    start, lead, lazy_lead = 0, b"", b""
    for at, token in enumerate(tokens):
        if token in _LAZY:
            parts.append(b"(?>" + lazy_lead + _join_stars(tokens[start:at]) + b")")
            start, lead, lazy_lead = at + 1, token, _LAZY[token]
    return b"".join([*parts, lead, _join_stars(tokens[start:])])


def _join_stars(tokens: list[bytes]) -> bytes:
    """Join what stands between wildcards for folders: all but the last run behind a star is atomic."""
    runs: list[list[bytes]] = [[]]
    for token in tokens:
        if token == _STAR:
            runs.append([])
        else:
            runs[-1].append(token)
    first, *others = (b"".join(run) for run in runs)
    if not others:
        return first
    atomic = [b"(?>[^/]*?" + run + b")" for run in others[:-1] if run]
    return b"".join([first, *atomic, _STAR, others[-1]])


def _translate_stars(pattern: bytes, start: int, *, has_folders: bool) -> tuple[bytes, int]:
    end = start
    while pattern[end : end + 1] == b"*":
        end += 1
    rest = pattern[end:]
    is_free = start == 0 or pattern[start - 1 : start] == b"/"
    if not has_folders or end - start == 1 or not is_free or not (rest == b"" or rest.startswith((b"/", b"\\/"))):
        return _STAR, end
    if rest.startswith(b"/"):
        return _FOLDERS, end + 1
    return _ALL, end


def _translate_set(pattern: bytes, start: int) -> tuple[bytes, int]:
    """Translate `[...]`, after wildmatch: a first `]` is literal, `\\` escapes, an unknown class matches nothing."""
    at = start + 1
    is_negated = pattern[at : at + 1] in (b"!", b"^")
    at += is_negated
    members: list[bytes] = []
    previous: bytes = b""
    is_first = True
    while is_first or pattern[at : at + 1] != b"]":
        is_first = False
        char = pattern[at : at + 1]
        following = pattern[at + 1 : at + 2]
        if char == b"[" and following == b":":
            end = pattern.find(b"]", at + 2)
            if end < 0:
                raise _NeverMatchesError
            if end > at + 2 and pattern[end - 1 : end] == b":":
                members.append(_named_class(pattern[at + 2 : end - 1]))
                previous, at = b"", end + 1
                continue
        if char == b"-" and previous and following not in (b"", b"]"):
            last, at = _set_char(pattern, at + 1)
            if previous <= last:
                members.append(_hex(previous) + b"-" + _hex(last))
            previous = b""
            continue
        previous, at = _set_char(pattern, at)
        members.append(_hex(previous))
    inside = b"".join(members)
    if is_negated:
        return b"[^/" + inside + b"]", at + 1
    return (b"(?!/)[" + inside + b"]", at + 1) if inside else (b"(?!)", at + 1)


def _set_char(pattern: bytes, at: int) -> tuple[bytes, int]:
    if pattern[at : at + 1] == b"\\":
        at += 1
    if at >= len(pattern):
        raise _NeverMatchesError
    return pattern[at : at + 1], at + 1


def _named_class(name: bytes) -> bytes:
    if name not in _CLASSES:
        raise _NeverMatchesError
    return _CLASSES[name]


def _hex(char: bytes) -> bytes:
    return b"\\x%02x" % char[0]
