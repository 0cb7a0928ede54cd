"""A watcher outlives what goes wrong, says it once, and ends where nothing is left to watch."""

import os
import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

import pytest

from codesearch.build import BuildSeams
from codesearch.errors import NoIndexError
from codesearch.registry import index_folder
from codesearch.storage.lock import WriterLock
from codesearch.watching.events import Failed, Updated, Waiting, Watching
from codesearch.watching.hints import Hints, LostHintsError, NoHintsError, SystemHints
from codesearch.watching.pace import Times
from codesearch.watching.watcher import LISTEN_ATTEMPTS, WatchOptions, WatchSeams
from indexers.encoders.embedded import EmbeddedEncoder
from indexers.encoders.spec import EncoderSpec
from indexers.errors import EncoderError, WalkError
from indexers.types import Encoder
from tests.watch.watched import ONE, QUICK, Watched, eventually

pytestmark = pytest.mark.slow  # each starts a parser process

QUICK_POLLS = replace(QUICK, poll_s=0.02, poll_share=1.0)

TEXT = "def pop(jobs):\n    return jobs.popleft()\n"


def test_a_root_that_is_removed_ends_the_watch(watched: Watched) -> None:
    with pytest.raises(WalkError, match=str(watched.root)), watched.watching():
        remove(watched, watched.root)


def test_an_index_that_is_removed_ends_the_watch(watched: Watched) -> None:
    with pytest.raises(NoIndexError, match="was removed"), watched.watching():
        remove(watched, index_folder(watched.home, watched.root))


def test_an_index_that_is_removed_in_silence_ends_the_watch(watched: Watched) -> None:
    watched.seams = WatchSeams(times=replace(QUICK, look_s=0.05))
    with pytest.raises(NoIndexError, match="was removed"), watched.watching_from(Updated):
        remove(watched, index_folder(watched.home, watched.root), is_silent=True)


def remove(watched: Watched, folder: Path, *, is_silent: bool = False) -> None:
    """Remove a folder, change something of which the watcher hears, and wait for the end of the watch."""
    shutil.rmtree(folder)
    if watched.root.exists() and not is_silent:
        (watched.root / "queue.py").write_text(TEXT)
    eventually(watched.has_ended.is_set, "the end")


def test_another_writer_is_waited_for_and_named_once(watched: Watched, files: dict[str, str]) -> None:
    with watched.watching():
        with closing(WriterLock(index_folder(watched.home, watched.root))):
            (watched.root / "queue.py").write_text(TEXT)
            n_before = watched.n_updates
            eventually(lambda: watched.n_updates > n_before + 3, "several attempts")
        watched.expect({**files, "queue.py": TEXT})
    (waiting,) = watched.all_of(Waiting)
    assert isinstance(waiting, Waiting)
    assert str(os.getpid()) in str(waiting.error)


@dataclass
class Loader:
    """Loads the embedded encoder, or fails while it is told to."""

    is_down: bool = False
    n_loaded: int = 0

    def load(self, spec: EncoderSpec) -> Encoder:  # noqa: ARG002
        """Load an encoder."""
        if self.is_down:
            raise EncoderError("the server is away")
        self.n_loaded += 1
        return EmbeddedEncoder()


def test_the_encoder_is_loaded_once_for_many_updates(watched: Watched, files: dict[str, str]) -> None:
    loader = Loader()
    watched.seams = WatchSeams(BuildSeams(loader.load), times=QUICK)
    with watched.watching():
        for text in ("a = 1\n", "a = 2\n"):
            (watched.root / "queue.py").write_text(text)
            watched.expect({**files, "queue.py": text})
    assert loader.n_loaded == 1


def test_a_failing_encoder_is_told_once_and_tried_again(watched: Watched, files: dict[str, str]) -> None:
    loader = Loader()
    watched.seams = WatchSeams(BuildSeams(loader.load), times=QUICK)
    with watched.watching():
        watched.stop.set()
    loader.is_down = True
    watched.stop = Event()
    with watched.watching():
        (watched.root / "queue.py").write_text(TEXT)
        n_before = watched.n_updates
        eventually(lambda: watched.n_updates > n_before + 3, "several attempts")
        (failed,) = watched.all_of(Failed)
        assert isinstance(failed, Failed)
        assert "the server is away" in str(failed.error)
        loader.is_down = False
        watched.expect({**files, "queue.py": TEXT})


@dataclass
class Deaf:
    """A system in which a folder is gone so often when it is to be listened to, after so many successes."""

    n_losses: int
    n_successes: int = 0
    n_listened: int = 0

    def listen(self, root: Path, folders: Sequence[str]) -> Hints:
        """Listen, or find a folder gone."""
        self.n_listened += 1
        if 0 < self.n_listened - self.n_successes <= self.n_losses:
            raise LostHintsError("a folder is gone")
        return SystemHints(root, folders)


