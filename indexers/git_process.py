"""Runs git so that nothing of the repository it looks at is run in turn.

A repository's own configuration, hooks and objects are not ours to trust: hooks, monitors, pagers and every protocol
are off, and variables that lead git elsewhere are not handed on. Knows no question that git is asked.
"""

import os
import shutil
import stat
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from indexers.errors import GitTimeoutError

_HARDENED = (
    "--no-pager",
    "--no-optional-locks",
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.alternateRefsCommand="),
    *("-c", "diff.external="),
    *("-c", "protocol.allow=never"),
    *("-c", "safe.bareRepository=explicit"),
    *("-c", "submodule.recurse=false"),
    *("-c", "log.showSignature=false"),
)

_KEPT_VARIABLES = frozenset(
    {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES"}
)
"""Where the user keeps his configuration; every other GIT_* variable may point git at another repository."""

_SET_VARIABLES = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}
"""English messages, and no fetching: a missing object is else fetched from wherever the repository says, by a command
of its choice. Older versions know the last of these alone; no configuration undoes it, as it does `protocol.allow`."""

TIMEOUT_S = 60.0
"""The largest known trees take seconds; git waits for ever where a disk is gone, or where a rule has many `**/`."""

PATIENCE_S = 1.0
"""From here on it is worth a look whether git waits for a pipe."""

SHORT_PATIENCE_S = 0.02
"""Where it waited for one pipe it may wait for the next."""

_RULE_FILES = frozenset({".gitignore", ".gitattributes"})
"""What git opens in every folder, whatever it is."""

_RULE_SETTINGS = r"^core\.(excludesfile|attributesfile)$"
"""What names files of rules elsewhere, as git spells it for `--get-regexp`."""


def git_command(*arguments: str) -> list[str]:
    """Return a command line of git; FileNotFoundError where none is installed."""
    return [_find_git(), *_HARDENED, *arguments]


def git_environment() -> dict[str, str]:
    """Return the caller's environment without what could lead git elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _KEPT_VARIABLES}
    return kept | _SET_VARIABLES


def run_git(
    folder: Path, *arguments: str, stdin: bytes = b"", timeout_s: float = TIMEOUT_S
) -> "subprocess.CompletedProcess[bytes]":
    """Ask git in a folder; FileNotFoundError where none is installed, GitTimeoutError where it gives no answer."""
    command = git_command("-C", str(folder), *arguments)
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=git_environment()) as process:
        try:
            out, err = _wait_for(process, folder, stdin, timeout_s)
        except subprocess.TimeoutExpired as error:
            process.kill()
            reason = f"`git {arguments[0]}` gave no answer in {timeout_s:g} s: try it there."
            raise GitTimeoutError(f"{folder}: {reason}") from error
        except BaseException:
            process.kill()
            raise
        return subprocess.CompletedProcess(command, process.returncode, out, err)


def end_pipes(root: Path) -> bool:
    """Let git read nothing from a pipe that stands in the place of a file it opens; return whether there was one.

    A pipe can be opened for writing without waiting only where somebody waits to read.
    """
    if not hasattr(os, "mkfifo"):
        return False
    return _end_pipes_below(root) or _end_configured_pipes(root)


def _wait_for(process: "subprocess.Popen[bytes]", folder: Path, stdin: bytes, timeout_s: float) -> tuple[bytes, bytes]:
    """Return what git says; raises TimeoutExpired where it does not."""
    deadline = time.monotonic() + timeout_s
    asked: bytes | None = stdin
    patience_s = PATIENCE_S
    while True:
        try:
            return process.communicate(asked, timeout=patience_s)
        except subprocess.TimeoutExpired:
            asked = None
            started = time.monotonic()
            if started >= deadline:
                raise
            has_ended_one = end_pipes(folder)
            patience_s = SHORT_PATIENCE_S if has_ended_one else max(PATIENCE_S, 4 * (time.monotonic() - started))


def _find_git() -> str:
    """Return where git is; never the one that lies in the folder where somebody happens to stand."""
    for folder in os.get_exec_path():
        found = shutil.which("git", path=folder) if Path(folder).is_absolute() else None
        if found is not None and Path(found).is_absolute():
            return found
    raise FileNotFoundError("git")


def _end_pipes_below(root: Path) -> bool:
    """End what stands for a rule file, in any folder, or for any file of git's own folders."""
    is_ended = False
    todo = [(os.fspath(root), False)]
    while todo:  # os.walk calls itself for each folder in a folder, and deep trees are too deep for that
        folder, is_git = todo.pop()
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    todo.append((entry.path, is_git or entry.name == ".git"))
                elif is_git or entry.name in _RULE_FILES:
                    is_ended |= _end_pipe(entry.path)
    return is_ended


def _end_configured_pipes(root: Path) -> bool:
    """End what a configuration names as a file of rules; git is asked which, as it reads none of them to tell."""
    try:  # with no more patience than that, nobody looks for pipes again
        answer = run_git(root, "config", "-z", "--type=path", "--get-regexp", _RULE_SETTINGS, timeout_s=PATIENCE_S)
    except (FileNotFoundError, GitTimeoutError):
        return False
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
    values = [setting.partition(b"\n")[2] for setting in answer.stdout.split(b"\0")]
    return any(_end_pipe(os.fspath(top / os.fsdecode(value))) for value in values if value)


def _end_pipe(path: str) -> bool:
    with suppress(OSError):
        if stat.S_ISFIFO(os.lstat(path).st_mode):
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
            return True
    return False
