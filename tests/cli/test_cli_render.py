import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.cli.excerpt import find_query_terms
from codesearch.cli.render import (
    View,
    make_placer,
    render_block,
    render_line,
    render_stages,
    render_state,
    render_warnings,
)
from codesearch.types import Degradation, Stage
from tests.cli.samples import GOLDEN, PYTHON, make_explained_result, make_response, make_result, make_state

PLAIN = View(place=lambda path: path, terms=find_query_terms("where are retries"))
COLOR = replace(PLAIN, has_color=True)


def read_golden(name: str) -> str:
    return (GOLDEN / name).read_text(encoding="utf-8")


def long_result_text() -> str:
    steps = "".join(f"    step_{number}()\n" for number in range(20))
    return f"def run(call):\n{steps}    retry(call)\n{steps}"


def test_a_result_is_a_header_and_numbered_code() -> None:
    assert render_block(make_result(), PLAIN) + "\n" == read_golden("block_plain.txt")


def test_a_coloured_result_is_byte_for_byte_the_golden_one() -> None:
    # As plain text, so that another version of the highlighter paints the same.
    result = replace(make_result(content=long_result_text(), stale=True), language="text")
    assert render_block(result, COLOR) + "\n" == read_golden("block_color.txt")


def test_source_code_is_painted_and_says_the_same() -> None:
    plain, painted = (render_block(make_result(), view) for view in (PLAIN, COLOR))
    assert "\x1b[34mdef\x1b[39;49;00m" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


def test_a_long_result_counts_the_lines_it_leaves_out() -> None:
    block = render_block(make_result(content=long_result_text()), PLAIN)
    assert block + "\n" == read_golden("block_long.txt")


def test_an_explained_result_has_the_parts_of_its_score_below_its_code() -> None:
    assert render_block(make_explained_result(), PLAIN) + "\n" == read_golden("block_explained.txt")


def test_in_a_pipe_the_parts_of_a_score_follow_the_line_of_the_result() -> None:
    assert render_line(make_explained_result(), PLAIN) + "\n" == read_golden("line_explained.txt")


def test_a_coloured_explanation_says_the_same() -> None:
    plain, painted = (render_line(make_explained_result(), view) for view in (PLAIN, COLOR))
    assert painted.count("\x1b[2m") == plain.count("\n")
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


def test_a_stale_result_says_so() -> None:
    assert render_block(make_result(stale=True), PLAIN).split("\n")[0].endswith("  stale")


def test_in_a_pipe_a_stale_result_says_so_behind_its_text() -> None:
    assert render_line(make_result(stale=True), PLAIN) == f"{render_line(make_result(), PLAIN)}  (stale)"


def test_in_a_pipe_a_result_is_one_line_as_grep_writes_it() -> None:
    assert render_line(make_result(), PLAIN) == "src/net/retry.py:12:def retry(call, attempts=3):"


def test_colour_that_is_asked_for_marks_path_and_line_in_a_pipe() -> None:
    painted = "\x1b[35msrc/net/retry.py\x1b[0m:\x1b[32m12\x1b[0m:def retry(call, attempts=3):"
    assert render_line(make_result(), COLOR) == painted


@given(st.text(st.characters(codec=None, categories=None), min_size=1))
def test_in_a_pipe_every_result_is_exactly_one_line(text: str) -> None:
    line = render_line(make_result(path=text, content=text), PLAIN)
    assert "\n" not in line
    assert "\x1b" not in line


@given(st.text(st.characters(codec=None, categories=None), min_size=1))
def test_no_escape_sequence_of_a_source_reaches_a_block(text: str) -> None:
    block = render_block(make_result(path=text, content=text), PLAIN)
    assert not set(block) & set("\x00\x07\x08\x1b\r\x7f\x9b\u202e")


def test_an_endless_line_is_cut_and_says_by_how_much() -> None:
    block = render_block(make_result(content="x" * 1_000), PLAIN)
    assert block.endswith("x … 600 characters")


def test_the_mark_at_the_beginning_of_a_file_is_no_text() -> None:
    result = replace(make_result(content="\ufeffusing System;\nclass A {}\n", start_line=1), signature="")
    assert render_line(result, PLAIN) == "src/net/retry.py:1:using System;"
    assert render_block(result, PLAIN).split("\n")[1] == "1  using System;"


def test_painted_code_has_as_many_lines_as_plain_code() -> None:
    for content in (PYTHON, "\n\nx = '''\n", "a\r\nb\r\n", "no newline"):
        plain, painted = (render_block(make_result(content=content), view).split("\n") for view in (PLAIN, COLOR))
        assert len(plain) == len(painted)


@pytest.mark.parametrize(
    ("here", "shown"),
    [
        ("/r", "src/a.py"),
        ("/r/src", "a.py"),
        ("/r/src/deep", "../a.py"),
        ("/r/docs", "../src/a.py"),
        ("/", "r/src/a.py"),
        ("/other", "/r/src/a.py"),
    ],
)
def test_paths_open_from_where_the_person_stands(here: str, shown: str) -> None:
    assert make_placer(Path("/r"), Path(here))("src/a.py") == shown


def test_the_state_names_root_and_size() -> None:
    assert render_state(make_state()) == "index: /home/ada/flask, 1,234 chunks"


def test_the_state_says_how_many_files_changed_where_that_is_known() -> None:
    state = replace(make_state(Path("/home/ada/my flask")), stale_files=3)
    assert render_state(state).endswith("; 3 files changed since: run codesearch index '/home/ada/my flask'")


def test_an_incomplete_index_says_how_far_it_is() -> None:
    wanted = "; incomplete: 20 files to do; run codesearch index /home/ada/flask to go on"
    assert render_state(make_state(complete=False)).endswith(wanted)


def test_a_count_that_nobody_knows_is_not_zero() -> None:
    state = replace(make_state(complete=False), files_todo=None)
    assert "an unknown number of files to do" in render_state(state)


def test_stale_and_degraded_answers_say_so() -> None:
    degraded = Degradation("the encoder is missing", "run pip install '.[qwen]'")
    assert render_warnings(make_response(make_result(stale=True), degraded=degraded)) == [
        "degraded: the encoder is missing; run pip install '.[qwen]'",
        "stale: 1 result is from a file that changed since; --fresh updates the index first",
    ]


def test_stages_are_aligned() -> None:
    assert render_stages((Stage("filter", 1_234, 100, 0.05), Stage("rank", 100, 10, 1.5))) == [
        "filter      1,234 -> 100           0.05 ms",
        "rank          100 -> 10            1.50 ms",
    ]
