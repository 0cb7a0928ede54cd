"""Cells of Jupyter notebooks as sections: where each stands in the JSON, and what it is about.

Reads the JSON by tree-sitter, because spans are needed and a broken notebook should still yield its whole cells.
Knows the cells of the notebook formats 3 and 4; runs nothing.
"""

import json
from collections.abc import Iterator

import tree_sitter

from indexers.grammars import load_grammar
from indexers.sections import find_markdown_sections
from indexers.types import Definition

MAX_LABEL = 80
"""Characters of a cell's first line: enough to recognise it in a list of results."""


def find_cells(data: bytes) -> list[Definition]:
    """Return one section a cell, named `cell 3: its first heading or line`, in the order of the file."""
    parser = tree_sitter.Parser(load_grammar("json"))
    tree = parser.parse(data)
    return [_section(number, cell, data) for number, cell in enumerate(_cells(tree.root_node), start=1)]


def _cells(root: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """Yield the outermost objects that say their cell type, wherever the format, or a broken file, has them."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type == "object" and _read_text(_value(node, "cell_type")):
            yield node
        else:
            waiting.extend(reversed(node.named_children))


def _value(node: tree_sitter.Node, key: str) -> tree_sitter.Node | None:
    for pair in node.named_children:
        name = pair.child_by_field_name("key")
        if name is not None and name.text == b'"%b"' % key.encode():
            return pair.child_by_field_name("value")
    return None


def _section(number: int, cell: tree_sitter.Node, data: bytes) -> Definition:
    source = _read_source(cell)
    is_prose = _read_text(_value(cell, "cell_type")) in {"markdown", "heading", "raw"}
    title, first_line = _first_heading(source) if is_prose else "", _first_line(source)
    label = (title or first_line)[:MAX_LABEL].strip()
    start, end = _whole_lines(cell, data)
    return Definition(
        role="section",
        name=f"cell {number}: {label}" if label else f"cell {number}",
        scope="",
        start_byte=start,
        end_byte=end,
        signature=first_line,
        documentation=source.strip() if is_prose else "",
    )


def _read_source(cell: tree_sitter.Node) -> str:
    node = _value(cell, "source") or _value(cell, "input")
    if node is not None and node.type == "array":
        return "".join(_read_text(line) for line in node.named_children)
    return _read_text(node)


def _read_text(node: tree_sitter.Node | None) -> str:
    if node is None or node.type != "string" or node.text is None:
        return ""
    try:
        return str(json.loads(node.text.decode("utf-8", "replace"), strict=False))
    except json.JSONDecodeError:
        return ""


def _first_heading(source: str) -> str:
    sections = find_markdown_sections(source.encode("utf-8", "replace"))
    return sections[0].name if sections else ""


def _first_line(source: str) -> str:
    return next((line.strip() for line in source.splitlines() if line.strip()), "")


def _whole_lines(cell: tree_sitter.Node, data: bytes) -> tuple[int, int]:
    """Return the cell's span, widened to whole lines where it shares them with nothing but white space and commas."""
    start, end = cell.byte_range
    line_start = data.rfind(b"\n", 0, start) + 1
    line_end = data.find(b"\n", end)
    line_end = len(data) if line_end < 0 else line_end + 1
    is_alone_before = not data[line_start:start].strip()
    is_alone_after = not data[end:line_end].strip(b", \t\r\n")
    return (line_start if is_alone_before else start, line_end if is_alone_after else end)
