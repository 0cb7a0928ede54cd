"""What the walk offers and what it leaves out, inside git and outside."""

import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexers.errors import WalkError
from indexers.types import SkipReason, Walked
from indexers.walker import WalkOptions, walk

Plant = Callable[..., Path]
Git = Callable[..., str]


def offered(walked: Walked) -> list[str]:
    return [file.path for file in walked.files]


def reasons(walked: Walked) -> dict[str, SkipReason]:
    return {entry.path: entry.reason for entry in walked.skipped}


def details(walked: Walked) -> dict[str, str]:
    return {entry.path: entry.detail for entry in walked.skipped}


both = pytest.mark.parametrize("in_git", [True, False], ids=["inside git", "outside git"])


@both
def test_an_empty_tree_has_no_files(plant: Plant, in_git: bool) -> None:
    assert walk(plant({}, git=in_git)) == Walked([], [])


@both
def test_files_come_sorted_with_their_stat(plant: Plant, in_git: bool) -> None:
    root = plant({"b.py": "b", "a/z.py": "zz", "a.py": ""}, git=in_git)
    walked = walk(root)
    assert offered(walked) == ["a.py", "a/z.py", "b.py"]
    status = (root / "a/z.py").stat()
    stat = walked.files[1].stat
    assert (stat.size_bytes, stat.mtime_ns, stat.ctime_ns, stat.inode) == (
        2,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino,
    )


@both
def test_names_alone_tell_many_reasons(plant: Plant, in_git: bool) -> None:
    expected = {
        "logo.png": SkipReason.BINARY,
        "uv.lock": SkipReason.LOCK_FILE,
        "web/package-lock.json": SkipReason.LOCK_FILE,
        "app.min.js": SkipReason.MINIFIED,
        "app.js.map": SkipReason.MINIFIED,
        "main.bundle.js": SkipReason.MINIFIED,
        ".env": SkipReason.SECRET,
        "deploy/.env.production": SkipReason.SECRET,
        "id_ed25519": SkipReason.SECRET,
        "release.keystore": SkipReason.SECRET,
        "home/.aws/credentials": SkipReason.SECRET,
    }
    walked = walk(plant({**dict.fromkeys(expected, "x"), ".env.example": "A=1"}, git=in_git))
    assert reasons(walked) == expected
    assert offered(walked) == [".env.example"]


@both
def test_a_file_over_the_limit_is_left_out_by_its_size(plant: Plant, in_git: bool) -> None:
    root = plant({"data.sql": "x" * 11, "ok.sql": "x" * 10}, git=in_git)
    walked = walk(root, WalkOptions(max_file_bytes=10))
    assert offered(walked) == ["ok.sql"]
    assert details(walked) == {"data.sql": "11 bytes, limit 10"}


def test_a_huge_file_costs_a_stat(plant: Plant) -> None:
    root = plant({})
    with (root / "huge.txt").open("wb") as file:
        file.truncate(100 << 20)
    assert reasons(walk(root)) == {"huge.txt": SkipReason.TOO_LARGE}


@both
def test_links_are_named_and_never_followed(plant: Plant, in_git: bool) -> None:
    root = plant({"src/a.py": "a"}, git=in_git)
    outside = plant({"secret.txt": "s"}, name="outside")
    (root / "same.py").symlink_to("src/a.py")
    (root / "folder").symlink_to("src")
    (root / "out").symlink_to(outside)
    (root / "broken").symlink_to("nowhere")
    (root / "src/loop").symlink_to("..")
    (root / "self").symlink_to("self")
    walked = walk(root)
    assert offered(walked) == ["src/a.py"]
    assert set(reasons(walked).values()) == {SkipReason.LINK}
    said = details(walked)
    assert said["same.py"] == "leads to src/a.py"
    assert said["folder"] == "leads to src"
    assert said["out"] == "leads out of the root"
    assert said["src/loop"] == "leads to the root"
    assert said["broken"].startswith("leads nowhere")
    assert said["self"].startswith("leads nowhere")


def test_a_tracked_folder_that_became_a_link_is_not_entered(plant: Plant, git: Git) -> None:
    root = plant({"lib/a.py": "inside"}, git=True)
    git(root, "add", ".")
    outside = plant({"a.py": "outside"}, name="outside")
    (root / "lib/a.py").unlink()
    (root / "lib").rmdir()
    (root / "lib").symlink_to(outside)
    walked = walk(root)
    assert offered(walked) == []
    assert reasons(walked) == {"lib": SkipReason.LINK}


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_what_is_not_a_regular_file_is_special(short_folder: Path) -> None:
    os.mkfifo(short_folder / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(short_folder / "door"))
        assert details(walk(short_folder)) == {"pipe": "FIFO", "door": "socket"}
        assert set(reasons(walk(short_folder)).values()) == {SkipReason.SPECIAL}


