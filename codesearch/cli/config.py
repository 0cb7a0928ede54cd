"""`codesearch config`: show what is settled and by which file, change the user's.

A repository's own file is read and never written.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from codesearch import config, registry
from codesearch.cli.errors import UsageError
from codesearch.cli.opening import choose_root
from codesearch.cli.outcome import Outcome
from codesearch.cli.terminal import Terminal
from codesearch.printable import clean_line
from codesearch.serialize import SCHEMA_VERSION, dump_json
from codesearch.settings.keys import ENCODER_KEYS, ENCODERS, split_key
from codesearch.settings.settings import REPOSITORY_FILE, Settings, read_settings
from codesearch.settings.toml_table import read_toml
from codesearch.settings.user_file import set_value, unset_value
from codesearch.sizes import spell_size
from indexers.walker import DEFAULT_MAX_FILE_BYTES

SIZES = ("max_file_size", "cache_size")

Json = str | int | float | bool | list[str] | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One value that holds here."""

    key: str
    value: Json
    """None where nothing settles it and the default is found out when it is needed."""
    origin: Path | None
    """The file that settles it; None for a default."""

    @property
    def text(self) -> str:
        """The value as it can be typed again."""
        return spell_size(self.value) if self.key in SIZES and isinstance(self.value, int) else _spell(self.value)


def run(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:
    """Show, set or take out a value."""
    file, key, value = config.config_file(), parsed.key, parsed.value
    _check_arguments(parsed)
    match parsed.action:
        case "path":
            terminal.result(clean_line(str(file)))
        case "set":
            shown = _spell(set_value(file, key, value))
            terminal.note(f"set {clean_line(key)} to {clean_line(shown)} in {clean_line(str(file))}")
        case "unset" if not unset_value(file, key):
            terminal.note(f"{clean_line(key)} is not set in {clean_line(str(file))}")
            return Outcome.NOTHING
        case "unset":
            terminal.note(f"took {clean_line(key)} out of {clean_line(str(file))}")
        case _:
            return _get(file, parsed, terminal)
    return Outcome.FOUND


def list_entries(settings: Settings, user_file: Path) -> list[Entry]:
    """Return every value that holds, defaults too, then those of the user's own encoders."""
    values: Mapping[str, Json] = {
        "encoder": settings.encoder,
        "offline": settings.is_offline,
        "granularities": list(settings.granularities),
        "coarse_dim": settings.coarse_dim,
        "max_file_size": settings.max_file_bytes or DEFAULT_MAX_FILE_BYTES,
        "cache_size": settings.cache_bytes,
    }
    plain = [Entry(key, value, settings.origins.get(key)) for key, value in values.items()]
    tables = read_toml(user_file).get(ENCODERS)
    return plain + [entry for name in settings.encoders for entry in _list_own(name, tables, user_file)]


def _list_own(name: str, tables: object, user_file: Path) -> list[Entry]:
    """Return the keys of one of the user's encoders as they are written; the file was found valid before."""
    table = tables.get(name) if isinstance(tables, dict) else None
    written = table if isinstance(table, dict) else {}
    return [Entry(f"{ENCODERS}.{name}.{key}", written[key], user_file) for key in ENCODER_KEYS if key in written]


def _check_arguments(parsed: argparse.Namespace) -> None:
    needed = {"get": 0, "path": 0, "unset": 1, "set": 2}[parsed.action]
    allowed = {"get": 1, "path": 0, "unset": 1, "set": 2}[parsed.action]
    n_given = sum(argument is not None for argument in (parsed.key, parsed.value))
    if not needed <= n_given <= allowed:
        form = {"get": "get [KEY]", "path": "path", "unset": "unset KEY", "set": "set KEY VALUE"}[parsed.action]
        raise UsageError(f"write codesearch config {form}; a value of several words goes in quotes")
    if parsed.json and parsed.action != "get":
        raise UsageError("--json goes with codesearch config get alone")


def _get(file: Path, parsed: argparse.Namespace, terminal: Terminal) -> Outcome:
    root = find_root()
    entries = list_entries(read_settings(root, file), file)
    if parsed.key is not None:
        split_key(parsed.key)
        entries = [entry for entry in entries if entry.key == parsed.key or entry.key.startswith(f"{parsed.key}.")]
    if parsed.json:
        terminal.result(dump_json(_to_json(entries, file, root)))
    elif parsed.key is not None and len(entries) == 1:
        if entries[0].value is not None:
            terminal.result(clean_line(entries[0].text))
    else:
        for line in _render(entries):
            terminal.result(line)
    return Outcome.FOUND if any(entry.value is not None for entry in entries) else Outcome.NOTHING


def find_root() -> Path:
    """Return the root whose settings hold in the working folder."""
    located = registry.find_nearest(Path.cwd(), config.home_folder())
    return located.root if located is not None else choose_root(Path.cwd())


def _render(entries: list[Entry]) -> list[str]:
    """Return `key = value` and the file, aligned."""
    rows = [(entry.key, entry.text or "-", str(entry.origin or "default")) for entry in entries]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    return [clean_line(f"{key:<{widths[0]}}  {value:<{widths[1]}}  {origin}") for key, value, origin in rows]


def _spell(value: Json) -> str:
    """Return a value as it can be typed again."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return ",".join(value)
    return str(value)


def _to_json(entries: list[Entry], file: Path, root: Path) -> dict[str, object]:
    values = [
        {"key": entry.key, "value": entry.value, "origin": str(entry.origin) if entry.origin else None}
        for entry in entries
    ]
    return {
        "version": SCHEMA_VERSION,
        "file": str(file),
        "repository_file": str(root / REPOSITORY_FILE),
        "values": values,
    }
