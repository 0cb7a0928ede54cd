"""Writes the user's configuration file: one value set or taken out, all else left as the user wrote it.

What would not be read back as valid is not written. Reading is `codesearch.settings`'.
"""

import os
import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from codesearch.encoders import resolve
from codesearch.errors import ConfigError, StorageError
from codesearch.setting_keys import ENCODERS, Value, parse_value, split_key
from codesearch.settings import Settings, settings_of
from codesearch.storage.platform import write_private
from codesearch.toml_table import TomlTable, parse_toml, read_toml

Table = MutableMapping[str, Any]

_HEADER = re.compile(r"\s*\[")


def set_value(file: Path, key: str, text: str) -> Value:
    """Set a key to the value that was typed and return it; paths are taken from the working folder.

    Raises ConfigError for an unknown key, a value that does not fit, or a file that would not be valid; EncoderError
    for the name of an encoder that means nothing; StorageError where the file cannot be written.
    """
    import tomlkit

    parts = split_key(key)
    value = parse_value(parts, _absolute(parts, text))
    before = _read_text(file)
    if parts == ("encoder",):
        value = resolve(str(value), _check(file, before)).name
    document = tomlkit.parse(before)
    table: Table = document
    for part in parts[:-1]:
        if part not in table:
            table[part] = tomlkit.table(is_super_table=part == ENCODERS)
        table = table[part]
    _put(table, parts[-1], value)
    _write(file, tomlkit.dumps(document))
    return value


def unset_value(file: Path, key: str) -> bool:
    """Take a key out, or a whole encoder by `encoders.NAME`; return whether it was there. Raises what setting does."""
    import tomlkit

    parts = split_key(key)
    before = _read_text(file)
    document = tomlkit.parse(before)
    if not _remove(document, parts):
        return False
    after = tomlkit.dumps(document)
    if len(parts) > 1 and parts[1] not in document.get(ENCODERS, {}):
        cut = _cut_table(before, parts[1])
        after = cut if parse_toml(file, cut.encode("utf-8")) == document.unwrap() else after
        if document.get("encoder") == parts[1]:
            raise ConfigError(f"{file}: encoder is set to {parts[1]}; set it to another, or unset it first")
    _write(file, after)
    return True


def _absolute(parts: tuple[str, ...], text: str) -> str:
    """Return the value with a path of the working folder spelled out: the file lies elsewhere."""
    is_path = parts[-1] == "tokenizer"
    if parts[0] == ENCODERS and parts[-1] == "model":
        is_path = text.startswith((".", "~")) or text.lower().endswith(".gguf")
    return str(Path(text).expanduser().absolute()) if is_path and text else text


def _read_text(file: Path) -> str:
    """Return the file as it is written, nothing where there is none; raises ConfigError for one that is not TOML."""
    read_toml(file)
    return file.read_bytes().decode("utf-8") if file.is_file() else ""


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


def _check(file: Path, text: str) -> Settings:
    return settings_of(TomlTable(file, parse_toml(file, text.encode("utf-8"))))


def _write(file: Path, text: str) -> None:
    """Write the file if what it says is valid; one that a link leads to is written where it lies."""
    _check(file, text)
    real = Path(os.path.realpath(file))
    try:
        real.parent.mkdir(parents=True, exist_ok=True)
        write_private(real, text.encode("utf-8"))
    except OSError as error:
        raise StorageError(f"{real} cannot be written: {error.strerror}; check its folder's rights") from error
