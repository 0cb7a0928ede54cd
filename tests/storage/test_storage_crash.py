import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from codesearch.errors import StorageError
from codesearch.storage.rows import Selection
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.steps import OnStep, Step, WriterSeams, ignore_step
from codesearch.storage.writer import Writer
from tests.storage.made_files import NOW, build_big_file, build_file, state_of, write_index

ABSENT: set[Step] = {
    "rows moved",
    "base due: tail bytes",
    "base due: tail rows",
    "index set aside",
    "index replaced",
    "replaced removed",
}
"""Moments that the update of these tests has not."""
STEPS = [step for step in get_args(Step) if step not in ABSENT]
SWITCHED: set[Step] = {"catalogue committed", "stale removed"}
AROUND_THE_SWITCH: tuple[Step, ...] = ("catalogue written", "catalogue committed")
"""Where a kill matters most; the trial's sample kills at each step."""
ROOT = Path(__file__).resolve().parents[2]

KILLED_UPDATE = """
import os, signal, sys
from pathlib import Path
from tests.storage.test_storage_crash import update
def stop(step):
    if step == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
update(Path(sys.argv[1]), stop)
"""

LIMITED_UPDATE = """
import resource, signal, sys
from pathlib import Path
from codesearch.errors import StorageError
from tests.storage.test_storage_crash import update
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    update(Path(sys.argv[1]))
except StorageError as error:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(error)
    sys.exit(3)
"""

WRITTEN_ELSEWHERE = """
import sys
from pathlib import Path
from codesearch.storage.writer import Writer
from tests.storage.made_files import NOW, build_file
for seed in (1, 2, 3):
    with Writer.open(Path(sys.argv[1])) as writer:
        for i in range(8):
            writer.add(build_file(f"f{i}.py", seed))
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
"""

KILLED_BUILD = """
import os, signal, sys
from pathlib import Path
from codesearch.storage.steps import WriterSeams
from codesearch.storage.writer import Writer
from tests.storage.made_files import NEW_INDEX, NOW, build_file
seen = []
def stop(step):
    seen.append(step)
    if seen.count(sys.argv[2]) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
with Writer.create(Path(sys.argv[1]), NEW_INDEX, WriterSeams(stop)) as writer:
    for i in range(4):
        writer.add(build_file(f"f{i}.py"))
        if i % 2:
            writer.commit(complete=i == 3, files_todo=3 - i, checked_at=NOW)
"""

OLD = [build_big_file("big.py"), build_file("a.py"), build_file("b.py")]
NEW = [build_big_file("big.py", seed=1), build_file("a.py", seed=1), build_file("c.py")]


def update(folder: Path, on_step: OnStep = ignore_step) -> None:
    """Turn an index of `OLD` into one of `NEW`; the big file makes a coarse base due both times."""
    with Writer.open(folder, WriterSeams(on_step)) as writer:
        for file in NEW:
            writer.add(file)
        writer.remove("b.py")
        writer.commit(complete=True, files_todo=0, checked_at=NOW)


