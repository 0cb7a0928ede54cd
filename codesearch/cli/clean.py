"""`codesearch clean`: remove indexes. Source files are never touched."""

import argparse
from pathlib import Path

from codesearch import config, registry
from codesearch.cli.errors import UsageError
from codesearch.cli.outcome import Outcome
from codesearch.cli.render import count
from codesearch.cli.terminal import Terminal
from codesearch.encoders.consent import forget_uploads
from codesearch.errors import NoIndexError
from codesearch.printable import clean_line
from codesearch.sizes import describe_size
from codesearch.types import RootEntry


def run(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:
    """Remove the indexes that were named, after a question."""
    if parsed.path is not None and (parsed.all or parsed.missing):
        raise UsageError("PATH goes with neither --all nor --missing; give one of the three")
    home = config.home_folder()
    entries = _choose(parsed, home)
    if not entries:
        terminal.note("there is nothing to remove")
        return Outcome.NOTHING
    if not parsed.yes and not _is_confirmed(entries, terminal):
        return Outcome.NOTHING
    for entry in entries:
        registry.remove(entry.folder)
        forget_uploads(home, entry.root)
        terminal.note(f"removed the index of {clean_line(str(entry.root))}, {describe_size(entry.size_bytes)}")
    if parsed.all:
        registry.remove_vector_cache(home)
    return Outcome.FOUND


def _choose(parsed: argparse.Namespace, home: Path) -> list[RootEntry]:
    entries = registry.list_roots(home)
    if parsed.all:
        return entries
    if parsed.missing:
        return [entry for entry in entries if entry.is_missing or registry.is_abandoned(entry.folder)]
    path = config.expand(Path(parsed.path), "PATH") if parsed.path is not None else Path.cwd()
    located = registry.find_nearest(path, home)
    if located is None:
        raise NoIndexError(f"no index covers {path}; codesearch list shows what there is")
    return [entry for entry in entries if entry.folder == located.folder]


def _is_confirmed(entries: list[RootEntry], terminal: Terminal) -> bool:
    if not terminal.is_interactive:
        raise UsageError("nobody can be asked here; add --yes to remove without a question")
    for entry in entries:
        terminal.note(f"{clean_line(str(entry.root))}, {describe_size(entry.size_bytes)}")
    return terminal.confirms(f"Remove {count(len(entries), 'index')}?")
