"""Colours for a terminal: names, numbers and source code. Pygments is loaded when the first code is painted.

Input must be clean already (`clean_text`); knows nothing of results.
"""

from typing import Any

RESET = "\x1b[0m"
BOLD = "\x1b[1m"
DIM = "\x1b[2m"
MAGENTA = "\x1b[35m"
GREEN = "\x1b[32m"
CYAN = "\x1b[36m"
YELLOW = "\x1b[33m"

MAX_LEXED_CHARS = 64 * 1024
"""Above this a lexer takes longer than the search; such code is shown plain."""

_LEXER_NAMES = {
    "cpp": "c++",
    "hcl": "terraform",
    "notebook": "python",
    "protobuf": "protobuf",
    "svelte": "html",
    "text": "text",
    "vue": "html",
}


def paint(text: str, style: str) -> str:
    """Return the text in a style, nothing for nothing."""
    return f"{style}{text}{RESET}" if text else ""


def highlight_lines(text: str, language: str) -> list[str]:
    """Return the lines of the code in colour, one for each line of the text; each line closes its own colours."""
    if len(text) > MAX_LEXED_CHARS:
        return text.split("\n")
    from pygments import highlight  # type: ignore[import-untyped]
    from pygments.formatters.terminal import TerminalFormatter  # type: ignore[import-untyped]

    painted = highlight(text, _find_lexer(language), TerminalFormatter())
    lines = painted.split("\n")
    wanted = text.count("\n") + 1
    return lines[:wanted] if len(lines) >= wanted else text.split("\n")


def _find_lexer(language: str) -> Any:
    from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]
    from pygments.lexers.special import TextLexer  # type: ignore[import-untyped]
    from pygments.util import ClassNotFound  # type: ignore[import-untyped]

    plain = {"stripnl": False, "ensurenl": False}
    try:
        return get_lexer_by_name(_LEXER_NAMES.get(language, language), **plain)
    except ClassNotFound:
        return TextLexer(**plain)
