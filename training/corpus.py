"""The list of repositories and where a corpus keeps what: names, revisions, licences, roles. Reads and writes TSV.

Knows what all steps have in common and nothing of what one does.
"""

import subprocess
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Role = Literal["train", "fit", "held-out", "excluded"]
"""`train` teaches the encoder, `fit` sets the ranking's weights, `held-out` measures; `excluded` is the public
benchmark, of which only hashes are taken, so that its copies inside other repositories are left out."""

ROLES: tuple[Role, ...] = ("train", "fit", "held-out", "excluded")

LIST = Path(__file__).with_name("repositories.tsv")


@dataclass(frozen=True, slots=True)
class Repository:
    """One line of the list."""

    role: Role
    name: str
    """OWNER/NAME at github.com."""
    revision: str
    """The full hash of a commit."""
    licence: str
    """SPDX identifier, or `-` where nothing is taken but hashes."""

    @property
    def folder(self) -> str:
        """Its name as one part of a path."""
        return self.name.replace("/", "+")


def read_list(path: Path = LIST) -> list[Repository]:
    """Return the listed repositories; raises ValueError on a malformed line."""
    entries: list[Repository] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            fields = line.split("\t")
            if len(fields) != 4 or fields[0] not in ROLES:
                raise ValueError(f"{path}:{number}: expected role, name, revision, licence; found {line!r}")
            role = next(role for role in ROLES if role == fields[0])
            entries.append(Repository(role, *fields[1:]))
    return entries


def write_list(entries: Iterable[Repository], path: Path = LIST) -> None:
    """Write the list sorted by role and name."""
    ordered = sorted(entries, key=lambda entry: (ROLES.index(entry.role), entry.name.lower()))
    lines = ["# role\tname at github.com\trevision\tlicence (SPDX)"]
    lines += [f"{entry.role}\t{entry.name}\t{entry.revision}\t{entry.licence}" for entry in ordered]
    path.write_text("\n".join(lines) + "\n", "utf-8", newline="\n")


def git(folder: Path, *arguments: str) -> bytes:
    """Run git on a bare repository and return what it prints; raises CalledProcessError."""
    command = ["git", f"--git-dir={folder}", *arguments]
    return subprocess.run(command, capture_output=True, check=True).stdout


def git_folder(corpus: Path, repository: Repository) -> Path:
    """Return where a corpus keeps the git data of a repository."""
    return corpus / "git" / repository.folder


def pairs_file(corpus: Path, repository: Repository) -> Path:
    """Return where a corpus keeps the pairs of a repository."""
    return corpus / "pairs" / f"{repository.folder}.jsonl"


def step_parser(description: str | None) -> ArgumentParser:
    """Return the command line that every step begins with: the folder of the corpus."""
    parser = ArgumentParser(description=description, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="the folder that the steps fill")
    return parser


def add_list_option(parser: ArgumentParser) -> None:
    """Let a step read another list than that of this folder."""
    parser.add_argument(
        "--list", type=Path, default=LIST, help="the list of repositories (default: that of this folder)"
    )
