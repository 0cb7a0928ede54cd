"""`codesearch completions`: a completion script, made by shtab from the parser itself."""

import argparse

from codesearch.cli.outcome import Outcome
from codesearch.cli.parser import make_parser
from codesearch.cli.terminal import Terminal
from codesearch.cli.values import KINDS


def run(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:
    """Print the script of one shell."""
    import shtab

    parser = make_parser()
    _complete_values(parser, shtab.FILE)
    terminal.result(shtab.complete(parser, shell=parsed.shell).rstrip("\n"))
    return Outcome.FOUND


def _complete_values(parser: argparse.ArgumentParser, files: object) -> None:
    """Mark every PATH argument, in all commands, as one that completes to files, and name the kinds."""
    for action in parser._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for command in action.choices.values():
                _complete_values(command, files)
        elif action.metavar in {"PATH", "PATH:LINE"}:
            action.complete = files  # type: ignore[attr-defined]
        elif action.metavar == "KIND":
            action.choices = KINDS
