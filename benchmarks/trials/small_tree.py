"""A small repository for trials that build many times: a few files in several languages, and what a day's work does to
them. No two functions are alike, so that none shares a vector with another."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

_WORDS = (
    "retry backoff parse token open close read write lock switch vector chunk file class term merge split count "
    "total index search update remove commit begin cache store fetch send queue heron egret gravel"
)
WORDS = _WORDS.split()

QUERIES = ("retry backoff", "where is the token parsed", "merge_3", "close the queue and send")
"""What is asked of an index of such a tree."""

N_FILES = 20

ENDINGS = ("py", "js", "go", "md")


def write_tree(root: Path, random: Random, n_files: int = N_FILES) -> None:
    """Make the repository."""
    for number in range(n_files):
        write_file(root, f"{WORDS[number % 7]}/{WORDS[number]}_{number}.{ENDINGS[number % len(ENDINGS)]}", random)


def change_tree(root: Path, random: Random) -> None:
    """Edit some files, add some, delete some and rename one."""
    paths = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.*") if path.is_file())
    edited, deleted, renamed = _draw(paths, random, (4, 2, 1))
    for path in edited:
        write_file(root, path, random)
    for path in deleted:
        (root / path).unlink()
    for path in renamed:
        (root / path).rename((root / path).with_name(f"renamed_{Path(path).name}"))
    add_files(root, random)


def add_files(root: Path, random: Random) -> None:
    """Add two files."""
    for name in ("added_a.py", "added_b.go"):
        write_file(root, f"fresh/{name}", random)


def write_file(root: Path, path: str, random: Random) -> None:
    """Write one file of three functions, or sections, that nobody has written before."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    ending = path.rpartition(".")[2]
    parts = [_write_part(ending, f"{random.choice(WORDS)}_{random.randrange(1 << 24)}", random) for _ in range(3)]
    (root / path).write_text(("package main\n\n" if ending == "go" else "") + "\n\n".join(parts) + "\n", "utf-8")


def _write_part(ending: str, name: str, random: Random) -> str:
    calls = [f"{word}_{random.randrange(99)}" for word in random.choices(WORDS, k=random.randint(3, 12))]
    match ending:
        case "py":
            return (
                f"def {name}(value):\n" + "".join(f"    value = {call}(value)\n" for call in calls) + "    return value"
            )
        case "js":
            return (
                f"function {name}(value) {{\n"
                + "".join(f"  value = {call}(value)\n" for call in calls)
                + "  return 1\n}"
            )
        case "go":
            return (
                f"func {name}(value int) int {{\n"
                + "".join(f"\tvalue = {call}(value)\n" for call in calls)
                + "\treturn 1\n}"
            )
        case _:
            return f"# {name}\n\n" + "".join(f"Then {call.replace('_', ' ')} happens.\n" for call in calls)


def _draw(paths: Sequence[str], random: Random, sizes: Sequence[int]) -> list[list[str]]:
    """Return groups of so many paths, none in two of them."""
    drawn = random.sample(paths, sum(sizes))
    return [[drawn.pop() for _ in range(size)] for size in sizes]
