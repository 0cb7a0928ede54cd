"""Step 2: cuts every repository of the corpus into pairs with the product's own chunker.

    python -m training.extract CORPUS [OWNER/NAME ...]

Writes CORPUS/pairs/OWNER+NAME.jsonl, one pair a line; what exists is not made again. Of excluded repositories only
the digests of their code are written.
"""

import argparse
import json
import re
import subprocess
import sys
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from indexers.parsers import ParserOptions, ParserPool
from indexers.types import FileStat, ParsedFile, SourceFile
from indexers.walker import WalkOptions, walk
from training.corpus import Repository, git, git_folder, pairs_file, read_list
from training.pairs import MAX_QUERY, Pair, digests_of, is_question, pairs_of_commit, pairs_of_tree

MAX_FILE_BYTES = 300_000
"""Larger sources are mostly tables."""

MAX_TREE_FILES = 6_000
"""Files taken of one repository: no single one may outweigh the rest."""

MAX_COMMITS = 400
MAX_COMMITS_READ = 4_000
"""Commits taken and looked at, the newest first."""

MAX_CHANGED_FILES = 10

_NOT_A_PURPOSE = re.compile(
    r"(?i)^(revert|merge|bump|release|version|prepare|update (dependency|changelog|version)|chore\(deps|v?\d+\.\d+"
    r"|\[?bot|wip|fixup|squash|typo|fix typo|lint|format)"
)
_BOT = re.compile(r"(?i)bot\b|\[bot\]|renovate|dependabot|pre-commit")
_REFERENCE = re.compile(r"\(?(?:(?:close[sd]?|fix(?:e[sd])?|refs?|see|gh)[ :]*)?#\d+\)?|\(?GH-\d+\)?", re.IGNORECASE)
_HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@")


@dataclass(slots=True)
class _Commit:
    """A commit and the lines that it changed, by path, as they are afterwards."""

    revision: str
    subject: str
    changed: dict[str, list[range]] = field(default_factory=lambda: defaultdict(list))


def extract(corpus: Path, repository: Repository) -> int:
    """Write the pairs of one repository; return how many."""
    target = pairs_file(corpus, repository)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    folder = git_folder(corpus, repository)
    n_pairs = 0
    with TemporaryDirectory(dir=corpus) as tree, part.open("w", encoding="utf-8") as output:
        if repository.role == "excluded":
            for parsed in parse_tree(folder, repository.revision, Path(tree)):
                output.writelines(f'"{digest}"\n' for digest in digests_of(parsed))
        else:
            for pair in _all_pairs(folder, repository.revision, Path(tree)):
                output.write(json.dumps(astuple(pair), ensure_ascii=False) + "\n")
                n_pairs += 1
    part.replace(target)
    return n_pairs


def _all_pairs(folder: Path, revision: str, scratch: Path) -> Iterator[Pair]:
    (scratch / "tree").mkdir()
    yield from pairs_of_tree(parse_tree(folder, revision, scratch / "tree"))
    (scratch / "commits").mkdir()
    yield from pairs_of_commits(folder, revision, scratch / "commits")


def parse_tree(folder: Path, revision: str, root: Path) -> Iterator[ParsedFile]:
    """Unpack a revision into an empty folder and parse it."""
    archive = git(folder, "archive", "--format=tar", revision)
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        tar.extractall(root, filter=_plain_files)
    walked = walk(root, WalkOptions(MAX_FILE_BYTES))
    with ParserPool(root, ParserOptions()) as pool:
        for outcome in pool.parse(walked.files[:MAX_TREE_FILES], MAX_FILE_BYTES):
            if isinstance(outcome, ParsedFile):
                yield outcome


