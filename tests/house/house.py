"""The source tree as the house tests see it: every module, its syntax tree and what it imports.

Imports inside functions, under `TYPE_CHECKING` and through `importlib.import_module("…")` all count.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("indexers", "codesearch", "tui")


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file of the packages."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def is_package(self) -> bool:
        """True of an `__init__.py`."""
        return self.path.name == "__init__.py"


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement, resolved to a module of the packages or left as the foreign name."""

    target: str
    line: int


@cache
def read_modules() -> dict[str, Module]:
    """Read every module of the packages, by dotted name."""
    modules = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            text = path.read_text(encoding="utf-8")
            modules[name] = Module(name, path, text, ast.parse(text))
    return modules


def find_imports(module: Module, known: frozenset[str]) -> Iterator[Import]:
    """Yield every import of a module; `from package import module` names the module where it is one."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Import():
                for alias in node.names:
                    yield Import(alias.name, node.lineno)
            case ast.ImportFrom():
                origin = resolve_origin(module, node)
                for alias in node.names:
                    submodule = f"{origin}.{alias.name}"
                    yield Import(submodule if submodule in known else origin, node.lineno)
            case ast.Call(func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__")):
                if node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                    yield Import(node.args[0].value, node.lineno)


def resolve_origin(module: Module, node: ast.ImportFrom) -> str:
    """Return the absolute name of what `from … import` names, relative dots included."""
    if node.level == 0:
        return node.module or ""
    parts = module.name.split(".")
    kept = parts[: len(parts) - node.level + module.is_package]
    return ".".join([*kept, *([node.module] if node.module else [])])


def import_graph(modules: dict[str, Module]) -> dict[str, set[str]]:
    """Return for each module the modules of the packages that it imports."""
    known = frozenset(modules)
    return {
        name: {found.target for found in find_imports(module, known) if found.target in known}
        for name, module in modules.items()
    }


def find_circle(graph: dict[str, set[str]]) -> list[str]:
    """Return one import circle as a list of names, its first name repeated at the end, or an empty list."""
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name in done:
            return []
        for target in sorted(graph[name]):
            if circle := visit(target, (*trail, name)):
                return circle
        done.add(name)
        return []

    for name in sorted(graph):
        if circle := visit(name, ()):
            return circle
    return []
