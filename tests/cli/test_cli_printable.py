import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from codesearch.printable import clean_line, clean_text
from tests.cli.samples import Desk

BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
ANY_TEXT = st.text(st.characters(codec=None, categories=None))


def is_dangerous(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or character in BIDI


@given(ANY_TEXT)
@example("\x1b]8;;http://evil\x07click\x1b]8;;\x07 \x9b31m \x7f \u202e \udc80 \x00 \r")
def test_no_control_character_of_source_text_survives(text: str) -> None:
    assert not {character for character in clean_text(text) if is_dangerous(character)} - {"\n", "\t"}


@given(ANY_TEXT)
def test_a_cleaned_line_is_one_line(text: str) -> None:
    assert not [character for character in clean_line(text) if is_dangerous(character)]


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs"))))
def test_printable_text_is_left_alone(text: str) -> None:
    assert clean_text(text) == text == clean_line(text)


@given(ANY_TEXT)
def test_cleaning_keeps_the_number_of_lines(text: str) -> None:
    assert clean_text(text).count("\n") == text.count("\n")


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)


def test_escapes_say_which_character_stood_there() -> None:
    assert clean_line("a\x1b[31m\nb\u202e\udc80\U000e0041") == r"a\x1b[31m\nb\u202e\udc80\U000e0041"


def test_emoji_and_persian_keep_their_joiners() -> None:
    text = "👩\u200d💻 می\u200cخواهم"
    assert clean_text(text) == text


def test_only_a_yes_is_a_yes() -> None:
    answers = ["y\n", "YES\n", "n\n", "\n", "", "sure\n"]
    assert [Desk(typed, is_screen=True).terminal().confirms("Build?") for typed in answers] == [True, True] + [
        False
    ] * 4


def test_questions_go_to_the_error_stream() -> None:
    desk = Desk("y\n", is_screen=True)
    desk.terminal().confirms("Build?")
    assert (desk.stdout.getvalue(), desk.stderr.getvalue()) == ("", "Build? [y/N] ")


def test_colour_follows_the_stream_unless_it_is_asked_for() -> None:
    screen, pipe = Desk(is_screen=True).terminal(), Desk().terminal()
    assert [screen.has_color("auto"), screen.has_color("never"), pipe.has_color("auto"), pipe.has_color("always")] == [
        True,
        False,
        False,
        True,
    ]
