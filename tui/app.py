"""The app: which screen is shown, and what needs the whole terminal. Started by `codesearch tui` through `run`."""

import subprocess
import sys
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import App, SuspendNotSupported
from textual.binding import Binding, BindingType

from codesearch.config import editor
from codesearch.errors import CodesearchError, NoIndexError
from indexers.errors import IndexersError
from tui.editor import editor_command
from tui.screens import DEBOUNCE_S, OfferScreen, SearchScreen
from tui.session import IndexSession, Session


class CodesearchApp(App[str]):
    """Search one index; the app's result is a problem that ended it, if one did."""

    CSS_PATH = Path(__file__).with_name("style.tcss")
    TITLE = "codesearch"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "quit", "Quit", priority=True, tooltip="Leave"),
    ]

    def __init__(self, session: Session, editor: str | None, debounce_s: float = DEBOUNCE_S) -> None:
        super().__init__()
        self.session = session
        self.editor = editor
        self.debounce_s = debounce_s

    def on_mount(self) -> None:
        """Look for the index as soon as there is a screen."""
        self.open_index()

    async def on_unmount(self) -> None:
        """Let go of the index before the app ends."""
        await self.session.close()

    @on(OfferScreen.Built)
    @work(exclusive=True, group="open")
    async def open_index(self) -> None:
        """Show the search where there is an index, the offer where there is none."""
        try:
            root = await self.session.open()
        except NoIndexError as error:
            await self.push_screen(OfferScreen(self.session, str(error)))
        except (CodesearchError, IndexersError) as error:
            self.exit(str(error))
        else:
            await self.push_screen(SearchScreen(self.session, root, self.debounce_s))

    @on(SearchScreen.EditRequested)
    def open_editor(self, event: SearchScreen.EditRequested) -> None:
        """Lend the terminal to the editor until it ends."""
        if self.editor is None:
            self.notify("set VISUAL or EDITOR to the editor that opens results", severity="warning")
            return
        try:
            command = editor_command(self.editor, event.path, event.line)
            with self.suspend():
                subprocess.run(command, check=False)
        except (SuspendNotSupported, OSError, ValueError) as error:
            self.notify(f"cannot start {self.editor}: {error}", severity="error", markup=False)


def run(path: Path | None = None, home: Path | None = None) -> int:
    """Search the index that covers `path` (default: the working folder) until the user leaves; return an exit code."""
    problem = CodesearchApp(IndexSession(path or Path.cwd(), home), editor()).run()
    if problem is None:
        return 0
    sys.stderr.write(f"codesearch: {problem}\n")
    return 2
