"""The arrows of the house: who may import whom."""

import ast
from pathlib import Path

import pytest

from tests.house.house import Module, find_circle, find_imports, import_graph, read_modules

FLOORS: tuple[tuple[str, ...], ...] = (
    ("indexers", "indexers.types", "indexers.errors"),
    ("indexers.*", "indexers.encoders.*"),
    ("indexers.pipeline",),
    (
        "codesearch",
        "codesearch.types",
        "codesearch.errors",
        "codesearch.findings",
        "codesearch.config",
        "codesearch.sizes",
        "codesearch.native",
        "codesearch.printable",
        "codesearch.serialize",
        "codesearch.building.estimate",
        "codesearch.settings.*",
    ),
    ("codesearch.storage.*",),
    (
        "codesearch.registry",
        "codesearch.replacement",
        "codesearch.compatibility",
        "codesearch.maintenance",
        "codesearch.remedies",
        "codesearch.settings.user_file",
        "codesearch.encoders.*",
        "codesearch.building.*",
        "codesearch.build",
    ),
    ("codesearch.groups",),
    ("codesearch.search.*",),
    ("codesearch.index", "codesearch.watching.*"),
    ("codesearch.evaluation.*", "codesearch.doctor.*"),
    ("codesearch.daemon.*",),
    ("codesearch.cli.*", "codesearch.rpc.*", "codesearch.__main__"),
    ("tui.*",),
)
"""From the ground up. A module imports from its own floor and those below; the longest matching entry decides."""

APART = (
    ("indexers", "codesearch"),
    ("indexers", "tui"),
    ("codesearch", "tui"),
    ("codesearch.storage", "indexers.pipeline"),
    ("codesearch.search", "codesearch.build"),
    ("codesearch.search", "codesearch.registry"),
    ("codesearch.cli", "codesearch.storage"),
    ("codesearch.cli", "codesearch.rpc"),
    ("codesearch.rpc", "codesearch.cli"),
    ("tui", "codesearch.storage"),
    ("tui", "codesearch.search"),
    ("tui", "codesearch.cli"),
)
"""Pairs of rooms where the first never imports the second, whatever the floors allow."""

FOREIGN = {
    "textual": "tui",
    "rich": "tui",
    "faiss": "codesearch.storage",
    "tantivy": "codesearch.storage",
    "sqlite3": "codesearch.storage",
    "tree_sitter": "indexers",
    "watchfiles": "codesearch.watching",
    "argparse": "codesearch.cli",
    "shtab": "codesearch.cli",
}
"""Libraries that one room alone may know."""


def is_inside(name: str, room: str) -> bool:
    """True where a module is the room or lies in it."""
    return name == room or name.startswith(f"{room}.")


def floor_of(name: str) -> int | None:
    """Return the floor of a module, or None where the house has no place for it."""
    best: tuple[int, int] | None = None
    for floor, entries in enumerate(FLOORS):
        for entry in entries:
            is_match = is_inside(name, entry[:-2]) if entry.endswith(".*") else name == entry
            if is_match and (best is None or len(entry) > best[0]):
                best = (len(entry), floor)
    return None if best is None else best[1]


def module_of(name: str, source: str) -> Module:
    return Module(name, Path(f"{name.replace('.', '/')}.py"), source, ast.parse(source))


def test_every_module_has_a_place_in_the_house() -> None:
    assert [name for name in read_modules() if floor_of(name) is None] == []


def test_imports_point_downwards_only() -> None:
    wrong = [
        f"{name} imports {target}"
        for name, targets in import_graph(read_modules()).items()
        for target in sorted(targets)
        if (floor_of(target) or 0) > (floor_of(name) or 0)
    ]
    assert wrong == []


def test_no_import_circle_exists_lazy_and_typed_imports_counted() -> None:
    assert find_circle(import_graph(read_modules())) == []


@pytest.mark.parametrize(("above", "below"), APART)
def test_rooms_that_must_not_know_each_other_do_not(above: str, below: str) -> None:
    modules = read_modules()
    known = frozenset(modules)
    wrong = [
        f"{name}:{found.line} imports {found.target}"
        for name, module in modules.items()
        if is_inside(name, above)
        for found in find_imports(module, known)
        if is_inside(found.target, below)
    ]
    assert wrong == []


@pytest.mark.parametrize(("library", "room"), FOREIGN.items())
def test_a_library_is_known_to_its_room_alone(library: str, room: str) -> None:
    modules = read_modules()
    known = frozenset(modules)
    wrong = [
        f"{name}:{found.line} imports {found.target}"
        for name, module in modules.items()
        if not is_inside(name, room)
        for found in find_imports(module, known)
        if is_inside(found.target, library)
    ]
    assert wrong == []


def test_lazy_typed_relative_and_dynamic_imports_are_all_seen() -> None:
    module = module_of(
        "codesearch.search.probe",
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from codesearch import index\n"
        "def lazy():\n    import tui.app\n    from ..storage import snapshot\n"
        "    importlib.import_module('indexers.walker')\n",
    )
    known = frozenset({"codesearch.index", "codesearch.storage.snapshot"})
    assert {found.target for found in find_imports(module, known)} == {
        "typing",
        "codesearch.index",
        "tui.app",
        "codesearch.storage.snapshot",
        "indexers.walker",
    }


def test_a_circle_is_found_and_named() -> None:
    assert find_circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert find_circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
