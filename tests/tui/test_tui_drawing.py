"""How a result looks before any screen shows it."""

from dataclasses import replace

from tests.tui.fake_session import result
from tui.drawing import PREVIEW_LINES, draw_option, draw_preview

PLACE = result("net/retry.py", "retry", "def retry():\n\treturn 1", 9)


def test_line_numbers_keep_their_column_where_they_gain_a_digit() -> None:
    assert draw_preview(PLACE).plain == " 9  def retry():\n10      return 1"


def test_a_newline_at_the_end_makes_no_further_line() -> None:
    assert draw_preview(result("a.py", "a", "x = 1\n")).plain == "1  x = 1"


def test_a_long_result_says_how_many_lines_are_left_out() -> None:
    long = result("a.py", "a", "\n".join(["x = 1"] * (PREVIEW_LINES + 7)))
    lines = draw_preview(long).plain.split("\n")
    assert len(lines) == PREVIEW_LINES + 1
    assert lines[-1] == "… 7 more lines"


def test_a_language_without_a_highlighter_is_shown_as_it_is() -> None:
    assert draw_preview(replace(PLACE, language="no such language")).plain.endswith("return 1")


def test_separators_that_are_no_newlines_do_not_shift_the_numbers() -> None:
    odd = result("a.py", "a", "x = '\x0c\u2028\x85'\ny = 2")
    assert draw_preview(odd).plain.split("\n")[1] == "2  y = 2"


def test_a_result_that_changed_on_disk_says_so() -> None:
    assert draw_option(replace(PLACE, stale=True)).plain == "retry.py:9  changed on disk  net\n  function retry"


def test_the_qualified_name_is_shown_where_there_is_one() -> None:
    assert draw_option(replace(PLACE, qualified_name="Client.retry")).plain.endswith("function Client.retry")
