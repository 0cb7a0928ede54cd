"""Fills the disk at some point of an update: a small file system of its own, in memory, that no other process sees.

The write fails with a message that says so, or ends well; the old index or the new one stands, and with room again the
next update ends as a fresh build would. Linux alone, where `unshare` may mount.
"""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

from benchmarks.trials.doomed import run_job
from benchmarks.trials.kill_scenes import Plan, Scene, set_scene
from benchmarks.trials.place import ROOT
from benchmarks.trials.seeded import NAME
from benchmarks.trials.tally import Tally
from codesearch.errors import CodesearchError, NoIndexError
from codesearch.maintenance import verify
from codesearch.registry import index_folder

SIZE_BYTES = 64 << 20

PLANS = (
    Plan("update, quick encoder", "embedded", "tail bytes"),
    Plan("update, slow encoder", NAME),
    Plan("rebuild, slow encoder", NAME, task="rebuild"),
    Plan("update that compacts", "embedded", "dead rows"),
    Plan("first build, slow encoder", NAME, has_index=False),
)

_INSIDE = "import sys; from benchmarks.trials.full_disk import run_inside; run_inside(*sys.argv[1:])"
_MOUNT = f'mount -t tmpfs -o size={SIZE_BYTES} none "$1" && shift && exec "$@"'


def can_mount() -> bool:
    """Tell whether a file system can be mounted here that nobody else sees."""
    if shutil.which("unshare") is None:
        return False
    command = [*_enter(Path("/mnt")), "true"]
    return subprocess.run(command, capture_output=True, check=False, timeout=20).returncode == 0


def run(seed: int, n: int, folder: Path, note: Callable[[str], None]) -> Tally:
    """Fill the disk under `n` writes, each with another rest of room."""
    if not can_mount():
        return Tally("full disks", seed, 0, (), ("not tried: no file system can be mounted here",))
    command = [*_enter(folder), sys.executable, "-c", _INSIDE, str(seed), str(n), str(folder)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True, timeout=60 + 30 * n)
    failures, ends = json.loads(done.stdout)
    note(f"{n} disks filled")
    return Tally("full disks", seed, n, tuple(failures), tuple(f"{end} {times}" for end, times in ends.items()))


def run_inside(seed: str, n: str, folder: str) -> None:
    """Do the trial in the folder, which is the small disk; print failures and ends as JSON."""
    random = Random(int(seed))
    scenes = [set_scene(plan, Path(folder) / f"scene-{i}", int(seed)) for i, plan in enumerate(PLANS[: int(n)])]
    failures: list[str] = []
    ends: Counter[str] = Counter()
    for number in range(int(n)):
        scene = scenes[number % len(scenes)]
        room = random.randrange(_need_of(scene, Path(folder)))
        problems = _try(scene, Path(folder), room, ends)
        failures += [f"{scene.plan.name} with room for {room} bytes: {problem} (seed {seed})" for problem in problems]
    print(json.dumps([failures, ends]))


def _enter(folder: Path) -> list[str]:
    """Return the command that runs what follows with a small disk mounted on the folder."""
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", "--mount", *rights, "sh", "-c", _MOUNT, "sh", str(folder)]


def _need_of(scene: Scene, folder: Path) -> int:
    """Return how much room the write of a scene takes at most, about, beside what is there."""
    tried = folder / scene.root.parent.name / "tried"
    used = sum(path.stat().st_blocks * 512 for path in tried.rglob("*"))
    return 2 * used


def _try(scene: Scene, folder: Path, room: int, ends: Counter[str]) -> list[str]:
    home, ballast = folder / "work" / "home", folder / "ballast"
    shutil.rmtree(home.parent, ignore_errors=True)
    shutil.copytree(scene.home, home)
    job = scene.job(home, Path(os.devnull))
    _fill(ballast, room)
    problems: list[str] = []
    is_done = False
    try:
        run_job(job)
        is_done = True
        ends["ended well"] += 1
    except CodesearchError as error:
        ends["ended with a message"] += 1
        if not any(word in str(error) for word in ("space", "full")):
            problems.append(f"the message does not say what is wrong: {error}")
    try:
        problems += [f"meanwhile, {text}" for text in _look(scene, home, is_done=is_done)]
        ends["answered meanwhile"] += 1
    except CodesearchError as error:
        ends[f"did not answer meanwhile: {type(error).__name__}"] += 1
    ballast.unlink()
    problems += _look(scene, home, is_done=is_done)
    run_job(replace(job, task="build") if job.task == "rebuild" else job)
    return problems + [f"after the next update, {text}" for text in _look(scene, home, is_done=True)]


def _fill(ballast: Path, room: int) -> None:
    """Write a file that leaves so much room on its disk."""
    disk = os.statvfs(ballast.parent)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_frsize - room)


def _look(scene: Scene, home: Path, *, is_done: bool) -> list[str]:
    """Say what is wrong with an index as it is now."""
    try:
        state = scene.read(home)
    except NoIndexError:
        return ["the index is gone"] if is_done or scene.old is not None else []
    problems = verify(index_folder(home, scene.root))
    from_new = scene.new.differences(state)
    if is_done and from_new:
        problems += [f"it is not what was wanted: {text}" for text in from_new[:3]]
    elif from_new and scene.old is not None:
        problems += [f"it is neither old nor new: {text}" for text in scene.old.differences(state)[:3]]
    elif from_new and not state.is_part_of(scene.new):
        problems.append("it has what no fresh build has")
    return problems
