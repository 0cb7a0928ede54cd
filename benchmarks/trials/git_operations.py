"""What git and rule files do to a tree: branches, commits, resets, ignore rules, attributes, repositories inside.

An operation says in one line what it did, nothing where git refused. Knows no index.
"""

import shutil
from collections.abc import Mapping
from random import Random

from benchmarks.trials.operations import FILE_OPERATIONS, Operation
from benchmarks.trials.repository import LIBRARY, MAIN, OTHER, Repository
from benchmarks.trials.sources import make_file, make_name, pick_word

RULES = (
    "*.js",
    "*.md",
    "*_1*",
    "/*/*.go",
    "copies/",
    "{folder}/",
    "/{folder}",
    "!{path}",
    "{path}",
    "!*.py",
    "**/*.rs",
)
ATTRIBUTES = (
    "*.py linguist-generated",
    "*.py -linguist-generated",
    "*.js linguist-vendored",
    "{path} linguist-generated=true",
    "{path} -linguist-generated",
    "{folder}/** linguist-vendored",
    "*.go !linguist-generated",
)


def commit(repository: Repository, random: Random) -> str:  # noqa: ARG001
    """Commit everything."""
    return "commit" if repository.commit() else ""


def switch_branch(repository: Repository, random: Random) -> str:
    """Go to another branch, whatever was not committed."""
    branch = random.choice((MAIN, OTHER))
    return f"switch to {branch}" if repository.git("checkout", "-q", "-f", branch) else ""


def commit_and_switch(repository: Repository, random: Random) -> str:
    """Commit what is there and go to another branch: all that was done so far goes away."""
    is_committed = repository.commit()
    return switch_branch(repository, random) if is_committed else ""


def reset(repository: Repository, random: Random) -> str:
    """Throw away what was not committed, new files too now and then."""
    is_clean = random.random() < 0.5
    is_done = repository.git("reset", "-q", "--hard") and (not is_clean or repository.git("clean", "-q", "-f", "-d"))
    return f"reset{' and clean' if is_clean else ''}" if is_done else ""


def stash(repository: Repository, random: Random) -> str:
    """Put what was not committed aside, and now and then take it back."""
    if not repository.git("stash", "push", "-q", "-u"):
        return ""
    if random.random() < 0.5:
        return "stash and pop" if repository.git("stash", "pop", "-q") else "stash and fail to pop"
    return "stash"


def untrack(repository: Repository, random: Random) -> str:
    """Take a file out of git's list and leave it on disk."""
    sources = repository.sources()
    path = random.choice(sources) if sources else ""
    return f"untrack {path}" if path and repository.git("rm", "-q", "--cached", path) else ""


def ignore_by_git(repository: Repository, random: Random) -> str:
    """Change a `.gitignore`."""
    return _change_rules(repository, random, ".gitignore", RULES)


def ignore_by_us(repository: Repository, random: Random) -> str:
    """Change a `.codesearchignore`."""
    return _change_rules(repository, random, ".codesearchignore", RULES)


def mark(repository: Repository, random: Random) -> str:
    """Change a `.gitattributes`."""
    return _change_rules(repository, random, ".gitattributes", ATTRIBUTES)


def exclude(repository: Repository, random: Random) -> str:
    """Change the ignore rules inside `.git`."""
    info = repository.root / ".git/info"
    if not info.is_dir():
        return ""
    rule = _fill(repository, random, random.choice(RULES))
    (info / "exclude").write_text(f"{rule}\n" if random.random() < 0.7 else "", encoding="utf-8")
    return f"exclude {rule}"


def add_submodule(repository: Repository, random: Random) -> str:
    """Take the library beside the root as a submodule."""
    path = f"lib_{random.randrange(3)}"
    if repository.exists(path):
        return ""
    source = str(repository.root.with_name(LIBRARY))
    return f"add the submodule {path}" if repository.git("submodule", "--quiet", "add", "-f", source, path) else ""


