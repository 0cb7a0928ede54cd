"""What is nested too deep or too much for one file stays findable by name, and the file says so."""

from pathlib import Path

import pytest

from indexers.definitions import find_definitions
from indexers.languages import detect_language
from indexers.limits import MAX_DEFINITIONS, MAX_DEPTH, MAX_NAME, limit_definitions
from indexers.parsing import parse_file
from indexers.reading import to_file_stat
from indexers.types import Definition, DefinitionRole, ParsedFile, SourceFile


def one(start: int, end: int, role: DefinitionRole = "class", name: str = "A") -> Definition:
    """Return a definition of a span."""
    return Definition(role, name, "", start, end, name, "")


def nested(n: int, role: DefinitionRole = "class") -> list[Definition]:
    """Return definitions each inside the one before."""
    return [one(i, 2 * n - i, role) for i in range(n)]


def test_what_is_deeper_than_the_limit_becomes_a_name_of_what_is_around_it() -> None:
    limited = limit_definitions(nested(MAX_DEPTH + 3))
    assert [found.role for found in limited.definitions] == ["class"] * MAX_DEPTH + ["name"] * 3
    assert limited.note == "3 definitions more than 32 levels deep were left to those around them"


def test_depth_counts_anew_beside_a_deep_place() -> None:
    deep = nested(MAX_DEPTH)
    beside = one(2 * MAX_DEPTH, 2 * MAX_DEPTH + 5)
    limited = limit_definitions([*deep, beside])
    assert limited.definitions == [*deep, beside]
    assert limited.note == ""


def test_functions_inside_functions_are_no_levels() -> None:
    found = nested(MAX_DEPTH + 3, "function")
    assert limit_definitions(found).definitions == found


def test_definitions_beyond_the_limit_become_names() -> None:
    limited = limit_definitions([one(i, i + 1, "function") for i in range(MAX_DEFINITIONS + 2)])
    assert [found.role for found in limited.definitions[-3:]] == ["function", "name", "name"]
    assert limited.note == "only the first 20,000 of 20,002 definitions became chunks"


def test_names_and_signatures_of_any_length_are_cut() -> None:
    (cut,) = limit_definitions([one(0, 9, name="x" * 5_000)]).definitions
    assert (len(cut.name), len(cut.signature)) == (MAX_NAME, 300)


def test_a_heading_as_long_as_a_book_gives_a_short_title() -> None:
    (section,) = find_definitions("markdown", b"# word " + b"[" * 300_000 + b"\n")
    assert len(section.name) <= MAX_NAME


def parse(folder: Path, name: str, data: bytes) -> ParsedFile:
    """Parse one file."""
    path = folder / name
    path.write_bytes(data)
    parsed = parse_file(folder, SourceFile(name, to_file_stat(path.stat())), 1 << 22)
    assert isinstance(parsed, ParsedFile)
    return parsed


def test_ten_thousand_classes_inside_each_other_are_cut_and_noted(tmp_path: Path) -> None:
    parsed = parse(tmp_path, "deep.rb", b"class A\n" * 10_000 + b"end\n" * 10_000)
    assert parsed.note.startswith("9,968 definitions more than 32 levels deep")
    assert len(parsed.chunks) < 100
    assert max(len(chunk.qualified_name) for chunk in parsed.chunks) < 100


@pytest.mark.parametrize("name", ["blank.h", "blank.m"])
def test_blank_lines_cost_no_time_where_two_languages_share_an_extension(
    name: str,
) -> None:
    # Twenty times a head of nothing but line ends: at the square of their number it takes minutes.
    assert {detect_language(name, b"\n" * (1 << 16)) for _ in range(20)} <= {"c", "objc"}
