"""What of a tree can matter to its index: the folders to listen to, and whether a path is worth an update.

In doubt a path matters: the update that follows finds out what is true. Changes nothing, and hashes no file.
"""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from codesearch.errors import CodesearchError
from codesearch.storage.snapshot import Snapshot
from codesearch.watching.rules import Rules
from indexers.attributes import ATTRIBUTES
from indexers.errors import WalkError
from indexers.git import WorkTree, find_configured_rules, find_index_file, find_work_tree
from indexers.ignore import GIT_IGNORE, OWN_IGNORE, RuleFile
from indexers.own_ignore import outer_rules
from indexers.types import Skipped, SkipReason

_RULE_FILES = frozenset({GIT_IGNORE, OWN_IGNORE, ATTRIBUTES})

_EDITORS_OWN = re.compile(rb"4913|\.#.*|#.*#|\..*\.sw[a-z]|.*~")
"""What Vim and Emacs write beside a file while it is edited: trial files, locks, copies, backups. Whoever saves
touches the file itself too, and the update that this brings sees all."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A tree as it was looked through. All paths have `/` between parts."""

    root: bytes
    folders: dict[bytes, int]
    """Inodes of the folders, the root among them, in which a new file may matter."""
    known: frozenset[bytes]
    """Paths about which the index says something."""
    rules: Rules
    outer_files: frozenset[bytes]
    """Files outside of what the walk lists that say what it lists, absolute: git's rules and git's own index."""
    repositories: set[bytes] = field(default_factory=set)
    """Folders in which `.git` lies; those below the root are closed, and still listened to for its end."""
    unborn: set[bytes] = field(default_factory=set)
    """Folders `.git`, absolute, that git does not take for a repository, as where `git init` is under way: when it is
    done, other files are listed, and nothing happens outside of them."""

    def matters(self, path: str) -> bool:
        """Tell whether something that happened to an absolute path may have changed what the index should say."""
        raw = to_slashes(path)
        if raw == self.root or raw in self.outer_files or os.path.dirname(raw) in self.unborn:  # noqa: PTH120
            return True
        if not raw.startswith(self.root + b"/"):
            return False
        local = raw[len(self.root) + 1 :]
        if local in self.known or local in self.folders:
            return True
        folder, _, name = local.rpartition(b"/")
        if name == b".git":
            return os.path.lexists(raw) != (folder in self.repositories)
        if self.rules.place_of(folder).is_closed or _EDITORS_OWN.fullmatch(name):
            return False
        return name in _RULE_FILES or self._is_there(raw, local)

    def has_folder(self, path: str) -> bool:
        """Tell whether a folder that is listened to came, went, or became another."""
        return to_slashes(path)[len(self.root) + 1 :] in self.folders

    def places(self) -> list[str]:
        """Return the absolute paths of all folders to listen to."""
        root = os.fsdecode(self.root)
        inside = [f"{root}/{os.fsdecode(folder)}" if folder else root for folder in sorted(self.folders)]
        others = {os.path.dirname(file) for file in self.outer_files} | self.unborn  # noqa: PTH120
        return inside + sorted(os.fsdecode(place) for place in others if _may_listen(place))

    def _is_there(self, raw: bytes, local: bytes) -> bool:
        """Tell whether a path of which nothing is known exists and no rule ignores it: else it came and went."""
        try:
            is_dir = stat.S_ISDIR(os.lstat(raw).st_mode)
        except OSError:
            return False
        return not self.rules.is_ignored(local, is_dir=is_dir)


def to_slashes(path: str, separator: str = os.sep) -> bytes:
    """Return a path of the system as a survey spells it."""
    return os.fsencode(path.replace(separator, "/"))


