"""Searching: what a user types, moves through and sees."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from codesearch.errors import CorruptIndexError, QueryError
from codesearch.types import SearchResult
from tests.tui.fake_session import ROOT, FakeSession, result
from tui.app import CodesearchApp
from tui.screens import SearchScreen

pytestmark = pytest.mark.slow

RETRY = result("net/retry.py", "retry_with_backoff", "def retry_with_backoff(call):\n    return call()", 12)
SLEEP = result("net/sleep.py", "sleep_longer", "def sleep_longer():\n    pass", 40)
HOSTILE = result(
    "a[red]/b\x1b[2J.py",
    "[bold]x",
    "[bold red]not red[/]\n[@click=app.quit]press[/]\n\x1b]0;owned\x07\x1b[2Jdone\n",
)

Answers = dict[str, tuple[SearchResult, ...] | Exception]


@asynccontextmanager
async def searching(answers: Answers, editor: str | None = None) -> AsyncIterator[tuple[Pilot[Any], FakeSession]]:
    session = FakeSession(answers)
    app = CodesearchApp(session, editor, debounce_s=0)
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        yield pilot, session


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until no worker runs and every message is handled."""
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def ask(pilot: Pilot[Any], query: str) -> None:
    pilot.app.screen.query_one(Input).value = query
    await pilot.pause()
    await settle(pilot)


def shown(pilot: Pilot[Any]) -> list[str]:
    return [str(option.prompt) for option in pilot.app.screen.query_one(OptionList).options]


def text_of(pilot: Pilot[Any], selector: str) -> str:
    return str(pilot.app.screen.query_one(selector, Static).content)


def notices(pilot: Pilot[Any]) -> list[str]:
    return [notice.message for notice in pilot.app._notifications]


async def test_typing_shows_results_and_the_first_one_s_lines_with_their_numbers() -> None:
    async with searching({"re": (RETRY, SLEEP)}) as (pilot, _):
        await pilot.press("r", "e")
        await settle(pilot)
        assert shown(pilot) == [
            "retry.py:12  net\n  function retry_with_backoff",
            "sleep.py:40  net\n  function sleep_longer",
        ]
        assert text_of(pilot, "#preview") == "12  def retry_with_backoff(call):\n13      return call()"
        assert text_of(pilot, "#state") == "2 results in 1.5 ms · 40 chunks"


async def test_arrow_keys_move_through_the_results_while_the_query_keeps_the_focus() -> None:
    async with searching({"retry": (RETRY, SLEEP)}) as (pilot, _):
        await ask(pilot, "retry")
        await pilot.press("down")
        assert text_of(pilot, "#preview").startswith("40  def sleep_longer")
        await pilot.press("up")
        assert text_of(pilot, "#preview").startswith("12  def retry_with_backoff")
        assert isinstance(pilot.app.focused, Input)


async def test_an_answer_that_comes_after_a_newer_query_is_never_shown() -> None:
    async with searching({"slow": (RETRY,), "fast": (SLEEP,)}) as (pilot, session):
        gate = session.gates["slow"] = asyncio.Event()
        pilot.app.screen.query_one(Input).value = "slow"
        await pilot.pause()
        await ask(pilot, "fast")
        gate.set()
        await settle(pilot)
        assert session.asked == ["slow", "fast"]
        assert shown(pilot) == ["sleep.py:40  net\n  function sleep_longer"]


async def test_keys_typed_within_the_pause_are_one_search() -> None:
    session = FakeSession({"retry": (RETRY,)})
    async with CodesearchApp(session, None, debounce_s=0.05).run_test() as pilot:
        await settle(pilot)
        for query in ("r", "re", "ret", "retr", "retry"):
            pilot.app.screen.query_one(Input).value = query
        await pilot.pause()
        await settle(pilot)
        assert session.asked == ["retry"]


async def test_an_empty_query_clears_the_results_without_asking() -> None:
    async with searching({"retry": (RETRY,)}) as (pilot, session):
        await ask(pilot, "retry")
        await ask(pilot, "  ")
        assert (shown(pilot), text_of(pilot, "#preview"), session.asked) == ([], "", ["retry"])


async def test_an_error_is_a_notification_with_its_text_as_it_is() -> None:
    message = "vectors-3.bin does not match its checksum [row 7]; run codesearch index --rebuild"
    async with searching({"retry": CorruptIndexError(message)}) as (pilot, _):
        await ask(pilot, "retry")
        assert notices(pilot) == [message]
        assert isinstance(pilot.app.screen, SearchScreen)


async def test_a_query_that_is_not_finished_is_no_notification_but_a_hint() -> None:
    async with searching({"lang:": QueryError("lang: needs a language")}) as (pilot, _):
        await ask(pilot, "lang:")
        assert (notices(pilot), text_of(pilot, "#state")) == ([], "lang: needs a language")


async def test_text_of_the_repository_is_neither_markup_nor_escapes() -> None:
    async with searching({"x": (HOSTILE,)}) as (pilot, _):
        await ask(pilot, "x")
        assert shown(pilot) == ["b\\x1b[2J.py:1  a[red]\n  function [bold]x"]
        lines = text_of(pilot, "#preview").split("\n")
        assert lines[0] == "1  [bold red]not red[/]"
        assert lines[1] == "2  [@click=app.quit]press[/]"
        assert lines[2] == "3  \\x1b]0;owned\\x07\\x1b[2Jdone"
        assert "\x1b" not in pilot.app.export_screenshot()


async def test_enter_asks_for_the_highlighted_place_in_the_editor() -> None:
    class Host(App[None]):
        asked: ClassVar[list[tuple[Path, int]]] = []

        def on_search_screen_edit_requested(self, event: SearchScreen.EditRequested) -> None:
            self.asked.append((event.path, event.line))

    async with Host().run_test() as pilot:
        session = FakeSession({"retry": (RETRY, SLEEP)})
        await pilot.app.push_screen(SearchScreen(session, ROOT, debounce_s=0))
        await ask(pilot, "retry")
        await pilot.press("down", "enter")
        assert Host.asked == [(ROOT / "net/sleep.py", 40)]


async def test_without_an_editor_the_user_hears_what_to_set() -> None:
    async with searching({"retry": (RETRY,)}) as (pilot, _):
        await ask(pilot, "retry")
        await pilot.press("enter")
        assert notices(pilot) == ["set VISUAL or EDITOR to the editor that opens results"]


async def test_where_the_terminal_cannot_be_lent_the_user_hears_why() -> None:
    async with searching({"retry": (RETRY,)}, editor="vi") as (pilot, _):
        await ask(pilot, "retry")
        await pilot.press("enter")
        assert [notice.partition(":")[0] for notice in notices(pilot)] == ["cannot start vi"]


async def test_q_is_a_letter_in_the_query_and_leaves_from_the_results() -> None:
    async with searching({"q": (RETRY,)}) as (pilot, session):
        await pilot.press("q")
        await settle(pilot)
        assert len(shown(pilot)) == 1
        assert not session.is_closed
        await pilot.press("escape", "q")
        assert pilot.app._exit
    assert session.is_closed


async def test_ctrl_c_leaves_from_the_query() -> None:
    async with searching({}) as (pilot, session):
        await pilot.press("ctrl+c")
    assert session.is_closed
    assert pilot.app.return_code == 0
