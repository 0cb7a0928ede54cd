"""Which languages may be without a grammar where the tests run, and a skip for those alone."""

import platform
import sys

import pytest

from indexers.definitions import GrammarMissing, find_definitions
from indexers.types import Definition

IN_THE_EXTRA = frozenset({"r", "erlang", "protobuf"})
HAS_PERL_WHEEL = (sys.platform, platform.machine()) != ("darwin", "x86_64")


def may_be_missing(language: str) -> bool:
    """Tell whether an installation without the `languages` extra may lack the grammar."""
    return language in IN_THE_EXTRA or (language == "perl" and not HAS_PERL_WHEEL)


def definitions_or_skip(language: str, data: bytes) -> list[Definition]:
    """Return the definitions; skip where the grammar is in the extra and not installed, fail where it must be."""
    try:
        return find_definitions(language, data)
    except GrammarMissing as missing:
        if not may_be_missing(language):
            raise
        pytest.skip(str(missing))
