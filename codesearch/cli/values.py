"""Words of a command line -> sizes, counts and kinds. Raises what argparse shows."""

import argparse
import re

from codesearch.cli.arguments import suggest
from codesearch.sizes import parse_size

KINDS = ("function", "method", "class", "file", "section", "block")


def read_size(text: str) -> int:
    """Return the bytes of `500000`, `512K`, `2MiB` or `2MB`."""
    try:
        return parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


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
