"""A real git repository that a trial edits: what it holds, and how git is asked to change it.

Knows no index. Git reads none of the user's configuration, so that a script does the same everywhere.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.trials.sources import LANGUAGES, make_file, make_tree, pick_word, swap_line

MAIN = "main"
OTHER = "other"
"""A branch that differs from the main one in a third of its files."""

LIBRARY = "library"
"""A repository beside the root, which the root may take as a submodule."""

_GIT = (
    *("git", "-c", "user.name=trial", "-c", "user.email=trial@example.org", "-c", "commit.gpgsign=false"),
    *(
        "-c",
        "protocol.file.allow=always",
        "-c",
        "gc.auto=0",
        "-c",
        "core.fsync=none",
        "-c",
        "advice.detachedHead=false",
    ),
)
_GIT_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Repository:
    """The root of a work tree. Paths are relative to it, `/` between parts."""

    root: Path

    def paths(self) -> list[str]:
        """Return the regular files, sorted, without git's own and those of repositories inside."""
        found: list[str] = []
        for folder, names, files in os.walk(self.root):
            here = Path(folder)
            names[:] = sorted(name for name in names if name != ".git" and not (here / name / ".git").exists())
            found += [(here / name).relative_to(self.root).as_posix() for name in files if _is_regular(here / name)]
        return sorted(path for path in found if path != ".git")

    def sources(self) -> list[str]:
        """Return the files that hold source, by their names, and can be read."""
        suffixes = tuple(f".{language.suffix}" for language in LANGUAGES)
        named = (path for path in self.paths() if path.lower().endswith(suffixes))
        return [path for path in named if os.access(self.root / path, os.R_OK)]

    def folders(self) -> list[str]:
        """Return the folders that hold files, the root left out."""
        found = {path.rpartition("/")[0] for path in self.paths()}
        return sorted({"/".join(name.split("/")[:n]) for name in found - {""} for n in range(1, name.count("/") + 2)})

    def read(self, path: str) -> str:
        """Return a file's text; bytes that are no text are replaced, and what nobody may read says nothing."""
        with suppress(PermissionError):
            return (self.root / path).read_text(encoding="utf-8", errors="replace")
        return ""

    def write(self, path: str, text: str | bytes) -> bool:
        """Write a file, with the folders it needs; False where something else is in the way."""
        target = self.root / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.is_symlink() or target.is_dir():
                return False
            target.write_bytes(text.encode() if isinstance(text, str) else text)
        except OSError:
            return False
        return True

    def remove(self, path: str) -> None:
        """Remove a file, link or folder."""
        target = self.root / path
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)

    def exists(self, path: str) -> bool:
        """Tell whether anything is there."""
        return os.path.lexists(self.root / path)

    def git(self, *arguments: str, folder: str = "") -> bool:
        """Run git in the root or a folder below; False where git refuses, which leaves a tree like any other."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
        done = subprocess.run(
            [*_GIT, *arguments],
            cwd=self.root / folder,
            check=False,
            capture_output=True,
            env=environment,
            timeout=_GIT_TIMEOUT_S,
        )
        return done.returncode == 0

    def commit(self) -> bool:
        """Commit all that git sees."""
        return self.git("add", "-A") and self.git("commit", "-q", "-m", "x")


def make_repository(root: Path, seed: int, n_leaves: int) -> Repository:
    """Fill `root` with a generated tree of two branches, and the folder beside it with a library."""
    random = Random(seed)
    repository = _start(root, make_tree(random, n_leaves))
    repository.git("checkout", "-q", "-b", OTHER)
    sources = repository.sources()
    for path in random.sample(sources, len(sources) // 3):
        _differ(repository, random, path)
    repository.commit()
    repository.git("checkout", "-q", MAIN)
    _start(root.with_name(LIBRARY), {f"{pick_word(random)}_{n}.py": make_file(random, "py", 2) for n in range(2)})
    return repository


def _start(root: Path, tree: Mapping[str, str]) -> Repository:
    root.mkdir(parents=True)
    repository = Repository(root)
    for path, text in tree.items():
        repository.write(path, text)
    repository.git("init", "-q", "-b", MAIN)
    repository.commit()
    return repository


def _differ(repository: Repository, random: Random, path: str) -> None:
    """Change one file as a branch may."""
    text, suffix = repository.read(path), path.rpartition(".")[2]
    match random.choice(("edit", "edit", "move", "remove", "add")):
        case "edit":
            repository.write(path, swap_line(random, text, suffix))
        case "move":
            repository.remove(path)
            repository.write(f"{pick_word(random)}/{path}", text)
        case "remove":
            repository.remove(path)
        case _:
            repository.write(f"{path.rpartition('.')[0]}_more.{suffix}", make_file(random, suffix, 3))


def _is_regular(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
