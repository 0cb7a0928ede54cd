"""Bytes as people write and read them: `2MiB` and back. Knows nothing of what is so large."""

import re

MAX_SIZE = (1 << 63) - 1
"""No file and no disk is larger, and SQLite keeps no larger number."""

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_DECIMAL_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def parse_size(text: str) -> int:
    """Return the bytes of `500000`, `512K`, `2MiB` or `2MB`; the last is decimal, the others count by 1,024.

    Raises ValueError for what is no size, less than a byte, or more than `MAX_SIZE`.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?b)?", text.strip().lower(), re.ASCII)
    if match is None:
        raise ValueError(f"{text!r} is not a size; write for instance 2MiB")
    number, prefix, suffix = match.groups()
    units = _DECIMAL_UNITS if suffix == "b" else _UNITS
    size = float(number) * units[prefix]
    if not 1 <= size < MAX_SIZE:
        raise ValueError("a size must be at least one byte, and less than 8 million TiB")
    return int(size)


def spell_size(size_bytes: int) -> str:
    """Return bytes exactly, in the largest unit that leaves no rest: what `parse_size` reads back."""
    for prefix in "tgm":
        for units, suffix in ((_UNITS, "iB"), (_DECIMAL_UNITS, "B")):
            if size_bytes % units[prefix] == 0:
                return f"{size_bytes // units[prefix]}{prefix.upper()}{suffix}"
    return str(size_bytes)


def describe_size(size_bytes: int) -> str:
    """Return bytes in the largest unit that keeps a digit before the point: `1.4 MiB`."""
    size = float(size_bytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
