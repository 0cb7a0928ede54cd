"""The front door of the command line: one command in, one exit status out, every error one line on stderr.

Knows which module runs a command and what each kind of failure looks like; knows nothing of the commands' work.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from codesearch import config
from codesearch.cli.errors import UsageError
from codesearch.cli.outcome import Outcome
from codesearch.cli.parser import make_parser, parse_arguments
from codesearch.cli.terminal import Terminal, open_terminal
from codesearch.errors import CodesearchError
from codesearch.printable import clean_line
from indexers.errors import CancelledError, IndexersError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit status: 0 found or done, 1 nothing found, 2 error."""
    terminal = open_terminal(allows_color=config.wants_color())
    try:
        outcome = _run(sys.argv[1:] if argv is None else argv, terminal)
        terminal.stdout.flush()
    except (KeyboardInterrupt, CancelledError):
        outcome = Outcome.INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough: a success, and the interpreter must not flush into the closed pipe at exit.
        _discard_stdout(terminal)
        outcome = Outcome.FOUND
    except (CodesearchError, IndexersError, UsageError) as error:
        outcome = _fail(terminal, str(error))
    except OSError as error:
        outcome = _fail(terminal, _describe(error))
    except UnicodeEncodeError as error:  # a name for the system, as streams escape what they cannot express
        outcome = _fail(terminal, f"this locale cannot spell {error.object}; set PYTHONUTF8=1 or a UTF-8 locale")
    except Exception as error:  # the one broad net: no traceback for the user
        if config.is_debugging():
            raise
        outcome = _fail(
            terminal,
            f"internal error: {type(error).__name__}: {error}; "
            f"set {config.DEBUG_VARIABLE}=1 to see where, and report it",
        )
    return outcome.value


def _run(arguments: Sequence[str], terminal: Terminal) -> Outcome:
    try:
        parsed = parse_arguments(arguments)
    except SystemExit:
        return Outcome.FOUND
    if parsed.command is None:
        return _run_bare(terminal)
    return _run_command(parsed, terminal)


def _run_bare(terminal: Terminal) -> Outcome:
    if terminal.stdin.isatty() and terminal.stdout.isatty():
        return _run_command(argparse.Namespace(command="tui", path=None), terminal)
    terminal.result(make_parser().format_help().rstrip("\n"))
    return Outcome.FOUND


def _run_command(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:  # noqa: C901, PLR0912  one flat case each
    """Import the command's module, and with it all that it needs, only now."""
    match parsed.command:
        case "index":
            from codesearch.cli.index import run
        case "search":
            from codesearch.cli.search import run
        case "similar":
            from codesearch.cli.similar import run
        case "status":
            from codesearch.cli.status import run
        case "list":
            from codesearch.cli.list import run
        case "clean":
            from codesearch.cli.clean import run
        case "verify":
            from codesearch.cli.verify import run
        case "repair":
            from codesearch.cli.repair import run
        case "eval":
            from codesearch.cli.eval import run
        case "models":
            from codesearch.cli.models import run
        case "config":
            from codesearch.cli.config import run
        case "doctor":
            from codesearch.cli.doctor import run
        case "tui":
            from codesearch.cli.tui import run
        case _:
            from codesearch.cli.completions import run
    return run(parsed, terminal)


def _fail(terminal: Terminal, message: str) -> Outcome:
    terminal.note(f"codesearch: error: {clean_line(message)}")
    return Outcome.FAILED


def _describe(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


def _discard_stdout(terminal: Terminal) -> None:
    with open(os.devnull, "w", encoding="utf-8") as nothing:  # noqa: PTH123
        try:
            os.dup2(nothing.fileno(), terminal.stdout.fileno())
        except OSError:
            terminal.stdout.close()
