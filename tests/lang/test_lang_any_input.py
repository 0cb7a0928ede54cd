"""Whatever stands in a file, its definitions are sound: inside the data, not empty, named, in order, nested."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.chunker import chunk_file
from indexers.grammars import WHEELS
from indexers.languages import LANGUAGES
from tests.lang.grammars import IN_THE_EXTRA, definitions_or_skip

SOURCES = {path.stem: path.read_text("utf-8") for path in sorted((Path(__file__).parent / "sources").iterdir())}
PARSED = [name for name, entry in LANGUAGES.items() if entry.grammar is not None or entry.scan is not None]
SEAMS = ["", "\n", "\r\n", "\x00", "\ufeff", "\ufffd", "é", "漢", "\u2028", "\t"]


@st.composite
def patchworks(draw: st.DrawFn, language: str) -> bytes:
    """Draw slices of the language's own source and of others, one after the other, with odd characters between."""
    own = SOURCES.get(language, "")
    pieces = []
    for _ in range(draw(st.integers(min_value=1, max_value=4))):
        source = own if own and draw(st.booleans()) else SOURCES[draw(st.sampled_from(sorted(SOURCES)))]
        start = draw(st.integers(min_value=0, max_value=len(source)))
        end = draw(st.integers(min_value=start, max_value=len(source)))
        pieces += [source[start:end], draw(st.sampled_from(SEAMS))]
    return "".join(pieces).encode()


@pytest.mark.parametrize("language", PARSED)
@given(choices=st.data())
@settings(max_examples=15, deadline=None)
def test_definitions_of_any_patchwork_are_sound(language: str, choices: st.DataObject) -> None:
    data = choices.draw(patchworks(language))
    found = definitions_or_skip(language, data)
    assert all(0 <= one.start_byte < one.end_byte <= len(data) for one in found)
    assert all(one.name.strip() and "\n" not in one.name for one in found)
    starts = [one.start_byte for one in found]
    assert starts == sorted(starts)
    assert crossings([(one.start_byte, one.end_byte) for one in found]) == []


@pytest.mark.parametrize("language", PARSED)
@given(choices=st.data())
@settings(max_examples=15, deadline=None)
def test_leaves_of_any_patchwork_cover_every_non_blank_line_exactly_once(language: str, choices: st.DataObject) -> None:
    data = choices.draw(patchworks(language))
    chunks = chunk_file("any", data, definitions_or_skip(language, data), LANGUAGES[language].separator)
    lines = data.split(b"\n")
    leaves = [chunk for chunk in chunks if chunk.granularity == "leaf"]
    covered = [line for leaf in leaves for line in range(leaf.start_line, leaf.end_line + 1) if lines[line - 1].strip()]
    assert covered == [number for number, text in enumerate(lines, 1) if text.strip()]


def crossings(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans that begin within an earlier one and end behind it."""
    return [
        (start, end)
        for index, (start, end) in enumerate(spans)
        if any(start < earlier_end < end for earlier_start, earlier_end in spans[:index] if earlier_start < start)
    ]


@pytest.mark.parametrize("language", PARSED)
@pytest.mark.parametrize("data", [b"", b"\n", b"\x00", b"(" * 3000], ids=["empty", "blank", "nul", "deep"])
def test_definitions_of_hardly_any_text_are_none(language: str, data: bytes) -> None:
    assert definitions_or_skip(language, data) == []


def test_only_languages_of_the_extra_have_no_wheel_of_their_own() -> None:
    without = {name for name, entry in LANGUAGES.items() if entry.grammar is not None and entry.grammar not in WHEELS}
    assert without == IN_THE_EXTRA
