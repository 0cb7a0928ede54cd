"""The rules of the house that a syntax tree can check."""

import ast
from collections.abc import Iterator

from tests.house.house import Module, read_modules

MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 50
MAX_PARAMETERS = 5

ENVIRONMENT_ROOMS = {
    "codesearch.config": "settings of this program",
    "indexers.git_process": "git is handed the caller's environment, cleaned, and its own settings are honoured",
}
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions_of(module: Module) -> Iterator[Function]:
    return (node for node in ast.walk(module.tree) if isinstance(node, Function))


def test_modules_stay_under_400_lines() -> None:
    lengths = {name: module.text.count("\n") for name, module in read_modules().items()}
    assert {name: length for name, length in lengths.items() if length >= MAX_MODULE_LINES} == {}


def test_functions_stay_under_50_lines() -> None:
    assert [
        f"{name}:{node.lineno} {node.name}"
        for name, module in read_modules().items()
        for node in functions_of(module)
        if (node.end_lineno or node.lineno) - node.lineno + 1 >= MAX_FUNCTION_LINES
    ] == []


def test_functions_take_few_parameters() -> None:
    assert [
        f"{name}:{node.lineno} {node.name}"
        for name, module in read_modules().items()
        for node in functions_of(module)
        if len([arg for arg in (*node.args.posonlyargs, *node.args.args) if arg.arg not in {"self", "cls"}])
        + len(node.args.kwonlyargs)
        > MAX_PARAMETERS
    ] == []


def test_every_module_says_what_it_knows() -> None:
    assert [name for name, module in read_modules().items() if not ast.get_docstring(module.tree)] == []


def test_every_public_function_and_class_says_what_it_does() -> None:
    assert [
        f"{name}:{node.lineno} {node.name}"
        for name, module in read_modules().items()
        for node in module.tree.body
        if isinstance(node, Function | ast.ClassDef)
        if not node.name.startswith("_") and not ast.get_docstring(node)
    ] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [name for name in read_modules() if EMPTY_NAMES & set(name.split("."))] == []


def test_the_environment_is_read_only_where_there_is_a_reason() -> None:
    assert [
        f"{name}:{line}"
        for name, module in read_modules().items()
        if name not in ENVIRONMENT_ROOMS
        for line in environment_reads(module.tree)
    ] == []


def test_an_environment_read_is_seen_in_every_spelling() -> None:
    source = "import os\nos.environ['A']\nos.getenv('A')\nfrom os import environ\nfrom os import path\n"
    assert environment_reads(ast.parse(source)) == [2, 3, 4]


def environment_reads(tree: ast.Module) -> list[int]:
    """Return the lines that name the process's environment."""
    names = {"environ", "environb", "getenv", "getenvb"}
    lines = []
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr=attr) if attr in names:
                lines.append(node.lineno)
            case ast.ImportFrom(module="os") if names & {alias.name for alias in node.names}:
                lines.append(node.lineno)
    return sorted(lines)
