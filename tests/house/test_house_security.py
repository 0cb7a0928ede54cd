"""No pickle, no evaluated code, no shell: of what this project reads and starts, nothing can turn into a program."""

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache

import pytest

from tests.house.house import PACKAGES, ROOT

FOLDERS = (*PACKAGES, "training", "benchmarks")

UNPICKLING = "pickle cPickle _pickle pickletools marshal shelve dill cloudpickle joblib jsonpickle copyreg yaml"
RUNNING = "code codeop runpy imp pty commands popen2"
FORBIDDEN_MODULES = {*UNPICKLING.split(), *RUNNING.split()}

PICKLING_POOLS = {"multiprocessing", "concurrent.futures.process", "concurrent.futures.ProcessPoolExecutor"}
"""They hand values to their own processes as pickles: nothing comes from elsewhere, and still the engine has none."""
MAY_USE_POOLS = ("training/", "benchmarks/")

FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "globals", "execfile"}
FORBIDDEN_METHODS = {
    *("os.system", "os.popen", "os.startfile", "os.execv", "os.execve", "os.execvp", "os.execvpe", "os.execl"),
    *("os.spawnl", "os.spawnv", "os.spawnve", "os.spawnvp", "os.posix_spawn", "os.posix_spawnp"),
    *("subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell"),
    *("ctypes.CDLL", "ctypes.cdll.LoadLibrary", "types.FunctionType", "types.CodeType", "pandas.read_pickle"),
}
MAY_LOAD_LIBRARIES = {"benchmarks/trials/zygote.py": "asks Linux for one thing that Python has no name for"}

STARTERS = {"run", "Popen", "call", "check_call", "check_output", "create_subprocess_exec"}
PROCESSES = {
    "indexers/git_process.py": (1, "git, found on an absolute path, hardened, in the searched folder"),
    "indexers/parsers.py": (1, "this Python with -P, for a parser"),
    "codesearch/evaluation/history.py": (2, "git as above, of the repository whose history is asked for"),
    "codesearch/evaluation/baselines.py": (1, "ripgrep, found on an absolute path, without its configuration"),
    "tui/app.py": (1, "the editor that the user's VISUAL or EDITOR names"),
}
"""How many processes each module of the packages starts, and which: who adds one says here why."""

DYNAMIC_IMPORTS = {
    "indexers/grammars.py": "names of a table in that module",
    "benchmarks/reliability.py": "a name of its own list, below one fixed package",
}

Tree = ast.Module


@cache
def read_trees() -> dict[str, Tree]:
    """Return the syntax tree of every module of the project but its tests, by path."""
    paths = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def imported(tree: Tree) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom(level=0):
                yield node.module or ""
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(name)), *_]):
                yield name


def calls(tree: Tree) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call with its dotted name, a question mark in it for what has no name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield dotted(node.func), node


def dotted(node: ast.expr) -> str:
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{dotted(node.value) or '?'}.{node.attr}"
        case _:
            return ""


def forbidden_imports(path: str, tree: Tree) -> list[str]:
    names = set(imported(tree))
    found = [name for name in names if name.partition(".")[0] in FORBIDDEN_MODULES]
    if not path.startswith(MAY_USE_POOLS):
        found += [name for name in names if any(name == pool or name.startswith(f"{pool}.") for pool in PICKLING_POOLS)]
    return sorted(found)


def forbidden_calls(path: str, tree: Tree) -> list[str]:
    return [
        name
        for name, _ in calls(tree)
        if name in FORBIDDEN_CALLS or (name in FORBIDDEN_METHODS and path not in MAY_LOAD_LIBRARIES)
    ]


def shells(path: str, tree: Tree) -> list[str]:
    return [
        name
        for name, call in calls(tree)
        for keyword in call.keywords
        if keyword.arg == "shell" and name.rpartition(".")[2] in STARTERS
    ]


def unsafe_loads(path: str, tree: Tree) -> list[str]:
    """Return calls that unpickle unless they are told not to, and those that are told to."""
    found = []
    for name, call in calls(tree):
        told = {keyword.arg: keyword.value for keyword in call.keywords}
        if "allow_pickle" in told and is_true(told["allow_pickle"]):
            found.append(name)
        if name in {"torch.load", "torch.jit.load"} and not is_true(told.get("weights_only")):
            found.append(name)
        if "trust_remote_code" in told and is_true(told["trust_remote_code"]):
            found.append(name)
        if "use_safetensors" in told and not is_true(told["use_safetensors"]):
            found.append(name)
    return found


def is_true(node: ast.expr | None) -> bool:
    """Tell whether a keyword is not plainly false: what is computed counts as true."""
    return node is not None and not (isinstance(node, ast.Constant) and not node.value)


def imports_by_name(path: str, tree: Tree) -> list[str]:
    return [
        name
        for name, call in calls(tree)
        if name.rpartition(".")[2] == "import_module"
        and not isinstance(call.args[0], ast.Constant)
        and path not in DYNAMIC_IMPORTS
    ]


Check = Callable[[str, Tree], list[str]]


@pytest.mark.parametrize("check", [forbidden_imports, forbidden_calls, shells, unsafe_loads, imports_by_name])
def test_no_module_unpickles_evaluates_or_runs_what_it_reads(check: Check) -> None:
    found = {path: check(path, tree) for path, tree in read_trees().items()}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("check", "source"),
    [
        (forbidden_imports, "import pickle"),
        (forbidden_imports, "from multiprocessing import Pool"),
        (forbidden_imports, "from concurrent.futures import ProcessPoolExecutor"),
        (forbidden_imports, "import importlib\nimportlib.import_module('shelve')"),
        (forbidden_calls, "eval(text)"),
        (forbidden_calls, "import os\nos.system(text)"),
        (shells, "subprocess.run(text, shell=True)"),
        (unsafe_loads, "np.load(path, allow_pickle=True)"),
        (unsafe_loads, "torch.load(path)"),
        (unsafe_loads, "AutoModel.from_pretrained(path, trust_remote_code=trusted)"),
        (imports_by_name, "import_module(name)"),
    ],
)
def test_each_of_these_is_seen(check: Check, source: str) -> None:
    assert check("indexers/any.py", ast.parse(source)) != []


def test_every_process_that_is_started_has_a_reason() -> None:
    started = Counter(
        path
        for path, tree in read_trees().items()
        for name, _ in calls(tree)
        if path.startswith(PACKAGES) and name.startswith(("subprocess.", "asyncio."))
        if name.rpartition(".")[2] in STARTERS
    )
    assert dict(started) == {path: number for path, (number, _) in PROCESSES.items()}


def test_what_is_allowed_is_there() -> None:
    trees = read_trees()
    assert [path for path in (*PROCESSES, *DYNAMIC_IMPORTS, *MAY_LOAD_LIBRARIES) if path not in trees] == []
