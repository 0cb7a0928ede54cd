"""Step 2: cuts every repository of the corpus into pairs with the product's own chunker.

    python -m training.extract CORPUS [OWNER/NAME ...]

Writes CORPUS/pairs/OWNER+NAME.jsonl, one pair a line; what exists is not made again, what was broken off is. Of
excluded repositories only the digests of their code are written.
"""

import json
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from indexers.parsers import ParserOptions, ParserPool
from indexers.types import FileStat, ParsedFile, SourceFile
from indexers.walker import WalkOptions, walk
from training.corpus import Repository, add_list_option, git, git_folder, pairs_file, read_list, step_parser
from training.history import Commit, find_commits, list_files, read_blobs
from training.pairs import Pair, digests_of, pairs_of_commit, pairs_of_tree

MAX_FILE_BYTES = 300_000
"""Larger sources are mostly tables."""

MAX_TREE_FILES = 6_000
"""Files taken of one repository: no single one may outweigh the rest."""


@dataclass(frozen=True, slots=True)
class _ChangedFile:
    """A file as a commit left it."""

    commit: Commit
    path: str
    file: SourceFile
    """The copy of it that is parsed."""


def extract(corpus: Path, repository: Repository) -> int:
    """Write the pairs, or of an excluded repository the digests; return how many."""
    target = pairs_file(corpus, repository)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    n_lines = 0
    with TemporaryDirectory(dir=corpus) as scratch, part.open("w", encoding="utf-8") as output:
        for line in _lines_of(git_folder(corpus, repository), repository, Path(scratch)):
            output.write(line + "\n")
            n_lines += 1
    part.replace(target)
    return n_lines


def _lines_of(folder: Path, repository: Repository, scratch: Path) -> Iterator[str]:
    """Yield the lines of a repository's file of pairs, each in JSON."""
    if repository.role == "excluded":
        for parsed in parse_tree(folder, repository.revision, scratch):
            yield from (json.dumps(digest) for digest in digests_of(parsed))
        return
    for pair in _all_pairs(folder, repository.revision, scratch):
        yield json.dumps(astuple(pair), ensure_ascii=False)


def _all_pairs(folder: Path, revision: str, scratch: Path) -> Iterator[Pair]:
    (scratch / "tree").mkdir()
    yield from pairs_of_tree(parse_tree(folder, revision, scratch / "tree"))
    (scratch / "commits").mkdir()
    yield from pairs_of_commits(folder, revision, scratch / "commits")


def unpack(folder: Path, revision: str, root: Path) -> None:
    """Write the files of a revision; of a clone that lacks some, those that are there."""
    try:
        archive = git(folder, "archive", "--format=tar", revision)
    except subprocess.CalledProcessError:
        paths = list_files(folder, revision, MAX_FILE_BYTES)
        for path, data in zip(paths, read_blobs(folder, [f"{revision}:{path}" for path in paths]), strict=True):
            if data is not None:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(data)
        return
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        tar.extractall(root, filter=_plain_files)


def _plain_files(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo | None:
    if not (member.isfile() or member.isdir()):
        return None
    try:
        return tarfile.data_filter(member, path)
    except tarfile.FilterError:
        return None


def parse_tree(folder: Path, revision: str, root: Path) -> Iterator[ParsedFile]:
    """Unpack a revision into an empty folder, as `git archive` does, and parse it."""
    unpack(folder, revision, root)
    walked = walk(root, WalkOptions(MAX_FILE_BYTES))
    with ParserPool(root, ParserOptions()) as pool:
        for outcome in pool.parse(walked.files[:MAX_TREE_FILES], MAX_FILE_BYTES):
            if isinstance(outcome, ParsedFile):
                yield outcome


def pairs_of_commits(folder: Path, revision: str, root: Path) -> Iterator[Pair]:
    """Yield the pairs of the newest commits that say what they do; changed files are unpacked into an empty folder."""
    changed = list(_unpack_changed(folder, revision, root))
    with ParserPool(root, ParserOptions()) as pool:
        outcomes = pool.parse([one.file for one in changed], MAX_FILE_BYTES)
        for one, outcome in zip(changed, outcomes, strict=True):
            if isinstance(outcome, ParsedFile):
                yield from pairs_of_commit(one.commit.subject, outcome, one.commit.changed[one.path])


def _unpack_changed(folder: Path, revision: str, root: Path) -> Iterator[_ChangedFile]:
    """Write each changed file below a folder of its own: the same path comes with many commits."""
    changes = [(commit, path) for commit in find_commits(folder, revision) for path in commit.changed]
    blobs = read_blobs(folder, [f"{commit.revision}:{path}" for commit, path in changes])
    n_written = 0
    for (commit, path), data in zip(changes, blobs, strict=True):
        if data is not None and len(data) <= MAX_FILE_BYTES:
            place = root / str(n_written) / PurePosixPath(path).name
            place.parent.mkdir()
            place.write_bytes(data)
            stat = place.stat()
            file_stat = FileStat(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
            yield _ChangedFile(commit, path, SourceFile(place.relative_to(root).as_posix(), file_stat))
            n_written += 1


def main(arguments: list[str] | None = None) -> int:
    """Run the step over all listed repositories, or the named ones; 1 where one of them could not be read."""
    parser = step_parser(__doc__)
    add_list_option(parser)
    parser.add_argument("names", nargs="*", metavar="OWNER/NAME")
    options = parser.parse_args(arguments)
    listed = [one for one in read_list(options.list) if not options.names or one.name in options.names]
    there = [one for one in listed if git_folder(options.corpus, one).exists()]
    todo = [one for one in there if not pairs_file(options.corpus, one).exists()]
    print(
        f"{len(listed)} repositories: {len(there)} gathered, {len(there) - len(todo)} of them extracted before",
        flush=True,
    )
    n_failed = 0
    for number, repository in enumerate(todo, 1):
        started = time.monotonic()
        try:
            found = f"{extract(options.corpus, repository)} {'digests' if repository.role == 'excluded' else 'pairs'}"
        except subprocess.CalledProcessError as error:
            n_failed += 1
            found = f"left out, {error.stderr.decode('utf-8', 'replace').strip()}"
        print(f"{number} of {len(todo)}  {repository.name}: {found}, {time.monotonic() - started:.0f} s", flush=True)
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
