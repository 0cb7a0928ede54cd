"""Looks through a tree folder by folder with our own reading of the ignore rules.

Serves trees without git, and inside git the files that git ignores and a `!` line of `.codesearchignore` brings
back. Links are listed, never entered; folders that are repositories of their own are named and not entered.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from indexers.attributes import ATTRIBUTES, AttributeFile, Marks, find_marks, read_attributes
from indexers.ignore import GIT_IGNORE, OWN_IGNORE, RuleFile, decide, read_rules
from indexers.listing import Listing, printable
from indexers.types import Skipped, SkipReason

_DEPENDENCY_FOLDERS = frozenset(
    b"node_modules bower_components jspm_packages .venv venv __pycache__ __pypackages__ site-packages .tox .nox .eggs "
    b".mypy_cache .pytest_cache .ruff_cache .hypothesis .gradle .svn .hg .bzr CVS .next .nuxt .terraform .dart_tool "
    b".stack-work dist-newstyle .bundle .cache .yarn .pnpm-store .direnv".split()
)
"""Folders that tools fill and nobody edits; without git nothing else says so."""

_FOLDERS_BESIDE: dict[bytes, tuple[bytes, ...]] = {
    b"target": (b"Cargo.toml", b"pom.xml", b"build.sbt"),
    b"vendor": (b"composer.json", b"go.mod"),
    b"Pods": (b"Podfile",),
    b"_build": (b"mix.exs", b"dune-project", b"rebar.config"),
    b"deps": (b"mix.exs",),
    b"obj": (b"Directory.Build.props", b"packages.config"),
}
"""Folders with a common word for a name are dependencies or build output only beside one of these files."""


@dataclass(frozen=True, slots=True)
class ScanRules:
    """What applies at the root, and which part of the tree is wanted."""

    outer: tuple[RuleFile, ...] = ()
    """Rules from above the root or from git's configuration, weakest first."""
    is_outside_git: bool = True
    """False: list only what a `!` line of `.codesearchignore` brings back, and skip no dependency folders."""


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder to look into, with the rules in force above it."""

    path: bytes
    git: tuple[RuleFile, ...]
    own: tuple[RuleFile, ...] = ()
    attributes: tuple[AttributeFile, ...] = ()
    is_ignored: bool = False
    is_brought_back: bool = False


@dataclass(slots=True)
class _Found:
    paths: list[bytes] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    marks: dict[bytes, Marks] = field(default_factory=dict)


def scan(root: bytes, rules: ScanRules) -> Listing:
    """List the files below `root` that the rules leave in."""
    found = _Found()
    todo = [_Folder(b"", rules.outer)]
    while todo:
        todo += _scan_folder(root, todo.pop(), rules, found)
    return Listing(found.paths, found.skipped, found.marks)


def _scan_folder(root: bytes, folder: _Folder, rules: ScanRules, found: _Found) -> Iterator[_Folder]:
    try:
        with os.scandir(_join(root, folder.path)) as entries:
            children = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
    except OSError as error:
        found.skipped.append(
            Skipped(printable(folder.path), SkipReason.UNREADABLE, f"folder: {error.strerror or error}")
        )
        return
    if folder.path and (refusal := _refuse_folder(folder, children, rules)):
        if rules.is_outside_git or folder.is_brought_back:
            found.skipped.append(refusal)
        return
    folder = _with_own_rules(root, folder, children)
    for name, is_dir in children.items():
        if name == b".git":
            continue
        child = _judge(_Folder(_join(folder.path, name), folder.git, folder.own, folder.attributes), folder, is_dir)
        if is_dir:
            if below := _enter(child, name, children, rules, found):
                yield below
        elif not child.is_ignored and (rules.is_outside_git or child.is_brought_back):
            found.paths.append(child.path)
            marks = find_marks(child.attributes, child.path) if child.attributes else None
            if marks is not None:
                found.marks[child.path] = marks


def _refuse_folder(folder: _Folder, children: dict[bytes, bool], rules: ScanRules) -> Skipped | None:
    """Return why a folder is not ours to list, by what lies in it."""
    if b".git" in children:
        return describe_repository(folder.path)
    if rules.is_outside_git and not folder.is_brought_back and b"pyvenv.cfg" in children:
        return Skipped(printable(folder.path), SkipReason.VENDORED, "a Python virtual environment")
    return None


def describe_repository(path: bytes) -> Skipped:
    """Say that a folder is a repository of its own."""
    return Skipped(printable(path), SkipReason.SUBMODULE, "a repository of its own: index it by itself")


def _with_own_rules(root: bytes, folder: _Folder, children: dict[bytes, bool]) -> _Folder:
    """Add the rule files that lie in the folder itself."""
    base = folder.path + b"/" if folder.path else b""
    git = read_rules(_join(root, base + GIT_IGNORE), base) if GIT_IGNORE in children else None
    own = read_rules(_join(root, base + OWN_IGNORE), base) if OWN_IGNORE in children else None
    marks = read_attributes(_join(root, base + ATTRIBUTES), base) if ATTRIBUTES in children else None
    return _Folder(
        folder.path,
        (*folder.git, git) if git else folder.git,
        (*folder.own, own) if own else folder.own,
        (*folder.attributes, marks) if marks else folder.attributes,
        folder.is_ignored,
        folder.is_brought_back,
    )


def _judge(child: _Folder, parent: _Folder, is_dir: bool) -> _Folder:
    """Decide about a path below `parent`: our own rules outrank git's, and both bind what lies below."""
    own = decide(child.own, child.path, is_dir)
    if own is not None:
        is_ignored, is_brought_back = own, not own
    elif parent.is_ignored:
        is_ignored, is_brought_back = True, False
    else:
        is_ignored = decide(child.git, child.path, is_dir) is True
        is_brought_back = parent.is_brought_back and not is_ignored
    return _Folder(child.path, child.git, child.own, child.attributes, is_ignored, is_brought_back)


def _enter(child: _Folder, name: bytes, siblings: dict[bytes, bool], rules: ScanRules, found: _Found) -> _Folder | None:
    """Return the folder if it is to be looked into."""
    if child.is_ignored:
        if decide(child.own, child.path, is_dir=True) or not _may_include_below(child):
            return None
        return child
    if rules.is_outside_git and not child.is_brought_back and _is_dependency_folder(name, siblings):
        found.skipped.append(Skipped(printable(child.path), SkipReason.VENDORED, "dependencies or build output"))
        return None
    return child


def _may_include_below(folder: _Folder) -> bool:
    return any(rule_file.may_include_below(folder.path) for rule_file in folder.own)


def _is_dependency_folder(name: bytes, siblings: dict[bytes, bool]) -> bool:
    if name in _DEPENDENCY_FOLDERS:
        return True
    return any(beside in siblings for beside in _FOLDERS_BESIDE.get(name, ()))


def _join(folder: bytes, name: bytes) -> bytes:
    return folder + b"/" + name if folder and name else folder or name
