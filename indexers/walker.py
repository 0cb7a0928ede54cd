"""Finds the files of a tree: every one becomes a `SourceFile`, or a `Skipped` with its reason.

Decides by name, stat, ignore rules and `.gitattributes`; what takes a look at the bytes is left to `text`.
"""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from indexers import git
from indexers.attributes import Marks
from indexers.errors import WalkError
from indexers.generated import judge_name
from indexers.listing import Listing, printable
from indexers.own_ignore import list_work_tree
from indexers.reading import describe_mode, describe_size, to_file_stat
from indexers.scan import ScanRules, scan
from indexers.secrets import is_secret_name
from indexers.text import is_binary_name
from indexers.types import Skipped, SkipReason, SourceFile, Walked

DEFAULT_MAX_FILE_BYTES = 2 << 20
"""Source that people wrote stays far below; above it are data and generated tables."""


TOO_BROAD = "too broad to index: give a project's folder, or --force if you mean it"
"""What is said of such a root, and how it is indexed nevertheless."""


@dataclass(frozen=True, slots=True)
class WalkOptions:
    """How to walk. `force` allows the file system's root and the home directory."""

    max_file_bytes: int = DEFAULT_MAX_FILE_BYTES
    force: bool = False


@dataclass(slots=True)
class _Visit:
    """A walk under way."""

    root: bytes
    max_file_bytes: int
    files: list[SourceFile] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    folders: dict[bytes, bool] = field(default_factory=dict)
    """Whether a folder is reached without passing a link."""

    def skip(self, path: bytes, reason: SkipReason, detail: str = "") -> None:
        """Note a file that is left out."""
        self.skipped.append(Skipped(printable(path), reason, detail))


def walk(root: Path, options: WalkOptions = WalkOptions()) -> Walked:
    """List what is to be indexed below `root`, and what is not and why.

    Raises `WalkError` where the root is missing, unreadable or too broad, or where git refuses the repository.
    """
    _check_root(root, options)
    listing = _list_tree(root)
    visit = _Visit(os.fsencode(root), options.max_file_bytes, skipped=list(listing.skipped))
    for path in listing.paths:
        _visit_path(visit, path, listing.marks_of(path))
    return Walked(sorted(visit.files, key=lambda file: file.path), sorted(visit.skipped, key=lambda entry: entry.path))


def _list_tree(root: Path) -> Listing:
    tree = git.find_work_tree(root)
    return scan(os.fsencode(root), ScanRules()) if tree is None else list_work_tree(tree)


def _check_root(root: Path, options: WalkOptions) -> None:
    try:
        is_folder = stat.S_ISDIR(root.stat().st_mode)
        if is_folder:
            os.scandir(root).close()
    except FileNotFoundError as error:
        raise WalkError(f"{root} does not exist: check the path.") from error
    except OSError as error:
        raise WalkError(f"{root} cannot be read ({error.strerror}): check its permissions.") from error
    if not is_folder:
        raise WalkError(f"{root} is a file: give the folder that holds it.")
    if not options.force and is_too_broad(root.resolve()):
        raise WalkError(f"{root} is {TOO_BROAD}.")


def is_too_broad(folder: Path) -> bool:
    """Tell whether a real path is the file system's root or the home directory: nobody means all that is there."""
    try:
        home = Path.home().resolve()
    except RuntimeError:
        home = None  # a user without a home, as in some containers
    return folder in (Path(folder.anchor), home)


def _visit_path(visit: _Visit, path: bytes, marks: Marks) -> None:
    if not _is_reached_directly(visit, path):
        return  # a folder that git knows is now a link; the link has its own entry
    try:
        status = os.lstat(visit.root + b"/" + path)
    except (FileNotFoundError, NotADirectoryError):
        return  # tracked, and deleted from disk
    except OSError as error:
        visit.skip(path, SkipReason.UNREADABLE, error.strerror or "")
        return
    if stat.S_ISREG(status.st_mode):
        _visit_file(visit, path, marks, status)
    elif stat.S_ISLNK(status.st_mode):
        visit.skip(path, SkipReason.LINK, _describe_link(visit.root, path))
    elif not stat.S_ISDIR(status.st_mode):
        visit.skip(path, SkipReason.SPECIAL, describe_mode(status.st_mode))


def _visit_file(visit: _Visit, path: bytes, marks: Marks, status: os.stat_result) -> None:
    try:
        name = path.decode("utf-8")
    except UnicodeDecodeError:
        visit.skip(path, SkipReason.BAD_NAME, "rename it to index it")
        return
    refusal = _judge_file(name, marks)
    if refusal is not None:
        visit.skip(path, refusal)
    elif status.st_size > visit.max_file_bytes:
        visit.skip(path, SkipReason.TOO_LARGE, describe_size(status.st_size, visit.max_file_bytes))
    else:
        visit.files.append(SourceFile(name, to_file_stat(status), marks.generated is False))


def _judge_file(name: str, marks: Marks) -> SkipReason | None:
    if is_secret_name(name):
        return SkipReason.SECRET
    if marks.vendored:
        return SkipReason.VENDORED
    if marks.generated:
        return SkipReason.GENERATED
    if is_binary_name(name):
        return SkipReason.BINARY
    return None if marks.generated is False else judge_name(name)


def _is_reached_directly(visit: _Visit, path: bytes) -> bool:
    """Tell whether no folder on the way is a link: git's list may name files behind one."""
    unknown: list[bytes] = []
    folder = path.rpartition(b"/")[0]
    while folder and folder not in visit.folders:
        unknown.append(folder)
        folder = folder.rpartition(b"/")[0]
    is_direct = visit.folders.get(folder, True)
    for below in reversed(unknown):
        is_direct = is_direct and not _is_link(visit.root + b"/" + below)
        visit.folders[below] = is_direct
    return is_direct


def _is_link(path: bytes) -> bool:
    try:
        return stat.S_ISLNK(os.lstat(path).st_mode)
    except OSError:
        return False


def _describe_link(root: bytes, path: bytes) -> str:
    try:
        target = os.path.realpath(root + b"/" + path, strict=True)
    except OSError as error:
        return f"leads nowhere: {error.strerror}"
    real_root = os.path.realpath(root)
    if target == real_root:
        return "leads to the root"
    inside = target.startswith(real_root.rstrip(b"/") + b"/")
    return f"leads to {printable(target[len(real_root.rstrip(b'/')) + 1 :])}" if inside else "leads out of the root"
