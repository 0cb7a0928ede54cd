"""Keeps one index up to date: waits for hints, updates, and looks which folders there are to listen to now.

Hints only say when: each update compares the whole tree, so that many events, lost ones and a branch switch are all
the same. Knows no terminal and no signals.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

from codesearch.build import BuildSeams, build
from codesearch.errors import CodesearchError, LockedError, NoIndexError
from codesearch.registry import has_index, index_folder
from codesearch.storage.whole_files import WholeFiles
from codesearch.types import BuildOptions, Progress
from codesearch.watching.events import Failed, OnWatchEvent, Updated, Updating, Waiting, Watching
from codesearch.watching.hints import Hints, Listen, LostHintsError, NoHintsError, SystemHints
from codesearch.watching.kept_encoder import KeptEncoder
from codesearch.watching.pace import Pace, Times
from codesearch.watching.survey import Survey, survey
from indexers.errors import CancelledError, EncoderError, IndexersError, WalkError

MAX_JUDGED = 20_000
"""More paths than this at once are not looked at one by one: it is a storm, of which hints may have been dropped."""

LISTEN_ATTEMPTS = 20
LISTEN_PAUSE_S = 0.05
"""Folders come and go while they are listened to one after another, until a checkout is done."""


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """How to watch. The first update is a build with these options, later ones keep what it decided."""

    build: BuildOptions = field(default_factory=BuildOptions)
    is_polling: bool = False
    """Compare every few seconds, for file systems that tell of no changes."""


@dataclass(frozen=True, slots=True)
class WatchSeams:
    """What a test may put in the place of the real thing."""

    build: BuildSeams = field(default_factory=BuildSeams)
    listen: Listen = SystemHints
    times: Times = field(default_factory=Times)


class Watcher:
    """Watches one root. `run` may be called from any thread, once."""

    def __init__(
        self, root: Path, home: Path, options: WatchOptions = WatchOptions(), seams: WatchSeams = WatchSeams()
    ) -> None:
        self._root = root.resolve()
        self._home = home
        self._folder = index_folder(home, self._root)
        self._options = options.build
        self._wants_hints = not options.is_polling
        self._poll_reason = "" if self._wants_hints else "as asked for"
        self._listen = seams.listen
        self._encoder = KeptEncoder(seams.build.load)
        writer = replace(seams.build.writer, whole=WholeFiles())
        self._build_seams = replace(seams.build, load=self._encoder.load, writer=writer)
        self._pace = Pace(seams.times)
        self._hints: Hints | None = None
        self._survey: Survey | None = None
        self._has_lost = False
        """Whether something may happen, or have happened, without a hint."""
        self._places: list[str] = []
        """Folders that are listened to."""
        self._listened_at = 0.0
        """When it was last begun, or tried."""
        self._had_index = has_index(self._folder)
        self._told = ""

    def run(self, stop: Event, on_event: OnWatchEvent) -> None:
        """Update, and again after every change, until `stop` is set, which also breaks off an update under way.

        What fails is told and tried again, except where there is nothing left to watch: raises WalkError when the
        root is gone, NoIndexError when somebody removed the index.
        """
        try:
            self._follow_folders(on_event)
            while not stop.is_set():
                self._update(stop, on_event)
                if not stop.is_set():
                    self._follow_folders(on_event)
                    self._await_changes(stop)
        finally:
            self._close()

    def _update(self, stop: Event, on_event: OnWatchEvent) -> None:
        def check(progress: Progress) -> None:  # noqa: ARG001
            if stop.is_set():
                raise CancelledError("watching was ended")

        self._require_index(stop)
        on_event(Updating())
        try:
            report = build(self._root, self._home, self._options, check, self._build_seams)
        except CancelledError:
            return
        except LockedError as error:
            self._pace.note_lock(time.monotonic())
            self._tell_once(on_event, Waiting(error), "locked")
        except (CodesearchError, IndexersError) as error:
            self._note_failure(error, on_event)
        else:
            updated = Updated(report)
            is_polling = bool(self._poll_reason)
            now = time.monotonic()
            self._pace.note_update(now, report.took_s, has_changed=updated.has_changed, is_polling=is_polling)
            self._had_index, self._told = True, ""
            self._options = follow_up(self._options)
            on_event(updated)

    def _note_failure(self, error: CodesearchError | IndexersError, on_event: OnWatchEvent) -> None:
        if isinstance(error, EncoderError):
            self._encoder.forget()
        if isinstance(error, WalkError) and not self._root.is_dir():
            raise WalkError(f"{self._root} is gone: there is nothing left to watch.") from error
        retry_s = self._pace.note_failure(time.monotonic())
        self._tell_once(on_event, Failed(error, retry_s), str(error))

    def _tell_once(self, on_event: OnWatchEvent, event: Waiting | Failed, what: str) -> None:
        if what != self._told:
            self._told = what
            on_event(event)

    def _require_index(self, stop: Event) -> None:
        """Raise NoIndexError where the index was removed; a rebuild takes it away for some microseconds."""
        if not self._had_index or has_index(self._folder):
            return
        stop.wait(self._pace.times.locked_s)
        if not has_index(self._folder):
            raise NoIndexError(f"the index of {self._root} was removed; watch again to build a new one")

    def _follow_folders(self, on_event: OnWatchEvent) -> None:
        """Listen to the folders that are there now; what happened until then is for one more update."""
        before, self._survey = self._survey, survey(self._root, self._folder)
        reason = self._poll_reason
        if self._wants_hints and (before is None or self._is_deaf(before)):
            self._listen_anew()
            self._pace.note_change(time.monotonic())
        if before is None or self._poll_reason != reason:
            on_event(Watching(len(self._survey.folders), self._poll_reason))

    def _is_deaf(self, before: Survey) -> bool:
        """Tell whether a folder became another since it was listened to, or hints were lost, or may have been.

        A hint of something between an update and the survey after it is judged by a survey that knows it already.
        Where the system told nothing it is asked again now and then.
        """
        assert self._survey is not None
        if time.monotonic() - self._listened_at >= self._pace.times.refresh_s:
            return True
        if self._poll_reason:
            return False
        is_same = (before.folders, before.repositories) == (self._survey.folders, self._survey.repositories)
        return self._has_lost or not is_same or self._places != self._survey.places()

    def _listen_anew(self) -> None:
        self._close()
        for _ in range(1 if self._poll_reason else LISTEN_ATTEMPTS):
            assert self._survey is not None
            self._listened_at = time.monotonic()
            try:
                self._places = self._survey.places()
                self._hints = self._listen(self._root, self._places)
            except LostHintsError as error:
                reason = f"a folder is gone or closed whenever the system is to listen to it ({error})"
                time.sleep(LISTEN_PAUSE_S)
                self._survey = survey(self._root, self._folder)
            except NoHintsError as error:
                reason = str(error)
                break
            else:
                self._has_lost = False
                reason = ""
                break
        self._poll_reason = reason

    def _await_changes(self, stop: Event) -> None:
        """Return when an update is due, or finds that the index was removed."""
        while not stop.is_set():
            now = time.monotonic()
            if now >= self._pace.due or (self._had_index and not self._folder.is_dir()):
                return
            paths = self._hear(stop, min(self._pace.due - now, self._pace.times.look_s))
            self._pace.note_hints(time.monotonic(), self._sift(paths))

    def _hear(self, stop: Event, timeout_s: float) -> frozenset[str]:
        if self._hints is None:
            stop.wait(timeout_s)
            return frozenset()
        try:
            return self._hints.wait(stop, timeout_s)
        except LostHintsError:
            self._note_loss()
            return frozenset()

    def _sift(self, paths: Collection[str]) -> list[str]:
        """Return the paths that matter."""
        assert self._survey is not None
        if len(paths) > MAX_JUDGED:
            self._note_loss()
            return []
        found = [path for path in paths if self._survey.matters(path)]
        self._has_lost |= any(map(self._survey.has_folder, found))
        return found

    def _note_loss(self) -> None:
        self._has_lost = True
        self._pace.note_change(time.monotonic())

    def _close(self) -> None:
        if self._hints is not None:
            self._hints.close()
            self._hints = None


def follow_up(options: BuildOptions) -> BuildOptions:
    """Return the options of the updates that follow a build: what shapes an index was said once."""
    return BuildOptions(force=options.force, n_workers=options.n_workers, is_offline=options.is_offline)
