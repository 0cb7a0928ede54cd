"""Sections of Markdown and reStructuredText, cells of notebooks: what starts one, what does not, how it is called."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.definitions import find_definitions
from indexers.notebooks import MAX_LABEL, find_cells
from indexers.sections import find_markdown_sections, find_pod_sections, find_rst_sections


def markdown(source: str) -> list[tuple[str, str]]:
    return [(one.scope, one.name) for one in find_markdown_sections(source.encode())]


def rst(source: str) -> list[tuple[str, str]]:
    return [(one.scope, one.name) for one in find_rst_sections(source.encode())]


def notebook(cells: list[dict[str, object]], indent: int | None = 1) -> bytes:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}, indent=indent).encode()


@pytest.mark.parametrize(
    ("source", "sections"),
    [
        ("# One\n## Two\n# Three\n", [("", "One"), ("One", "Two"), ("", "Three")]),
        ("# One\n\n### Deep\n\n## Two\n", [("", "One"), ("One", "Deep"), ("One", "Two")]),
        ("# A\n## B\n### C\n", [("", "A"), ("A", "B"), ("A > B", "C")]),
        ("One\n===\n\nTwo\nlines\n---\n", [("", "One"), ("One", "Two lines")]),
        ("   ## Indented ##   \n", [("", "Indented")]),
        ("# One\r\n\r\nTwo\r\n---\r\n", [("", "One"), ("One", "Two")]),
        ("\ufeff# One\n", [("", "One")]),
        ('<h1 align="center"><img src="x.png"> One</h1>\n\n## Two\n', [("", "One"), ("One", "Two")]),
    ],
)
def test_markdown_headings_start_sections(source: str, sections: list[tuple[str, str]]) -> None:
    assert markdown(source) == sections


@pytest.mark.parametrize(
    "source",
    [
        "#hashtag\n",
        "####### seven\n",
        "    # code\n",
        "```sh\n# comment\n```\n",
        "~~~\n# comment\n```\n# still code\n~~~\n",
        "````\n```\n# inside\n````\n",
        "- item\n  ```\n# sloppy\n  ```\n",
        "```\n# never closed\n",
        "<!--\n# hidden\n-->\n",
        "<pre>\n# text\n</pre>\n",
        "---\ntitle: page\n---\n",
        "+++\ntitle = 1\n+++\n",
        "words\n\n---\n",
        "- item\n---\n",
        "> quoted\n---\n",
        "| a |\n---\n",
        "one\ntwo\nthree\n---\n",
        "#\n",
        "# ***\n",
    ],
)
def test_what_only_looks_like_a_markdown_heading_starts_none(source: str) -> None:
    assert markdown(source) == []


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("The `shop` command", "The shop command"),
        ("On [Linux](https://x.org) and [BSD][bsd]", "On Linux and BSD"),
        ("**Bold** and *slanted*", "Bold and slanted"),
        ("Anchored {#anchor}", "Anchored"),
        ("Spaced { #anchor .wide }", "Spaced"),
        ('<a name="x"></a>Named', "Named"),
        ("snake_case and __init__", "snake_case and __init__"),
        ("a < b > c", "a < b > c"),
        ("C# 7", "C# 7"),
        ("Closed ##", "Closed"),
    ],
)
def test_a_section_is_named_without_markup(heading: str, name: str) -> None:
    assert markdown(f"# {heading}\n") == [("", name)]


@pytest.mark.parametrize(
    ("source", "sections"),
    [
        ("One\n===\n\nTwo\n---\n\nThree\n=====\n", [("", "One"), ("One", "Two"), ("", "Three")]),
        ("=====\n One\n=====\n\nTwo\n=====\n", [("", "One"), ("One", "Two")]),
        ("A\n=\n\nB\n-\n\nC\n~\n", [("", "A"), ("A", "B"), ("A > B", "C")]),
        ("Longer than its line\n=======\n", [("", "Longer than its line")]),
        (".. _label:\n\nOne\n===\n", [("", "One")]),
        (".. _label:\nOne\n===\n", [("", "One")]),
        ("One\n===\nTwo\n---\n", [("", "One"), ("One", "Two")]),
        ("Of :class:`Shop` and `links <https://x.org>`_\n======\n", [("", "Of Shop and links")]),
        ("The ``lock``\n============\n", [("", "The lock")]),
    ],
)
def test_rst_titles_start_sections(source: str, sections: list[tuple[str, str]]) -> None:
    assert rst(source) == sections


@pytest.mark.parametrize(
    "source",
    [
        "Words.\n\n-------\n\nMore words.\n",
        "====  ====\nA     B\n====  ====\n",
        "Code::\n\n    Title\n    =====\n",
        "words before\nTitle\n=====\n",
        "Title\n==\n",
        ".. note::\n====\n",
        "Mixed\n=-=-=\n",
    ],
)
def test_what_only_looks_like_a_title_starts_none(source: str) -> None:
    assert rst(source) == []


def test_a_label_belongs_to_the_section_it_names() -> None:
    source = b"One\n===\n\nWords.\n\n.. _two:\n.. index:: two\n\nTwo\n===\n"
    assert [source[one.start_byte : one.end_byte] for one in find_rst_sections(source)] == [
        b"One\n===\n\nWords.\n\n",
        b".. _two:\n.. index:: two\n\nTwo\n===\n",
    ]


def test_pod_commands_start_sections() -> None:
    source = (
        "=pod\n\n=head1 NAME\n\nShop - sells\n\n=head2 Of L<the shop|Shop> and C<< $x >>\n\n  =head1 code\n\n=cut\n"
    )
    found = find_pod_sections(source.encode())
    assert [(one.scope, one.name) for one in found] == [("", "NAME"), ("NAME", "Of the shop and $x")]


LINES = st.sampled_from(
    [
        "# A",
        "## B",
        "Title",
        "===",
        "---",
        "~~~~",
        "```",
        "~~~",
        "",
        "  x",
        "<!--",
        "-->",
        ".. _a:",
        "- i",
        "> q",
        "# ",
        "é",
    ]
)


@given(st.lists(LINES, max_size=30), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["markdown", "rst"]))
def test_sections_cover_everything_from_the_first_heading_on_without_overlap(
    lines: list[str], line_end: str, language: str
) -> None:
    data = line_end.join(lines).encode()
    sections = find_definitions(language, data)
    ends = [one.end_byte for one in sections]
    assert ends == [*(one.start_byte for one in sections[1:]), len(data)][: len(sections)]
    assert all(one.start_byte < one.end_byte and one.name for one in sections)
    assert all(one.start_byte == 0 or data[one.start_byte - 1 : one.start_byte] == b"\n" for one in sections)


def test_a_cell_is_a_section_named_by_its_heading_or_first_line() -> None:
    cells: list[dict[str, object]] = [
        {"cell_type": "markdown", "source": ["Words first.\n", "## Loading `data`\n"]},
        {"cell_type": "code", "outputs": [{"text": ["# out"]}], "source": ["\n", "import csv\n", "rows = []"]},
        {"cell_type": "code", "source": []},
        {"cell_type": "raw", "source": "plain"},
    ]
    found = find_cells(notebook(cells))
    assert [one.name for one in found] == ["cell 1: Loading data", "cell 2: import csv", "cell 3", "cell 4: plain"]
    assert [one.role for one in found] == ["section"] * 4
    assert found[0].documentation == "Words first.\n## Loading `data`"
    assert (found[1].signature, found[1].documentation) == ("import csv", "")


def test_cells_of_a_pretty_printed_notebook_are_whole_lines() -> None:
    data = notebook([{"cell_type": "code", "source": ["a = 1"]}, {"cell_type": "code", "source": ["b = 2"]}])
    texts = [data[one.start_byte : one.end_byte] for one in find_cells(data)]
    assert all(text.startswith(b"  {\n") for text in texts)
    assert [text.endswith(end) for text, end in zip(texts, [b"  },\n", b"  }\n"], strict=True)] == [True, True]


def test_cells_of_a_notebook_on_one_line_are_its_objects() -> None:
    data = notebook([{"cell_type": "code", "source": ["a = 1"]}, {"cell_type": "code", "source": "b"}], indent=None)
    assert [json.loads(data[one.start_byte : one.end_byte])["source"] for one in find_cells(data)] == [["a = 1"], "b"]


def test_a_notebook_of_format_3_has_its_cells_in_worksheets() -> None:
    cells = [{"cell_type": "code", "input": ["a = 1\n"]}, {"cell_type": "heading", "source": "Title"}]
    data = json.dumps({"worksheets": [{"cells": cells}], "nbformat": 3}).encode()
    assert [one.name for one in find_cells(data)] == ["cell 1: a = 1", "cell 2: Title"]


def test_a_cell_with_a_long_first_line_has_a_short_name() -> None:
    (found,) = find_cells(notebook([{"cell_type": "code", "source": ["x" * 500]}]))
    assert len(found.name) == len("cell 1: ") + MAX_LABEL


@given(st.integers(min_value=0, max_value=400), st.integers(min_value=0, max_value=40))
def test_a_damaged_notebook_yields_the_cells_that_are_left(cut: int, hole: int) -> None:
    data = notebook([{"cell_type": "markdown", "source": [f"# Cell {number}\n"]} for number in range(6)])
    damaged = data[:cut] + data[cut + hole :]
    assert all(0 <= one.start_byte < one.end_byte <= len(damaged) and one.name for one in find_cells(damaged))


def test_json_that_is_no_notebook_has_no_cells() -> None:
    assert find_cells(b'{"cells": [1, {"kind": "markdown"}], "cell_type": 3}') == []