def pairs_of_commits(folder: Path, revision: str, root: Path) -> Iterator[Pair]:
    """Yield the pairs of the newest commits that say what they do."""
    commits = list(find_commits(folder, revision))
    files: list[SourceFile] = []
    origin: list[tuple[_Commit, str]] = []
    blobs = _read_blobs(folder, [f"{commit.revision}:{path}" for commit in commits for path in commit.changed])
    for commit, path in [(commit, path) for commit in commits for path in commit.changed]:
        data = next(blobs)
        if data is not None and len(data) <= MAX_FILE_BYTES:
            place = root / str(len(files)) / PurePosixPath(path).name
            place.parent.mkdir()
            place.write_bytes(data)
            stat = place.stat()
            file_stat = FileStat(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
            files.append(SourceFile(place.relative_to(root).as_posix(), file_stat))
            origin.append((commit, path))
    with ParserPool(root, ParserOptions()) as pool:
        for (commit, path), outcome in zip(origin, pool.parse(files, MAX_FILE_BYTES), strict=True):
            if isinstance(outcome, ParsedFile):
                yield from pairs_of_commit(commit.subject, outcome, commit.changed[path])


def find_commits(folder: Path, revision: str) -> Iterator[_Commit]:
    """Yield at most `MAX_COMMITS` commits that change few files and whose subject is a sentence, the newest first."""
    command = ["git", f"--git-dir={folder}", "log", "--no-merges", f"-n{MAX_COMMITS_READ}", "-p", "-U0", "--no-renames"]
    command += ["--no-ext-diff", "--no-textconv", "--diff-filter=AM", "--format=%x01%H%x02%an%x02%s", revision]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    n_found = 0
    try:
        for commit in _read_log(process.stdout):
            if 1 <= len(commit.changed) <= MAX_CHANGED_FILES:
                yield commit
                n_found += 1
                if n_found >= MAX_COMMITS:
                    return
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def clean_subject(author: str, subject: str) -> str:
    """Return what a commit says it does, without references; empty where it says nothing or nobody wrote it."""
    if _BOT.search(author) or _NOT_A_PURPOSE.match(subject):
        return ""
    words = " ".join(_REFERENCE.sub(" ", subject).split())
    return words[:MAX_QUERY] if is_question(words) else ""


def _read_log(lines: Iterator[bytes] | object) -> Iterator[_Commit]:
    commit: _Commit | None = None
    path = ""
    for raw in lines:  # type: ignore[attr-defined]
        if raw.startswith(b"\x01"):
            if commit is not None:
                yield commit
            revision, author, subject = raw[1:].decode("utf-8", "replace").rstrip("\n").split("\x02", 2)
            words = clean_subject(author, subject)
            commit = _Commit(revision, words) if words else None
        elif commit is None:
            continue
        elif raw.startswith(b"+++ "):
            name = raw[4:].decode("utf-8", "replace").rstrip("\n")
            path = name[2:] if name.startswith("b/") else ""
        elif raw.startswith(b"@@ ") and path and (match := _HUNK.match(raw.decode("utf-8", "replace"))):
            start, size = int(match[1]), int(match[2] or 1)
            commit.changed[path].append(range(start, start + max(size, 1)))
    if commit is not None:
        yield commit


def _read_blobs(folder: Path, names: list[str]) -> Iterator[bytes | None]:
    """Yield the contents of `revision:path` in order, None for what is not there."""
    names = [name if "\n" not in name else "-" for name in names]
    command = ["git", f"--git-dir={folder}", "cat-file", "--batch"]
    done = subprocess.run(command, input="\n".join([*names, ""]).encode(), capture_output=True, check=True)
    output = BytesIO(done.stdout)
    for _ in names:
        header = output.readline().split()
        if header[-1:] == [b"missing"] or len(header) != 3:
            yield None
            continue
        data = output.read(int(header[2]))
        output.read(1)
        yield data if header[1] == b"blob" else None


def _plain_files(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo | None:
    if not (member.isfile() or member.isdir()):
        return None
    try:
        return tarfile.data_filter(member, path)
    except tarfile.FilterError:
        return None


def main(arguments: list[str] | None = None) -> int:
    """Run the step over all listed repositories, or the named ones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("names", nargs="*", metavar="OWNER/NAME")
    options = parser.parse_args(arguments)
    for repository in read_list():
        is_wanted = not options.names or repository.name in options.names
        if is_wanted and git_folder(options.corpus, repository).exists():
            if not pairs_file(options.corpus, repository).exists():
                n_pairs = extract(options.corpus, repository)
                print(f"{repository.name}: {n_pairs} pairs", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
