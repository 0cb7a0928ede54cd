"""The wheel, built and installed into an environment that holds nothing else of the project."""

import json
import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from indexers.grammars import WHEELS
from tests.house.house import PACKAGES, ROOT, find_imports, read_modules
from tests.lang.grammars import may_be_missing

pytestmark = pytest.mark.slow

SOURCES = {
    "net/retry.py": 'def retry_with_backoff(call):\n    """Call again after a growing pause."""\n    return call()\n',
    "store/cache.go": "package store\n\n// EvictOldest drops the least recently used entry.\nfunc EvictOldest() {}\n",
    "ui/menu.ts": "export class Menu {\n  /** Closes the menu. */\n  closeMenu(): void {}\n}\n",
}

OPTIONAL = {
    "huggingface_hub",
    "llama_cpp",
    "safetensors",
    "sentence_transformers",
    "tokenizers",
    "torch",
    "transformers",
    "tree_sitter_language_pack",
}
"""Modules of extras; what needs them says so when they are missing."""

QUESTIONS = [
    ("retry after a growing pause", "net/retry.py", "retry_with_backoff"),
    ("drop the least recently used entry", "store/cache.go", "EvictOldest"),
    ("close the menu", "ui/menu.ts", "closeMenu"),
]

MODEL = "indexers/encoders/embedded.safetensors"
MAX_MODEL_BYTES = 25_000_000
MAX_OTHER_BYTES = 1_000_000

PROBED = "shtab"
"""A small dependency without dependencies: if this can be had, the package index can be reached."""


@dataclass(frozen=True, slots=True)
class Installation:
    """A virtual environment with the wheel, and a place to run commands that is not the source tree."""

    folder: Path
    elsewhere: Path

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment without anything that points at the source tree."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        environment["CODESEARCH_HOME"] = str(self.elsewhere / "home")
        return subprocess.run(
            [self.script(command), *arguments],
            cwd=self.elsewhere,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def script(self, name: str) -> str:
        """Return the path of an installed command."""
        return str(Path(sysconfig.get_path("scripts", "venv", vars=self.variables())) / name)

    def site_packages(self) -> Path:
        """Return the folder that the wheel is unpacked into."""
        return Path(sysconfig.get_path("purelib", "venv", vars=self.variables()))

    def variables(self) -> dict[str, str]:
        """Return what `sysconfig` needs to speak of this environment."""
        return {"base": str(self.folder), "platbase": str(self.folder)}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = ["build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Install the wheel alone; the dependencies are lent by the running environment through a path file.

    A path file adds a folder to `sys.path` without reading the path files in it, so an editable install of the
    project in the running environment stays invisible.
    """
    folder = tmp_path_factory.mktemp("empty")
    installed = Installation(folder / "venv", folder)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(installed.folder)], check=True)
    pip = [sys.executable, "-m", "pip", "--python", installed.script("python")]
    subprocess.run([*pip, "install", "-q", "--no-deps", "--no-index", str(wheel)], check=True)
    lent = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (installed.site_packages() / "lent.pth").write_text("\n".join(sorted(lent)) + "\n", encoding="utf-8")
    return installed


@pytest.fixture(scope="session")
def complete_installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Install the wheel with what it says it needs, from the package index, and nothing else."""
    folder = tmp_path_factory.mktemp("complete")
    probe = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--dest", str(folder / "probe")]
    reached = subprocess.run(
        [*probe, "--timeout=15", "--retries=1", PROBED], capture_output=True, text=True, check=False
    )
    if reached.returncode != 0:
        pytest.skip(f"the package index is out of reach: {reached.stderr.strip().splitlines()[-1]}")
    installed = Installation(folder / "venv", folder)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(installed.folder)], check=True)
    pip = [sys.executable, "-m", "pip", "--python", installed.script("python")]
    done = subprocess.run([*pip, "install", "-q", str(wheel)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return installed


@pytest.fixture(scope="session")
def repository(installation: Installation) -> Path:
    return index_sources(installation)


def index_sources(installation: Installation) -> Path:
    """Write the sources beside an installation and let its command index them."""
    root = installation.elsewhere / "repository"
    for path, text in SOURCES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    done = installation.run("codesearch", "index", str(root))
    assert done.returncode == 0, done.stderr
    return root


def best_of(installation: Installation, question: str, root: Path) -> tuple[str, str]:
    """Return path and symbol of the installed command's first answer."""
    done = installation.run("codesearch", "search", "--json", question, str(root))
    assert done.returncode == 0, done.stderr
    best = json.loads(done.stdout)["results"][0]
    return best["path"], best["symbol"]


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(wheel: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *PACKAGES],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    expected = {path for path in tracked.stdout.split("\0") if path and (ROOT / path).exists()}
    held = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == expected
    suffixes = {Path(name).suffix for name in held}
    assert {".py", ".typed", ".scm", ".tcss", ".safetensors"} <= suffixes


def test_the_wheel_holds_the_model_and_no_other_large_file(wheel: Path) -> None:
    sizes = {entry.filename: entry.file_size for entry in ZipFile(wheel).infolist()}
    assert sizes.pop(MODEL) <= MAX_MODEL_BYTES
    assert {name: size for name, size in sizes.items() if size > MAX_OTHER_BYTES} == {}


def test_every_package_comes_from_the_wheel(installation: Installation) -> None:
    code = f"import {', '.join(PACKAGES)}; print(*({', '.join(f'{name}.__file__' for name in PACKAGES)},), sep='\\n')"
    done = installation.run("python", "-c", code)
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        assert Path(line).is_relative_to(installation.site_packages())


def test_the_installed_command_says_its_version(installation: Installation, wheel: Path) -> None:
    done = installation.run("codesearch", "--version")
    assert done.stdout.split()[-1] == wheel.name.split("-")[1]


@pytest.mark.parametrize(("question", "path", "symbol"), QUESTIONS)
def test_the_installed_command_indexes_and_finds(
    installation: Installation, repository: Path, question: str, path: str, symbol: str
) -> None:
    assert best_of(installation, question, repository) == (path, symbol)


def test_the_wheel_names_all_that_it_needs(complete_installation: Installation) -> None:
    root = index_sources(complete_installation)
    assert [best_of(complete_installation, question, root) for question, _, _ in QUESTIONS] == [
        (path, symbol) for _, path, symbol in QUESTIONS
    ]
    status = complete_installation.run("codesearch", "status", "--json", str(root))
    assert json.loads(status.stdout)["notes"] == []


def test_everything_that_is_imported_anywhere_comes_with_the_wheel(complete_installation: Installation) -> None:
    grammars = [module for name, (module, _) in WHEELS.items() if not may_be_missing(name)]
    names = sorted({*foreign_imports(), *grammars} - OPTIONAL)
    assert {"numpy", "faiss", "platformdirs", "tree_sitter_python"} <= set(names)
    code = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
    done = complete_installation.run("python", "-c", code, *names)
    assert done.returncode == 0, done.stderr


def foreign_imports() -> set[str]:
    """Return the first names of all modules that the packages import and neither they nor Python itself hold."""
    modules = read_modules()
    known = frozenset(modules)
    found = {found.target.partition(".")[0] for module in modules.values() for found in find_imports(module, known)}
    return found - set(PACKAGES) - sys.stdlib_module_names
