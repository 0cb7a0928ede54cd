"""Leaves partition the lines of any file, containers are runs of leaves, and names end up where they stand."""

from hypothesis import given
from hypothesis import strategies as st

from indexers.blocks import leading_comment, split_block
from indexers.chunker import chunk_file
from indexers.lines import Lines
from indexers.types import Chunk, Definition, DefinitionRole

ROLES: list[DefinitionRole] = ["function", "method", "class", "module", "section", "name"]

SOURCE = b'''"""Shapes."""
import math


class Circle:
    """Round."""

    unit = 1

    def area(self):
        return math.pi

    @property
    def edge(self): return 2


def main():
    def inner():
        pass
    return inner
'''


def define(role: DefinitionRole, name: str, first: bytes, last: bytes, scope: str = "") -> Definition:
    start = SOURCE.index(first)
    end = SOURCE.index(last, start) + len(last)
    return Definition(role, name, scope, start, end, f"sig {name}", "")


DEFINITIONS = [
    define("class", "Circle", b"class", b"return 2"),
    define("name", "unit", b"unit", b"1"),
    define("method", "area", b"def area", b"math.pi"),
    define("method", "edge", b"@property", b"return 2"),
    define("function", "main", b"def main", b"return inner"),
    define("function", "inner", b"def inner", b"pass"),
]


def chunks_of(source: bytes = SOURCE, definitions: list[Definition] = DEFINITIONS) -> dict[tuple[str, str], Chunk]:
    return {(c.granularity, c.symbol): c for c in chunk_file("pkg/shapes.py", source, definitions)}


def test_a_class_is_a_header_leaf_its_methods_and_a_container_over_both() -> None:
    chunks = chunks_of()
    header, area, circle = chunks["leaf", "Circle"], chunks["leaf", "area"], chunks["class", "Circle"]
    assert (header.kind, header.start_line, header.end_line) == ("class", 5, 8)
    assert (area.kind, area.qualified_name, area.start_line, area.end_line) == ("method", "Circle.area", 10, 11)
    assert (circle.start_line, circle.end_line, circle.n_leaves) == (5, 14, 3)


def test_a_span_starts_at_its_decorator() -> None:
    assert chunks_of()["leaf", "edge"].start_line == 13


def test_a_nested_function_is_a_name_of_the_function_around_it() -> None:
    main = chunks_of()["leaf", "main"]
    assert main.names == ("inner",)
    assert (main.start_line, main.end_line) == (17, 20)


def test_a_field_is_a_name_of_the_leaf_it_stands_in() -> None:
    assert chunks_of()["leaf", "Circle"].names == ("unit",)


def test_the_file_chunk_spans_all_and_carries_the_opening_comment() -> None:
    file = chunks_of()["file", "shapes"]
    assert (file.start_line, file.end_line, file.documentation) == (1, 20, "Shapes.")


def test_a_closing_brace_joins_the_leaf_before_it() -> None:
    source = b"class A {\n  int x;\n  void f() {\n    g();\n  }\n}\n"
    spans = [
        Definition("class", "A", "", 0, len(source) - 1, "", ""),
        Definition("method", "f", "", source.index(b"  void"), source.index(b"  }\n}") + 3, "", ""),
    ]
    leaves = [c for c in chunk_file("A.java", source, spans) if c.granularity == "leaf"]
    assert [(c.symbol, c.start_line, c.end_line) for c in leaves] == [("A", 1, 2), ("f", 3, 6)]


def test_of_two_functions_on_one_line_the_second_stays_findable_by_name() -> None:
    source = b"f = () => 1; g = () => 2;\n"
    spans = [Definition("function", "f", "", 0, 11, "", ""), Definition("function", "g", "", 13, 25, "", "")]
    leaf = chunk_file("a.js", source, spans)[0]
    assert leaf.symbol == "f"
    assert leaf.names == ("g",)


def test_a_scope_written_at_the_definition_makes_a_method() -> None:
    source = b"func (c *Circle) Area() {}\n"
    leaf = chunk_file("a.go", source, [Definition("function", "Area", "Circle", 0, 26, "", "")])[0]
    assert (leaf.kind, leaf.qualified_name) == ("method", "Circle.Area")


