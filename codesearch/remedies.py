"""Names the root in what storage says to do about a catalogue that cannot be read, from which alone storage knows it.

Knows the commands that mend an index, and nothing of indexes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from codesearch.errors import CorruptIndexError, FormatError
from codesearch.storage.checksums import rebuild_command, repair_command


def name_root(text: str, root: Path) -> str:
    """Return the text with the root in the place of a stand-in for it."""
    for command in (rebuild_command, repair_command):
        text = text.replace(command(None), command(root))
    return text


@contextmanager
def naming_root(root: Path) -> Iterator[None]:
    """Have errors about an index say of which root it is."""
    try:
        yield
    except (CorruptIndexError, FormatError) as error:
        error.args = (name_root(str(error), root),)
        raise
