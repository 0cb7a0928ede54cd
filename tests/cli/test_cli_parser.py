import argparse
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.cli.errors import UsageError
from codesearch.cli.parser import MODES, make_parser, parse_arguments
from codesearch.cli.values import KINDS, read_count, read_size
from codesearch.types import MODES as ENGINE_MODES
from indexers.types import KINDS as ENGINE_KINDS

COMMANDS = (
    "index",
    "search",
    "similar",
    "status",
    "list",
    "clean",
    "verify",
    "repair",
    "eval",
    "models",
    "config",
    "doctor",
    "tui",
    "completions",
)


def test_the_words_for_modes_and_kinds_are_those_of_the_engine() -> None:
    assert MODES == ENGINE_MODES
    assert KINDS == ENGINE_KINDS


def test_a_query_after_two_dashes_may_start_with_a_dash() -> None:
    assert parse_arguments(["search", "--", "-x"]).query == "-x"


def test_options_before_two_dashes_still_count() -> None:
    parsed = parse_arguments(["search", "-n", "3", "--", "--verbose", "src"])
    assert (parsed.limit, parsed.query, parsed.path) == (3, "--verbose", "src")


def test_a_single_dash_is_a_query_from_standard_input() -> None:
    assert parse_arguments(["search", "-"]).query == "-"


def test_a_query_of_words_may_begin_with_an_excluding_filter() -> None:
    assert parse_arguments(["search", "-path:tests open a socket"]).query == "-path:tests open a socket"


def test_filters_may_be_repeated() -> None:
    parsed = parse_arguments(["search", "q", "--lang", "python", "--lang", "go", "--kind", "class"])
    assert parsed.lang == ["python", "go"]
    assert parsed.kind == ["class"]


def test_filters_of_one_command_line_do_not_leak_into_the_next() -> None:
    parse_arguments(["search", "q", "--path", "src"])
    assert parse_arguments(["search", "q"]).globs == []


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["search", "-x"], "goes after --"),
        (["search", "foo", "-x"], "goes after --"),
        (["search"], "QUERY is missing"),
        (["search", "where", "are", "retries"], "in quotes"),
        (["search", "q", "--limit", "0"], "at least 1"),
        (["search", "q", "--limit", "-3"], "at least 1"),
        (["search", "q", "--mode", "fuzzy"], "hybrid"),
        (["search", "q", "--kind", "struct"], "function"),
        (["search", "q", "--json", "--jsonl"], "not allowed with"),
        (["search", "q", "--lim", "3"], "unknown option --lim"),
        (["index", "--max-file-size", "2x"], "2MiB"),
        (["index", "--jobs", "none"], "at least 1"),
        (["index", "a", "b"], "unknown argument b"),
        (["clean", "--all", "--missing"], "not allowed with"),
        (["completions", "fish"], "bash"),
        (["serch", "q"], "search"),
    ],
)
def test_a_wrong_command_line_says_what_to_type(arguments: list[str], part: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_arguments(arguments)
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_arguments([command, "--help"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: codesearch {command}")


def test_the_help_shows_examples_that_parse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(["--help"])
    text = capsys.readouterr().out
    assert 'codesearch search "where are retries backed off"' in text
    assert all(command in text for command in COMMANDS)


def test_the_commands_are_those_that_are_documented() -> None:
    [commands] = [a for a in make_parser()._actions if isinstance(a, argparse._SubParsersAction)]
    assert tuple(commands.choices) == COMMANDS


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500000", 500_000),
        ("1b", 1),
        ("512K", 512 * 1024),
        ("2MiB", 2 * 1024**2),
        ("2m", 2 * 1024**2),
        ("2MB", 2_000_000),
        ("1.5 GiB", 3 * 1024**3 // 2),
    ],
)
def test_sizes_are_read_as_people_write_them(text: str, size: int) -> None:
    assert read_size(text) == size


@given(st.text(max_size=12))
def test_reading_a_size_or_a_count_never_fails_otherwise(text: str) -> None:
    for read in (read_size, read_count):
        with suppress(argparse.ArgumentTypeError):
            assert read(text) >= 1


@pytest.mark.parametrize(
    "typed",
    [
        ["search", "revoke a task", "-n", "1", "celery/worker"],
        ["search", "-n", "1", "revoke a task", "celery/worker"],
        ["search", "revoke a task", "celery/worker", "-n1"],
        ["search", "revoke a task", "--limit=1", "celery/worker"],
        ["search", "-n", "1", "--", "revoke a task", "celery/worker"],
        ["search", "revoke a task", "-n", "1", "--", "celery/worker"],
    ],
)
def test_a_path_may_stand_on_either_side_of_an_option(typed: list[str]) -> None:
    parsed = parse_arguments(typed)
    assert (parsed.query, parsed.limit, parsed.path) == ("revoke a task", 1, "celery/worker")


def test_a_path_may_follow_an_option_of_any_command() -> None:
    assert parse_arguments(["similar", "a.py:3", "--json", "src"]).path == "src"
    assert parse_arguments(["index", "--jobs", "2", "src"]).path == "src"
    assert parse_arguments(["search", "-", "--json", "src"]).query == "-"
    assert parse_arguments(["search", "--json", "-5", "src"]).query == "-5"


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (["serach", "q"], "search"),
        (["stauts"], "status"),
        (["search", "q", "--limt", "3"], "--limit"),
        (["search", "q", "--limt=3"], "--limit"),
        (["index", "--rebiuld"], "--rebuild"),
        (["search", "q", "--kind", "func"], "function"),
        (["search", "q", "--not-kind", "class,sektion"], "section"),
    ],
)
def test_what_is_nearly_right_gets_a_suggestion(arguments: list[str], near: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_arguments(arguments)
    assert f"(did you mean {near}?)" in str(caught.value)


def test_what_is_like_no_command_gets_them_all() -> None:
    with pytest.raises(UsageError) as caught:
        parse_arguments(["where are retries"])
    assert ", ".join(COMMANDS) in str(caught.value)


def test_several_kinds_may_be_named_at_once() -> None:
    parsed = parse_arguments(
        ["search", "q", "--kind", "function,method", "--kind", "class", "--not-kind", "file,block"]
    )
    assert parsed.kind == ["function", "method", "class"]
    assert parsed.not_kind == ["file", "block"]
    with pytest.raises(UsageError, match="no kind is named"):
        parse_arguments(["search", "q", "--kind", ","])


@pytest.mark.parametrize("columns", [50, 80])
@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_breaks_no_line_within_a_word(
    command: list[str], columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    with pytest.raises(SystemExit):
        parse_arguments([*command, "--help"])
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if len(line) > columns and " " in line.strip()] == []


def test_an_example_and_what_it_does_part_where_both_do_not_fit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    with pytest.raises(SystemExit):
        parse_arguments(["index", "--help"])
    wanted = "\n  codesearch index\n      the index around this folder, or a new one of this\n        folder\n"
    assert wanted in capsys.readouterr().out
