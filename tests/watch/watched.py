"""A small root under a real watcher in a thread, for tests that wait for what they want to see."""

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread

from benchmarks.trials.workplace import lend_parsers
from codesearch.errors import CodesearchError
from codesearch.registry import index_folder
from codesearch.storage.snapshot import Snapshot
from codesearch.types import BuildOptions
from codesearch.watching.events import Failed, Updated, Updating, Waiting, WatchEvent, Watching
from codesearch.watching.hints import Hints
from codesearch.watching.pace import Times
from codesearch.watching.watcher import Watcher, WatchOptions, WatchSeams

PATIENCE_S = 60.0
"""Far more than anything takes here; only a test that fails waits so long."""

QUICK = Times(look_s=600.0, locked_s=0.05, first_retry_s=0.1, max_retry_s=0.2, max_rest_s=0.0)
"""Who waits long is taken for idle here: no look at the index breaks a wait off."""

ONE = BuildOptions(n_workers=1)


def eventually(is_so: Callable[[], object], what: str) -> None:
    """Wait until something is so."""
    until = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until, f"never: {what}"
        time.sleep(0.01)


def write_files(root: Path, files: dict[str, str]) -> None:
    """Write files and the folders they lie in."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def run_git(root: Path, *arguments: str) -> None:
    """Run git in a work tree of which nobody's configuration has a say."""
    options = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main", "-c", "gc.auto=0")
    subprocess.run(["git", *options, *arguments], cwd=root, check=True, capture_output=True)


def read_index(root: Path, home: Path) -> dict[str, str]:
    """Return the text of every file in the index; nothing where there is no index yet."""
    try:
        with Snapshot.open(index_folder(home, root)) as snapshot:
            return {file.path: snapshot.text(file.id).decode() for file in snapshot.files()}
    except CodesearchError:
        return {}


@dataclass
class Listener:
    """The system's hints, and whether the watcher has nothing to do but to wait for them."""

    hints: Hints
    watched: "Watched"

    def wait(self, stop: Event, timeout_s: float) -> frozenset[str]:
        """Wait as the system does."""
        self.watched.is_idle = timeout_s > PATIENCE_S
        try:
            paths = self.hints.wait(stop, timeout_s)
        finally:
            self.watched.is_idle = False
        self.watched.hinted |= paths
        return paths

    def close(self) -> None:
        """Listen no more."""
        self.hints.close()


@dataclass
class Watched:
    """A root, its home, and what its watcher told."""

    root: Path
    home: Path
    seams: WatchSeams = field(default_factory=lambda: WatchSeams(times=QUICK))
    options: WatchOptions = field(default_factory=lambda: WatchOptions(ONE))
    events: list[WatchEvent] = field(default_factory=list)
    hinted: frozenset[str] = frozenset()
    listened: set[str] = field(default_factory=set)
    """Folders that are listened to, relative to the root."""
    is_idle: bool = False
    ending: BaseException | None = None
    has_ended: Event = field(default_factory=Event)
    stop: Event = field(default_factory=Event)

    def listen(self, root: Path, folders: Sequence[str]) -> Hints:
        """Listen as `seams` says, and look at it."""
        self.listened = {Path(folder).relative_to(root).as_posix() for folder in folders}
        return Listener(self.seams.listen(root, folders), self)

    def run(self) -> None:
        """Watch until it ends."""
        try:
            with lend_parsers(self.root) as pool:
                build = replace(self.seams.build, open_pool=lambda _root, _options: pool)
                seams = replace(self.seams, listen=self.listen, build=build)
                Watcher(self.root, self.home, self.options, seams).run(self.stop, self.events.append)
        except BaseException as error:  # noqa: BLE001
            self.ending = error
        finally:
            self.has_ended.set()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch in a thread, from where the index is up to date; what ended it early is raised here."""
        with self._running():
            self.settle()
            yield

    @contextmanager
    def watching_from(self, kind: type[Watching | Updating | Updated | Waiting | Failed]) -> Iterator[None]:
        """Watch in a thread, from the first event of a kind on: for watchers that never wait long."""
        with self._running():
            self.expect_event(kind)
            yield

    @contextmanager
    def _running(self) -> Iterator[None]:
        thread = Thread(target=self.run)
        thread.start()
        try:
            yield
        finally:
            self.stop.set()
            thread.join(PATIENCE_S)
            assert not thread.is_alive()
        if self.ending is not None:
            raise self.ending

    def settle(self) -> None:
        """Wait until the watcher waits."""
        eventually(lambda: self.is_idle or self.has_ended.is_set(), "nothing to do")

    def expect(self, files: dict[str, str]) -> None:
        """Wait until the index has exactly these texts; it is read once after each event."""
        self.expect_either(self, files)

    def expect_either(self, other: "Watched", files: dict[str, str]) -> None:
        """Wait until the index has these texts, whichever of two watchers sees to it."""
        seen = -1

        def has_all() -> bool:
            nonlocal seen
            n_events = len(self.events) + len(other.events)
            if seen == n_events:
                return False
            seen = n_events
            return read_index(self.root, self.home) == files

        eventually(has_all, f"{sorted(files)[:9]} in the index")

    def expect_event(self, kind: type[Watching | Updating | Updated | Waiting | Failed]) -> WatchEvent:
        """Wait for an event of a kind, and return the first."""
        eventually(lambda: self.all_of(kind), kind.__name__)
        return self.all_of(kind)[0]

    def all_of(self, kind: type[Watching | Updating | Updated | Waiting | Failed]) -> list[WatchEvent]:
        """Return the events of one kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def n_updates(self) -> int:
        """Updates that were begun."""
        return len(self.all_of(Updating))

    def hear_of(self, path: Path) -> None:
        """Wait for a hint of a path, and until all is done that it led to."""
        eventually(lambda: str(path) in self.hinted, f"a hint of {path}")
        self.settle()
