"""Where the questions come from: held-out repositories with their history, and judged queries beside checkouts.

Reads git data and annotations; what it writes lies in the folder that it is given. Knows no index.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from codesearch.evaluation.cases import Case, Sample, is_asked_about
from codesearch.evaluation.commits import COMMITS_READ, IGNORE_FILES, build_commits, make_question
from codesearch.evaluation.documentation import build_documentation
from codesearch.evaluation.history import Checkout, Repository, list_commits, list_tree
from codesearch.evaluation.judged import keep_present, read_judgements
from training.corpus import git_folder, read_list


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A repository that neither the encoder nor the weights learnt from."""

    name: str
    revision: str
    git_folder: Path


@dataclass(frozen=True, slots=True)
class Judged:
    """A checkout with judged queries."""

    name: str
    revision: str
    root: Path
    annotations: Path
    comparable: bool
    """Whether the published figures were computed on the same queries and revision."""
    published: Mapping[str, float]
    """nDCG@10 that others reached on this repository, by method."""


def list_held_out(corpus: Path) -> list[HeldOut]:
    """Return the held-out repositories of the list. Raises SystemExit where the corpus lacks one."""
    entries = [entry for entry in read_list() if entry.role == "held-out"]
    found = [HeldOut(entry.name, entry.revision, git_folder(corpus, entry)) for entry in entries]
    missing = [one.name for one in found if not (one.git_folder / "HEAD").is_file()]
    if missing:
        raise SystemExit(f"{corpus} lacks {', '.join(missing)}; run python -m training.gather {corpus}")
    return found


def list_judged(checkouts: Path, yardstick: Path) -> list[Judged]:
    """Return the yardstick's repositories that are checked out."""
    found = []
    for spec in json.loads((yardstick / "repos.json").read_text(encoding="utf-8")):
        root = checkouts / spec["name"] / (spec.get("benchmark_root") or "")
        annotations = yardstick / "annotations" / f"{spec['name']}.json"
        if root.is_dir() and annotations.is_file():
            comparable, published = bool(spec.get("comparable", False)), spec.get("published_ndcg10", {})
            found.append(Judged(spec["name"], spec.get("revision", ""), root, annotations, comparable, published))
    return found


def pin(repository: HeldOut, folder: Path) -> Repository:
    """Make a bare repository whose newest commit is the listed revision; it borrows all objects."""
    commands = (
        ("git", "init", "--quiet", "--bare", str(folder)),
        ("git", f"--git-dir={folder}", "update-ref", "--no-deref", "HEAD", repository.revision),
    )
    subprocess.run(commands[0], check=True, capture_output=True)
    objects = (repository.git_folder / "objects").resolve()
    (folder / "objects" / "info" / "alternates").write_text(f"{objects}\n", encoding="utf-8")
    subprocess.run(commands[1], check=True, capture_output=True)
    return Repository(folder)


def commit_cases(repository: HeldOut, folder: Path, limit: int) -> Iterator[Case]:
    """Yield commit subjects over their parents' trees; targets are the changed files of plain source."""
    return build_commits(pin(repository, folder / "git"), folder / "tree", Sample(limit), is_asked_about)


def changed_files(repository: Repository, limit: int) -> Mapping[str, tuple[str, ...]]:
    """Return for each question that `commit_cases` may ask all files that its commit changed and the parent has."""
    found: dict[str, tuple[str, ...]] = {}
    for commit in list_commits(repository, limit=COMMITS_READ * limit):
        question = make_question(commit) if any(map(is_asked_about, commit.existing)) else None
        if question is not None:
            found.setdefault(question, commit.existing)
    return found


def documentation_cases(repository: HeldOut, folder: Path, limit: int) -> Iterator[Case]:
    """Yield first sentences of documentation over a copy of the listed revision without them."""
    pinned = pin(repository, folder / "git")
    with Checkout(pinned, folder / "whole", IGNORE_FILES) as checkout:
        checkout.show(list_tree(pinned, repository.revision))
    return build_documentation(folder / "whole", folder / "tree", Sample(limit))


def judged_cases(judged: Judged) -> Iterator[Case]:
    """Yield the checkout with its judged queries; targets that are not there are left out."""
    yield Case(judged.root, tuple(keep_present(read_judgements(judged.annotations), judged.root)))
