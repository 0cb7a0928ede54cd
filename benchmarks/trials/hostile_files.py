"""Makes files that no walk, decoder or parser should fall over, one of a kind at a time, each under a seed.

What a kind leaves behind is told with it: the path as an index prints it, and whether it is to be read. Knows no index.
"""

import os
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from benchmarks.tree import PROJECT
from benchmarks.trials.nesting import INDENTED, NESTINGS, indented
from indexers.languages import LANGUAGES

HOSTILE = PROJECT / "fixtures" / "hostile"

ENCODINGS: Mapping[str, tuple[bytes, bool]] = {
    "utf-8": (b"", True),
    "utf-8-sig": (b"", True),
    "utf-16-le": (b"\xff\xfe", True),
    "utf-16-be": (b"\xfe\xff", True),
    "latin-1": (b"", True),
    "cp1252": (b"", True),
    "utf-32": (b"", False),
}
"""With the mark before the text, and whether it is read."""

LINE_ENDS = ("\n", "\r\n", "\r", "\n\r", "\n\f", "\v\n", "\u0085\n", "\u2028\n", "\x1c\n", "\n\n \t\n")

NAMES = (
    "new\nline {}.py",
    " blank {} .py",
    "tab\t{}.py",
    "-{}.py",
    "--help={}.py",
    ":(glob){}.py",
    "[{}]*?.py",
    "!{}.py",
    "#{}.py",
    "back\\slash\\{}.py",
    "quote\"'`$(x){}.py",
    "\x1b[31mred{}.py",
    "right\u202eyp.{}.py",
    "zero\u200bwidth{}.py",
    "e\u0301{}.py",
    "\u00e9{}.py",
    "CON{}.py",
    "aux.{}.py",
    "NUL",
    "com1.txt",
    "trailing{}. ",
    "...{}",
    "{}.PY",
    "{}.Py",
    "🗼{}.py",
)
"""Patterns of names; where there is no place for the number the folder keeps them apart."""

LETTERS = "bcdfghjklmnpqrtvwxz"
"""Without vowels and `s` no stemmer changes a word of them."""


