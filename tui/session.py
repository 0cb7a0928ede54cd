"""The one door from the screens to the index: asynchronous, one call at a time, cancellable.

All work on the index, its import included, happens in one thread of its own, so nothing here blocks the screen.
Knows no Textual.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from codesearch.types import OnProgress, Progress, SearchOptions, SearchResponse, UpdateReport
from indexers.errors import CancelledError

if TYPE_CHECKING:
    from codesearch.index import Index

SHOWN_RESULTS = 50
"""More than fits on a screen, few enough to be answered while typing."""

T = TypeVar("T")


class Session(Protocol):
    """What the screens ask of an index. Each method raises CodesearchError or IndexersError."""

    async def open(self) -> Path:
        """Open the nearest index and return its root; raises NoIndexError where there is none."""
        ...

    async def search(self, query: str) -> SearchResponse:
        """Answer a query; an answer that nobody awaits any more is not computed if it has not begun."""
        ...

    async def build(self, on_progress: OnProgress) -> UpdateReport:
        """Build the index of the path; `on_progress` is called from another thread."""
        ...

    async def close(self) -> None:
        """Stop a running build and let go of the index."""
        ...


class IndexSession:
    """A session over a real index."""

    def __init__(self, path: Path, home: Path | None = None) -> None:
        self.path = path
        self.home = home
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="index")
        self._index: Index | None = None
        self._is_closing = False

    async def open(self) -> Path:
        """Open the nearest index and return its root; raises NoIndexError where there is none."""
        return await self._run(lambda: self._opened().root)

    async def search(self, query: str) -> SearchResponse:
        """Answer a query."""
        options = SearchOptions(limit=SHOWN_RESULTS)
        return await self._run(lambda: self._opened().search(query, options))

    async def build(self, on_progress: OnProgress) -> UpdateReport:
        """Build the index of the path; `on_progress` is called from another thread."""

        def report(progress: Progress) -> None:
            if self._is_closing:
                raise CancelledError("the build was stopped; what was committed stays searchable")
            on_progress(progress)

        return await self._run(lambda: _index_class().build(self.path, home=self.home, on_progress=report))

    async def close(self) -> None:
        """Stop a running build and let go of the index."""
        self._is_closing = True
        await self._run(self._close)
        self._thread.shutdown()

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.wrap_future(self._thread.submit(work))

    def _opened(self) -> "Index":
        if self._index is None:
            self._index = _index_class().open(self.path, self.home)
        return self._index

    def _close(self) -> None:
        if self._index is not None:
            self._index.close()
            self._index = None


def _index_class() -> "type[Index]":
    """Import the engine when it is first needed, when the screen is already drawn."""
    from codesearch.index import Index

    return Index