def test_folders_that_vanish_while_they_are_listened_to_are_looked_for_again(
    watched: Watched, files: dict[str, str]
) -> None:
    watched.seams = WatchSeams(listen=Deaf(2).listen, times=QUICK)
    with watched.watching():
        (watched.root / "queue.py").write_text(TEXT)
        watched.expect({**files, "queue.py": TEXT})


def test_a_folder_that_can_never_be_listened_to_has_the_files_compared_and_is_told(
    watched: Watched, files: dict[str, str]
) -> None:
    deaf = Deaf(1_000, n_successes=1)
    watched.seams = WatchSeams(listen=deaf.listen, times=QUICK_POLLS)
    with watched.watching():
        (watched.root / "new").mkdir()
        eventually(lambda: len(watched.all_of(Watching)) > 1, "another manner of watching")
        for text in (TEXT, "a = 1\n"):
            (watched.root / "queue.py").write_text(text)
            watched.expect({**files, "queue.py": text})
    told = watched.all_of(Watching)[1]
    assert isinstance(told, Watching)
    assert "a folder is gone" in told.poll_reason
    assert deaf.n_listened == 1 + LISTEN_ATTEMPTS


def test_a_system_that_lost_a_folder_for_a_time_is_asked_again(watched: Watched, files: dict[str, str]) -> None:
    deaf = Deaf(LISTEN_ATTEMPTS, n_successes=1)
    watched.seams = WatchSeams(listen=deaf.listen, times=replace(QUICK_POLLS, refresh_s=2.0))
    with watched.watching_from(Watching):
        (watched.root / "new").mkdir()
        eventually(lambda: len(watched.all_of(Watching)) > 2, "being told again")
        (watched.root / "queue.py").write_text(TEXT)
        watched.expect({**files, "queue.py": TEXT})
    reasons = [event.poll_reason for event in watched.all_of(Watching) if isinstance(event, Watching)]
    assert [bool(reason) for reason in reasons[:3]] == [False, True, False]


def test_a_name_that_the_system_s_hints_cannot_spell_costs_no_other_file(
    watched: Watched, files: dict[str, str]
) -> None:
    with watched.watching():
        try:
            os.close(os.open(os.fsencode(watched.root) + b"/\xff.py", os.O_CREAT | os.O_WRONLY))
        except OSError:
            pytest.skip("this file system takes UTF-8 names only")
        (watched.root / "queue.py").write_text(TEXT)
        watched.expect({**files, "queue.py": TEXT})
        watched.settle()
        (watched.root / "queue.py").write_text("a = 2\n")
        watched.expect({**files, "queue.py": "a = 2\n"})


def refuse(root: Path, folders: Sequence[str]) -> Hints:
    """Be a system that listens to no more folders."""
    raise NoHintsError("the system listens to no more folders; sudo sysctl fs.inotify.max_user_watches=1048576")


def test_without_hints_the_tree_is_compared_again_and_again(watched: Watched, files: dict[str, str]) -> None:
    watched.seams = WatchSeams(listen=refuse, times=Times(poll_s=0.02, poll_share=1.0))
    with watched.watching_from(Updated):
        (watched.root / "queue.py").write_text(TEXT)
        watched.expect({**files, "queue.py": TEXT})
    (told,) = watched.all_of(Watching)
    assert isinstance(told, Watching)
    assert "max_user_watches" in told.poll_reason


def test_polling_asks_the_system_for_nothing(watched: Watched, files: dict[str, str]) -> None:
    watched.seams = WatchSeams(listen=refuse, times=Times(poll_s=0.02, poll_share=1.0))
    watched.options = WatchOptions(ONE, is_polling=True)
    with watched.watching_from(Updated):
        (watched.root / "queue.py").write_text(TEXT)
        watched.expect({**files, "queue.py": TEXT})
    (told,) = watched.all_of(Watching)
    assert isinstance(told, Watching)
    assert told.poll_reason == "as asked for"


class Silent:
    """A system that drops every hint."""

    def wait(self, stop: Event, timeout_s: float) -> frozenset[str]:
        """Tell nothing."""
        stop.wait(timeout_s)
        return frozenset()

    def close(self) -> None:
        """Do nothing."""


def drop_all(root: Path, folders: Sequence[str]) -> Hints:
    """Listen to nothing."""
    return Silent()


def test_changes_of_which_no_hint_came_are_found_at_the_next_refresh(watched: Watched, files: dict[str, str]) -> None:
    watched.seams = WatchSeams(listen=drop_all, times=Times(refresh_s=0.2))
    with watched.watching_from(Updated):
        (watched.root / "queue.py").write_text(TEXT)
        watched.expect({**files, "queue.py": TEXT})


def test_two_watchers_of_one_root_take_turns(watched: Watched, files: dict[str, str]) -> None:
    other = Watched(watched.root, watched.home)
    with watched.watching(), other.watching():
        for number in range(3):
            text = f"a = {number}\n"
            (watched.root / "queue.py").write_text(text)
            watched.expect_either(other, {**files, "queue.py": text})
        other.settle()
        watched.settle()
    assert watched.all_of(Failed) + other.all_of(Failed) == []
