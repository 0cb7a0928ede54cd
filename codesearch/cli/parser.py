"""The command line as typed: commands, options, help with examples. Knows argparse and nothing of the engine.

The choices of modes and builders stand here as words, because their types import numpy; a test holds them
against those types.
"""

import argparse
from collections.abc import Sequence
from typing import NoReturn, TypeAlias

from codesearch import __version__
from codesearch.cli.arguments import fit_line, list_options, order_arguments, suggest
from codesearch.cli.config_arguments import (
    CONFIG_EXAMPLES,
    MODELS_EXAMPLES,
    add_config_arguments,
    add_models_arguments,
)
from codesearch.cli.errors import UsageError
from codesearch.cli.index_arguments import INDEX_EXAMPLES, WAIT_S, add_index_arguments
from codesearch.cli.upkeep_arguments import REPAIR_EXAMPLES, VERIFY_EXAMPLES, add_upkeep_arguments
from codesearch.cli.values import KINDS, read_count, read_kinds, read_seconds, read_seed

MODES = ("hybrid", "lexical", "dense", "prefilter")
COLORS = ("auto", "always", "never")
SHELLS = ("bash", "zsh", "tcsh")
BUILDERS = ("documentation", "symbols", "commits")

Subparsers: TypeAlias = "argparse._SubParsersAction[Parser]"  # noqa: SLF001

DESCRIPTION = "Semantic search for code repositories: ask in plain words, get the function."

EXAMPLES = """\
examples:
  codesearch index ~/src/flask     read a repository; again later: only what changed
  codesearch search "where are retries backed off"
  codesearch search "parse the config file" src --lang python --limit 5
  codesearch search 'path:src/** kind:function "def main("'
  codesearch search --json "open a socket" | jq -r '.results[].path'
  codesearch status
"""

SEARCH_EXAMPLES = """\
filters can stand in the query too: lang:python path:src/** kind:function -path:tests
a query of filters alone lists what they leave, by path
text in "double quotes" must occur exactly as written

examples:
  codesearch search "where are retries backed off"
  codesearch search "read a token from a header" --kind function --not-path tests
  codesearch search -- -x             a query that starts with a dash
  pbpaste | codesearch search -       a query from standard input

exit status: 0 found, 1 nothing found, 2 error
"""

SIMILAR_EXAMPLES = """\
examples:
  codesearch similar src/app.py:120              code like the definition around this line
  pbpaste | codesearch similar -                 code like this text
"""

EVAL_EXAMPLES = """\
Queries come from files, or from the tree itself:
  documentation   first sentence -> its definition, searched in a copy without that documentation
  symbols         a name that one definition alone has -> that definition
  commits         subject -> the files that the commit changed, searched in the tree before it

Hybrid search stands beside vectors alone, raw BM25 and, where it is installed, ripgrep. Everything is indexed anew in a
temporary folder; files and indexes stay as they are.

examples:
  codesearch eval                     all three kinds of queries, of the repository around this folder
  codesearch eval ~/src/flask --build commits --limit-queries 50
  codesearch eval --queries judged.json --json

exit status: 0 done, 1 no query to ask, 2 error
"""

DOCTOR_EXAMPLES = """\
The self-test encodes a few texts of codesearch's own and looks at what comes back. Nothing of the
repository is read; a server on another machine is sent those texts and no others.

examples:
  codesearch doctor                   the encoder of the index around this folder, or of a new one
  codesearch doctor --encoder http://127.0.0.1:8080/v1

exit status: 0 all is well, 2 something is wrong
"""

COMPLETIONS_EXAMPLES = """\
examples:
  codesearch completions bash > ~/.local/share/bash-completion/completions/codesearch
  codesearch completions zsh > "${fpath[1]}/_codesearch"
"""


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Help whose examples keep their lines where they fit, and break between words where they do not."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(
            f"{indent}{part}" for line in text.splitlines() for part in fit_line(line, width - len(indent))
        )


