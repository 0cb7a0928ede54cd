"""A git repository whose every setting would run a command that leaves a mark, for tests that nothing runs."""

import hashlib
import os
import struct
import subprocess
from pathlib import Path

_HOOKS = """
applypatch-msg commit-msg fsmonitor-watchman p4-changelist p4-post-changelist p4-pre-submit p4-prepare-changelist
post-applypatch post-checkout post-commit post-index-change post-merge post-receive post-rewrite post-update
pre-applypatch pre-auto-gc pre-commit pre-merge-commit pre-push pre-rebase pre-receive prepare-commit-msg
proc-receive push-to-checkout reference-transaction sendemail-validate update
"""
HOOKS = _HOOKS.split()

_COMMANDS = """
core.fsmonitor core.pager core.editor core.sshCommand core.gitProxy core.askPass core.alternateRefsCommand diff.external
credential.helper gpg.program gpg.ssh.program gpg.ssh.defaultKeyCommand sequence.editor interactive.diffFilter
uploadpack.packObjectsHook pack.packObjectsHook browser.trap.cmd man.trap.cmd difftool.trap.cmd mergetool.trap.cmd
merge.trap.driver diff.trap.textconv diff.trap.command filter.trap.clean filter.trap.smudge filter.trap.process
remote.origin.uploadpack remote.origin.receivepack remote.origin.vcs submodule.sub.update trailer.trap.command
trailer.trap.cmd alias.ls-files alias.rev-parse alias.check-attr alias.config alias.rev-list alias.status
pager.ls-files pager.config pager.log pager.rev-list
"""
COMMANDS = _COMMANDS.split()

SWITCHES = {
    "submodule.recurse": "true",
    "protocol.allow": "always",
    "protocol.ext.allow": "always",
    "protocol.file.allow": "always",
    "log.showSignature": "true",
    "core.untrackedCache": "true",
    "index.threads": "4",
    "status.submoduleSummary": "true",
    "diff.submodule": "log",
    "fsck.skipList": "/etc/passwd",
    "maintenance.auto": "true",
    "gc.auto": "1",
}


def set_traps(root: Path, marks: Path) -> None:
    """Give a repository hooks, drivers and settings that leave a file in `marks` whenever one of them runs."""
    marks.mkdir(exist_ok=True)
    hooks = root / ".git" / "own-hooks"
    for folder in (hooks, root / ".git" / "hooks"):
        folder.mkdir(exist_ok=True)
        for name in HOOKS:
            write_trap(folder / name, marks / f"hook-{name}")
    values = {key: str(write_trap(root / ".git" / f"trap-{key}", marks / key)) for key in COMMANDS}
    values |= {key: f"!{values[key]}" for key in COMMANDS if key.startswith("alias.") or key == "submodule.sub.update"}
    values |= {"core.hooksPath": str(hooks), **SWITCHES}
    for key, value in values.items():
        set_value(root, key, value)
    lines = ["* filter=trap diff=trap merge=trap", "*.py ident text working-tree-encoding=UTF-16"]
    (root / ".gitattributes").write_text("\n".join([*lines, ""]))


def set_value(root: Path, key: str, value: str) -> None:
    """Add one value to the repository's own configuration."""
    section, _, rest = key.partition(".")
    inner, _, name = rest.rpartition(".")
    head = f'[{section} "{inner}"]' if inner else f"[{section}]"
    with (root / ".git" / "config").open("a", encoding="utf-8") as file:
        file.write(f'{head}\n\t{name} = "{value}"\n')


def write_trap(path: Path, mark: Path, then: str = "cat") -> Path:
    """Write a script that leaves a mark and does something."""
    path.write_text(f"#!/bin/sh\n: > '{mark}'\n{then}\n")
    path.chmod(0o755)
    return path


def lose_first_commit(root: Path, command: Path) -> None:
    """Turn a repository into one that fetches its first commit when it is asked for, by a command of its own."""
    first = subprocess.run(
        ["git", "-C", str(root), "rev-list", "--max-parents=0", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    (root / ".git" / "objects" / first[:2] / first[2:]).unlink()
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::{command} %S",
        "protocol.ext.allow": "always",
    }.items():
        set_value(root, key, value)


def write_index(root: Path, names: list[bytes]) -> None:
    """Write an index that git itself would refuse to write: it takes any name."""
    entries = b""
    for name in sorted(names):
        entry = struct.pack(">10I20sH", 0, 0, 0, 0, 0, 0, 0o100644, 0, 0, 0, b"\1" * 20, min(len(name), 0xFFF)) + name
        entries += entry + b"\0" * (8 - len(entry) % 8)
    body = b"DIRC" + struct.pack(">II", 2, len(names)) + entries
    (root / ".git" / "index").write_bytes(body + hashlib.sha1(body, usedforsecurity=False).digest())


def hostile_variables(marks: Path, elsewhere: Path) -> dict[str, str]:
    """Return variables that would lead git elsewhere or have it run something."""
    trap = str(write_trap(elsewhere / "trap-variable", marks / "variable"))
    return {
        "GIT_DIR": str(elsewhere / ".git"),
        "GIT_WORK_TREE": str(elsewhere),
        "GIT_INDEX_FILE": str(elsewhere / "index"),
        "GIT_EXTERNAL_DIFF": trap,
        "GIT_PAGER": trap,
        "GIT_EDITOR": trap,
        "GIT_SSH_COMMAND": trap,
        "GIT_PROXY_COMMAND": trap,
        "GIT_ASKPASS": trap,
        "GIT_EXEC_PATH": str(elsewhere),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": trap,
        "GIT_CONFIG_PARAMETERS": f"'core.fsmonitor={trap}'",
        "GIT_TRACE": str(marks / "trace"),
        "GIT_ALLOW_PROTOCOL": "ext:file",
        "GIT_OBJECT_DIRECTORY": str(elsewhere / "objects"),
        "GIT_NAMESPACE": "other",
        "GIT_OPTIONAL_LOCKS": "1",
        "PATH": os.pathsep.join(["", ".", os.environ["PATH"]]),
    }
