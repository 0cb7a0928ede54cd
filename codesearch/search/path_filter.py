"""Path filters: which paths a pattern means. Knows strings only, no index and no file system.

A pattern with a slash is a glob or folder prefix from the root (`src/**`, `src/api`, `/src`); without one it is a
glob over any folder or file name (`*.py`), and a plain word also means a file by its stem (`routing` for `routing.py`).
"""

import re
import warnings
from collections.abc import Sequence

from codesearch.errors import QueryError


def match_paths(paths: Sequence[str], patterns: Sequence[str]) -> list[bool]:
    """Say for each path whether any of the patterns means it.

    Raises:
        QueryError: a pattern is not a glob.
    """
    if not patterns:
        return [False] * len(paths)
    matches = _compile("|".join(f"(?:{_checked(pattern)})" for pattern in patterns)).match
    return [matches(path) is not None for path in paths]


def _checked(pattern: str) -> str:
    """Return the pattern's regular expression, which may be none: a set such as `[z-a]` goes through as it stands."""
    regex = _to_regex(pattern)
    try:
        _compile(regex)
    except re.error as error:
        raise QueryError(f"path filter {pattern!r} is not a glob: {error.msg}") from error
    return regex


def _compile(regex: str) -> re.Pattern[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # `[[` in a set may once mean another thing than in a glob
        return re.compile(regex)


def _to_regex(pattern: str) -> str:
    from pathspec.patterns.gitignore.base import GitIgnorePatternError
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    cleaned = pattern[1:] if pattern.startswith("./") else pattern
    if not cleaned.strip("/"):
        return ""
    if re.fullmatch(r"[\w-]+", cleaned):
        word = re.escape(cleaned)
        return rf"(?:.+/)?{word}(?:/|$)|(?:.*[/.])?{word}\.[^/]*$"
    escaped = "\\" + cleaned if cleaned[0] in "!#" else cleaned
    try:
        regex, _ = GitIgnoreSpecPattern.pattern_to_regex(escaped.rstrip() or escaped)
    except GitIgnorePatternError as error:
        raise QueryError(f"path filter {pattern!r} is not a glob: {error}") from error
    if regex is None:
        raise QueryError(f"path filter {pattern!r} means no path; write a glob such as path:src/**")
    return re.sub(r"\?P<\w+>", "?:", regex)