@both
def test_a_name_with_a_newline_is_a_name(plant: Plant, in_git: bool) -> None:
    assert offered(walk(plant({"two\nlines.py": "x", "tab\t.py": "x"}, git=in_git))) == ["tab\t.py", "two\nlines.py"]


@both
def test_a_name_that_is_not_utf8_is_left_out_in_print(plant: Plant, in_git: bool) -> None:
    root = plant({"ok.py": "x"}, git=in_git)
    try:
        with open(os.fsencode(root) + b"/caf\xe9.py", "wb"):  # noqa: PTH123
            pass
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    walked = walk(root)
    assert offered(walked) == ["ok.py"]
    assert reasons(walked) == {"caf\\xe9.py": SkipReason.BAD_NAME}


@both
def test_nested_repositories_are_named_and_not_entered(plant: Plant, git: Git, in_git: bool) -> None:
    root = plant({"a.py": "a", "libs/other/b.py": "b"}, git=in_git)
    git(root / "libs/other", "init", "-q")
    walked = walk(root)
    assert offered(walked) == ["a.py"]
    assert reasons(walked) == {"libs/other": SkipReason.SUBMODULE}


@pytest.mark.slow
def test_a_submodule_is_named(plant: Plant, git: Git) -> None:
    library = plant({"b.py": "b"}, git=True, name="library")
    git(library, "add", ".")
    git(library, "commit", "-q", "-m", "first")
    root = plant({"a.py": "a"}, git=True)
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "libs/library")
    assert reasons(walk(root)) == {"libs/library": SkipReason.SUBMODULE}


def test_dependency_folders_are_left_out_where_no_git_says_so(plant: Plant) -> None:
    files = {
        "app/main.py": "x",
        "app/node_modules/left/index.js": "x",
        ".venv/lib/x.py": "x",
        "app/__pycache__/main.txt": "x",
        "crate/Cargo.toml": "x",
        "crate/target/debug/out.txt": "x",
        "shooting/target/bow.py": "x",
    }
    walked = walk(plant(files))
    assert offered(walked) == ["app/main.py", "crate/Cargo.toml", "shooting/target/bow.py"]
    assert set(reasons(walked)) == {"app/node_modules", ".venv", "app/__pycache__", "crate/target"}


def test_a_virtual_environment_of_any_name_is_left_out(plant: Plant) -> None:
    walked = walk(plant({"a.py": "x", "py312/pyvenv.cfg": "x", "py312/lib/site.py": "x"}))
    assert offered(walked) == ["a.py"]
    assert reasons(walked) == {"py312": SkipReason.VENDORED}


def test_outside_git_nested_gitignore_files_count(plant: Plant) -> None:
    files = {".gitignore": "*.log\nbuild/\n", "a.log": "", "build/x": "", "sub/.gitignore": "!b.log\n", "sub/b.log": ""}
    assert offered(walk(plant(files))) == [".gitignore", "sub/.gitignore", "sub/b.log"]


def test_inside_git_tracked_files_stay_whatever_the_rules_say(plant: Plant, git: Git) -> None:
    root = plant({"kept.log": "x", "other.log": "x"}, git=True)
    git(root, "add", "kept.log")
    (root / ".gitignore").write_text("*.log\n")
    assert offered(walk(root)) == [".gitignore", "kept.log"]


def test_a_tracked_file_deleted_from_disk_is_simply_absent(plant: Plant, git: Git) -> None:
    root = plant({"a.py": "x", "gone/b.py": "x"}, git=True)
    git(root, "add", ".")
    (root / "gone/b.py").unlink()
    (root / "gone").rmdir()
    assert walk(root).skipped == []
    assert offered(walk(root)) == ["a.py"]


@pytest.mark.slow
def test_a_file_in_conflict_is_offered_once(plant: Plant, git: Git) -> None:
    root = plant({"a.py": "1\n"}, git=True)
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    git(root, "checkout", "-q", "-b", "side")
    (root / "a.py").write_text("2\n")
    git(root, "commit", "-q", "-a", "-m", "second")
    git(root, "checkout", "-q", "-")
    (root / "a.py").write_text("3\n")
    git(root, "commit", "-q", "-a", "-m", "third")
    with pytest.raises(Exception, match="returned non-zero"):
        git(root, "merge", "side")
    assert offered(walk(root)) == ["a.py"]


def test_a_folder_of_a_work_tree_is_a_root_of_its_own(plant: Plant) -> None:
    files = {".gitignore": "*.log\n/sub/skip.py\n", "top.py": "", "sub/a.py": "", "sub/a.log": "", "sub/skip.py": ""}
    assert offered(walk(plant(files, git=True) / "sub")) == ["a.py"]


