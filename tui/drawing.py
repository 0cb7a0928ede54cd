"""How one result looks, in the list and in the preview. Text of the repository becomes neither markup nor escapes."""

from textual.content import Content
from textual.highlight import highlight

from codesearch.printable import clean_line, clean_text
from codesearch.types import SearchResult

PREVIEW_LINES = 300
"""Drawing takes some 50 µs a line: this many stay within a frame of 16 ms."""

TAB_WIDTH = 4

MUTED = "$foreground 55%"
"""Line numbers, folders and kinds: there for who looks, behind what is read first."""


def draw_option(result: SearchResult) -> Content:
    """Return the two lines of a result in the list: where it is, the file first, and what."""
    folder, _, name = result.path.rpartition("/")
    return Content.assemble(
        (f"{clean_line(name)}:{result.start_line}", "bold"),
        ("  changed on disk", "$text-warning") if result.stale else "",
        (f"  {clean_line(folder)}", MUTED),
        "\n",
        (f"  {result.kind} ", MUTED),
        clean_line(result.qualified_name or result.symbol),
    )


def draw_preview(result: SearchResult) -> Content:
    """Return the highlighted lines of a result with their numbers."""
    lines = clean_text(result.content.removesuffix("\n")).expandtabs(TAB_WIDTH).split("\n")
    code = highlight("\n".join(lines[:PREVIEW_LINES]), language=result.language)
    width = len(str(result.end_line))
    numbered = [
        Content.assemble((f"{number:>{width}}  ", MUTED), line)
        for number, line in enumerate(code.split("\n"), start=result.start_line)
    ]
    if len(lines) > PREVIEW_LINES:
        numbered.append(Content.styled(f"… {len(lines) - PREVIEW_LINES} more lines", MUTED))
    return Content("\n").join(numbered)
