"""Step 1: gets the listed repositories, with their history, at the listed revisions.

    python -m training.gather CORPUS                             clone what CORPUS lacks from github.com
    python -m training.gather CORPUS --mirrors FOLDER            take bare clones FOLDER/OWNER+NAME instead
    python -m training.gather CORPUS --add train OWNER/NAME ...  put repositories on the list: newest revision, licence

What is not permissively licensed is refused, by the licence files at the top of the tree.
"""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from training.corpus import (
    ROLES,
    Repository,
    Role,
    add_list_option,
    git,
    git_folder,
    read_list,
    step_parser,
    write_list,
)
from training.licences import FILES, identify


def gather(corpus: Path, mirrors: Path | None, entries: Iterable[Repository]) -> list[Repository]:
    """Bring each repository's git data below the corpus; return those that could not be had."""
    return [entry for entry in entries if not _bring(corpus, mirrors, entry) or not _has_revision(corpus, entry)]


def add(corpus: Path, mirrors: Path | None, role: Role, names: Iterable[str]) -> Iterator[Repository]:
    """Yield list entries for repositories that are permissively licensed; say why others are not."""
    for name in names:
        entry = Repository(role, name, "HEAD", "-")
        if not _bring(corpus, mirrors, entry):
            continue
        folder = git_folder(corpus, entry)
        revision = git(folder, "rev-parse", "HEAD").decode().strip()
        licence = "-" if role == "excluded" else find_licence(folder, revision)
        if licence is None:
            print(f"{name}: no permissive licence was recognised", file=sys.stderr)
            continue
        yield Repository(role, name, revision, licence)


def find_licence(folder: Path, revision: str) -> str | None:
    """Return the SPDX identifier of the licence at the top of a tree; None if none or not all are permissive."""
    names = git(folder, "ls-tree", "--name-only", "-z", revision).decode("utf-8", "replace").split("\0")
    found: list[str] = []
    for name in sorted(name for name in names if FILES.match(name)):
        try:
            text = git(folder, "cat-file", "blob", f"{revision}:{name}").decode("utf-8", "replace")
        except subprocess.CalledProcessError:
            continue  # a folder of licences
        licence = identify(text)
        if licence is None:
            return None
        found.append(licence)
    return " OR ".join(dict.fromkeys(found)) or None


def _bring(corpus: Path, mirrors: Path | None, entry: Repository) -> bool:
    """Put a repository's git data at its place unless it is there; say where that fails."""
    folder = git_folder(corpus, entry)
    if folder.exists():
        return True
    folder.unlink(missing_ok=True)  # a link to a mirror that is gone
    folder.parent.mkdir(parents=True, exist_ok=True)
    if mirrors is not None:
        return _link(folder, mirrors, entry)
    command = ["git", "clone", "--quiet", "--bare", f"https://github.com/{entry.name}", str(folder)]
    return subprocess.run(command, check=False).returncode == 0


def _link(folder: Path, mirrors: Path, entry: Repository) -> bool:
    mirror = mirrors / entry.folder
    for source in (mirror / "repo" / ".git", mirror / "repo", mirror):
        if (source / "HEAD").is_file():
            folder.symlink_to(source.resolve())
            return True
    print(f"{entry.name}: no mirror", file=sys.stderr)
    return False


def _has_revision(corpus: Path, entry: Repository) -> bool:
    try:
        git(git_folder(corpus, entry), "cat-file", "-e", f"{entry.revision}^{{tree}}")
    except subprocess.CalledProcessError:
        print(f"{entry.name}: revision {entry.revision} is not there", file=sys.stderr)
        return False
    return True


def main(arguments: list[str] | None = None) -> int:
    """Run the step; 0 where every listed, or with --add every named repository is there."""
    parser = step_parser(__doc__)
    add_list_option(parser)
    parser.add_argument("--mirrors", type=Path)
    parser.add_argument("--add", nargs="+", metavar=("ROLE", "OWNER/NAME"))
    options = parser.parse_args(arguments)
    entries = read_list(options.list)
    if options.add:
        role, *names = options.add
        if role not in ROLES:
            parser.error(f"the role is one of {', '.join(ROLES)}")
        known = {entry.name for entry in entries}
        asked = [name for name in names if name not in known]
        added = list(add(options.corpus, options.mirrors, role, asked))
        write_list([*entries, *added], options.list)
        return 0 if len(added) == len(asked) else 1
    missing = gather(options.corpus, options.mirrors, entries)
    print(f"{len(entries) - len(missing)} of {len(entries)} repositories are there")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
