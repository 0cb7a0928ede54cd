"""Writes the user's configuration file: one value set or taken out, all else left as the user wrote it.

What would not be read back as valid is not written. Reading is `codesearch.settings.settings`'.
"""

import os
import re
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from codesearch.config import expand
from codesearch.encoders.own import resolve
from codesearch.errors import ConfigError, StorageError
from codesearch.settings.keys import ENCODERS, Value, parse_value, split_key
from codesearch.settings.settings import settings_of
from codesearch.settings.toml_table import TomlTable, parse_toml, read_toml
from codesearch.storage.platform import make_lasting_folder, write_private

Table = MutableMapping[str, Any]

_HEADER = re.compile(r"\s*\[")


def set_value(file: Path, key: str, text: str) -> Value:
    """Set a key to the value that was typed and return it; paths are taken from the working folder.

    Raises ConfigError for an unknown key, a value that does not fit, or a file that would not be valid; EncoderError
    for the name of an encoder that means nothing; StorageError where the file cannot be written.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    parts = split_key(key)
    value = parse_value(parts, _absolute(parts, text))
    before = _read_text(file)
    wanted = _parse(file, before)
    if parts == ("encoder",):
        value = resolve(str(value), settings_of(TomlTable(file, wanted))).name
    _set(wanted, parts, value)
    settings_of(TomlTable(file, wanted))
    after = ""
    with suppress(TOMLKitError, ValueError):  # a table that is written in one line takes no other
        document = tomlkit.parse(before)
        table: Table = document
        for part in parts[:-1]:
            if part not in table:
                table[part] = tomlkit.table(is_super_table=part == ENCODERS)
            table = table[part]
        _put(table, parts[-1], value)
        after = tomlkit.dumps(document)
    _write(file, after, wanted)
    return value


def unset_value(file: Path, key: str) -> bool:
    """Take a key out, or a whole encoder by `encoders.NAME`; return whether it was there. Raises what setting does."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    parts = split_key(key)
    before = _read_text(file)
    wanted = _parse(file, before)
    if not _remove(wanted, parts):
        return False
    if len(parts) > 1 and wanted.get("encoder") == parts[1] and parts[1] not in wanted.get(ENCODERS, {}):
        raise ConfigError(f"{file}: encoder is set to {parts[1]}; set it to another, or unset it first")
    after = _cut_table(before, parts[1]) if len(parts) > 1 else ""
    if _read_back(after) != wanted:
        with suppress(TOMLKitError, ValueError):
            document = tomlkit.parse(before)
            _remove(document, parts)
            after = tomlkit.dumps(document)
    _write(file, after, wanted)
    return True


def _absolute(parts: tuple[str, ...], text: str) -> str:
    """Return the value with a path of the working folder spelled out: the file lies elsewhere."""
    is_path = parts[-1] == "tokenizer"
    if parts[0] == ENCODERS and parts[-1] == "model":
        is_path = text.startswith((".", "~")) or text.lower().endswith(".gguf")
    return str(expand(Path(text), ".".join(parts))) if is_path and text else text


def _read_text(file: Path) -> str:
    """Return the file as it is written, nothing where there is none; raises ConfigError for one that is not TOML."""
    read_toml(file)
    return file.read_bytes().decode("utf-8") if file.is_file() else ""


def _set(values: dict[str, Any], parts: tuple[str, ...], value: Value) -> None:
    """Set a key of plain values, making the tables on the way; what is no table there is left for the check."""
    for part in parts[:-1]:
        values = values.setdefault(part, {})
        if not isinstance(values, dict):
            return
    values[parts[-1]] = value


def _put(table: Table, key: str, value: Value) -> None:
    """Set a key of a table; a new one stands before the comments at its end, which speak of the next table."""
    from tomlkit.items import Table as WrittenTable

    body = table.value.body if isinstance(table, WrittenTable) and key not in table else []
    n_kept = len(body)
    while n_kept and body[n_kept - 1][0] is None:
        n_kept -= 1
    tail = body[n_kept:]
    del body[n_kept:]
    table[key] = value
    body.extend(tail)


def _remove(document: Table, parts: tuple[str, ...]) -> bool:
    """Take a key out, and the tables that are empty then; return whether it was there."""
    tables = [document]
    for part in parts[:-1]:
        inner = tables[-1].get(part)
        if not isinstance(inner, MutableMapping):
            return False
        tables.append(inner)
    if parts[-1] not in tables[-1]:
        return False
    del tables[-1][parts[-1]]
    for depth in range(len(parts) - 1, 0, -1):
        if not tables[depth]:
            del tables[depth - 1][parts[depth - 1]]
    return True


def _cut_table(text: str, name: str) -> str:
    """Return the text without the table of an encoder; comments in front of the next table stay with that."""
    lines = text.splitlines(keepends=True)
    header = re.compile(rf"""\s*\[\s*{ENCODERS}\s*\.\s*["']?{re.escape(name)}["']?\s*\]""")
    start = next((number for number, line in enumerate(lines) if header.match(line)), len(lines))
    end = next((number for number in range(start + 1, len(lines)) if _HEADER.match(lines[number])), len(lines))
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return "".join([*lines[:start], *lines[end:]])


def _parse(file: Path, text: str) -> dict[str, Any]:
    return dict(parse_toml(file, text.encode("utf-8")))


def _read_back(text: str) -> dict[str, Any] | None:
    """Return what a text says, None where it is not TOML."""
    try:
        return _parse(Path(), text)
    except ConfigError:
        return None


def _write(file: Path, text: str, wanted: dict[str, Any]) -> None:
    """Write the file if it says what is wanted and that is valid; one that a link leads to is written where it lies."""
    settings_of(TomlTable(file, wanted))
    if _read_back(text) != wanted:
        raise ConfigError(f"{file} is written in a way that cannot be changed here; change it in an editor")
    real = Path(os.path.realpath(file))
    try:
        make_lasting_folder(real.parent)
        write_private(real, text.encode("utf-8"))
    except OSError as error:
        raise StorageError(f"{real} cannot be written: {error.strerror}; check its folder's rights") from error
