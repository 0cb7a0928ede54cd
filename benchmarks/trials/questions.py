"""Questions to an index in every mode, and in what its answers differ from those of another. Knows no storage."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from benchmarks.trials.repository import Repository
from benchmarks.trials.sameness import SCORE_TOLERANCE
from benchmarks.trials.sources import LICENCE, make_name, pick_word
from codesearch.index import Index, QueryError
from codesearch.types import MODES, Filters, SearchOptions, SearchResponse, SearchResult

Way = Literal["search", "similar", "similar to"]


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask for. Of a way `similar to`, the text is a path and `line` a line of it."""

    way: Way
    text: str
    options: SearchOptions
    line: int = 0


def make_questions(repository: Repository, random: Random, n_each: int) -> list[Question]:
    """Return `n_each` questions of each mode, with filters and without, and of each way to ask for what is alike."""
    made: list[Question] = []
    for _ in range(n_each):
        texts = [
            _make_query(random),
            make_name(random),
            random.choice((f'"{pick_word(random)}"', "lang:python", LICENCE[0])),
        ]
        filters = _make_filters(repository, random)
        for mode in MODES:
            plain = SearchOptions(mode=mode, prefilter=random.choice((40, 2000)))
            made += [Question("search", text, plain) for text in texts]
            made.append(Question("search", random.choice(texts), replace(plain, filters=filters)))
            made.append(Question("similar", _make_query(random), plain))
        made += _make_similar(repository, random)
    return made


def compare_answers(found: Index, expected: Index, questions: Sequence[Question]) -> list[str]:
    """Say which questions two indexes of one tree answer otherwise, and how."""
    return [
        f"{question} is answered by {difference}"
        for question in questions
        if (difference := _compare(ask(found, question), ask(expected, question)))
    ]


def ask(index: Index, question: Question) -> SearchResponse | str:
    """Ask it; return what is said where the question makes no sense to this index."""
    try:
        match question.way:
            case "search":
                return index.search(question.text, question.options)
            case "similar":
                return index.similar(question.text, question.options)
            case _:
                return index.similar_to(question.text, question.line, question.options)
    except QueryError as error:
        return str(error)


def _compare(found: SearchResponse | str, expected: SearchResponse | str) -> str:
    if isinstance(found, str) or isinstance(expected, str):
        return "" if found == expected else f"{found} instead of {expected}"
    if bool(found.degraded) != bool(expected.degraded):
        return f"{found.degraded} instead of {expected.degraded}"
    for one, other in zip(found.results, expected.results, strict=False):
        if _identity(one) != _identity(other) or not _is_near(one, other):
            return f"{_describe(one)} instead of {_describe(other)}"
        if one.stale or other.stale:
            return f"{_describe(one)}, which is stale"
    if len(found.results) != len(expected.results):
        return f"{len(found.results)} results instead of {len(expected.results)}"
    return ""


def _identity(result: SearchResult) -> tuple[object, ...]:
    return (result.path, result.start_line, result.end_line, result.kind, result.qualified_name, result.content)


def _is_near(one: SearchResult, other: SearchResult) -> bool:
    pairs = (
        (one.score, other.score),
        (one.scores.bm25, other.scores.bm25),
        (one.scores.cosine, other.scores.cosine),
    )
    return all(a == b or (a is not None and b is not None and abs(a - b) <= SCORE_TOLERANCE) for a, b in pairs)


def _describe(result: SearchResult) -> str:
    return f"{result.path}:{result.start_line}-{result.end_line} {result.score:.8f} {result.scores}"


def _make_query(random: Random) -> str:
    return " ".join(pick_word(random) for _ in range(random.randint(1, 5)))


def _make_filters(repository: Repository, random: Random) -> Filters:
    folders = repository.folders() or ["nowhere"]
    return random.choice(
        (
            Filters(within=random.choice(folders)),
            Filters(paths=(f"{random.choice(folders)}/**",)),
            Filters(excluded_paths=("*.md",), excluded_languages=("go",)),
            Filters(languages=("python", "rust")),
            Filters(kinds=("function", "method")),
            Filters(excluded_kinds=("file", "section")),
        )
    )


def _make_similar(repository: Repository, random: Random) -> list[Question]:
    """Ask for what is like the first lines of a source, which any index of the tree has or has not."""
    sources = repository.sources()
    if not sources:
        return []
    path = random.choice(sources)
    return [Question("similar to", path, SearchOptions(), line) for line in (1, 6)]
