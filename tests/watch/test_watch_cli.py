"""`codesearch index --watch` as a user runs it: its lines, its signals, and what it leaves behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from codesearch.cli.main import main
from codesearch.cli.watch import describe_event
from codesearch.errors import LockedError
from codesearch.registry import index_folder
from codesearch.storage.lock import WriterLock
from codesearch.types import UpdateReport
from codesearch.watching.events import Failed, Updated, Updating, Waiting, WatchEvent, Watching
from indexers.errors import EncoderError
from tests.watch.watched import PATIENCE_S, Watched, eventually, read_index, write_files

ROOT = Path("/src/flask")


def report(added: int = 0, changed: int = 0, removed: int = 0, n_filled: int = 0) -> UpdateReport:
    """Return the report of an update of a large index."""
    return UpdateReport(added, changed, removed, 5, 12_803, 0, 0, (), generation=2, took_s=0.42, n_filled=n_filled)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Watching(1_790), "watching /src/flask: 1,790 folders; Ctrl-C ends it"),
        (Watching(2, "as asked for"), "comparing files every few seconds: as asked for"),
        (Updating(), ""),
        (Updated(report()), ""),
        (Updated(report(added=1, changed=2)), "updated: 1 added, 2 changed, in 0.4 s; 12,803 chunks"),
        (Updated(report(removed=1_000)), "updated: 1,000 removed, in 0.4 s; 12,803 chunks"),
        (Updated(report(n_filled=1)), "updated: 1 file given vectors, in 0.4 s; 12,803 chunks"),
        (Waiting(LockedError("process 7 writes")), "codesearch: waiting: process 7 writes"),
        (Waiting(LockedError("process 7 writes; end it")), "codesearch: waiting: process 7 writes"),
        (
            Failed(EncoderError("it is away"), 5.0),
            "codesearch: warning: not updated: it is away; trying again at the next change, or in 0:05",
        ),
    ],
)
def test_an_event_is_one_line_or_none(event: WatchEvent, line: str) -> None:
    assert describe_event(ROOT, event, quiet=False) == line


@pytest.mark.parametrize("event", [Watching(1), Updated(report(added=1))])
def test_the_quiet_hear_of_trouble_alone(event: WatchEvent) -> None:
    assert describe_event(ROOT, event, quiet=True) == ""
    assert describe_event(ROOT, Failed(EncoderError("it is away"), 5.0), quiet=True) != ""


@pytest.mark.parametrize("arguments", [["--poll"], ["--watch", "--estimate"], ["--watch", "--wait", "10"]])
def test_arguments_that_make_no_sense_together_are_refused(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["index", *arguments, str(tmp_path)]) == 2
    assert "--watch" in capsys.readouterr().err


@contextmanager
def process(watched: Watched, until: str = "\nwatching") -> Iterator[subprocess.Popen[bytes]]:
    """Run the command on a root, in a session of its own, from where it said something on."""
    command = [sys.executable, "-m", "codesearch", "index", "--watch", "--jobs", "2", str(watched.root)]
    log = watched.home.with_name("log")
    environment = {**os.environ, "CODESEARCH_HOME": str(watched.home)}
    with (
        log.open("wb") as stderr,
        subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=stderr, start_new_session=True
        ) as started,
    ):
        try:
            eventually(lambda: until in log.read_text() or started.poll() is not None, until)
            yield started
        finally:
            started.kill()


def members_of(session: int) -> list[int]:
    """Return the processes of a session that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, _, _, its_session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
            except OSError:
                continue
            if int(its_session) == session and state != "Z":
                found.append(int(entry.name))
    return found


MAX_STORM = 65_536
"""Events that a test makes at most: some systems queue millions."""

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@linux
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_watch_as_a_success_and_leaves_no_process(watched: Watched, number: signal.Signals) -> None:
    with process(watched) as started:
        started.send_signal(number)
        assert started.wait(PATIENCE_S) == 0
        assert members_of(started.pid) == []
    assert "stopped watching" in watched.home.with_name("log").read_text()


@linux
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_amid_the_first_build_ends_it_as_a_success_too_and_says_what_stands(
    watched: Watched, number: signal.Signals
) -> None:
    write_files(watched.root, {f"many/{i}.py": f"def f_{i}():\n    return {i}\n" for i in range(300)})
    folder = index_folder(watched.home, watched.root)
    folder.mkdir(parents=True)
    with closing(WriterLock(folder)) as lock, process(watched, "waiting for that to end") as started:
        lock.close()
        eventually(lambda: len(members_of(started.pid)) > 1, "git or a parser at work")
        started.send_signal(number)
        assert started.wait(PATIENCE_S) == 0
        assert members_of(started.pid) == []
    log = watched.home.with_name("log").read_text()
    assert "interrupted" in log or "stopped watching" in log  # the build may be done before the signal comes
    assert "Traceback" not in log


@linux
@pytest.mark.slow
def test_a_signal_amid_an_update_leaves_the_index_as_it_was_and_no_process(
    watched: Watched, files: dict[str, str]
) -> None:
    beside = watched.root.with_name("beside")
    write_files(beside, {f"{i}.py": f"def f_{i}():\n    return {i}\n" for i in range(300)})
    with process(watched) as started:
        beside.rename(watched.root / "new")  # all at once: no update sees a part
        eventually(lambda: len(members_of(started.pid)) > 1, "a parser at work")
        started.send_signal(signal.SIGTERM)
        assert started.wait(PATIENCE_S) == 0
        assert members_of(started.pid) == []
    assert len(read_index(watched.root, watched.home)) in {len(files), len(files) + 300}


@linux
@pytest.mark.slow
def test_a_storm_that_overflows_the_system_s_queue_ends_in_a_right_index(
    watched: Watched, files: dict[str, str]
) -> None:
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > MAX_STORM:
        pytest.skip(f"this system queues {limit} events: too many for a test to make")
    with process(watched) as started:
        started.send_signal(signal.SIGSTOP)
        write_files(watched.root, {"storm0.py": "a = 1\n", "storm1.py": "a = 1\n"})
        for number in range(limit):  # two names in turn: the same event twice in a row is queued once
            os.utime(watched.root / f"storm{number % 2}.py")
        write_files(watched.root, {"src/late.py": "late = 1\n", "lost/a.py": "a = 1\n"})  # no room for their events
        started.send_signal(signal.SIGCONT)
        expected = {**files, "storm0.py": "a = 1\n", "storm1.py": "a = 1\n"}
        expected |= {"src/late.py": "late = 1\n", "lost/a.py": "a = 1\n"}
        eventually(lambda: read_index(watched.root, watched.home) == expected, "all files")
        (watched.root / "lost" / "b.py").write_text("b = 1\n")
        expected["lost/b.py"] = "b = 1\n"
        eventually(
            lambda: read_index(watched.root, watched.home) == expected, "a file in a folder whose event was lost"
        )


@linux
@pytest.mark.slow
def test_the_root_s_end_is_an_error(watched: Watched) -> None:
    with process(watched) as started:
        watched.root.rename(watched.root.with_name("elsewhere"))
        assert started.wait(PATIENCE_S) == 2
    assert "gone" in watched.home.with_name("log").read_text()