def test_a_root_that_git_ignores_is_walked_by_its_own_rules(plant: Plant) -> None:
    files = {".gitignore": "build/\n*.py\n", "build/a.py": "", "build/.gitignore": "*.log\n", "build/a.log": ""}
    assert offered(walk(plant(files, git=True) / "build")) == [".gitignore", "a.py"]


def test_the_environment_cannot_lead_git_elsewhere(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    other = plant({"other.py": ""}, git=True, name="other")
    root = plant({"a.py": ""}, git=True)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / "nothing"))
    assert offered(walk(root)) == ["a.py"]


def test_no_program_that_the_repository_names_is_run(plant: Plant, git: Git, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\necho ran >> '{trace}'\n")
    hook.chmod(0o755)
    root = plant({"a.py": "", ".gitattributes": "* filter=f diff=d\n"}, git=True)
    for key in (
        "core.fsmonitor",
        "diff.external",
        "filter.f.clean",
        "filter.f.smudge",
        "diff.d.textconv",
        "core.pager",
    ):
        git(root, "config", key, str(hook))
    assert "a.py" in offered(walk(root))
    assert not trace.exists()


def test_a_missing_root_and_a_file_are_refused(plant: Plant) -> None:
    root = plant({"a.py": ""})
    with pytest.raises(WalkError, match="does not exist"):
        walk(root / "nowhere")
    with pytest.raises(WalkError, match="is a file"):
        walk(root / "a.py")


def test_the_home_directory_needs_force(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    root = plant({"a.py": ""})
    monkeypatch.setenv("HOME", str(root))
    with pytest.raises(WalkError, match=r"too broad.*--force"):
        walk(root)
    assert offered(walk(root, WalkOptions(force=True))) == ["a.py"]


def test_the_root_of_the_file_system_needs_force() -> None:
    with pytest.raises(WalkError, match="too broad"):
        walk(Path("/"))


def test_a_repository_that_git_distrusts_is_explained(
    plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    message = (
        "fatal: detected dubious ownership in repository at '/r'\\n\\n\\tgit config --global --add safe.directory /r\\n"
    )
    fake.write_text(f'#!/bin/sh\nprintf "{message}" >&2\nexit 128\n')
    fake.chmod(0o755)
    root = plant({"a.py": ""})
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    with pytest.raises(WalkError, match=r"another user owns it.*safe.directory /r"):
        walk(root)


def test_without_git_installed_the_rules_are_read_all_the_same(
    plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = plant({".gitignore": "*.log\n", "a.log": "", "a.py": ""}, git=True)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert offered(walk(root)) == [".gitignore", "a.py"]


@pytest.mark.parametrize("content", ["", "gitdir: /nowhere\n", "nonsense"])
def test_a_git_file_that_leads_nowhere_leaves_a_plain_folder(plant: Plant, content: str) -> None:
    assert offered(walk(plant({".git": content, "a.py": ""}))) == ["a.py"]


def test_a_damaged_repository_is_explained(plant: Plant) -> None:
    root = plant({"a.py": ""}, git=True)
    (root / ".git/index").write_bytes(b"nonsense that is no index at all" * 4)
    with pytest.raises(WalkError, match="git cannot"):
        walk(root)


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder of a user whom permissions bind, which root is not."""
    with tempfile.TemporaryDirectory() as folder:
        is_root = os.geteuid() == 0
        if is_root:
            os.chown(folder, 65534, 65534)
            os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            if is_root:
                os.seteuid(0)


@both
def test_what_may_not_be_read_is_listed(unprivileged: Path, git: Git, in_git: bool) -> None:
    root = unprivileged / "top" / "root"
    (root / "closed" / "deep").mkdir(parents=True)
    (root / "a.py").write_text("x")
    if in_git:
        git(root.parent, "init", "-q")
    (root / "closed").chmod(0)
    try:
        walked = walk(root)
    finally:
        (root / "closed").chmod(0o700)
    assert offered(walked) == ["a.py"]
    assert reasons(walked) == {"closed": SkipReason.UNREADABLE}
    assert "Permission denied" in details(walked)["closed"]


def test_a_root_that_may_not_be_read_is_refused(unprivileged: Path) -> None:
    root = unprivileged / "root"
    root.mkdir(mode=0)
    with pytest.raises(WalkError, match="cannot be read"):
        walk(root)


@pytest.mark.slow
@both
def test_a_very_deep_tree_is_walked(plant: Plant, in_git: bool) -> None:
    root = plant({"/".join(["d"] * 200) + "/a.py": "x"}, git=in_git)
    assert len(offered(walk(root))) == 1
