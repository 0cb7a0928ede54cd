"""How editors are told to open a file at a line. Starts nothing."""

import shlex
from pathlib import Path

AT_LINE = {
    "code": ("--goto", "{path}:{line}"),
    "codium": ("--goto", "{path}:{line}"),
    "hx": ("{path}:{line}",),
    "helix": ("{path}:{line}",),
    "subl": ("{path}:{line}",),
    "zed": ("{path}:{line}",),
}
"""Editors that do not know vi's `+LINE FILE`, which all others are given."""


def editor_command(editor: str, path: Path, line: int) -> list[str]:
    """Return the arguments that open `path` at `line`; `editor` may carry options of its own.

    Raises ValueError where `editor` is blank or its quotes do not close.
    """
    words = shlex.split(editor)
    if not words:
        raise ValueError("no command is named")
    form = AT_LINE.get(Path(words[0]).stem, ("+{line}", "{path}"))
    return [*words, *(part.format(path=path, line=line) for part in form)]