class Parser(argparse.ArgumentParser):
    """An argparse parser that raises instead of exiting, so that the front door decides how errors look."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found wrong, with where to look."""
        if message.endswith("required: QUERY"):
            message = "QUERY is missing; one that starts with a dash goes after --"
        raise UsageError(f"{message}; see {self.prog} --help")


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Read a command line; raises UsageError, or SystemExit(0) once help or version has been printed."""
    parser = make_parser()
    commands = find_commands(parser)
    if not arguments or arguments[0].startswith("-"):
        return parser.parse_args(arguments)
    name = arguments[0]
    if name not in commands:
        known = suggest(name, commands) or f"; there are {', '.join(commands)}"
        raise UsageError(f"there is no command {name}{known}; see codesearch --help")
    namespace, rest = parser.parse_known_args([name, *order_arguments(commands[name], arguments[1:])])
    if rest:
        raise UsageError(_explain_rest(commands[name], name, [argument for argument in rest if argument != "--"]))
    return namespace


def find_commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command by its name."""
    commands: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            commands.update(action.choices)
    return commands


def make_parser() -> Parser:
    """Return the parser of the whole command line."""
    parser = Parser(
        prog="codesearch",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"codesearch {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _add_index(commands)
    _add_search(commands)
    _add_similar(commands)
    _add_status(commands)
    _add_list(commands)
    _add_clean(commands)
    _add_upkeep(commands, "verify", "check that an index is whole, and name what is damaged", VERIFY_EXAMPLES)
    _add_upkeep(commands, "repair", "mend a damaged index without encoding anything", REPAIR_EXAMPLES)
    _add_eval(commands)
    add_models_arguments(_add(commands, "models", "list the encoders: dimension, length, size, speed", MODELS_EXAMPLES))
    add_config_arguments(_add(commands, "config", "show or change what is settled beforehand", CONFIG_EXAMPLES))
    _add_doctor(commands)
    _add_tui(commands)
    _add_completions(commands)
    return parser


def _add_index(commands: Subparsers) -> None:
    parser = _add(commands, "index", "read a repository, or update its index", INDEX_EXAMPLES)
    _add_path(parser, "the folder to index (default: the index around this folder, else this folder)")
    add_index_arguments(parser)


def _add_search(commands: Subparsers) -> None:
    parser = _add(commands, "search", "find code by a question in plain words, or by name", SEARCH_EXAMPLES)
    parser.add_argument("query", metavar="QUERY", help="what to look for, as one argument; - reads it from stdin")
    _add_path(parser, "search only at or below this path (default: the whole index around this folder)")
    _add_filters(parser)
    _add_output(parser)


def _add_similar(commands: Subparsers) -> None:
    parser = _add(commands, "similar", "find code like a given piece of code", SIMILAR_EXAMPLES)
    parser.add_argument("place", metavar="PATH:LINE", help="a line of an indexed file; - reads code from stdin")
    _add_path(parser, "search only at or below this path (default: the whole index around this folder)")
    _add_filters(parser)
    _add_output(parser)


def _add_status(commands: Subparsers) -> None:
    parser = _add(commands, "status", "show what an index holds and how fresh it is")
    _add_path(parser, "a path inside an indexed root (default: this folder)")
    parser.add_argument("--skipped", action="store_true", help="list the files that were left out, and why")
    parser.add_argument("--secrets", action="store_true", help="list where secrets were masked, without values")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_list(commands: Subparsers) -> None:
    parser = _add(commands, "list", "list all indexed roots")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_clean(commands: Subparsers) -> None:
    parser = _add(commands, "clean", "remove indexes; source files are never touched")
    _add_path(parser, "remove the index around this path (default: this folder)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="remove every index, and the cache of vectors")
    which.add_argument(
        "--missing",
        action="store_true",
        help="remove the indexes of roots that are gone, and what a broken-off first build left",
    )
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")


def _add_upkeep(commands: Subparsers, name: str, summary: str, examples: str) -> None:
    parser = _add(commands, name, summary, examples)
    _add_path(parser, "a path inside an indexed root (default: this folder)")
    add_upkeep_arguments(parser)


def _add_eval(commands: Subparsers) -> None:
    parser = _add(commands, "eval", "measure how good the answers are", EVAL_EXAMPLES)
    _add_path(parser, "the folder to evaluate (default: the git work tree around this folder, else this folder)")
    parser.add_argument(
        "--queries",
        action="append",
        default=[],
        metavar="FILE",
        help="ask the judged queries of a JSON file; repeat for more",
    )
    parser.add_argument(
        "--build",
        action="append",
        default=[],
        choices=BUILDERS,
        metavar="KIND",
        help=f"make queries from the tree: {', '.join(BUILDERS)}; repeat for more (default: all, without --queries)",
    )
    parser.add_argument(
        "--limit-queries", type=read_count, default=200, metavar="N", help="queries made of each kind (default 200)"
    )
    parser.add_argument(
        "--seed", type=read_seed, default=0, metavar="N", help="which ones are chosen where there are more (default 0)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, with each query")


def _add_doctor(commands: Subparsers) -> None:
    parser = _add(commands, "doctor", "check this machine, and that its encoder gives right vectors", DOCTOR_EXAMPLES)
    _add_path(parser, "a path whose encoder is checked (default: this folder)")
    parser.add_argument("--encoder", metavar="NAME", help="check this encoder instead of the one that is used there")
    parser.add_argument("--offline", action="store_true", help="talk to no other machine")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_tui(commands: Subparsers) -> None:
    parser = _add(commands, "tui", "search in a full-screen terminal interface")
    _add_path(parser, "the indexed root to open (default: the one around this folder)")


def _add_completions(commands: Subparsers) -> None:
    parser = _add(commands, "completions", "print a completion script for a shell", COMPLETIONS_EXAMPLES)
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))


