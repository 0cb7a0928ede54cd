"""Where the questions come from: held-out repositories with their history, and judged queries beside checkouts.

Reads git data and annotations; what it writes lies in the folder that it is given. Knows no index.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codesearch.evaluation.cases import Case, Sample, is_asked_about
from codesearch.evaluation.commits import COMMITS_READ, IGNORE_FILES, build_commits, make_question
from codesearch.evaluation.documentation import build_documentation
from codesearch.evaluation.history import Checkout, Commit, Repository, list_commits, list_tree
from codesearch.evaluation.judged import keep_present, read_judgements
from indexers.languages import LANGUAGES, detect_language
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


def is_source(path: str) -> bool:
    """Tell whether a file is plain source in a language whose definitions are known: no `.gitignore`, no project."""
    return is_asked_about(path) and LANGUAGES[detect_language(path)].grammar is not None


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


def pin(repository: HeldOut, folder: Path, limit: int) -> Repository:
    """Make a bare repository whose newest commit is the listed revision; it borrows all objects.

    Mirrors may lack their largest files: those stand empty in the trees that are asked about.
    """
    subprocess.run(("git", "init", "--quiet", "--bare", str(folder)), check=True, capture_output=True)
    objects = (repository.git_folder / "objects").resolve()
    (folder / "objects" / "info" / "alternates").write_text(f"{objects}\n", encoding="utf-8")
    _git(folder, "update-ref", "--no-deref", "HEAD", repository.revision)
    pinned = Repository(folder)
    trees = [repository.revision, *(commit.parent for commit in _asking(pinned, limit))]
    empty = _git(folder, "hash-object", "-w", "--stdin").strip()
    missing = _find_missing(folder, trees)
    _git(folder, "update-ref", "--stdin", text="".join(f"create refs/replace/{one} {empty}\n" for one in missing))
    return pinned


def _find_missing(folder: Path, commits: Sequence[str]) -> list[str]:
    """Return the objects of the commits' trees that are not there."""
    listed = _git(folder, "rev-list", "--objects", "--no-walk", "--missing=print", "--stdin", text="\n".join(commits))
    return [line[1:] for line in listed.splitlines() if line.startswith("?")]


def _git(folder: Path, *arguments: str, text: str = "") -> str:
    command = ("git", f"--git-dir={folder}", *arguments)
    done = subprocess.run(command, input=text.encode("ascii"), check=True, capture_output=True)
    return done.stdout.decode("utf-8", "surrogateescape")


def commit_cases(repository: HeldOut, folder: Path, limit: int) -> Iterator[Case]:
    """Yield commit subjects over their parents' trees; targets are the changed files of plain source."""
    return build_commits(pin(repository, folder / "git", limit), folder / "tree", Sample(limit), is_source)


def changed_files(repository: Repository, limit: int) -> Mapping[str, tuple[str, ...]]:
    """Return for each question that `commit_cases` may ask all files that its commit changed and the parent has."""
    found: dict[str, tuple[str, ...]] = {}
    for commit in _asking(repository, limit):
        found.setdefault(make_question(commit) or "", commit.existing)
    return found


def _asking(repository: Repository, limit: int) -> Iterator[Commit]:
    """Yield the commits that make a question about plain source, newest first."""
    for commit in list_commits(repository, limit=COMMITS_READ * limit):
        if any(map(is_source, commit.existing)) and make_question(commit) is not None:
            yield commit


def documentation_cases(repository: HeldOut, folder: Path, limit: int) -> Iterator[Case]:
    """Yield first sentences of documentation over a copy of the listed revision without them."""
    pinned = pin(repository, folder / "git", 0)
    with Checkout(pinned, folder / "whole", IGNORE_FILES) as checkout:
        checkout.show(list_tree(pinned, repository.revision))
    return build_documentation(folder / "whole", folder / "tree", Sample(limit))


def judged_cases(judged: Judged) -> Iterator[Case]:
    """Yield the checkout with its judged queries; targets that are not there are left out."""
    yield Case(judged.root, tuple(keep_present(read_judgements(judged.annotations), judged.root)))