def run_update(script: str, folder: Path, argument: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", script, str(folder), argument]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """What the old and the new index answer."""
    found = {}
    for name, files in (("old", OLD), ("new", NEW)):
        with Snapshot.open(write_index(tmp_path_factory.mktemp(name) / "index", files)) as snapshot:
            found[name] = state_of(snapshot)
    return found


def check_next_update_completes(folder: Path, states: dict[str, dict[str, object]]) -> None:
    with Writer.open(folder) as writer:
        is_new = "b.py" not in writer.known_files()
    if not is_new:
        update(folder)
    with Snapshot.open(folder) as snapshot:
        assert state_of(snapshot) == states["new"]
    for pattern in ("vectors-*", "lexical-*", "coarse-*"):
        assert len(list(folder.glob(pattern))) == 1


@pytest.mark.slow
@pytest.mark.parametrize("step", AROUND_THE_SWITCH)
def test_a_killed_update_leaves_the_old_index_or_the_new_one(
    folder: Path, step: Step, states: dict[str, dict[str, object]]
) -> None:
    write_index(folder, OLD)
    assert run_update(KILLED_UPDATE, folder, step).returncode == -9
    with Snapshot.open(folder) as snapshot:
        state = state_of(snapshot)
    assert state == states["new" if step in SWITCHED else "old"]
    check_next_update_completes(folder, states)


@pytest.mark.slow
@pytest.mark.parametrize("step", AROUND_THE_SWITCH)
def test_a_killed_first_build_keeps_the_batches_it_committed(folder: Path, step: Step) -> None:
    assert run_update(KILLED_BUILD, folder, step).returncode == -9
    is_switched = step in SWITCHED
    with Snapshot.open(folder) as snapshot:
        assert snapshot.info.complete is is_switched
        assert len(snapshot.files()) == snapshot.info.files_done == (4 if is_switched else 2)
        assert len(snapshot.find_lexical({"py": 1.0}, "file", Selection(), 9)) == snapshot.info.n_files
    with Writer.open(folder) as writer:
        for i in range(len(writer.known_files()), 4):
            writer.add(build_file(f"f{i}.py"))
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
    write_index(folder.with_name("fresh"), [build_file(f"f{i}.py") for i in range(4)])
    with Snapshot.open(folder) as snapshot, Snapshot.open(folder.with_name("fresh")) as fresh:
        assert state_of(snapshot) == state_of(fresh)


@pytest.mark.slow
@pytest.mark.parametrize("step", [step for step in STEPS if step != "locked" and step not in SWITCHED])
def test_a_failed_update_leaves_the_old_index_and_can_be_repeated(
    folder: Path, step: Step, states: dict[str, dict[str, object]]
) -> None:
    def fail(at: Step) -> None:
        if at == step:
            raise OSError(28, "No space left on device")

    write_index(folder, OLD)
    with pytest.raises(StorageError, match="No space left"):
        update(folder, fail)
    with Snapshot.open(folder) as snapshot:
        assert state_of(snapshot) == states["old"]
    check_next_update_completes(folder, states)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes")
@pytest.mark.parametrize("limit", [4_096, 50_000, 150_000, 300_000])
def test_a_full_disk_is_an_error_that_keeps_the_old_index(
    folder: Path, limit: int, states: dict[str, dict[str, object]]
) -> None:
    write_index(folder, OLD)
    done = run_update(LIMITED_UPDATE, folder, str(limit))
    assert (done.returncode, done.stderr) == (3, ""), done
    assert str(folder.parent) in done.stdout
    with Snapshot.open(folder) as snapshot:
        assert state_of(snapshot) == states["old"]
    check_next_update_completes(folder, states)


def test_a_writer_that_failed_refuses_to_commit(folder: Path) -> None:
    def fail(at: Step) -> None:
        if at == "file written":
            raise OSError(5, "Input/output error")

    write_index(folder, [build_file("a.py")])
    with Writer.open(folder, WriterSeams(fail)) as writer:
        with pytest.raises(StorageError, match="Input/output"):
            writer.add(build_file("b.py"))
        with pytest.raises(StorageError, match="again"):
            writer.commit(complete=True, files_todo=0, checked_at=NOW)
    with Snapshot.open(folder) as snapshot:
        assert [row.path for row in snapshot.files()] == ["a.py"]


@pytest.mark.slow
def test_a_reader_beside_a_writer_in_one_process_keeps_its_generation_while_another_process_writes(
    folder: Path,
) -> None:
    files = [build_file(f"f{i}.py") for i in range(8)]
    with Snapshot.open(write_index(folder, files)) as snapshot:
        before = state_of(snapshot)
    with Snapshot.open(folder) as snapshot:
        with Writer.open(folder) as writer:
            writer.add(build_file("another.py"))
            writer.commit(complete=True, files_todo=0, checked_at=NOW)
        assert run_update(WRITTEN_ELSEWHERE, folder, "").returncode == 0
        assert state_of(snapshot) == before
    with Snapshot.open(folder) as snapshot:
        assert len(snapshot.files()) == 9
