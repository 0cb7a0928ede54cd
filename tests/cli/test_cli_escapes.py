"""Nothing of a repository acts on a terminal, whatever its files, their names and their settings hold."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Run
from tests.cli.repositories import git, write_files

if sys.platform == "win32":
    pytest.skip("Windows has no such names and terminals", allow_module_level=True)

from tests.cli.terminals import TerminalSession

pytestmark = pytest.mark.slow

TITLE = "\x1b]0;owned\x07"
CLIPBOARD = "\x1b]52;c;b3duZWQ=\x1b\\"
LINK = "\x1b]8;;http:example.org\x07click\x1b]8;;\x07"
CLEAR = "\x1b[2J\x1b[H"
C1 = "\x9b31m\x85\x90"
BIDI = "\u202e\u2066\u200f\u061c"
RETURN = "good\rbad\x08\x08\x08"
HIDDEN = "\U000e0041\ufeff\u2028"
ALL = f"{TITLE}{CLIPBOARD}{LINK}{CLEAR}{C1}{BIDI}{RETURN}{HIDDEN}\x00\x7f".replace("\x00", "")

OWN_COLOR = re.compile(r"\x1b\[[0-9;]*m")
OWN_LINE = re.compile(r"\r\x1b\[2K")
ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)

NAMES = {f"src/{name}.py" for name in (f"a{CLEAR}", f"b{C1}", f"c{BIDI}", "d\re", "f\ng", f"h{LINK.replace('/', ':')}")}
CODE = f'''\
def render_{{0}}(value):
    """Renders {TITLE}{BIDI} a value {CLIPBOARD} on {C1} a {RETURN} screen {HIDDEN}."""
    return "{ALL}"  # {ALL}
'''
PROSE = f"# Rendering {ALL}\n\nHow a value is rendered {ALL}.\n"


@pytest.fixture
def hostile(tmp_path: Path, run: Run) -> Path:
    """An index of a repository that shouts at terminals, in a folder whose name does."""
    root = tmp_path / f"repo{CLEAR}{BIDI}{C1}"
    root.mkdir()
    sources = {name: CODE.format(number) for number, name in enumerate(sorted(NAMES))}
    write_files(root, {**sources, f"docs/{BIDI}.md": PROSE, f"{TITLE[1:]}.md": PROSE})
    (root / f"old{CLEAR}.py").write_bytes("x = 'é'\n".encode("latin-1"))
    (root / f"bin{CLEAR}.py").write_bytes(b"\0\1")
    (root / f"link{CLEAR}").symlink_to(f"nowhere{CLEAR}")
    (root / f"inner{CLEAR}").symlink_to(min(NAMES))
    (root / f"key{CLEAR}.py").write_text("token = '" + "ghp_" + "a1B2" * 9 + "'\n")
    os.mkfifo(root / f"pipe{CLEAR}")
    assert run("index", root, "-q", "--jobs", "1").status == 0
    return root


def acts(text: str) -> list[str]:
    """Return what in an output would act on a terminal, our own colours left out."""
    return ACTING.findall(OWN_COLOR.sub("", text))


def shown(answer: Answer) -> str:
    return answer.out + answer.err


def commands(root: Path) -> Iterator[list[str | Path]]:
    """Yield command lines that show something of the repository."""
    yield ["search", "how is a value rendered", root]
    yield ["search", "how is a value rendered", root, "--color", "always"]
    yield ["search", "render_0", root, "--explain"]
    yield ["search", "render_0", root, "--json"]
    yield ["search", f"kind:{ALL}", root]
    yield ["search", f"path:{CLEAR}* {ALL}", root]
    yield ["search", "xyzzy", root / f"gone{CLEAR}"]
    yield ["similar", f"{root / min(NAMES)}:1"]
    yield ["similar", f"{root / min(NAMES)}:1", "--json"]
    yield ["status", root]
    yield ["status", root, "--skipped", "--secrets"]
    yield ["status", root, "--json"]
    yield ["list"]
    yield ["list", "--json"]
    yield ["verify", root]
    yield ["index", root]
    yield ["index", root, "--estimate"]
    yield ["index", root, "--encoder", f"no{CLEAR}such"]
    yield ["index", root / min(NAMES)]
    yield ["index", root / f"gone{CLEAR}"]
    yield ["config", "get", f"no{CLEAR}such"]
    yield ["eval", root, "--queries", root / f"gone{CLEAR}.json"]
    yield ["repair", root]
    yield [f"no{CLEAR}such"]


def test_no_command_lets_a_repository_act_on_the_terminal(hostile: Path, run: Run) -> None:
    said = {" ".join(map(str, arguments)): shown(run(*arguments)) for arguments in commands(hostile)}
    assert {command: acts(text) for command, text in said.items() if acts(text)} == {}
    assert all(said.values())
    assert sum("render_" in text for text in said.values()) >= 4


def test_settings_of_a_repository_are_told_without_acting(hostile: Path, run: Run) -> None:
    for text in (f'"{CLEAR!r}" = 1\n', f"encoder = {ALL!r}\n", f"encoder = {CLEAR}\n", '"\\u001b[2J" = "\\u001b[2J"\n'):
        (hostile / ".codesearch.toml").write_text(text)
        answer = run("index", hostile)
        assert answer.status == 2
        assert acts(shown(answer)) == []


def test_what_git_says_is_told_without_acting(tmp_path: Path, run: Run) -> None:
    root = tmp_path / f"repo{CLEAR}"
    root.mkdir()
    git(root, "init", "-q")
    (root / ".git" / "config").write_text(f"[core\x1b[2J{ALL}")
    answer = run("index", root)
    assert answer.status == 2
    assert acts(shown(answer)) == []


def test_progress_in_a_terminal_says_nothing_of_the_repository(hostile: Path, home: Path) -> None:
    for name in NAMES:
        (hostile / name).write_text("def again():\n    pass\n")
    with TerminalSession("index", str(hostile), home=home, here=hostile.parent) as session:
        assert session.finish() == 0
    assert "indexed" in session.screen
    assert acts(OWN_LINE.sub("", session.screen)) == []