def test_a_blank_file_has_no_chunks() -> None:
    assert chunk_file("a.py", b" \n\t\n\n", []) == ()


def test_long_text_is_cut_at_blank_lines() -> None:
    text = b"\n\n".join(b"\n".join(b"line" for _ in range(20)) for _ in range(6))
    pieces = split_block(Lines(text), 0, text.count(b"\n"))
    assert [last - first + 1 for first, last in pieces] == [41, 41, 41]


def test_loose_code_of_a_module_is_cut_like_loose_code_of_a_file_and_that_of_a_class_is_not() -> None:
    lines = "\n\n".join("\n".join("line" for _ in range(20)) for _ in range(6)).encode()
    expected: list[tuple[DefinitionRole, int]] = [("module", 3), ("class", 1)]
    for role, n_leaves in expected:
        leaves = [
            chunk
            for chunk in chunk_file("a.rb", lines, [Definition(role, "M", "", 0, len(lines), "", "")])
            if chunk.granularity == "leaf"
        ]
        assert len(leaves) == n_leaves
        assert leaves[0].symbol == "M"


def test_opening_comments_of_each_style_are_read_without_their_markers() -> None:
    for source in (
        b"// Adds.\n// Fast.\nx",
        b"/* Adds.\n * Fast.\n */\nx",
        b'"""Adds.\nFast."""\n',
        b"#!/bin/sh\n# Adds.\n# Fast.\n",
    ):
        assert leading_comment(source) == "Adds.\nFast."
    assert leading_comment(b"int main;\n// late") == ""


@st.composite
def sources_with_definitions(draw: st.DrawFn) -> tuple[bytes, list[Definition]]:
    lines = draw(
        st.lists(st.sampled_from(["", "  ", "x = 1", "}", "end", "  def f():", "é = '日本'", "\tfoo();", "a\rb"]))
    )
    data = "\n".join(lines).encode()
    offsets = st.integers(0, len(data))
    definitions: list[Definition] = []
    for role, a, b in draw(st.lists(st.tuples(st.sampled_from(ROLES), offsets, offsets), max_size=12)):
        if a != b:
            definitions.append(Definition(role, f"n{len(definitions)}", "", min(a, b), max(a, b), "", ""))
    return data, definitions


@given(sources_with_definitions())
def test_leaves_cover_every_non_blank_line_exactly_once(source: tuple[bytes, list[Definition]]) -> None:
    data, definitions = source
    covered = [
        line
        for chunk in chunk_file("a.py", data, definitions)
        if chunk.granularity == "leaf"
        for line in range(chunk.start_line, chunk.end_line + 1)
        if data.split(b"\n")[line - 1].strip()
    ]
    assert covered == [number for number, text in enumerate(data.split(b"\n"), 1) if text.strip()]


@given(sources_with_definitions())
def test_containers_are_runs_of_leaves_and_spans_match_lines(source: tuple[bytes, list[Definition]]) -> None:
    data, definitions = source
    chunks = chunk_file("a.py", data, definitions)
    leaves = [c for c in chunks if c.granularity == "leaf"]
    assert chunks[: len(leaves)] == tuple(leaves)
    for chunk in chunks:
        run = leaves[chunk.first_leaf : chunk.first_leaf + chunk.n_leaves]
        assert (chunk.start_byte, chunk.end_byte) == (run[0].start_byte, run[-1].end_byte)
        assert (chunk.start_line, chunk.end_line) == (run[0].start_line, run[-1].end_line)
        assert data[: chunk.start_byte].count(b"\n") + 1 == chunk.start_line
        assert data[: chunk.end_byte].count(b"\n") + 1 == chunk.end_line


@given(sources_with_definitions())
def test_every_definition_is_findable_by_its_name(source: tuple[bytes, list[Definition]]) -> None:
    data, definitions = source
    chunks = chunk_file("a.py", data, definitions)
    found = {name for c in chunks if c.granularity == "leaf" for name in (c.symbol, *c.names)}
    assert not chunks or {d.name for d in definitions} <= found
