"""A session over a handful of results, and the results it answers with."""

import asyncio
from pathlib import Path

from codesearch.errors import NoIndexError
from codesearch.types import IndexState, OnProgress, Progress, ScoreParts, SearchResponse, SearchResult, UpdateReport

ROOT = Path("/source/project")


def result(path: str, symbol: str, content: str, start_line: int = 1) -> SearchResult:
    """Return a result whose lines are those of `content`."""
    return SearchResult(
        path=path,
        start_line=start_line,
        end_line=start_line + content.count("\n"),
        kind="function",
        symbol=symbol,
        qualified_name=symbol,
        signature="",
        documentation="",
        language="python",
        score=1.0,
        scores=ScoreParts(bm25=1.0, cosine=0.5, fused=1.0, prior=1.0),
        content=content,
        stale=False,
    )


def response(query: str, results: tuple[SearchResult, ...]) -> SearchResponse:
    """Return an answer of a complete index."""
    state = IndexState(ROOT, 1, 40, True, 4, 0, None, None)
    return SearchResponse(query, results, took_ms=1.5, index=state)


class FakeSession:
    """Answers each query with what was put there for it; a gate holds an answer back until it is opened."""

    def __init__(self, answers: dict[str, tuple[SearchResult, ...] | Exception], *, has_index: bool = True) -> None:
        self.answers = answers
        self.has_index = has_index
        self.gates: dict[str, asyncio.Event] = {}
        self.asked: list[str] = []
        self.build_error: Exception | None = None
        self.is_closed = False

    async def open(self) -> Path:
        """Return the root, or say that nothing is indexed."""
        if not self.has_index:
            raise NoIndexError(f"no index covers {ROOT}; run codesearch index {ROOT}")
        return ROOT

    async def search(self, query: str) -> SearchResponse:
        """Answer, or raise what was put there."""
        self.asked.append(query)
        if query in self.gates:
            await self.gates[query].wait()
        answer = self.answers.get(query, ())
        if isinstance(answer, Exception):
            raise answer
        return response(query, answer)

    async def build(self, on_progress: OnProgress) -> UpdateReport:
        """Report half of the way, then have an index."""
        on_progress(Progress("index", 2, 4, 20, 100, 0.1))
        if self.build_error is not None:
            raise self.build_error
        self.has_index = True
        return UpdateReport(4, 0, 0, 0, 40, 200, 40, (), 1, 0.2)

    async def close(self) -> None:
        """Remember that the app let go."""
        self.is_closed = True
