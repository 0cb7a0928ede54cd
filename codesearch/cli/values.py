"""Words of a command line -> sizes, counts and kinds. Raises what argparse shows."""

import argparse
import re

from codesearch.cli.arguments import suggest

KINDS = ("function", "method", "class", "file", "section", "block")

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_DECIMAL_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}


def read_size(text: str) -> int:
    """Return the bytes of `500000`, `512K`, `2MiB` or `2MB`; the last is decimal, the others count by 1,024."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmg]?)(i?b)?", text.strip().lower())
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; write for instance 2MiB")
    number, prefix, suffix = match.groups()
    units = _DECIMAL_UNITS if suffix == "b" else _UNITS
    size = int(float(number) * units[prefix])
    if size < 1:
        raise argparse.ArgumentTypeError("a size must be at least one byte")
    return size


def read_count(text: str) -> int:
    """Return a whole number of at least one."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def read_seed(text: str) -> int:
    """Return a whole number of at least zero."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def read_kinds(text: str) -> list[str]:
    """Return the kinds of `function` or `function,method`."""
    kinds = [word for word in re.split(r"[,\s]+", text) if word]
    for kind in kinds:
        if kind not in KINDS:
            hint = suggest(kind, KINDS)
            raise argparse.ArgumentTypeError(f"there is no kind {kind}{hint}; there are {', '.join(KINDS)}")
    if not kinds:
        raise argparse.ArgumentTypeError(f"no kind is named; there are {', '.join(KINDS)}")
    return kinds
