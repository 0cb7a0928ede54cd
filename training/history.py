"""What the history of a bare git repository tells: commits that say what they do, and the lines that they changed.

Knows git's output and no pairs.
"""

import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice
from pathlib import Path

from training.corpus import git
from training.pairs import MAX_QUERY, is_question

MAX_COMMITS = 400
MAX_COMMITS_READ = 4_000
"""Commits taken and looked at, the newest first."""

MAX_CHANGED_FILES = 10
"""Files of a commit that is about one thing."""

_NOT_A_PURPOSE = re.compile(
    r"(?i)^(revert|merge|bump|release|version|prepare|update (dependency|changelog|version)|chore\(deps|v?\d+\.\d+"
    r"|\[?bot|wip|fixup|squash|typo|fix typo|lint|format)"
)
_BOT = re.compile(r"(?i)bot\b|\[bot\]|renovate|dependabot|pre-commit")
_REFERENCE = re.compile(r"\(?(?:(?:close[sd]?|fix(?:e[sd])?|refs?|see|gh)[ :]*)?#\d+\)?|\(?GH-\d+\)?", re.IGNORECASE)
_HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@")

_LOG = ("log", "--no-merges", f"-n{MAX_COMMITS_READ}", "-p", "-U0", "--no-renames", "--no-ext-diff", "--no-textconv")
_FIELDS = "%x01%H%x02%an%x02%s"
"""A commit's line begins with a byte that no line of a difference begins with; the second parts its fields."""


@dataclass(slots=True)
class Commit:
    """A commit and the lines that it changed, by path, as they are afterwards."""

    revision: str
    subject: str
    changed: dict[str, list[range]] = field(default_factory=lambda: defaultdict(list))


def find_commits(folder: Path, revision: str) -> Iterator[Commit]:
    """Yield at most `MAX_COMMITS` commits that change few files and whose subject is a sentence, the newest first."""
    command = ["git", f"--git-dir={folder}", *_LOG, "--diff-filter=AM", f"--format={_FIELDS}", revision]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    try:
        few = (commit for commit in read_log(process.stdout) if 1 <= len(commit.changed) <= MAX_CHANGED_FILES)
        yield from islice(few, MAX_COMMITS)
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def read_log(lines: Iterable[bytes]) -> Iterator[Commit]:
    """Yield the commits of a log with differences, without those whose subject says nothing."""
    commit: Commit | None = None
    path = ""
    for raw in lines:
        if raw.startswith(b"\x01"):
            if commit is not None:
                yield commit
            commit = _begin(raw)
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


def clean_subject(author: str, subject: str) -> str:
    """Return what a commit says it does, without references; empty where it says nothing or nobody wrote it."""
    if _BOT.search(author) or _NOT_A_PURPOSE.match(subject):
        return ""
    words = " ".join(_REFERENCE.sub(" ", subject).split())
    return words[:MAX_QUERY] if is_question(words) else ""


def list_files(folder: Path, revision: str, max_bytes: int) -> list[str]:
    """Return the paths of a tree's regular files of at most so many bytes; names that are not UTF-8 are left out."""
    found: list[str] = []
    for entry in git(folder, "ls-tree", "-r", "-l", "-z", revision).decode("utf-8", "replace").split("\0"):
        facts, _, path = entry.partition("\t")
        match facts.split():
            # The size of what the repository lacks is not a number.
            case [mode, "blob", _, size] if mode.startswith("100") and size.isdigit() and int(size) <= max_bytes:
                if "\ufffd" not in path:
                    found.append(path)
    return found


def read_blobs(folder: Path, names: Sequence[str]) -> Iterator[bytes | None]:
    """Yield the contents of each `revision:path` in order, None for what is not there."""
    asked = [name if "\n" not in name else "-" for name in names]
    command = ["git", f"--git-dir={folder}", "cat-file", "--batch"]
    done = subprocess.run(command, input="\n".join([*asked, ""]).encode(), capture_output=True, check=True)
    output = BytesIO(done.stdout)
    for _ in asked:
        header = output.readline().split()
        if header[-1:] == [b"missing"] or len(header) != 3:
            yield None
            continue
        data = output.read(int(header[2]))
        output.read(1)
        yield data if header[1] == b"blob" else None


def _begin(raw: bytes) -> Commit | None:
    """Return the commit that a line of the log begins, or None if it says nothing."""
    revision, author, subject = raw[1:].decode("utf-8", "replace").rstrip("\n").split("\x02", 2)
    words = clean_subject(author, subject)
    return Commit(revision, words) if words else None
