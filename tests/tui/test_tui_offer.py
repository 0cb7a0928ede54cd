"""Where nothing is indexed: the offer to build, and what becomes of it."""

from pathlib import Path

import pytest
from textual.widgets import Button, ProgressBar

from codesearch.errors import LockedError
from tests.tui.fake_session import ROOT, FakeSession
from tui.app import CodesearchApp
from tui.screens import OfferScreen, SearchScreen

pytestmark = pytest.mark.slow


async def test_without_an_index_the_offer_says_so_and_builds_it() -> None:
    session = FakeSession({}, has_index=False)
    async with CodesearchApp(session, None).run_test() as pilot:
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert isinstance(pilot.app.screen, OfferScreen)
        assert "no index covers" in pilot.app.export_screenshot().replace("&#160;", " ")
        await pilot.press("enter")
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
        assert isinstance(pilot.app.screen, SearchScreen)
        assert pilot.app.screen.root == ROOT


async def test_a_build_that_fails_is_a_notification_and_can_be_tried_again() -> None:
    session = FakeSession({}, has_index=False)
    session.build_error = LockedError("the index is being written by process 123")
    async with CodesearchApp(session, None).run_test() as pilot:
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        await pilot.press("enter")
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert [notice.message for notice in pilot.app._notifications] == [str(session.build_error)]
        assert not pilot.app.screen.query_one(Button).disabled
        bar = pilot.app.screen.query_one(ProgressBar)
        assert (bar.progress, bar.total) == (2, 4)


async def test_an_index_that_cannot_be_opened_ends_the_app_with_its_reason() -> None:
    class Broken(FakeSession):
        async def open(self) -> Path:
            raise LockedError("catalog.db is damaged")

    app = CodesearchApp(Broken({}), None)
    async with app.run_test() as pilot:
        await pilot.app.workers.wait_for_complete()
    assert app.return_value == "catalog.db is damaged"
