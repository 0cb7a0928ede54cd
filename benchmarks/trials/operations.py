"""Everything that people and tools do to the files of a tree, one operation each, drawn from a seed.

An operation says in one line what it did, nothing where the tree had no place for it. Knows no index.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random

from benchmarks.trials.repository import Repository
from benchmarks.trials.sources import (
    BY_SUFFIX,
    LANGUAGES,
    flip_letter,
    make_file,
    make_function,
    make_line,
    make_name,
    pick_word,
    swap_line,
)

Operation = Callable[[Repository, Random], str]

LIMIT_BYTES = 1 << 16
"""The size above which the trial's builds leave files out."""

_TOKEN = "AKIA" + "Z2Y3X4W5V6U7T2S3"
"""Looks like a key and is none; put together here so that no scanner takes this file for a leak."""

_PRIVATE_KEY = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA " + "PRIVATE KEY-----\n"


def edit(repository: Repository, random: Random) -> str:
    """Insert, change or delete a line, or add a function."""
    path = _pick(repository, random)
    if not path:
        return ""
    repository.write(path, swap_line(random, repository.read(path), _suffix(path)))
    return f"edit {path}"


def edit_unseen(repository: Repository, random: Random) -> str:
    """Change a letter and put the time of change back: only ctime tells."""
    path = _pick(repository, random)
    if not path:
        return ""
    before = (repository.root / path).stat()
    repository.write(path, flip_letter(random, repository.read(path)))
    os.utime(repository.root / path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return f"edit {path} with the same size and mtime"


def replace_unseen(repository: Repository, random: Random) -> str:
    """Put another file of the same size and mtime in its place, as rsync and unpacking do."""
    path = _pick(repository, random)
    if not path:
        return ""
    target = repository.root / path
    before = target.stat()
    beside = target.with_name(f"{target.name}.part")
    beside.write_bytes(flip_letter(random, repository.read(path)).encode())
    os.utime(beside, ns=(before.st_atime_ns, before.st_mtime_ns))
    beside.replace(target)
    return f"replace {path} by one of the same size and mtime"


def touch(repository: Repository, random: Random) -> str:
    """Change the times and nothing else."""
    path = _pick(repository, random)
    if not path:
        return ""
    (repository.root / path).touch()
    return f"touch {path}"


def create(repository: Repository, random: Random) -> str:
    """Write a new file, perhaps in a new folder."""
    suffix = random.choice(LANGUAGES).suffix
    folder = random.choice([*repository.folders(), pick_word(random), f"{pick_word(random)}/{pick_word(random)}"])
    path = f"{folder}/{pick_word(random)}.{suffix}"
    return f"create {path}" if repository.write(path, make_file(random, suffix, random.randint(1, 6))) else ""


def rename(repository: Repository, random: Random) -> str:
    """Give a file another name in its folder."""
    path = _pick(repository, random)
    return _move(repository, path, f"{path.rpartition('.')[0]}_{pick_word(random)}.{_suffix(path)}") if path else ""


def move(repository: Repository, random: Random) -> str:
    """Move a file to another folder."""
    path = _pick(repository, random)
    folder = random.choice([*repository.folders(), make_name(random)])
    return _move(repository, path, f"{folder}/{path.rpartition('/')[2]}") if path else ""


def move_folder(repository: Repository, random: Random) -> str:
    """Move a folder with all that is in it."""
    folders = repository.folders()
    return _move(repository, random.choice(folders), make_name(random)) if folders else ""


def swap_files(repository: Repository, random: Random) -> str:
    """Let two files trade places."""
    sources = repository.sources()
    if len(sources) < 2:
        return ""
    one, other = random.sample(sources, 2)
    between = repository.root / "between.tmp"
    (repository.root / one).rename(between)
    (repository.root / other).rename(repository.root / one)
    between.rename(repository.root / other)
    return f"swap {one} and {other}"


def change_case(repository: Repository, random: Random) -> str:
    """Write the name of a file in other case."""
    path = _pick(repository, random)
    folder, slash, name = path.rpartition("/")
    return _move(repository, path, f"{folder}{slash}{name.swapcase()}") if path else ""


def copy(repository: Repository, random: Random) -> str:
    """Copy a file."""
    path = _pick(repository, random)
    if not path:
        return ""
    target = f"copies/{random.randrange(100)}_{path.rpartition('/')[2]}"
    return f"copy {path} to {target}" if repository.write(target, repository.read(path)) else ""


def copy_folder(repository: Repository, random: Random) -> str:
    """Copy a folder, times included."""
    folders = repository.folders()
    target = f"copies/{make_name(random)}"
    is_in_the_way = repository.exists("copies") and not _is_folder(repository, "copies")
    if not folders or is_in_the_way or repository.exists(target):
        return ""
    folder = random.choice(folders)
    with suppress(OSError):  # of a file that nobody may read; the others are copied
        shutil.copytree(repository.root / folder, repository.root / target, symlinks=True, ignore=_ignore_copies)
    return f"copy the folder {folder} to {target}"


def delete(repository: Repository, random: Random) -> str:
    """Delete a file."""
    path = _pick(repository, random)
    if not path:
        return ""
    repository.remove(path)
    return f"delete {path}"


def delete_folder(repository: Repository, random: Random) -> str:
    """Delete a folder that holds a small part of the tree."""
    n_most = len(repository.paths()) // 4
    paths = repository.paths()
    folders = [name for name in repository.folders() if sum(path.startswith(f"{name}/") for path in paths) <= n_most]
    if not folders:
        return ""
    folder = random.choice(folders)
    repository.remove(folder)
    return f"delete the folder {folder}"


def recreate(repository: Repository, random: Random) -> str:
    """Delete a file and write it again, the same or another."""
    path = _pick(repository, random)
    if not path:
        return ""
    text = repository.read(path)
    repository.remove(path)
    repository.write(path, text if random.random() < 0.5 else make_file(random, _language_suffix(path), 2))
    return f"delete {path} and write it again"


def file_to_folder(repository: Repository, random: Random) -> str:
    """Put a folder in the place of a file."""
    path = _pick(repository, random)
    if not path:
        return ""
    text = repository.read(path)
    repository.remove(path)
    repository.write(f"{path}/part.{_language_suffix(path)}", text)
    return f"make {path} a folder"


def folder_to_file(repository: Repository, random: Random) -> str:
    """Put a file in the place of a small folder."""
    paths = repository.paths()
    folders = [name for name in repository.folders() if sum(path.startswith(f"{name}/") for path in paths) <= 3]
    if not folders:
        return ""
    folder = random.choice(folders)
    repository.remove(folder)
    repository.write(folder, make_file(random, "py", 2))
    return f"make the folder {folder} a file"


def file_to_link(repository: Repository, random: Random) -> str:
    """Put a link in the place of a file: to another, to a folder, to nothing or out of the root."""
    path = _pick(repository, random)
    if not path:
        return ""
    kept = [name for name in repository.sources() if name != path] or ["nothing"]
    target = random.choice((repository.root / random.choice(kept), repository.root, repository.root.parent, "nowhere"))
    repository.remove(path)
    (repository.root / path).symlink_to(target)
    return f"make {path} a link to {target}"


def link_to_file(repository: Repository, random: Random) -> str:
    """Put a file in the place of a link."""
    links = sorted(
        path.relative_to(repository.root).as_posix()
        for path in repository.root.rglob("*")
        if path.is_symlink() and ".git" not in path.parts
    )
    if not links:
        return ""
    path = random.choice(links)
    repository.remove(path)
    repository.write(path, make_file(random, "py", 2))
    return f"make the link {path} a file"


def refuse_content(repository: Repository, random: Random) -> str:
    """Make a file one that is left out: binary, too large, minified, generated, a secret; or one without anything."""
    path = _pick(repository, random)
    if not path:
        return ""
    contents: dict[str, str | bytes] = {
        "empty": "",
        "blank": "\n\n \n",
        "binary": b"GIF89a\0\1\2\0",
        "too large": "word = 1\n" * (LIMIT_BYTES // 8),
        "minified": "a=1;" * 5_000,
        "generated": "# Code generated by a tool. DO NOT EDIT.\nx = 1\n",
        "a private key": _PRIVATE_KEY,
        "latin-1": "def größe():\n    return 1\n".encode("latin-1"),
    }
    name = random.choice(sorted(contents))
    repository.write(path, contents[name])
    return f"make {path} {name}"


def restore_content(repository: Repository, random: Random) -> str:
    """Make a file that is small, large or strange an ordinary one again."""
    odd = [path for path in repository.sources() if not 100 < (repository.root / path).stat().st_size < LIMIT_BYTES]
    if not odd:
        return ""
    path = random.choice(odd)
    repository.write(path, make_file(random, _language_suffix(path), 2))
    return f"make {path} ordinary again"


def add_secret(repository: Repository, random: Random) -> str:
    """Put something like a key into a line of a file, or take those out that are there."""
    path = _pick(repository, random)
    if not path:
        return ""
    text = repository.read(path)
    if _TOKEN in text:
        repository.write(path, text.replace(_TOKEN, "none"))
        return f"take the key out of {path}"
    repository.write(path, f'{text}key = "{_TOKEN}"\n{make_line(random, BY_SUFFIX[_language_suffix(path)])}')
    return f"put a key into {path}"


def hide(repository: Repository, random: Random) -> str:
    """Take the right to read a file, or give it back; the superuser reads everything."""
    if os.geteuid() == 0:
        return ""
    paths = repository.paths()
    hidden = [path for path in paths if not os.access(repository.root / path, os.R_OK)]
    path = random.choice(hidden if hidden and random.random() < 0.5 else paths or [""])
    if not path:
        return ""
    (repository.root / path).chmod(0o644 if path in hidden else 0o000)
    return f"change who may read {path}"


def append_function(repository: Repository, random: Random) -> str:
    """Add the same function to several files."""
    sources = repository.sources()
    chosen = random.sample(sources, min(5, len(sources)))
    text = make_function(random, BY_SUFFIX["py"])
    for path in chosen:
        repository.write(path, repository.read(path) + text)
    return f"add a function to {', '.join(chosen)}" if chosen else ""


FILE_OPERATIONS: Mapping[str, Operation] = {
    operation.__name__: operation
    for operation in (
        edit,
        edit_unseen,
        replace_unseen,
        touch,
        create,
        rename,
        move,
        move_folder,
        swap_files,
        change_case,
        copy,
        copy_folder,
        delete,
        delete_folder,
        recreate,
        file_to_folder,
        folder_to_file,
        file_to_link,
        link_to_file,
        refuse_content,
        restore_content,
        add_secret,
        hide,
        append_function,
    )
}


def _pick(repository: Repository, random: Random) -> str:
    sources = repository.sources()
    return random.choice(sources) if sources else ""


def _suffix(path: str) -> str:
    return path.rpartition(".")[2]


def _language_suffix(path: str) -> str:
    """Return the suffix of a language that the trial can write, whatever the case of the name."""
    suffix = _suffix(path).lower()
    return suffix if suffix in BY_SUFFIX else "py"


def _move(repository: Repository, path: str, target: str) -> str:
    if repository.exists(target):
        return ""
    try:
        (repository.root / target).parent.mkdir(parents=True, exist_ok=True)
        (repository.root / path).rename(repository.root / target)
    except OSError:
        return ""
    return f"move {path} to {target}"


def _is_folder(repository: Repository, path: str) -> bool:
    return (repository.root / path).is_dir()


def _ignore_copies(_folder: str, names: list[str]) -> list[str]:
    """Leave copies and repositories out of a copy: it would not end."""
    return [name for name in names if name in ("copies", ".git")]