@dataclass(slots=True)
class Planted:
    """What one kind left in its folder."""

    folder: Path
    word: str
    """Stands in every file that is to be found."""
    read: list[str] = field(default_factory=list)
    """Names, relative to the folder, of files that are to be indexed and found by the word."""
    listed: list[str] = field(default_factory=list)
    """Names, as they are printed, of what is to be left out with a reason."""
    unread: list[str] = field(default_factory=list)
    """Names of what is never indexed, and named only where git, which knows no such files, is not asked."""
    either: list[str] = field(default_factory=list)
    """Names of what is indexed or left out, by its size or line lengths."""

    def write(self, name: str, content: bytes | str) -> Path:
        """Write a file in the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path


Kind = Callable[[Planted, Random], None]


def make_word(random: Random) -> str:
    """Return a word that no other file has."""
    return "".join(random.choices(LETTERS, k=12))


def fixture(place: Planted, random: Random) -> None:
    """Copy one of the small files that are kept."""
    path = random.choice([path for path in sorted(HOSTILE.rglob("*/*")) if path.is_file()])
    place.write(path.name, path.read_bytes())
    place.either.append(path.name)


def encoded(place: Planted, random: Random) -> None:
    """Write text in some encoding, with a mark where it has one, its lines ended in some way."""
    encoding = random.choice(list(ENCODINGS))
    mark, is_read = ENCODINGS[encoding]
    lines = ["# größe", f"def {place.word}(x):", "    return x + 1", "", "class Other:", "    pass", ""]
    text = random.choice(LINE_ENDS).join(lines)
    place.write("text.py", mark + text.encode(encoding, "replace"))
    (place.read if is_read else place.listed).append("text.py")


def mixed(place: Planted, random: Random) -> None:
    """Write lines of several encodings and some that are of none."""
    encodings = ("utf-8", "latin-1", "shift_jis", "gbk", "koi8-r", "cp437")
    lines = [f"# größe 大きさ мир {n}".encode(random.choice(encodings), "ignore") for n in range(20)]
    place.write("mixed.py", b"\n".join([*lines, f"{place.word} = 1".encode()]))
    place.read.append("mixed.py")


def noise(place: Planted, random: Random) -> None:
    """Write random bytes, as a source."""
    place.write("noise.c", random.randbytes(random.choice((1, 10, 1_000, 50_000))))
    place.either.append("noise.c")


def broken(place: Planted, random: Random) -> None:
    """Write a source of which some bytes are lost, doubled or others."""
    source = random.choice(sorted((PROJECT / "tests" / "lang" / "sources").iterdir()))
    data = bytearray(source.read_bytes())
    for _ in range(random.randint(1, 20)):
        at = random.randrange(len(data))
        length = random.randint(1, 30)
        data[at : at + length] = random.choice((b"", bytes(data[at : at + length]) * 3, random.randbytes(1) or b"("))
    place.write(source.name, bytes(data).replace(b"\0", b" ") + f"\n{place.word}\n".encode())
    place.either.append(source.name)


def nested(place: Planted, random: Random) -> None:
    """Write blocks or brackets inside each other."""
    language = random.choice(list(NESTINGS))
    nesting = random.choice(NESTINGS[language])
    text = nesting.repeat(random.choice((10, 300, 3_000, 10_000)), random.choice((1, 20, 200)))
    name = f"deep{LANGUAGES[language].extensions[0]}"
    place.write(name, f"{place.word}\n{text}\n")
    place.either.append(name)


def nested_by_indentation(place: Planted, random: Random) -> None:
    """Write blocks inside each other that only their indentation shows."""
    language = random.choice(list(INDENTED))
    name = f"steps{LANGUAGES[language].extensions[0]}"
    place.write(name, f"{place.word}\n" + indented(random.choice(INDENTED[language]), random.choice((50, 400))))
    place.read.append(name)


def long_function(place: Planted, random: Random) -> None:
    """Write a function of a hundred thousand lines."""
    n_lines = random.choice((5_000, 100_000))
    place.write("long.py", f"def {place.word}(x):\n" + "    x = f(x)\n" * n_lines)
    place.read.append("long.py")


def long_expression(place: Planted, random: Random) -> None:
    """Write one expression of a megabyte."""
    n = random.choice((1_000, 60_000))
    place.write("sum.py", f"{place.word} = (\n" + "    value + 12 +\n" * n + "    0)\n")
    place.read.append("sum.py")


def many_definitions(place: Planted, random: Random) -> None:
    """Write more definitions than a file may have."""
    n = random.choice((1_000, 25_000))
    place.write("many.js", "".join(f"function f{i}() {{ return {i}; }}\n" for i in range(n)) + f"{place.word}();\n")
    place.read.append("many.js")


def long_line(place: Planted, random: Random) -> None:
    """Write a line that no person wrote."""
    place.write("line.py", f"{place.word} = '" + "x" * random.choice((30_000, 1_500_000)) + "'\n")
    place.listed.append("line.py")


def large(place: Planted, random: Random) -> None:
    """Make a file over the limit that takes no room: 100 MB or 10 GB of NUL bytes."""
    with (place.folder / "large.py").open("wb") as file:
        file.truncate(random.choice((100 << 20, 10 << 30)))
    place.listed.append("large.py")


def blank(place: Planted, random: Random) -> None:
    """Write nothing, or nothing that is seen."""
    name, text = random.choice((("a.h", "\n" * 60_000), ("b.py", ""), ("c.md", " \t\r\n" * 50), ("d.m", "\ufeff")))
    place.write(name, text)
    place.either.append(name)


def named(place: Planted, random: Random) -> None:
    """Write a file with a name that is hard to say."""
    name = random.choice(NAMES).format(random.randrange(1_000))
    place.write(name, f"def {place.word}():\n    return 1\n")
    place.read.append(name)


def long_named(place: Planted, random: Random) -> None:
    """Write a file with the longest name there is."""
    name = random.choice("aé大🗼")
    name *= (255 - len(".py")) // len(name.encode())
    place.write(f"{name}.py", f"{place.word} = 1\n")
    place.read.append(f"{name}.py")


def cased(place: Planted, random: Random) -> None:
    """Write files whose names differ by case alone, where the file system can tell them apart."""
    names = random.sample(("Readme.md", "README.md", "readme.md", "readme.MD"), 3)
    for name in names:
        place.write(name, f"# {place.word}\n\n{name}\n")
    place.read += sorted(path.name for path in place.folder.iterdir())


def badly_named(place: Planted, random: Random) -> None:
    """Write a file whose name is not UTF-8."""
    name = random.choice((b"caf\xe9.py", b"\xff\xfe.py", b"\xed\xa0\x80.py"))
    try:
        with open(os.fsencode(place.folder) + b"/" + name, "wb") as file:  # noqa: PTH123 - the name is bytes
            file.write(f"{place.word} = 1\n".encode())
    except OSError:  # macOS has no such names
        return
    place.listed.append(name.decode("utf-8", "backslashreplace"))


def deep_folders(place: Planted, random: Random) -> None:
    """Write a file below many folders."""
    folder = "/".join(random.choice(("d", "dir")) for _ in range(random.choice((50, 300))))
    place.write(f"{folder}/deep.py", f"{place.word} = 1\n")
    place.read.append(f"{folder}/deep.py")


def link(place: Planted, random: Random) -> None:
    """Link somewhere: outside, nowhere, to itself, to a folder above, to a device."""
    target = random.choice(("/etc/passwd", "nowhere", "link.py", "..", "/", "/dev/zero", "../" * 40, "/proc/self/mem"))
    (place.folder / "link.py").symlink_to(target)
    place.listed.append("link.py")


def special(place: Planted, random: Random) -> None:
    """Make what is no file: a pipe, a socket, a device."""
    path = place.folder / "special.py"
    makers = [_make_pipe, _make_socket]
    if hasattr(os, "geteuid") and os.geteuid() == 0 and sys.platform == "linux":
        makers.append(_make_device)
    random.choice(makers)(path)
    place.unread.append("special.py")


def _make_pipe(path: Path) -> None:
    os.mkfifo(path)


def _make_socket(path: Path) -> None:
    """Bind by a short name: the whole path of a socket has 100 bytes."""
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(here)


def _make_device(path: Path) -> None:
    os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))


def rules(place: Planted, random: Random) -> None:
    """Write rule files of a megabyte, and patterns that make a backtracking matcher try for ever."""
    name = "a" * 60 + ".py"
    place.write(name, f"{place.word} = 1\n")
    lines = ["*a" * 20 + "b", "[" * 500, "*" * 500 + "!", "a?" * 100, "\\" * 99, "!" * 50]
    lines += [f"{'*a' * 12}{number}" for number in range(20)]
    if random.random() < 0.1:  # for this one git takes all the time that it is given
        lines.append("**/" * 50 + "x")
    if random.random() < 0.5:
        lines += [f"never{number}*.{random.randrange(99)}" for number in range(2_000)]
    place.write(".gitignore", "\n".join(lines))
    place.write(".gitattributes", "\n".join(f"{line} linguist-generated" for line in lines))
    place.read.append(name)
    place.either += [".gitignore", ".gitattributes"]


def repository(place: Planted, random: Random) -> None:
    """Put a git folder or file where none belongs: empty, damaged, pointing nowhere or everywhere."""
    place.write("inner/a.py", f"{place.word} = 1\n")
    content = random.choice(("gitdir: /nowhere", "gitdir: /", "gitdir: .", "garbage\0", "", None))
    if content is None:
        place.write("inner/.git/HEAD", "garbage")
        place.write("inner/.git/index", b"DIRC\0\0\0\2\xff\xff\xff\xff")
        place.write("inner/.git/objects/aa/bb", b"\0")
    else:
        place.write("inner/.git", content)
    place.either.append("inner/a.py")


def many_files(place: Planted, random: Random) -> None:
    """Write many files in one folder."""
    n = random.choice((50, 300))
    for number in range(n):
        place.write(f"many/f{number}.py", f"{place.word} = {number}\n")
    place.read += [f"many/f{number}.py" for number in range(n)]


KINDS: tuple[Kind, ...] = (
    fixture,
    encoded,
    mixed,
    noise,
    broken,
    nested,
    nested_by_indentation,
    long_function,
    long_expression,
    many_definitions,
    long_line,
    large,
    blank,
    named,
    long_named,
    cased,
    badly_named,
    deep_folders,
    link,
    special,
    rules,
    repository,
    many_files,
)


def plant(root: Path, number: int, seed: int) -> Planted:
    """Make the file of a number, in a folder of its own below the root."""
    random = Random(f"{seed}:{number}")
    folder = root / f"{number:05}"
    folder.mkdir(parents=True)
    place = Planted(folder, make_word(random))
    KINDS[number % len(KINDS)](place, random)
    return place
