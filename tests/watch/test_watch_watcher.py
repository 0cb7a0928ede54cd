"""A watcher brings what happens in a tree into its index, by whichever way it happens."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from codesearch.build import BuildSeams
from codesearch.index import Index
from codesearch.storage.steps import Step, WriterSeams
from codesearch.types import BuildOptions
from codesearch.watching.events import Watching
from codesearch.watching.watcher import WatchSeams, follow_up
from tests.watch.watched import QUICK, Watched, eventually, run_git, write_files

pytestmark = pytest.mark.slow  # each starts a parser process


def test_a_saved_file_is_found_by_a_search(watched: Watched) -> None:
    with watched.watching(), Index.open(watched.root, watched.home) as index:
        text = "def pop(jobs):\n    return throttle_zebras(jobs)\n"
        (watched.root / "queue.py").write_text(text)
        watched.expect({**read_all(watched), "queue.py": text})
        assert index.search("throttle zebras").results[0].path == "queue.py"


def read_all(watched: Watched) -> dict[str, str]:
    """Return the texts of the tree that no rule ignores."""
    paths = (path for path in watched.root.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(watched.root).as_posix(): path.read_text() for path in paths}


def test_files_are_created_moved_and_deleted(watched: Watched, files: dict[str, str]) -> None:
    with watched.watching():
        (watched.root / "src" / "new.py").write_text("a = 1\n")
        watched.expect({**files, "src/new.py": "a = 1\n"})
        (watched.root / "src" / "new.py").rename(watched.root / "src" / "moved.py")
        watched.expect({**files, "src/moved.py": "a = 1\n"})
        (watched.root / "src" / "moved.py").unlink()
        watched.expect(files)


def test_a_file_in_a_folder_that_was_made_empty_is_seen(watched: Watched, files: dict[str, str]) -> None:
    with watched.watching():
        (watched.root / "lib" / "deep").mkdir(parents=True)
        watched.settle()
        (watched.root / "lib" / "deep" / "a.py").write_text("a = 1\n")
        watched.expect({**files, "lib/deep/a.py": "a = 1\n"})


def test_a_folder_that_moves_takes_its_files_along(watched: Watched, files: dict[str, str], tmp_path: Path) -> None:
    retry = files["src/retry.py"]
    with watched.watching():
        del files["src/retry.py"]
        (watched.root / "src").rename(tmp_path / "elsewhere")
        watched.expect(files)
        (tmp_path / "elsewhere").rename(watched.root / "back")
        watched.expect({**files, "back/retry.py": retry})
        (watched.root / "back" / "b.py").write_text("b = 2\n")
        watched.expect({**files, "back/retry.py": retry, "back/b.py": "b = 2\n"})


def test_a_folder_that_comes_again_is_listened_to_again(watched: Watched, files: dict[str, str]) -> None:
    with watched.watching():
        for text in ("a = 1\n", "a = 2\n"):
            shutil.rmtree(watched.root / "src")
            (watched.root / "src").mkdir()
            watched.settle()
            (watched.root / "src" / "retry.py").write_text(text)
            watched.expect({**files, "src/retry.py": text})


def test_a_folder_that_moves_away_and_back_is_listened_to_again(watched: Watched, files: dict[str, str]) -> None:
    with watched.watching():
        (watched.root / "src").rename(watched.root / "elsewhere")
        (watched.root / "elsewhere").rename(watched.root / "src")  # the same inode at the same place
        watched.hear_of(watched.root / "src")
        (watched.root / "src" / "retry.py").write_text("a = 1\n")
        watched.expect({**files, "src/retry.py": "a = 1\n"})


def test_a_branch_switch_of_two_thousand_files_ends_in_the_files_of_the_branch(watched: Watched) -> None:
    run_git(watched.root, "add", ".")
    run_git(watched.root, "commit", "-qm", "one")
    run_git(watched.root, "checkout", "-qb", "other")
    shutil.rmtree(watched.root / "src")
    write_files(watched.root, {f"many/{i % 40}/{i}.txt": f"number {i}\n" for i in range(2000)})
    run_git(watched.root, "add", ".")
    run_git(watched.root, "commit", "-qm", "two")
    run_git(watched.root, "checkout", "-q", "main")
    with watched.watching():
        run_git(watched.root, "checkout", "-q", "other")
        watched.expect(read_all(watched))


@pytest.mark.parametrize("ignore_file", [".gitignore", ".codesearchignore", ".git/info/exclude"])
def test_a_new_ignore_rule_and_its_end_take_effect(watched: Watched, files: dict[str, str], ignore_file: str) -> None:
    place = watched.root / ignore_file
    before = place.read_text() if place.exists() else ""
    with watched.watching():
        place.write_text(before + "src/\n")
        kept = {path: text for path, text in read_all(watched).items() if path != "src/retry.py"}
        watched.expect(kept)
        watched.settle()
        place.write_text(before)
        watched.expect(read_all(watched))


def test_a_folder_of_rules_that_comes_late_is_listened_to_from_the_next_update_on(
    watched: Watched, files: dict[str, str]
) -> None:
    shutil.rmtree(watched.root / ".git" / "info")
    with watched.watching():
        (watched.root / ".git" / "info").mkdir()
        (watched.root / "queue.py").write_text("a = 1\n")
        watched.expect({**files, "queue.py": "a = 1\n"})
        eventually(lambda: ".git/info" in watched.listened, "listening to it")
        watched.settle()
        (watched.root / ".git" / "info" / "exclude").write_text("src/\n")
        watched.expect({".gitignore": files[".gitignore"], "queue.py": "a = 1\n"})


def test_what_git_is_told_to_track_against_a_rule_takes_effect(watched: Watched, files: dict[str, str]) -> None:
    write_files(watched.root, {"src/made.log": "line\n"})
    with watched.watching():
        run_git(watched.root, "add", "-f", "src/made.log")
        watched.expect({**files, "src/made.log": "line\n"})
        watched.settle()
        run_git(watched.root, "rm", "-q", "--cached", "src/made.log")
        watched.expect(files)


def test_storms_in_what_is_ignored_start_no_update(watched: Watched, files: dict[str, str], tmp_path: Path) -> None:
    with watched.watching():
        n_before = watched.n_updates
        write_files(watched.root, {f"build/{i % 20}/{i}.py": "a = 1\n" for i in range(600)})
        write_files(watched.root, {f"src/{i}.log": "line\n" for i in range(600)})
        last = str(watched.root / "src" / "599.log")
        eventually(lambda: last in watched.hinted, "hints of the storm")
        (tmp_path / "new.py").write_text("a = 1\n")
        (tmp_path / "new.py").rename(watched.root / "src" / "new.py")  # one event
        watched.hear_of(watched.root / "src" / "new.py")
        assert watched.n_updates == n_before + 1
        watched.expect({**files, "src/new.py": "a = 1\n"})


def test_a_home_inside_the_root_starts_no_update(watched: Watched, files: dict[str, str], tmp_path: Path) -> None:
    watched.home = watched.root / "home"
    with watched.watching():
        n_before = watched.n_updates
        for name in ("one.py", "two.py"):
            (tmp_path / name).write_text("a = 1\n")
            (tmp_path / name).rename(watched.root / "src" / name)  # one event
            watched.hear_of(watched.root / "src" / name)
        (watched.home / "last").write_text("a = 1\n")
        watched.hear_of(watched.home / "last")
        assert watched.n_updates == n_before + 2
        assert watched.listened == {".", "src", "home", ".git", ".git/info"}
        watched.expect({**files, "src/one.py": "a = 1\n", "src/two.py": "a = 1\n"})


def test_the_ways_of_editors_are_understood(watched: Watched, files: dict[str, str]) -> None:
    root, text = watched.root, "def pop(jobs):\n    return jobs.popleft()\n"
    with watched.watching():
        (root / ".queue.py.swp").write_text("b0VIM 9.0 and no text of anybody")  # Vim opens a file
        (root / "4913").write_text("")
        (root / "4913").unlink()
        (root / "queue.py").rename(root / "queue.py~")
        (root / "queue.py").write_text(text)
        (root / "queue.py~").unlink()
        (root / ".queue.py.swp").unlink()
        watched.expect({**files, "queue.py": text})
        (root / ".#retry.py").symlink_to("me@here.1")  # Emacs locks, saves, unlocks
        (root / "src" / "retry.py.tmp").write_text(text)
        (root / "src" / "retry.py.tmp").replace(root / "src" / "retry.py")
        (root / ".#retry.py").unlink()
        watched.expect({**files, "queue.py": text, "src/retry.py": text})


def test_what_an_editor_writes_beside_a_file_starts_no_update(watched: Watched) -> None:
    names = {str(watched.root / name) for name in (".queue.py.swp", "4913", "queue.py~", "#queue.py#", ".#queue.py")}
    with watched.watching():
        n_before = watched.n_updates
        for name in names:
            Path(name).write_text("text\n")
        eventually(lambda: names <= watched.hinted, "hints of all")
        (watched.root / "src" / "retry.py").chmod(0o600)  # one event
        watched.hear_of(watched.root / "src" / "retry.py")
        assert watched.n_updates == n_before + 1


def test_folders_that_are_ignored_and_what_links_lead_to_are_not_listened_to(watched: Watched, tmp_path: Path) -> None:
    write_files(tmp_path / "outside", {"a.py": "a = 1\n"})
    write_files(watched.root, {"build/deep/a.py": "a = 1\n", "build/kept/b.py": "b = 1\n", "free/ignored.log": ""})
    (watched.root / "link").symlink_to(tmp_path / "outside")
    run_git(watched.root, "add", "-f", "build/kept/b.py")
    write_files(watched.root, {"nested/deep/a.py": "a = 1\n"})
    run_git(watched.root / "nested", "init", "-q")
    with watched.watching():
        told = watched.expect_event(Watching)
        assert isinstance(told, Watching)
        assert told.poll_reason == ""
        watched.settle()
        assert watched.listened == {".", "src", "free", "build", "build/kept", "nested", ".git", ".git/info"}


def test_what_follows_a_build_does_not_build_anew_again() -> None:
    options = BuildOptions(encoder="embedded", rebuild=True, is_consented=True, n_workers=3, force=True)
    assert follow_up(options) == BuildOptions(n_workers=3, force=True)


def test_a_repository_inside_takes_its_files_away_once_it_is_one(watched: Watched, files: dict[str, str]) -> None:
    with watched.watching():
        (watched.root / "inside" / ".git").mkdir(parents=True)  # as `git init` begins
        write_files(watched.root, {"inside/a.py": "a = 1\n"})
        watched.expect({**files, "inside/a.py": "a = 1\n"})
        watched.settle()
        run_git(watched.root / "inside", "init", "-q")
        watched.expect(files)


@dataclass
class Hider:
    """Takes a repository's own folder away once, when an update is written and the tree not yet looked through."""

    git: Path
    to: Path
    is_armed: bool = False

    def on_step(self, step: Step) -> None:
        """Hear of a moment of a write."""
        if self.is_armed and step == "stale removed":
            self.is_armed = False
            self.git.rename(self.to)


