"""Which language a file is written in, by its name, its first line, and where these leave it open, a look inside.

Knows no grammar: `indexers.language_table` is the data.
"""

import re

from indexers.language_table import TABLE, Language

__all__ = ["DEFAULT_LANGUAGE", "LANGUAGES", "Language", "detect_language", "resolve_language"]

DEFAULT_LANGUAGE = "text"

LANGUAGES: dict[str, Language] = {language.name: language for language in TABLE}

BY_EXTENSION = {extension: entry.name for entry in TABLE for extension in entry.extensions}
BY_FILENAME = {filename: entry.name for entry in TABLE for filename in entry.filenames}
BY_SHEBANG = {interpreter: entry.name for entry in TABLE for interpreter in entry.shebangs}
BY_ALIAS = {
    alias: entry.name
    for entry in reversed(TABLE)
    for alias in (*(extension[1:] for extension in entry.extensions), *entry.aliases, entry.name)
} | {entry.name: entry.name for entry in TABLE}

SHEBANG = re.compile(rb"#!\s*(?:\S*/)?(\S+)(?:[ \t]+([^\n]*))?")
CPP = re.compile(
    rb"^[ \t]*(?:template\s*<|namespace\s+\w+|class\s+\w|(?:public|private|protected)\s*:|using\s+\w)|\w::~?\w"
    rb"|^[ \t]*#\s*include\s*<\w+>",
    re.MULTILINE,
)
OBJC = re.compile(rb"^[ \t]*(?:@(?:interface|implementation|protocol|import)\b|#\s*import\b)", re.MULTILINE)
MATLAB = re.compile(rb"^[ \t]*(?:%|function\b[^;{]*$|classdef\b|end\s*$)", re.MULTILINE)


def detect_language(path: str, first_bytes: bytes = b"") -> str:
    """Return the language's name; `text` where nothing tells.

    `first_bytes` decides between users of one extension; behind a long licence, 64 KiB of them are not too many.
    """
    filename = path.rpartition("/")[2].lower()
    stem, dot, extension = filename.rpartition(".")
    by_name = BY_FILENAME.get(filename)
    if not (dot and stem):
        # `build` may be a shell script as well as Bazel's: what the first line says is surer than such a name.
        return _read_shebang(first_bytes) or by_name or DEFAULT_LANGUAGE
    by_extension = BY_EXTENSION.get(dot + extension)
    if by_name is None and by_extension is not None:
        return _look_inside(dot + extension, by_extension, first_bytes)
    return by_name or _read_shebang(first_bytes) or BY_FILENAME.get(stem) or DEFAULT_LANGUAGE


def resolve_language(alias: str) -> str | None:
    """Return the language that an extension, alias or name means: `py` is python, `c#` is csharp."""
    return BY_ALIAS.get(alias.strip().lower().removeprefix("."))


def _read_shebang(first_bytes: bytes) -> str | None:
    match = SHEBANG.match(first_bytes[:200])
    if match is None:
        return None
    interpreter, arguments = match[1], (match[2] or b"").split()
    if interpreter == b"env":
        words = [word for word in arguments if not word.startswith(b"-") and b"=" not in word]
        interpreter = words[0].rpartition(b"/")[2] if words else b""
    name = interpreter.decode("ascii", "replace").lower()
    return BY_SHEBANG.get(name) or BY_SHEBANG.get(name.rstrip("0123456789.-"))


def _look_inside(extension: str, language: str, first_bytes: bytes) -> str:
    if extension == ".h":
        if OBJC.search(first_bytes):
            return "objc"
        return "cpp" if CPP.search(first_bytes) else language
    if extension == ".m":
        return "matlab" if MATLAB.search(first_bytes) and not OBJC.search(first_bytes) else language
    return language
