"""What argparse lacks: a PATH after an option, suggestions for what is nearly right, examples that fit the screen.

Knows argparse parsers and words; knows neither commands nor what they do.
"""

import argparse
import difflib
import re
from collections.abc import Iterable, Sequence
from textwrap import wrap

_NEGATIVE_NUMBER = re.compile(r"-\d+|-\d*\.\d+")


def order_arguments(parser: argparse.ArgumentParser, typed: Sequence[str]) -> list[str]:
    """Return the same arguments, options first, so that argparse sees all positional ones in one run.

    Given in pieces it takes an optional PATH for absent before it was read. What stands behind `--` is no option.
    """
    options: list[str] = []
    positionals: list[str] = []
    rest = list(typed)
    while rest:
        argument = rest.pop(0)
        if argument == "--":
            positionals += rest
            break
        if not _is_option(argument):
            positionals.append(argument)
            continue
        options.append(argument)
        if rest and rest[0] != "--" and _takes_value(parser, argument):
            options.append(rest.pop(0))
    needs_mark = any(argument.startswith("-") and argument != "-" for argument in positionals)
    return [*options, *(["--"] if needs_mark else []), *positionals]


def list_options(parser: argparse.ArgumentParser) -> list[str]:
    """Return the options of a command as they are written."""
    return [name for action in parser._actions for name in action.option_strings]  # noqa: SLF001


def suggest(typed: str, known: Iterable[str]) -> str:
    """Return ` (did you mean NAME?)` where something known is spelled nearly like it, else nothing."""
    near = difflib.get_close_matches(typed, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def fit_line(line: str, width: int) -> list[str]:
    """Return a line of help in lines of at most `width` columns, as far as its words allow.

    Where an example and what it does stand side by side, what it does moves below.
    """
    if len(line) <= width:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    example, gap, comment = line.strip().partition("   ")
    pieces = [(example, indent), (comment.strip(), f"{indent}    ")] if gap and indent else [(line.strip(), indent)]
    return [part for text, start in pieces for part in _wrap(text, width, start)]


def _wrap(text: str, width: int, indent: str) -> list[str]:
    return wrap(
        text,
        max(width, 20),
        initial_indent=indent,
        subsequent_indent=f"{indent}  " if indent else "",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _is_option(argument: str) -> bool:
    """Tell what argparse takes for an option: text with a blank in it is none, and neither is a number."""
    if not argument.startswith("-") or argument == "-" or _NEGATIVE_NUMBER.fullmatch(argument):
        return False
    return " " not in argument.partition("=")[0]


def _takes_value(parser: argparse.ArgumentParser, option: str) -> bool:
    """Tell whether the next argument belongs to this option."""
    actions = (action for action in parser._actions if option in action.option_strings)  # noqa: SLF001
    return any(action.nargs is None for action in actions)
