"""Step 1: gets the listed repositories, with their history, at the listed revisions.

    python -m training.gather CORPUS                             clone what CORPUS lacks from github.com
    python -m training.gather CORPUS --mirrors FOLDER            take bare clones FOLDER/OWNER+NAME instead
    python -m training.gather CORPUS --add train OWNER/NAME ...  put repositories on the list: newest revision, licence

What is not permissively licensed is refused, by the licence files at the top of the tree.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from training.corpus import ROLES, Repository, Role, git, git_folder, read_list, write_list
from training.licences import FILES, identify


def gather(corpus: Path, mirrors: Path | None, entries: list[Repository]) -> list[Repository]:
    """Bring each repository's git data below the corpus; return those that could not be had."""
    missing: list[Repository] = []
    for entry in entries:
        folder = git_folder(corpus, entry)
        if not folder.exists() and not _bring(entry, folder, mirrors):
            missing.append(entry)
            continue
        try:
            git(folder, "cat-file", "-e", f"{entry.revision}^{{tree}}")
        except subprocess.CalledProcessError:
            print(f"{entry.name}: revision {entry.revision} is not there", file=sys.stderr)
            missing.append(entry)
    return missing


def add(corpus: Path, mirrors: Path | None, role: Role, names: list[str]) -> list[Repository]:
    """Return list entries for repositories that are permissively licensed; say why others are not."""
    entries: list[Repository] = []
    for name in names:
        entry = Repository(role, name, "HEAD", "-")
        folder = git_folder(corpus, entry)
        if not folder.exists() and not _bring(entry, folder, mirrors):
            continue
        revision = git(folder, "rev-parse", "HEAD").decode().strip()
        licence = "-" if role == "excluded" else find_licence(folder, revision)
        if licence is None:
            print(f"{name}: no permissive licence was recognised", file=sys.stderr)
            continue
        entries.append(Repository(role, name, revision, licence))
    return entries


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


def _bring(entry: Repository, folder: Path, mirrors: Path | None) -> bool:
    folder.parent.mkdir(parents=True, exist_ok=True)
    if mirrors is not None:
        for source in (mirrors / entry.folder / "repo" / ".git", mirrors / entry.folder / "repo", mirrors / entry.folder):
            if (source / "HEAD").is_file():
                folder.symlink_to(source.resolve())
                return True
        print(f"{entry.name}: no mirror", file=sys.stderr)
        return False
    command = ["git", "clone", "--quiet", "--bare", f"https://github.com/{entry.name}", str(folder)]
    done = subprocess.run(command, check=False)
    return done.returncode == 0


def main(arguments: list[str] | None = None) -> int:
    """Run the step; 0 where every listed repository is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--mirrors", type=Path)
    parser.add_argument("--add", nargs="+", metavar=("ROLE", "OWNER/NAME"))
    options = parser.parse_args(arguments)
    entries = read_list()
    if options.add:
        role, *names = options.add
        if role not in ROLES:
            parser.error(f"the role is one of {', '.join(ROLES)}")
        known = {entry.name for entry in entries}
        entries += add(options.corpus, options.mirrors, role, [name for name in names if name not in known])
        write_list(entries)
        return 0
    missing = gather(options.corpus, options.mirrors, entries)
    print(f"{len(entries) - len(missing)} of {len(entries)} repositories are there")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
