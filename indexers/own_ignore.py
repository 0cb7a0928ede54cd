"""Applies `.codesearchignore` on top of what git lists: it leaves further files out, and its `!` lines bring files
back that git ignores. Only where such a line exists is the tree looked through a second time.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from indexers import git
from indexers.errors import GitTimeoutError
from indexers.git_process import TIMEOUT_S
from indexers.ignore import GIT_IGNORE, OWN_IGNORE, RuleFile, decide, parse_rules, read_rules
from indexers.listing import Listing, printable
from indexers.scan import ScanRules, describe_repository, scan
from indexers.types import Skipped, SkipReason


@dataclass(slots=True)
class _OwnRules:
    """The `.codesearchignore` files of a tree, by folder, and what they said about folders so far."""

    files: Mapping[bytes, RuleFile]
    ignored_folders: dict[bytes, bool] = field(default_factory=dict)

    def is_ignored(self, path: bytes, *, is_dir: bool = False) -> bool:
        """Tell whether a rule leaves out the path or a folder above it."""
        return self._is_below_ignored(path.rpartition(b"/")[0]) or self._is_matched(path, is_dir)

    def _is_below_ignored(self, folder: bytes) -> bool:
        """Tell whether a rule leaves out the folder or one above it."""
        unknown: list[bytes] = []
        while folder and folder not in self.ignored_folders:
            unknown.append(folder)
            folder = folder.rpartition(b"/")[0]
        is_ignored = self.ignored_folders.get(folder, False)
        for below in reversed(unknown):
            is_ignored = is_ignored or self._is_matched(below, is_dir=True)
            self.ignored_folders[below] = is_ignored
        return is_ignored

    def _is_matched(self, path: bytes, is_dir: bool) -> bool:
        return decide(self._chain(path.rpartition(b"/")[0]), path, is_dir) is True

    def _chain(self, folder: bytes) -> list[RuleFile]:
        above = [folder[:at] for at, byte in enumerate(folder) if byte == ord("/")]
        return [self.files[place] for place in (b"", *above, folder) if place in self.files]


def list_work_tree(tree: git.WorkTree, timeout_s: float = TIMEOUT_S) -> Listing:
    """List what git knows of the root, as changed by `.codesearchignore`.

    Where git takes too long over rules, which are then made to that end, they are matched here. Raises WalkError.
    """
    try:
        return _list_by_git(tree, timeout_s)
    except GitTimeoutError:
        return _list_by_own_reading(tree)


def _list_by_own_reading(tree: git.WorkTree) -> Listing:
    """List what git tracks, and of the rest what its rules leave in as `scan` reads them."""
    root = os.fsencode(tree.root)
    tracked = git.list_tracked(tree)
    rules = _read_own_rules(root, tracked.paths)
    scanned = scan(root, ScanRules(outer_rules(tree)))
    kept = [path for path in tracked.paths if not rules.is_ignored(path)]
    seen = {entry.path for entry in scanned.skipped}
    inner = [describe_repository(path) for path in tracked.repositories if not rules.is_ignored(path, is_dir=True)]
    skipped = [*scanned.skipped, *(entry for entry in inner if entry.path not in seen)]
    return Listing(list(dict.fromkeys([*kept, *scanned.paths])), skipped, scanned.marks)


def _list_by_git(tree: git.WorkTree, timeout_s: float) -> Listing:
    known = git.list_files(tree, timeout_s)
    paths, repositories = known.paths, known.repositories
    skipped = [Skipped(printable(path), SkipReason.UNREADABLE, f"folder: {why}") for path, why in known.unreadable]
    rules = _read_own_rules(os.fsencode(tree.root), paths)
    if rules.files:
        paths = [path for path in paths if not rules.is_ignored(path)]
        repositories = [path for path in repositories if not rules.is_ignored(path, is_dir=True)]
    skipped += [describe_repository(path) for path in repositories]
    if any(rule_file.has_negation for rule_file in rules.files.values()):
        brought_back = scan(os.fsencode(tree.root), ScanRules(outer_rules(tree), is_outside_git=False))
        paths = list(dict.fromkeys([*paths, *brought_back.paths]))
        seen = {entry.path for entry in skipped}
        skipped += [entry for entry in brought_back.skipped if entry.path not in seen]
    return Listing(paths, skipped, git.read_marks(tree, paths, timeout_s))


def _read_own_rules(root: bytes, paths: list[bytes]) -> _OwnRules:
    """Look for the rule files in every folder that has files; git may ignore the rule files themselves."""
    folders = {b""}
    for path in paths:
        folder = path.rpartition(b"/")[0]
        while folder not in folders:
            folders.add(folder)
            folder = folder.rpartition(b"/")[0]
    found: dict[bytes, RuleFile] = {}
    for folder in folders:
        base = folder + b"/" if folder else b""
        place = root + b"/" + base + OWN_IGNORE
        rules = read_rules(place, base) if os.path.lexists(place) else None
        if rules is not None:
            found[folder] = rules
    return _OwnRules(found)


def outer_rules(tree: git.WorkTree) -> tuple[RuleFile, ...]:
    """Read git's rules from outside the root, weakest first: configuration, then the folders above it."""
    found = [_read_configured(path, tree.prefix) for path in git.find_configured_rules(tree)]
    parts = tree.prefix.split(b"/")[:-1]
    for n_above in range(len(parts), 0, -1):
        outer = b"".join(part + b"/" for part in parts[len(parts) - n_above :])
        place = os.fsencode(tree.top) + b"/" + b"".join(part + b"/" for part in parts[: len(parts) - n_above])
        found.append(read_rules(place + GIT_IGNORE, outer=outer))
    return tuple(rules for rules in found if rules is not None)


def _read_configured(path: Path, prefix: bytes) -> RuleFile | None:
    """Read a file that the user's own configuration names; unlike those of the tree it may be a link."""
    try:
        return parse_rules(path.read_bytes(), outer=prefix) if path.is_file() else None
    except OSError:
        return None
