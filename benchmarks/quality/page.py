"""The generated part of `docs/quality.md`, between two marks, so that the page says what was measured."""

from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "quality.md"

BEGIN = "<!-- measured: begin -->"
END = "<!-- measured: end -->"


def replace_measured(text: str, measured: str) -> str:
    """Return the page with another generated part. Raises ValueError where a mark is missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page lacks {BEGIN} and {END} around what is generated")
    return f"{before}{BEGIN}\n\n{measured.strip()}\n\n{END}{after}"


def write_measured(measured: str, page: Path = PAGE) -> None:
    """Put the tables into the page."""
    page.write_text(replace_measured(page.read_text(encoding="utf-8"), measured), encoding="utf-8", newline="\n")