def remove_submodule(repository: Repository, random: Random) -> str:
    """Remove a repository inside, by git or by hand."""
    inside = _repositories(repository)
    if not inside:
        return ""
    path = random.choice(inside)
    if random.random() < 0.5 and repository.git("rm", "-q", "-f", path):
        shutil.rmtree(repository.root / ".git/modules" / path, ignore_errors=True)
        return f"remove the submodule {path}"
    shutil.rmtree(repository.root / path, ignore_errors=True)
    return f"delete the repository {path}"


def change_submodule(repository: Repository, random: Random) -> str:
    """Write a file inside a repository inside, which is not ours to read."""
    inside = _repositories(repository)
    if not inside:
        return ""
    path = f"{random.choice(inside)}/{pick_word(random)}.py"
    return f"write {path}" if repository.write(path, make_file(random, "py", 1)) else ""


def add_nested_repository(repository: Repository, random: Random) -> str:
    """Make a folder a repository of its own, with a commit or without."""
    folders = [name for name in repository.folders() if not name.startswith("lib_")]
    path = random.choice([*folders, make_name(random)])
    if repository.exists(path) and not (repository.root / path).is_dir():
        return ""
    repository.write(f"{path}/{pick_word(random)}.py", make_file(random, "py", 1))
    is_done = repository.git("init", "-q", "-b", MAIN, folder=path)
    if random.random() < 0.5:
        nested = Repository(repository.root / path)
        nested.commit()
    return f"make {path} a repository" if is_done else ""


def dissolve_nested_repository(repository: Repository, random: Random) -> str:
    """Make a repository inside an ordinary folder: what is in it is ours again."""
    inside = [path for path in _repositories(repository) if (repository.root / path / ".git").is_dir()]
    if not inside:
        return ""
    path = random.choice(inside)
    shutil.rmtree(repository.root / path / ".git")
    return f"make the repository {path} an ordinary folder"


def leave_git(repository: Repository, random: Random) -> str:
    """Hide git's own folder, or show it again: without it the tree is read by our own rules."""
    hidden = repository.root.with_name("hidden.git")
    git = repository.root / ".git"
    if hidden.exists():
        if git.exists():
            return ""
        hidden.rename(git)
        return "show .git again"
    if random.random() < 0.5 or not git.exists():
        return ""
    git.rename(hidden)
    return "hide .git"


GIT_OPERATIONS: Mapping[str, Operation] = {
    operation.__name__: operation
    for operation in (
        commit,
        switch_branch,
        commit_and_switch,
        reset,
        stash,
        untrack,
        ignore_by_git,
        ignore_by_us,
        mark,
        exclude,
        add_submodule,
        remove_submodule,
        change_submodule,
        add_nested_repository,
        dissolve_nested_repository,
        leave_git,
    )
}

OPERATIONS: Mapping[str, Operation] = {**FILE_OPERATIONS, **GIT_OPERATIONS}


def _change_rules(repository: Repository, random: Random, name: str, rules: tuple[str, ...]) -> str:
    """Append a rule to a rule file of the root or of a folder, or take the last one away."""
    folder = random.choice(["", "", *repository.folders()])
    path = f"{folder}/{name}" if folder else name
    lines = repository.read(path).splitlines() if (repository.root / path).is_file() else []
    if lines and random.random() < 0.5:
        lines.pop()
    else:
        lines.append(_fill(repository, random, random.choice(rules)))
    if not lines:
        repository.remove(path)
        return f"remove {path}"
    return f"write {path}: {' | '.join(lines)}" if repository.write(path, "\n".join(lines) + "\n") else ""


def _fill(repository: Repository, random: Random, rule: str) -> str:
    path = random.choice(repository.sources() or ["none.py"])
    return rule.format(path=path.rpartition("/")[2], folder=path.split("/", maxsplit=1)[0])


def _repositories(repository: Repository) -> list[str]:
    """Return the repositories inside the root that are not inside one another."""
    found = sorted(path.parent.relative_to(repository.root).as_posix() for path in repository.root.rglob(".git"))
    return [path for path in found if path != "." and not path.startswith(".git/")]
