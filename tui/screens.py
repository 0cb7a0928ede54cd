"""The two screens: searching, and the offer to build an index where there is none.

A screen asks its session and tells the app by messages what it cannot do itself.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, ScrollableContainer, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Button, Footer, Input, OptionList, ProgressBar, Static
from textual.widgets.option_list import Option

from codesearch.errors import CodesearchError, QueryError
from codesearch.printable import clean_line
from codesearch.types import IndexState, Progress, SearchResponse, SearchResult
from indexers.errors import IndexersError
from tui.drawing import draw_option, draw_preview
from tui.session import Session

DEBOUNCE_S = 0.1
"""Longer than the pause between two keys of a fast typist, shorter than what feels like waiting."""


class ResultOption(Option):
    """A line of the list that carries its result."""

    def __init__(self, result: SearchResult) -> None:
        super().__init__(draw_option(result))
        self.result = result


class SearchScreen(Screen[None]):
    """Search as you type: the query, the results, and the lines of the highlighted one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "edit", "Open in the editor", priority=True, tooltip="VISUAL or EDITOR, at the line"),
        Binding("down", "move(1)", "Next", show=False),
        Binding("up", "move(-1)", "Previous", show=False),
        Binding("escape", "focus('#results')", "Results", tooltip="Leave the query"),
        Binding("slash", "focus('#query')", "Query", key_display="/", tooltip="Type another query"),
        Binding("q", "app.quit", "Quit", show=False),
    ]

    @dataclass
    class EditRequested(Message):
        """The user wants to see this place in the editor."""

        path: Path
        line: int

    def __init__(self, session: Session, root: Path, debounce_s: float = DEBOUNCE_S) -> None:
        super().__init__()
        self.session = session
        self.root = root
        self.debounce_s = debounce_s

    def compose(self) -> ComposeResult:
        """Lay out the query above the results and their preview."""
        yield Input(placeholder=f"Ask {clean_line(self.root.name)} in plain words", id="query")
        with Horizontal():
            yield OptionList(id="results")
            with ScrollableContainer(id="code"):
                yield Static(id="preview", markup=False)
        yield Static(id="state", markup=False)
        yield Footer()

    @on(Input.Changed)
    def ask(self, event: Input.Changed) -> None:
        """Search for what stands in the query now; the search before it ends unseen."""
        self.search(event.value)

    @work(exclusive=True, group="search")
    async def search(self, query: str) -> None:
        """Wait for a pause in typing, then answer; a newer call cancels this one wherever it is."""
        await asyncio.sleep(self.debounce_s)
        if not query.strip():
            self.show_results((), "")
            return
        try:
            response = await self.session.search(query)
        except QueryError as error:
            self.show_state(str(error))
        except (CodesearchError, IndexersError) as error:
            self.notify(str(error), severity="error", markup=False)
        else:
            self.show_results(response.results, describe(response))

    def show_results(self, results: tuple[SearchResult, ...], state: str) -> None:
        """Replace the list; its first line becomes the highlighted one."""
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([ResultOption(result) for result in results])
        self.query_one("#preview", Static).update()
        if results:
            options.highlighted = 0
        self.show_state(state)

    def show_state(self, text: str) -> None:
        """Say in one line how the answer came to be."""
        self.query_one("#state", Static).update(clean_line(text))

    @on(OptionList.OptionHighlighted)
    def preview(self, event: OptionList.OptionHighlighted) -> None:
        """Show the lines of the highlighted result from their beginning."""
        if isinstance(event.option, ResultOption):
            self.query_one("#preview", Static).update(draw_preview(event.option.result))
            self.query_one("#code").scroll_home(animate=False)

    def action_edit(self) -> None:
        """Ask for the highlighted result to be opened."""
        option = self.query_one(OptionList).highlighted_option
        if isinstance(option, ResultOption):
            self.post_message(self.EditRequested(self.root / option.result.path, option.result.start_line))

    def action_move(self, step: int) -> None:
        """Move the highlight while the query keeps the focus."""
        options = self.query_one(OptionList)
        if step > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()


class OfferScreen(Screen[None]):
    """Nothing is indexed here: say so, offer to build, and show how far it is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape", "app.quit", "Quit", show=False),
    ]

    class Built(Message):
        """The index is there now."""

    @dataclass
    class Advanced(Message):
        """The build got further."""

        progress: Progress

    def __init__(self, session: Session, reason: str) -> None:
        super().__init__()
        self.session = session
        self.reason = reason

    def compose(self) -> ComposeResult:
        """Lay out the reason, the button and the bar."""
        with Vertical(id="offer"):
            yield Static(clean_line(self.reason), markup=False)
            yield Button("Build the index", variant="primary")
            yield ProgressBar(show_eta=False)
            yield Static(id="progress", markup=False)
        yield Footer()

    @on(Button.Pressed)
    def start(self, event: Button.Pressed) -> None:
        """Build once; the button is back when it fails."""
        event.button.disabled = True
        self.add_class("building")
        self.build(event.button)

    @work(exclusive=True, group="build")
    async def build(self, button: Button) -> None:
        """Build the index and tell the app."""
        try:
            await self.session.build(self.report)
        except (CodesearchError, IndexersError) as error:
            self.notify(str(error), severity="error", markup=False)
            self.remove_class("building")
            button.disabled = False
        else:
            self.post_message(self.Built())

    def report(self, progress: Progress) -> None:
        """Bring a progress event from the building thread to this one."""
        self.post_message(self.Advanced(progress))

    @on(Advanced)
    def show_progress(self, event: Advanced) -> None:
        """Move the bar and say what is being done."""
        progress = event.progress
        self.query_one(ProgressBar).update(total=progress.files_total, progress=progress.files_done)
        known = "" if progress.files_total is None else f" of {progress.files_total:,}"
        text = f"{progress.stage}: {progress.files_done:,}{known} files, {progress.n_chunks:,} chunks"
        self.query_one("#progress", Static).update(text)


def describe_gap(state: IndexState) -> str:
    """Return how far an unfinished index is."""
    if state.files_todo is None:
        return "index incomplete"
    if state.files_todo == 0 and state.n_files_without_vectors:
        n_filled = state.files_done - state.n_files_without_vectors
        return f"index incomplete, vectors of {n_filled:,} of {state.files_done:,} files"
    return f"index incomplete, {state.files_todo:,} files to do"


def describe(response: SearchResponse) -> str:
    """Return the line below the results: how many, how fast, and what is missing."""
    parts = [f"{len(response.results)} results in {response.took_ms:.1f} ms", f"{response.index.n_chunks:,} chunks"]
    if not response.index.complete:
        parts.append(describe_gap(response.index))
    if response.degraded is not None:
        parts.append(f"{response.degraded.reason}: {response.degraded.remedy}")
    return " · ".join(parts)
