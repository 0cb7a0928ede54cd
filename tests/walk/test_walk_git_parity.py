"""Our reading of ignore rules against git's: the same tree, the same rules, the same files."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexers.git import find_configured_rules, find_work_tree
from indexers.ignore import RuleFile, parse_rules
from indexers.scan import ScanRules, scan
from indexers.walker import walk

FOLDERS = ("", "a/", "a/b/", "a/b/c/", "doc/", "doc/a/", "x y/", "[z]/", "#h/", "!n/")
NAMES = (
    "a",
    "b.py",
    "foo",
    "foo.py",
    "foo.log",
    "Foo",
    "x y",
    "t ",
    "#h",
    "!n",
    "a-b",
    "a]b",
    "a*b",
    "a\\b",
    "é",
    ".dot",
)
FILES = tuple(
    folder + name
    for folder in FOLDERS
    for name in NAMES
    if folder + name not in ("a", "x y", "#h", "!n", "doc/a", "a/b")
)
FILES += ("x/y/z/foo", "x/y/z/doc/foo.py", "foo.d/foo/foo", "a/b/c/d/e/f.py")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("parity")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    for name in FILES:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n")
    return root


def write_rules(root: Path, rules: Mapping[str, bytes]) -> None:
    for folder in ("", "a/", "a/b/", "doc/"):
        path = root / folder / ".gitignore"
        path.unlink(missing_ok=True)
        if folder in rules:
            path.write_bytes(rules[folder])
    (root / ".git" / "info").mkdir(exist_ok=True)
    (root / ".git" / "info" / "exclude").write_bytes(rules.get("exclude", b""))


def files_kept_by_git(root: Path) -> set[str]:
    """Every file about which `git check-ignore` has no rule that ignores it."""
    everything = sorted(
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    )
    answer = subprocess.run(
        ["git", "-C", str(root), "check-ignore", "-z", "--stdin"],
        input=b"".join(os.fsencode(path) + b"\0" for path in everything),
        capture_output=True,
        check=False,
    )
    assert answer.returncode in (0, 1), answer.stderr
    return set(everything) - {os.fsdecode(path) for path in answer.stdout.split(b"\0")}


def files_kept_by_scan(root: Path) -> set[str]:
    tree = find_work_tree(root)
    assert tree is not None
    outer: list[RuleFile] = [parse_rules(path.read_bytes()) for path in find_configured_rules(tree) if path.is_file()]
    return {os.fsdecode(path) for path in scan(os.fsencode(root), ScanRules(tuple(outer))).paths}


def files_kept_by_walk(root: Path) -> set[str]:
    return {file.path for file in walk(root).files}


TABLE: dict[str, dict[str, bytes]] = {
    "names at any depth": {"": b"foo\n*.log\n"},
    "anchored by a leading slash": {"": b"/foo\n/a/foo.py\n"},
    "anchored by an inner slash": {"": b"a/foo\ndoc/a\n"},
    "folders only": {"": b"a/\nfoo/\nb.py/\n"},
    "a folder and what is in it cannot be brought back": {"": b"a/\n!a/foo\n"},
    "files of a folder can be brought back": {"": b"/a/*\n!/a/foo\n!/a/b/\n"},
    "everything but": {"": b"*\n!*/\n!*.py\n"},
    "stars in the middle": {"": b"a/**/foo\ndoc/**\n"},
    "stars in front": {"": b"**/foo\n**/a/b.py\n"},
    "stars glued to a word": {"": b"a**/foo\nfoo**\n**foo\nx**/foo\n"},
    "question marks do not cross folders": {"": b"a?b.py\n?\na/?/foo\n"},
    "sets": {"": b"[ab].py\n[!a-e]oo\n[[:upper:]]oo\na[]]b\na[\\]]b\n[^f]oo\n"},
    "sets that are broken": {"": b"[ab\n[[:nope:]]\n[a-\n"},
    "sets that run backwards": {"": b"[z-a]\n[b-a].py\n"},
    "escapes": {"": b"\\#h\n\\!n\na\\*b\na\\\\b\nfoo\\\n"},
    "comments and blanks": {"": b"#h\n\n   \nfoo\n"},
    "trailing spaces": {"": b"foo   \nt\\ \nx y \n"},
    "trailing tabs stay": {"": b"foo\t\n"},
    "carriage returns": {"": b"foo\r\n*.log\r\n"},
    "a byte order mark": {"": b"\xef\xbb\xbffoo\n"},
    "nested files": {"": b"*.py\n", "a/": b"!foo.py\nfoo\n", "a/b/": b"foo.py\n!foo\n"},
    "a nested anchor": {"a/": b"/foo\nb/foo.py\n", "doc/": b"/a\n"},
    "the repository's own list": {"exclude": b"foo\ndoc/\n", "": b"!doc/\n"},
    "a slash alone": {"": b"/\n//\nfoo//\n"},
    "bytes beyond ASCII": {"": "é\n".encode()},
    "question marks are bytes": {"": b"?\n"},
    "negated stars": {"": b"**\n!a/**\n"},
}


@pytest.mark.parametrize("rules", TABLE.values(), ids=TABLE.keys())
def test_scan_and_walk_keep_what_git_keeps(tree: Path, rules: dict[str, bytes]) -> None:
    write_rules(tree, rules)
    expected = files_kept_by_git(tree)
    assert files_kept_by_scan(tree) == expected
    assert files_kept_by_walk(tree) == expected


def test_the_users_own_ignore_file_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration = tmp_path / "gitconfig"
    (tmp_path / "mine").write_text("*.log\n")
    configuration.write_text(f"[core]\n\texcludesFile = {tmp_path / 'mine'}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
    root = tmp_path / "repo"
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    for name in ("a.log", "b.txt"):
        (root / name).write_text("x\n")
    assert files_kept_by_walk(root) == files_kept_by_scan(root) == {"b.txt"}


WORDS = ["a", "b", "c", "foo", "doc", "x", "y", ".py", ".log", "foo.py", "x y", "\\#h", "#h", "!n", "a-b", "é"]
PIECES = st.sampled_from(
    [*WORDS, *"/////***??", "**", "/**/", "[", "]", "[a-f]", "[!a]", "[^b]", "[[:alpha:]]", "\\", " "]
)
LINES = st.tuples(st.sampled_from(["", "", "", "!"]), st.lists(PIECES, min_size=1, max_size=6)).map(
    lambda pair: pair[0] + "".join(pair[1])
)
RULE_FILES = st.lists(LINES, max_size=6).map(lambda lines: "\n".join(lines).encode())


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=st.dictionaries(st.sampled_from(["", "", "a/", "a/b/", "doc/", "exclude"]), RULE_FILES, max_size=4))
def test_any_rules_mean_to_us_what_they_mean_to_git(tree: Path, rules: dict[str, bytes]) -> None:
    write_rules(tree, rules)
    assert files_kept_by_scan(tree) == files_kept_by_git(tree)
