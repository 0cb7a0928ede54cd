"""The repositories written for this project, their judged queries, and indexes of them made as a user would.

Knows what is asked and what is found; knows no golden file.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codesearch.evaluation.judged import JudgedQuery, parse_judgements
from codesearch.evaluation.metrics import Place, ScoredQuery, Target, is_covered, score
from codesearch.index import Index
from codesearch.types import BuildOptions, SearchResponse

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
REPOSITORIES = tuple(sorted(path.name for path in (FIXTURES / "repositories").iterdir()))


@dataclass(frozen=True, slots=True)
class Answer:
    """A judged query with what was found for it, best first."""

    repository: str
    judged: JudgedQuery
    places: tuple[Place, ...]

    def is_hit(self, place: Place) -> bool:
        """Tell whether a result shows anything that was wanted."""
        return any(is_covered(target, place) for target in self.judged.targets)


class Shelf:
    """The indexed repositories, each built when it is first asked for."""

    def __init__(self, folder: Path, n_workers: int = 1) -> None:
        self.home = folder / "home"
        self._roots = folder / "repositories"
        self._n_workers = n_workers
        self._open: dict[str, Index] = {}

    def root(self, repository: str) -> Path:
        """Return where the indexed copy of a repository lies: outside this project, whose ignore rules end here."""
        return self._index(repository).root

    def search(self, repository: str, query: str) -> SearchResponse:
        """Answer a query with the defaults of a user."""
        return self._index(repository).search(query)

    def answers(self, repository: str) -> list[Answer]:
        """Answer the judged queries of a repository."""
        return [
            Answer(repository, judged, places_of(self.search(repository, judged.query)))
            for judged in judged_queries(repository)
        ]

    def close(self) -> None:
        """Let go of all indexes."""
        for index in self._open.values():
            index.close()
        self._open.clear()

    def _index(self, repository: str) -> Index:
        if repository not in self._open:
            root = self._roots / repository
            shutil.copytree(FIXTURES / "repositories" / repository, root)
            Index.build(root, BuildOptions(n_workers=self._n_workers), home=self.home)
            self._open[repository] = Index.open(root, self.home)
        return self._open[repository]


def judged_queries(repository: str) -> list[JudgedQuery]:
    """Read the judged queries of a repository."""
    return parse_judgements((FIXTURES / "queries" / f"{repository}.json").read_text(encoding="utf-8"))


def files_of(repository: str) -> list[str]:
    """Return the files of a repository, relative to it, sorted."""
    root = FIXTURES / "repositories" / repository
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def places_of(response: SearchResponse) -> tuple[Place, ...]:
    """Return where the results of an answer are."""
    return tuple(Place(result.path, result.start_line, result.end_line) for result in response.results)


def score_answers(answers: Sequence[Answer]) -> list[ScoredQuery]:
    """Score each answer by itself."""
    return [
        ScoredQuery(answer.repository, answer.judged.category, score(answer.places, answer.judged.targets))
        for answer in answers
    ]


def all_targets() -> Iterator[tuple[str, JudgedQuery, Target]]:
    """Yield every target of every query with its repository."""
    for repository in REPOSITORIES:
        for judged in judged_queries(repository):
            for target in judged.targets:
                yield repository, judged, target
