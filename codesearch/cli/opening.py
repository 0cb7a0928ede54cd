"""From what was typed as PATH to an open index: found above, found again after a move, or built when wanted.

Knows the questions a person may be asked on the way; scripts get the error instead, or `--auto-index`.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codesearch import config, registry
from codesearch.cli.errors import UsageError
from codesearch.cli.terminal import Terminal
from codesearch.errors import AmbiguousRootError, CorruptIndexError, NoIndexError
from codesearch.index import Index
from codesearch.printable import clean_line
from codesearch.registry import Located
from codesearch.types import BuildOptions, Freshness


@dataclass(frozen=True, slots=True)
class Opened:
    """An open index and the part of it that was asked for."""

    index: Index
    prefix: str
    """Path below the root that PATH named; empty for all, and wherever PATH was left out."""
    fresh: Freshness | None = None
    """What came of the update that was asked for."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is done to an index before it is asked."""

    auto_index: bool = False
    """Build it where there is none."""
    is_fresh: bool = False
    """Bring it up to date."""
    wait_s: float = 0.0
    """How long another process that writes it is waited for."""

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> "Wish":
        """Return what was typed."""
        return cls(parsed.auto_index, parsed.fresh, parsed.wait)


@contextmanager
def open_index(typed: str | None, terminal: Terminal, wish: Wish = Wish()) -> Iterator[Opened]:
    """Open the nearest index at or above what was typed, or above the working folder."""
    home = config.home_folder()
    path = existing_path(typed)
    located = _locate(path, home, terminal, wish)
    if located.moved_from is not None:
        old, new = clean_line(str(located.moved_from)), clean_line(str(located.root))
        terminal.note(f"index: {new} was found again; it moved from {old}")
    index = _open(located.root, home, terminal, wish)
    try:
        freshness = _freshen(index, wish.wait_s, terminal) if wish.is_fresh else None
        yield Opened(index, located.prefix if typed is not None else "", freshness)
    finally:
        index.close()


def existing_path(typed: str | None, hint: str = "") -> Path:
    """Return the path that was typed, or the working folder; it must exist."""
    path = Path(typed) if typed is not None else Path.cwd()
    try:
        path = path.expanduser()
        exists = path.exists()
    except (OSError, ValueError, RuntimeError):
        exists = False
    if not exists:
        raise UsageError(f"no such file or folder: {typed}{hint}")
    return path.resolve()


def _locate(path: Path, home: Path, terminal: Terminal, wish: Wish) -> Located:
    try:
        return registry.locate(path, home)
    except NoIndexError:
        root = choose_root(path)
        if not wish.auto_index and not (terminal.is_interactive and terminal.confirms(_offer(root))):
            raise
        _build(root, home, wish.wait_s, terminal)
    except AmbiguousRootError:
        if not terminal.is_interactive:
            raise
        _adopt_chosen(path, home, terminal)
    return registry.locate(path, home)


def _build(root: Path, home: Path, patience_s: float, terminal: Terminal) -> None:
    from codesearch.cli.building import build_index  # what builds is not imported to open what is there

    build_index(root, BuildOptions(patience_s=patience_s), home, terminal, quiet=False)


def _open(root: Path, home: Path, terminal: Terminal, wish: Wish) -> Index:
    """Open an index; one that is too damaged for that is repaired by the update that was asked for."""
    try:
        return Index.open(root, home)
    except CorruptIndexError:
        if not wish.is_fresh:
            raise
    _build(root, home, wish.wait_s, terminal)
    return Index.open(root, home)


def _freshen(index: Index, patience_s: float, terminal: Terminal) -> Freshness:
    from codesearch.cli.building import freshen_index

    return freshen_index(index, patience_s, terminal)


def choose_root(path: Path) -> Path:
    """Return the folder to index for `path`: its git work tree, else the folder itself."""
    folder = path if path.is_dir() else path.parent
    for parent in (folder, *folder.parents):
        if parent in {Path.home(), Path(parent.anchor)}:
            break
        if (parent / ".git").exists():
            return parent
    return folder


def _offer(root: Path) -> str:
    return f"No index covers {clean_line(str(root))}. Build it now?"


def _adopt_chosen(path: Path, home: Path, terminal: Terminal) -> None:
    root, candidates = registry.find_moved(path, home)
    terminal.note(f"{clean_line(str(root))} may be one of these roots that moved:")
    for number, entry in enumerate(candidates, 1):
        terminal.note(f"  {number}  {clean_line(str(entry.root))}, updated {entry.updated_at or 'at an unknown time'}")
    typed = terminal.answer(f"Which one [1-{len(candidates)}, empty for none]? ")
    if not typed.isdecimal() or not 1 <= int(typed) <= len(candidates):
        raise NoIndexError(f"no index was chosen for {root}; run codesearch index there for a new one")
    registry.adopt(candidates[int(typed) - 1], root, path, home)
