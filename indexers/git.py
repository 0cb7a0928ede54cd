"""Asks git about a work tree: which files it knows, what its attributes say, and where its history began.

Trusts no answer that leads out of the tree. Reads nothing of a file's content and knows nothing of `.codesearchignore`.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from indexers.attributes import GENERATED, VENDORED, Marks, to_state
from indexers.errors import GitTimeoutError, WalkError
from indexers.git_process import TIMEOUT_S, git_environment, run_git

_UNREADABLE = re.compile(rb"^warning: could not open directory '(.*)/': (.*)$", re.MULTILINE)


_MENDING = "Mend the file that it names in an editor, or get the repository anew."


@dataclass(frozen=True, slots=True)
class WorkTree:
    """A root inside a git work tree. `prefix` is the root's path within it, with a trailing slash, or empty."""

    root: Path
    top: Path
    prefix: bytes


@dataclass(frozen=True, slots=True)
class GitFiles:
    """Paths relative to the root, as the file system has them."""

    paths: list[bytes]
    repositories: list[bytes]
    """Submodules and untracked repositories inside the work tree."""
    unreadable: list[tuple[bytes, str]]
    """Folders that git could not open, and why."""


def find_work_tree(root: Path) -> WorkTree | None:
    """Return the work tree that has files of `root`, None outside git and where git ignores the root as a whole.

    Raises `WalkError` where git refuses the repository (owner, damage).
    """
    try:
        answer = run_git(root, "rev-parse", "--is-inside-work-tree", "--show-prefix")
    except FileNotFoundError:
        return None  # git is not installed: the rules are then read by `scan`
    if answer.returncode != 0:
        _explain_refusal(root, answer.stderr)
        return None
    is_inside, _, prefix = answer.stdout.removesuffix(b"\n").partition(b"\n")
    if is_inside != b"true":
        return None
    real = Path(os.path.realpath(root))
    tree = WorkTree(root, (real, *real.parents)[prefix.count(b"/")], prefix)
    return None if prefix and _is_ignored(tree) else tree


def list_files(tree: WorkTree, timeout_s: float = TIMEOUT_S) -> GitFiles:
    """List tracked files, and untracked ones that no rule ignores; tracked files may be missing on disk.

    An index that somebody tampered with may name anything: what is no place inside the tree is left out. Raises
    WalkError, GitTimeoutError where the rules are more than git can match.
    """
    return _list(tree, ("--cached", "--others", "--exclude-standard"), timeout_s)


def list_tracked(tree: WorkTree) -> GitFiles:
    """List tracked files alone, for which git needs no rule. Raises WalkError."""
    return _list(tree, ("--cached",), TIMEOUT_S)


def _list(tree: WorkTree, which: Sequence[str], timeout_s: float) -> GitFiles:
    answer = run_git(tree.root, "ls-files", "-z", "-t", "-s", *which, timeout_s=timeout_s)
    if answer.returncode != 0:
        _explain_refusal(tree.root, answer.stderr)
        raise WalkError(f"{tree.root}: git cannot list its files: {_first_line(answer.stderr)}. {_MENDING}")
    paths: dict[bytes, None] = {}  # a path in conflict is listed once a stage
    repositories: list[bytes] = []
    for record in answer.stdout.split(b"\0")[:-1]:
        is_untracked = record.startswith(b"?")
        path = record[2:] if is_untracked else record.partition(b"\t")[2]
        if not is_place_inside(path.removesuffix(b"/")):
            continue
        if is_untracked and path.endswith(b"/"):
            repositories.append(path[:-1])
        elif not is_untracked and record.startswith(b"160000 ", 2):
            repositories.append(path)
        else:
            paths[path] = None
    unreadable = [
        (path.removeprefix(tree.prefix), why.decode("utf-8", "replace"))
        for path, why in _UNREADABLE.findall(answer.stderr)
    ]
    return GitFiles(list(paths), repositories, unreadable)


