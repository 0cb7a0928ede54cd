"""How fast encoders were on this machine: one small file under the home, disposable, the newest measurement kept.

Knows names, identities and numbers; measures nothing itself. A damaged file counts as none.
"""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from codesearch.errors import StorageError
from codesearch.storage.platform import make_lasting_folder, write_private

SPEEDS_FILE = "speeds.json"

MAX_KEPT = 200
"""Measurements kept, newest first: people try a few dozen encoders, not thousands."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What one encoder did on this machine."""

    tokens_per_s: float
    measured_at: str
    """ISO 8601 with the offset from UTC."""
    engine: str
    """Library, version and device that computed it: the same encoder has another speed under another."""
    name: str = ""
    """What the user types for the encoder; for lists of encoders that are not loaded."""


def read_speeds(home: Path) -> Mapping[str, Speed]:
    """Return the newest measurement of each encoder by its identity, the newest first; empty where none can be read."""
    newest: dict[str, Speed] = {}
    for identity, speed in _read(home):
        newest.setdefault(identity, speed)
    return newest


def find_speed(home: Path, identity: str, engine: str) -> Speed | None:
    """Return what was measured of an encoder under this very engine; None where nothing was."""
    return next((speed for known, speed in _read(home) if (known, speed.engine) == (identity, engine)), None)


def record_speed(home: Path, identity: str, speed: Speed) -> None:
    """Keep a measurement in the place of the one before; raises StorageError where the home cannot be written."""
    others = [(known, old) for known, old in _read(home) if (known, old.engine) != (identity, speed.engine)]
    kept = [(identity, speed), *others][:MAX_KEPT]
    text = json.dumps([{"identity": known, **asdict(one)} for known, one in kept], indent=1)
    path = home / SPEEDS_FILE
    try:
        make_lasting_folder(home)
        write_private(path, text.encode("utf-8"))
    except OSError as error:
        message = f"{path} cannot be written ({error.strerror}); check the disk's space and rights and try again"
        raise StorageError(message) from error


def _read(home: Path) -> list[tuple[str, Speed]]:
    try:
        entries = json.loads((home / SPEEDS_FILE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return []
    speeds: list[tuple[str, Speed]] = []
    for entry in entries if isinstance(entries, list) else []:
        with suppress(KeyError, TypeError, ValueError, OverflowError):
            speeds.append((_text(entry["identity"]), _speed(entry)))
    return speeds


def _speed(entry: Any) -> Speed:
    tokens_per_s = float(entry["tokens_per_s"])
    if not (math.isfinite(tokens_per_s) and tokens_per_s > 0):
        raise ValueError("a speed is a number above zero")
    return Speed(tokens_per_s, _text(entry["measured_at"]), _text(entry["engine"]), _text(entry["name"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is expected")
    return value
