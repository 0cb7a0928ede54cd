"""Words of a command line -> sizes, counts and kinds. Raises what argparse shows."""

import argparse
import re
from collections.abc import Sequence

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
    if re.fullmatch(r"-[0-9]+", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text} must not be negative")
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def read_seconds(text: str) -> int:
    """Return a whole number of seconds, 0 for no time at all."""
    return read_seed(text)


def read_kinds(text: str) -> list[str]:
    """Return the kinds of `function` or `function,method`."""
    return read_words(text, KINDS, "kind")


def read_words(text: str, choices: Sequence[str], what: str) -> list[str]:
    """Return the words of a list, split at commas and blanks, each out of `choices`, which are called `what`."""
    words = [word for word in re.split(r"[,\s]+", text) if word]
    for word in words:
        if word not in choices:
            hint = suggest(word, choices)
            raise argparse.ArgumentTypeError(f"there is no {what} {word}{hint}; there are {', '.join(choices)}")
    if not words:
        raise argparse.ArgumentTypeError(f"no {what} is named; there are {', '.join(choices)}")
    return words
