"""Reads a TOML file and takes checked values out of its tables; what is wrong is said with file and key.

Knows forms of values and no setting. An error never shows the value of a key that may hold a secret.
"""

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
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8; save it in that encoding") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}; correct it there") from error
    except RecursionError as error:
        raise ConfigError(f"{path} is nested too deeply to be a configuration; correct it there") from error


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
        """Read a whole number of at least 1."""
        value = self.values.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 1):
            return value
        raise self.refusal(key, "a whole number of at least 1")

    def seconds(self, key: str) -> float | None:
        """Read a number above 0."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf"):
            return float(value)
        raise self.refusal(key, "a number of seconds above 0")

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
        shown = repr(self.values.get(key))
        shown = shown if len(shown) <= SHOWN_CHARACTERS else f"{shown[:SHOWN_CHARACTERS]}…"
        return self.error(key, f"must be {expected}, not {shown}")

    def error(self, key: str, message: str) -> ConfigError:
        """Return an error about a key, or with an empty one about the table itself."""
        return ConfigError(f"{self.file}: {'.'.join(filter(None, (self.name, key)))} {message}")