def test_a_repository_that_ends_while_an_update_is_written_is_noticed(watched: Watched, files: dict[str, str]) -> None:
    (watched.root / ".git" / "info" / "exclude").write_text("src/\n")
    hider = Hider(watched.root / ".git", watched.root.with_name("hidden"))
    watched.seams = WatchSeams(BuildSeams(writer=WriterSeams(hider.on_step)), times=QUICK)
    with watched.watching():
        hider.is_armed = True
        (watched.root / "queue.py").write_text("a = 1\n")
        watched.expect({**files, "queue.py": "a = 1\n"})


def test_a_repository_inside_that_ends_while_an_update_is_written_gives_its_files(
    watched: Watched, files: dict[str, str]
) -> None:
    write_files(watched.root, {"inside/a.py": "a = 1\n"})
    run_git(watched.root / "inside", "init", "-q")
    hider = Hider(watched.root / "inside" / ".git", watched.root.with_name("hidden"))
    watched.seams = WatchSeams(BuildSeams(writer=WriterSeams(hider.on_step)), times=QUICK)
    with watched.watching():
        hider.is_armed = True
        (watched.root / "queue.py").write_text("a = 1\n")
        watched.expect({**files, "queue.py": "a = 1\n", "inside/a.py": "a = 1\n"})
