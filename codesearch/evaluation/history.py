"""A git repository's commits, trees and blobs, read and never written: no work tree, index or ref is touched.

Asks git's plumbing alone, with hooks, the network and the user's display settings off. Knows no judged query.
"""

import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from indexers.errors import WalkError
from indexers.git import find_work_tree, is_place_inside
from indexers.git_process import git_command, git_environment

_PLAIN = (*("-c", "log.mailmap=false"), *("-c", "core.quotePath=false"))
"""What a user may have set for himself and would change what is read here."""

_TIMEOUT_S = 300
"""Seconds that a listing may take; the longest histories known need some tens."""

_ADDED = ":000000 "
"""How git lists a file that was not there before."""

_REGULAR = ("100644", "100755", "100664")


@dataclass(frozen=True, slots=True)
class Repository:
    """Where git keeps a repository, and the folder of its trees that is meant: a path with a slash, or empty."""

    git_folder: Path
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit with one parent and what it changed. Paths are relative to the repository's prefix."""

    id: str
    parent: str
    author: str
    """Name and address."""
    subject: str
    changed: tuple[str, ...]
    """The files that it touched, those outside the prefix left out."""
    existing: tuple[str, ...]
    """Those of them that the parent has."""
    n_changed: int
    """All files that it touched, wherever they lie."""


def find_repository(root: Path) -> Repository | None:
    """Return the repository that the folder's files belong to, None outside git. Raises WalkError."""
    tree = find_work_tree(root)
    if tree is None:
        return None
    return Repository(tree.top / ".git", tree.prefix.decode("utf-8", "surrogateescape"))


def list_commits(repository: Repository, revision: str = "HEAD", limit: int | None = None) -> Iterator[Commit]:
    """Yield commits with one parent, newest first: merges and first commits have no or no single difference."""
    form = "--format=%x01%H%x00%P%x00%an <%ae>%x00%s"
    count = [] if limit is None else [f"--max-count={limit}"]
    options = (
        "--no-merges",
        "--topo-order",
        "--raw",
        "--no-renames",
        "--no-abbrev",
        "-z",
        "--root",
        "--no-ext-diff",
        "--encoding=UTF-8",
    )
    answer = _run(repository, "log", *options, "--ignore-submodules=all", form, *count, revision, "--")
    for record in answer.decode("utf-8", "surrogateescape").split("\x01")[1:]:
        commit, parents, author, subject, *rest = record.split("\0")
        if parents and " " not in parents:
            # After the header, `:modes ids status` and the path follow each other, each in a field of its own.
            touched = [(info.lstrip("\n"), path) for info, path in zip(rest[::2], rest[1::2], strict=False)]
            inside = [(info, path) for info, path in touched if path.startswith(repository.prefix)]
            yield Commit(
                id=commit,
                parent=parents,
                author=author,
                subject=subject,
                changed=tuple(path[len(repository.prefix) :] for _, path in inside),
                existing=tuple(path[len(repository.prefix) :] for info, path in inside if not info.startswith(_ADDED)),
                n_changed=len(touched),
            )


def list_tree(repository: Repository, commit: str) -> dict[str, str]:
    """Return the blob of each regular file of a commit's tree below the prefix; links and submodules are left out.

    So is what would not lie inside the tree: nobody checked the trees of a foreign history.
    """
    answer = _run(repository, "ls-tree", "-r", "-z", "--full-tree", commit)
    blobs: dict[str, str] = {}
    for record in answer.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        info, _, path = record.partition("\t")
        mode, _, blob = info.split(" ")
        is_inside = is_place_inside(path.encode("utf-8", "surrogateescape"))
        if mode in _REGULAR and is_inside and path.startswith(repository.prefix):
            blobs[path[len(repository.prefix) :]] = blob
    return blobs


class Checkout:
    """A folder that holds the files of one commit after the other; only what differs is written. A context manager."""

    def __init__(self, repository: Repository, folder: Path, left_out: Iterable[str] = ()) -> None:
        """Start with an empty folder; files whose name is `left_out` are never written."""
        self.folder = folder
        self._repository = repository
        self._left_out = frozenset(left_out)
        self._blobs: dict[str, str] = {}
        folder.mkdir(parents=True)
        command = _command(repository, "cat-file", "--batch")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=git_environment(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def show(self, blobs: Mapping[str, str]) -> None:
        """Make the folder hold exactly these files."""
        wanted = {path: blob for path, blob in blobs.items() if path.rpartition("/")[2] not in self._left_out}
        for path in self._blobs.keys() - wanted.keys():
            (self.folder / path).unlink(missing_ok=True)
        for path, blob in wanted.items():
            if self._blobs.get(path) != blob:
                self._write(self.folder / path, self._read(blob))
        self._blobs = wanted

    def close(self) -> None:
        """End the git process."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.terminate()
        self._process.wait()

    def _write(self, path: Path, data: bytes) -> None:
        for parent in path.relative_to(self.folder).parents:
            # A file may have become a folder, and an emptied folder a file.
            if (self.folder / parent).is_file():
                (self.folder / parent).unlink()
        if path.is_dir():
            shutil.rmtree(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def _read(self, blob: str) -> bytes:
        stdin, stdout = self._streams()
        stdin.write(f"{blob}\n".encode("ascii"))
        stdin.flush()
        header = stdout.readline().split()
        if len(header) != 3:
            raise WalkError(f"{self._repository.git_folder}: git lacks the object {blob}; fetch the whole history")
        data = stdout.read(int(header[2]))
        stdout.read(1)
        return data

    def _streams(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout


def _command(repository: Repository, *arguments: str) -> list[str]:
    return git_command(*_PLAIN, f"--git-dir={repository.git_folder}", *arguments)


def _run(repository: Repository, *arguments: str) -> bytes:
    try:
        command = _command(repository, *arguments)
        done = subprocess.run(command, capture_output=True, check=False, timeout=_TIMEOUT_S, env=git_environment())
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        raise WalkError(f"{repository.git_folder}: `git {arguments[0]}` gave no answer; try it there") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise WalkError(f"{repository.git_folder}: git cannot read its history: {said}")
    return done.stdout
