"""The session over a real index of a few files."""

from pathlib import Path

import pytest
from textual.widgets import Input, OptionList

from codesearch.errors import NoIndexError
from codesearch.types import Progress
from indexers.errors import CancelledError
from tui.app import CodesearchApp
from tui.session import IndexSession

pytestmark = pytest.mark.slow


@pytest.fixture
def session(tmp_path: Path) -> IndexSession:
    root = tmp_path / "project"
    root.mkdir()
    (root / "net.py").write_text("def retry_with_backoff():\n    return 1\n", encoding="utf-8")
    return IndexSession(root, tmp_path / "home")


async def test_a_session_offers_builds_opens_and_answers(session: IndexSession) -> None:
    with pytest.raises(NoIndexError):
        await session.open()
    seen: list[Progress] = []
    report = await session.build(seen.append)
    assert (report.added, seen[-1].files_done) == (1, 1)
    assert await session.open() == session.path
    response = await session.search("retry with backoff")
    assert [result.path for result in response.results] == ["net.py"]
    await session.close()


async def test_closing_stops_a_build_at_its_next_step(session: IndexSession) -> None:
    def leave(progress: Progress) -> None:
        session._is_closing = True

    with pytest.raises(CancelledError):
        await session.build(leave)
    await session.close()
    with pytest.raises(NoIndexError):
        await IndexSession(session.path, session.home).open()


async def test_the_app_builds_what_is_missing_and_finds_it(session: IndexSession) -> None:
    app = CodesearchApp(session, None, debounce_s=0)
    async with app.run_test() as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        await pilot.press("enter")
        await app.workers.wait_for_complete()
        await pilot.pause()
        await app.workers.wait_for_complete()
        app.screen.query_one(Input).value = "retry"
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.screen.query_one(OptionList).option_count > 0