def read_marks(tree: WorkTree, paths: Sequence[bytes], timeout_s: float = TIMEOUT_S) -> dict[bytes, Marks]:
    """Ask for the linguist attributes; files about which nothing is said are left out.

    Raises WalkError, GitTimeoutError where the patterns are more than git can match.
    """
    names = (GENERATED.decode(), VENDORED.decode())
    asked = b"".join(path + b"\0" for path in paths)
    answer = run_git(tree.root, "check-attr", "-z", "--stdin", *names, stdin=asked, timeout_s=timeout_s)
    if answer.returncode != 0:
        raise WalkError(f"{tree.root}: git cannot read its attributes: {_first_line(answer.stderr)}")
    fields = answer.stdout.split(b"\0")
    said: dict[bytes, dict[bytes, bool | None]] = {}
    for path, name, value in zip(fields[0::3], fields[1::3], fields[2::3], strict=False):
        if value != b"unspecified":
            said.setdefault(path, {})[name] = to_state(value)
    return {path: Marks(states.get(GENERATED), states.get(VENDORED)) for path, states in said.items()}


def find_configured_rules(tree: WorkTree) -> list[Path]:
    """Return the ignore files outside the tree's folders, weakest first: the user's own, then `info/exclude`."""
    paths: list[Path] = []
    configured = run_git(tree.root, "config", "--type=path", "-z", "core.excludesFile")
    if configured.returncode == 0:
        paths.append(tree.top / os.fsdecode(configured.stdout.removesuffix(b"\0")))
    else:
        paths.append(_default_excludes())
    info = run_git(tree.root, "rev-parse", "--git-path", "info/exclude")
    if info.returncode == 0:
        paths.append(tree.root / os.fsdecode(info.stdout.removesuffix(b"\n")))
    return paths


def find_index_file(tree: WorkTree) -> Path:
    """Return where git keeps what it tracks; a linked work tree has a file of its own."""
    answer = run_git(tree.root, "rev-parse", "--git-path", "index")
    return tree.root / os.fsdecode(answer.stdout.removesuffix(b"\n"))


def git_identity(root: Path) -> str | None:
    """Return the id of the main line's first commit and the root's path in the work tree; None without either.

    It stays when the folder moves; two clones of one repository have the same.
    """
    tree = find_work_tree(root)
    if tree is None:
        return None
    answer = run_git(root, "rev-list", "--max-parents=0", "--first-parent", "HEAD")
    commit = answer.stdout.decode("ascii", "replace").strip()
    return f"{commit}:{tree.prefix.decode('utf-8', 'backslashreplace')}" if commit else None


def _is_ignored(tree: WorkTree) -> bool:
    asked = b"./" + tree.prefix.rstrip(b"/") + b"\0"
    try:
        return run_git(tree.top, "check-ignore", "-z", "--stdin", stdin=asked).returncode == 0
    except GitTimeoutError:  # the rules are more than git can match: whoever lists the files reads them himself
        return False


def is_place_inside(path: bytes) -> bool:
    """Tell whether a path, as git keeps it, names a place in a work tree: none above it, and none of git's own."""
    parts = path.split(b"/")
    return not any(part in (b"", b".", b"..") or part.lower() == b".git" for part in parts)


def _default_excludes() -> Path:
    configured = git_environment().get("XDG_CONFIG_HOME")
    return (Path(configured) if configured else Path.home() / ".config") / "git" / "ignore"


def _explain_refusal(root: Path, message: bytes) -> None:
    """Raise where git found a repository and will not use it; return where there is none."""
    if b"dubious ownership" in message or b"unsafe repository" in message:
        raise WalkError(
            f"{root}: git refuses this repository because another user owns it. If you trust it, run "
            f"`git config --global --add safe.directory {_named_folder(message) or root}` and try again."
        )
    if b"unknown option" in message:
        raise WalkError(f"{root}: git is too old to be asked; install git 2.15 or later.")
    if any(phrase in message for phrase in (b"not a git repository", b"bare repository", b"gitfile")):
        return
    # No git command is named: a repository may have its own run by it, and here nobody says whose it is.
    raise WalkError(f"{root}: git cannot read this repository: {_first_line(message)}. {_MENDING}")


def _named_folder(message: bytes) -> str:
    found = re.search(rb"safe\.directory (.+)", message)
    return found[1].decode("utf-8", "backslashreplace").strip() if found else ""


def _first_line(message: bytes) -> str:
    line = message.strip().partition(b"\n")[0].decode("utf-8", "replace")
    return line.removeprefix("fatal: ").rstrip(".")