def _add_filters(parser: Parser) -> None:
    group = parser.add_argument_group("filters", "repeat for more; any match within one option will do")
    group.add_argument(
        "--lang", action="append", default=[], metavar="NAME", help="language: python, c#, go; several: c,cpp"
    )
    group.add_argument(
        "--kind",
        action="extend",
        default=[],
        type=read_kinds,
        metavar="KIND",
        help=f"{', '.join(KINDS)}; several: function,method",
    )
    group.add_argument(
        "--path",
        action="append",
        default=[],
        metavar="GLOB",
        dest="globs",
        help="folder or glob, from the root: src/**/*.py",
    )
    group.add_argument("--not-lang", action="append", default=[], metavar="NAME", help="leave out a language")
    group.add_argument(
        "--not-kind", action="extend", default=[], type=read_kinds, metavar="KIND", help="leave out a kind"
    )
    group.add_argument(
        "--not-path",
        action="append",
        default=[],
        metavar="GLOB",
        help="leave out a folder or glob, from the root",
    )


def _add_output(parser: Parser) -> None:
    parser.add_argument("-n", "--limit", type=read_count, default=10, metavar="N", help="results (default 10)")
    parser.add_argument(
        "--mode",
        choices=MODES,
        default="hybrid",
        metavar="MODE",
        help="hybrid (default), lexical (words), dense (vectors), prefilter (words choose, vectors rank)",
    )
    parser.add_argument(
        "--prefilter",
        type=read_count,
        default=2000,
        metavar="N",
        help="chunks that words choose in mode prefilter (default 2000)",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--jsonl", action="store_true", help="print one JSON object per result")
    parser.add_argument("--explain", action="store_true", help="show score parts, and each stage on stderr")
    parser.add_argument(
        "--auto-index",
        action="store_true",
        help="build the index first where there is none, of the git work tree or else of the folder",
    )
    parser.add_argument(
        "--fresh",
        action="store_true",
        help="bring the index up to date first; where that fails, say so and answer from it as it is",
    )
    parser.add_argument(
        "--wait",
        type=read_seconds,
        default=WAIT_S,
        metavar="SECONDS",
        help="with --fresh or --auto-index: how long to wait for another process that writes the index "
        f"(default {WAIT_S})",
    )
    parser.add_argument("--color", choices=COLORS, default="auto", metavar="WHEN", help="auto (default), always, never")


def _add(commands: Subparsers, name: str, summary: str, epilog: str | None = None) -> Parser:
    parser: Parser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=epilog,
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    return parser


def _add_path(parser: Parser, summary: str) -> None:
    parser.add_argument("path", nargs="?", metavar="PATH", help=summary)


def _explain_rest(parser: argparse.ArgumentParser, command: str, rest: Sequence[str]) -> str:
    typed = " ".join(rest)
    unknown = next((argument for argument in rest if argument.startswith("-")), "")
    near = suggest(unknown.partition("=")[0], list_options(parser))
    if command in {"search", "similar"} and not unknown:
        return f"too many arguments: {typed}; put a query of several words in quotes"
    if command == "search" and not near:
        return f"unknown option {unknown}; a query that starts with a dash goes after --"
    kind = "option" if unknown else "argument"
    return f"unknown {kind} {unknown or typed}{near}; see codesearch {command} --help"