def survey(root: Path, folder: Path) -> Survey:
    """Look through the folders of `root`, whose index lies in `folder`. Raises WalkError for a root that is gone."""
    raw = to_slashes(str(root))
    known, closed = _read_known(folder)
    rules, outer_files = _read_outer(root)
    found = Survey(raw, {}, known, Rules(raw, rules, closed), outer_files)
    _look_through(found)
    if not found.folders:
        raise WalkError(f"{root} is gone, or may not be read: there is nothing left to watch.")
    for path in known:
        _add_tracked(found, path.rpartition(b"/")[0])
    found.unborn.update(_find_unborn(found))
    return found


def _find_unborn(found: Survey) -> Iterator[bytes]:
    """Yield `.git` of the root where git finds no work tree, and of folders below whose files the index has."""
    for folder in found.repositories:
        path = found.root + b"/" + folder if folder else found.root
        is_refused = any(known.startswith(folder + b"/") for known in found.known) if folder else not found.outer_files
        if is_refused:
            yield path + b"/.git"


def _read_known(folder: Path) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """Return the paths that an index knows, and the folders of dependencies that its walk did not enter."""
    try:
        with Snapshot.open(folder) as snapshot:
            skipped = snapshot.skipped()
            paths = {file.path.encode() for file in snapshot.files()}
    except CodesearchError:
        return frozenset(), frozenset()
    closed = frozenset(_encode(skip) for skip in skipped if skip.reason == SkipReason.VENDORED)
    return frozenset(paths.union(map(_encode, skipped))), closed


def _encode(skip: Skipped) -> bytes:
    return skip.path.encode("utf-8", "surrogateescape")


def _read_outer(root: Path) -> tuple[tuple[RuleFile, ...], frozenset[bytes]]:
    """Return git's rules from outside the root, and the files that say more than the root's own."""
    try:
        tree = find_work_tree(root)
        return ((), frozenset()) if tree is None else (outer_rules(tree), _outer_files(tree))
    except WalkError:
        return (), frozenset()  # git refuses the repository, which every update says


def _outer_files(tree: WorkTree) -> frozenset[bytes]:
    """Return git's index and rule files that lie outside the root; the user's own, in busy folders, are left out."""
    own = [find_configured_rules(tree)[-1], find_index_file(tree)]
    folders = [folder for folder in tree.root.parents if folder == tree.top or folder.is_relative_to(tree.top)]
    names = [os.fsdecode(name) for name in (GIT_IGNORE, ATTRIBUTES)]
    above = [str(folder / name) for folder in folders for name in names]
    return frozenset(map(to_slashes, [*map(os.path.realpath, own), *above]))


def _look_through(found: Survey) -> None:
    todo = [(b"", 0)]
    while todo:
        folder, inode = todo.pop()
        path = found.root + b"/" + folder if folder else found.root
        try:
            with os.scandir(path) as entries:
                below = [(entry.name, entry.inode()) for entry in entries if entry.is_dir(follow_symlinks=False)]
                inode = inode or os.lstat(path).st_ino
        except OSError:
            continue
        found.folders[folder] = inode
        if os.path.lexists(path + b"/.git"):
            found.repositories.add(folder)
            if folder:
                found.rules.close(folder)
                continue
        for name, number in below:
            child = folder + b"/" + name if folder else name
            if _is_utf8(name) and not found.rules.place_of(child).is_closed:
                todo.append((child, number))


def _add_tracked(found: Survey, folder: bytes) -> None:
    """Add the way to a file that git tracks where a rule ignores what is new."""
    while folder not in found.folders:
        path = found.root + b"/" + folder
        if not _may_listen(path):
            return
        try:
            found.folders[folder] = os.lstat(path).st_ino
        except OSError:
            return
        folder = folder.rpartition(b"/")[0]


def _may_listen(place: bytes) -> bool:
    """Tell whether a folder is there and may be read: the system listens to no other."""
    return os.path.isdir(place) and os.access(place, os.R_OK)  # noqa: PTH112


def _is_utf8(name: bytes) -> bool:
    """Tell whether the walk may list what lies in a folder of this name; no other can be listened to."""
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
