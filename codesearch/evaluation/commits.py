"""Commit subject -> changed files: what a change was called asks for the files that it touched, in the tree before it.

Which commits make a question is decided here, by rules that read subject, author and paths alone; git is asked by
`history`.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codesearch.evaluation.cases import DEFAULT_SAMPLE, Case, Sample
from codesearch.evaluation.history import Checkout, Commit, Repository, list_commits, list_tree
from codesearch.evaluation.judged import JudgedQuery, plain_words
from codesearch.evaluation.metrics import Target

CATEGORY = "commit"

MIN_WORDS = 3
MAX_FILES = 10
"""A commit over more files is a sweep: its subject says what was done everywhere, not where."""

MIN_STEM = 3
"""Letters: a shorter stem such as `a` of `a.py` is also a word, and naming it names no file."""

COMMITS_READ = 20
"""Commits looked at for each query wanted: in the worst histories seen one in fifteen makes a question."""

IGNORE_FILES = (".gitignore",)
"""Not written: what was committed counts, whatever the rules say of it."""

_BOT = re.compile(
    r"\[bot\]|\b(?:dependabot|renovate|pre-commit-ci|greenkeeper|snyk|github-actions|mergify|allcontributors|pyup)\b"
    r"|(?:^|[-_ ])bot\b",
    re.IGNORECASE,
)
_ROUTINE = re.compile(
    r"^\W*(?:revert\w*\b|merge\b|bump\w*\b|(?:prepare |cut |new )?releas\w*\b|version\b|v?\d+(?:\.\d+)+"
    r"|update changelog|(?:build|chore|ci|fix|deps)\((?:deps|release)[\w-]*\)|pre-commit\b|dependabot\b|renovate\b"
    r"|update \S+ requirement|update dependency\b|back to development)",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"\(\s*(?:(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?|refs?|see|gh|pr|issue)[:\s-]*)?#\d+\s*\)"
    r"|\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?|refs?|see|issue|pr)[:\s]+#\d+\b|\bgh-\d+\b|#\d+\b",
    re.IGNORECASE,
)


def is_any_path(_: str) -> bool:
    """Take every changed file for a target."""
    return True


@dataclass(frozen=True, slots=True)
class _Asking:
    """A commit that makes a question."""

    commit: Commit
    query: str


def build_commits(
    repository: Repository,
    folder: Path,
    sample: Sample = DEFAULT_SAMPLE,
    is_target: Callable[[str], bool] = is_any_path,
) -> Iterator[Case]:
    """Yield for each commit its parent's tree in the new `folder` and its subject, oldest first.

    The newest commits that make a question are taken; the sample's seed has no part in it. `is_target` chooses among
    the changed files; a commit that it leaves none is no case.
    """
    with Checkout(repository, folder, IGNORE_FILES) as checkout:
        for asking in reversed(_find(repository, sample.limit, is_target)):
            blobs = list_tree(repository, asking.commit.parent)
            targets = tuple(Target(path) for path in filter(is_target, asking.commit.existing) if path in blobs)
            if targets:
                checkout.show(blobs)
                yield Case(folder, (JudgedQuery(asking.query, CATEGORY, targets),))


def make_question(commit: Commit) -> str | None:
    """Return the subject without references to issues; None where the commit makes no question.

    None: a bot's or a routine commit (revert, merge, release, version bump), over `MAX_FILES` files or none that was
    there before, fewer than `MIN_WORDS` words, or a subject that names a changed path (see `names_path`).
    """
    if _BOT.search(commit.author) or _BOT.search(commit.subject) or _ROUTINE.match(commit.subject):
        return None
    if not commit.existing or commit.n_changed > MAX_FILES:
        return None
    query = plain_words(_REFERENCE.sub(" ", commit.subject)).rstrip(" .")
    if len(re.findall(r"\w+", query)) < MIN_WORDS or names_path(query, commit.changed):
        return None
    return query


def names_path(subject: str, paths: Sequence[str]) -> bool:
    """Tell whether a subject spells a changed path, file name, or file name without one or all of its extensions.

    Regardless of case and as a whole word: no letter, digit or underscore stands directly before or after it. A name
    without extensions counts from `MIN_STEM` letters on.
    """
    lowered = subject.casefold()
    return any(_has_word(lowered, name.casefold()) for path in paths for name in _names(path))


def _names(path: str) -> Iterator[str]:
    name = path.rpartition("/")[2]
    yield path
    yield name
    yield from (stem for stem in {name.rpartition(".")[0], name.lstrip(".").partition(".")[0]} if len(stem) >= MIN_STEM)


def _has_word(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _find(repository: Repository, limit: int, is_target: Callable[[str], bool]) -> list[_Asking]:
    """Return the newest commits that make a question, newest first, each question once."""
    found: list[_Asking] = []
    asked: set[str] = set()
    for commit in list_commits(repository, limit=COMMITS_READ * limit):
        query = make_question(commit) if any(map(is_target, commit.existing)) else None
        if query is not None and query.casefold() not in asked and len(found) < limit:
            asked.add(query.casefold())
            found.append(_Asking(commit, query))
    return found
