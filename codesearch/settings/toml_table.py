"""Reads a TOML file and takes checked values out of its tables; what is wrong is said with file and key.

Knows forms of values and no setting. An error never shows the value of a key that may hold a secret.
"""

import re
import stat
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from codesearch.errors import ConfigError
from codesearch.sizes import parse_size

MAX_FILE_BYTES = 1 << 18
"""No configuration is that long; what is longer is some other file, or meant to be a burden."""

SHOWN_CHARACTERS = 60

MAX_COUNT = (1 << 31) - 1
"""No dimension, length or batch is larger; beyond it other libraries fail in ways of their own."""

MAX_SECONDS = 86_400
"""A day: no answer takes that long, and sockets take no endless time."""

_ENDLESS_KEY = re.compile(r"""(?<![\w"'\\-])(?:(?:[\w-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')[ \t]*\.[ \t]*){20}""", re.ASCII)
"""A dotted key of more parts than any setting has: tomllib takes memory with the square of their number."""

Choice = TypeVar("Choice", bound=str)


def read_toml(path: Path) -> Mapping[str, object]:
    """Return what a TOML file holds, nothing where there is none; raises ConfigError for one that cannot be read."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError(f"{path} is not a regular file; put the configuration there, or remove it")
        if status.st_size > MAX_FILE_BYTES:
            raise ConfigError(f"{path} is no configuration: it has {status.st_size:,} bytes; shorten or remove it")
        return parse_toml(path, path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}; check its permissions") from error


def parse_toml(path: Path, data: bytes) -> Mapping[str, object]:
    """Return what the bytes of a TOML file hold; `path` is for the error."""
    import tomllib  # most people have no such file

    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8; save it in that encoding") from error
    try:
        if _ENDLESS_KEY.search(text):
            raise RecursionError
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}; correct it there") from error
    except RecursionError as error:
        raise ConfigError(f"{path} is nested too deeply to be a configuration; correct it there") from error
    except ValueError as error:  # Python reads no number of thousands of digits
        key = _key_of_number(text)
        raise ConfigError(f"{path}: {key} has too many digits for a number; correct it there") from error


def _key_of_number(text: str) -> str:
    """Return the key of the first number that is too long to be read."""
    found = re.search(r"^[ \t]*([^=\n]{1,60}?)[ \t]*=[^\n]*?(?<![\d_])\d[\d_]{4000}", text, re.MULTILINE)
    return found[1] if found else "a key"


def hint_at(name: str, known: Collection[str]) -> str:
    """Return what a name that is not known may have been meant for."""
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"


class TomlTable:
    """One table of a file. Each method returns the checked value of a key, None where the key is absent."""

    def __init__(self, file: Path, values: Mapping[str, object], name: str = "") -> None:
        self.file = file
        self.values = values
        self.name = name

    def text(self, key: str) -> str | None:
        """Read a text that is not empty."""
        value = self.values.get(key)
        if value is None or (isinstance(value, str) and value.strip()):
            return value
        raise self.refusal(key, "a text that is not empty")

    def raw_text(self, key: str) -> str | None:
        """Read a text that may be empty."""
        value = self.values.get(key)
        if value is None or isinstance(value, str):
            return value
        raise self.refusal(key, "a text")

    def flag(self, key: str) -> bool | None:
        """Read true or false."""
        value = self.values.get(key)
        if value is None or isinstance(value, bool):
            return value
        raise self.refusal(key, "true or false")

    def count(self, key: str) -> int | None:
        """Read a whole number from 1 to `MAX_COUNT`."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            if value <= MAX_COUNT:
                return value
            raise self.refusal(key, f"at most {MAX_COUNT:,}")
        raise self.refusal(key, "a whole number of at least 1")

    def seconds(self, key: str) -> float | None:
        """Read a number above 0, at most `MAX_SECONDS`."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= MAX_SECONDS:
            return float(value)
        raise self.refusal(key, f"a number of seconds above 0, at most {MAX_SECONDS:,}")

    def size(self, key: str) -> int | None:
        """Read a number of bytes, as a number or as `2MiB`."""
        value = self.values.get(key)
        if value is None:
            return None
        try:
            return parse_size(value if isinstance(value, str) else str(value))
        except ValueError:
            raise self.refusal(key, "a size such as 2MiB") from None

    def choice(self, key: str, choices: Sequence[Choice]) -> Choice | None:
        """Read one of several words."""
        value = self.values.get(key)
        if value is None:
            return None
        for choice in choices:
            if value == choice:
                return choice
        raise self.refusal(key, f"one of {', '.join(choices)}")

    def choices(self, key: str, choices: Sequence[Choice]) -> tuple[Choice, ...] | None:
        """Read a list of at least one of several words; it comes back in the order of `choices`, each once."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, list) and value and all(entry in choices for entry in value):
            return tuple(choice for choice in choices if choice in value)
        raise self.refusal(key, f"a list with one or more of {', '.join(choices)}")

    def tables(self, key: str) -> Mapping[str, "TomlTable"]:
        """Read a table of tables; empty where there is none."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.error(key, f"must be written as tables, [{key}.NAME]")
        for name, inner in value.items():
            if not isinstance(inner, dict):
                raise self.error(f"{key}.{name}", f"must be a table, [{key}.{name}]")
        return {name: TomlTable(self.file, inner, f"{key}.{name}") for name, inner in value.items()}

    def check_names(self, known: Collection[str]) -> None:
        """Raise ConfigError for a key that nothing here is called."""
        for name in self.values:
            if name not in known:
                raise self.error(name, f"is no setting; {hint_at(name, known)}")

    def refusal(self, key: str, expected: str) -> ConfigError:
        """Return the error of a value that is not what was expected."""
        try:
            shown = _shorten(repr(self.values.get(key)))
        except ValueError:
            shown = "a number of thousands of digits"
        return self.error(key, f"must be {expected}, not {shown}")

    def error(self, key: str, message: str) -> ConfigError:
        """Return an error about a key, or with an empty one about the table itself."""
        return ConfigError(f"{self.file}: {_shorten('.'.join(filter(None, (self.name, key))))} {message}")


def _shorten(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
