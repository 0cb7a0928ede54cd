"""Lets single calls to the disk fail while an index is written or read: no room, no rights, a broken disk.

It ends well or with a message, never otherwise; the old index or the new one stands and passes its own check, and the
next update ends as a fresh build would. Trouble with the vector cache alone is no trouble. Needs strace.
"""

import re
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from benchmarks.trials.doomed import TOLD, run_job
from benchmarks.trials.kill_scenes import Plan, Scene, set_scene
from benchmarks.trials.seeded import NAME
from benchmarks.trials.syscalls import can_record, record_names
from benchmarks.trials.tally import Tally
from codesearch.errors import CodesearchError
from codesearch.maintenance import verify
from codesearch.registry import index_folder
from codesearch.storage.vector_cache import CACHE_FILE

ERRORS = {
    "openat": ("EACCES", "ENOSPC", "EIO"),
    "mkdir": ("ENOSPC",),
    "write": ("ENOSPC", "EIO"),
    "pwrite64": ("ENOSPC", "EIO"),
    "pread64": ("EIO",),
    "preadv": ("EIO",),
    "preadv2": ("EIO",),
    "read": ("EIO",),
    "ftruncate": ("EIO",),
    "fsync": ("EIO",),
    "fdatasync": ("EIO",),
    "rename": ("EIO",),
    "renameat": ("EIO",),
    "link": ("EMLINK", "EIO"),
    "unlink": ("EIO",),
    "unlinkat": ("EIO",),
    "rmdir": ("EIO",),
}
"""What each call may say."""

PLANS = (
    Plan("update, quick encoder", "embedded", "tail bytes"),
    Plan("update, slow encoder", NAME),
    Plan("rebuild, slow encoder", NAME, task="rebuild"),
    Plan("compaction", "embedded", task="compact", change="none"),
    Plan("repair of what is sound", "embedded", "tail bytes", task="repair", change="none"),
    Plan("search", "embedded", task="search", change="none"),
)

_LINE = re.compile(r"^(\d+) +(\w+)\(")


@dataclass(frozen=True, slots=True)
class Fault:
    """One call of each thread that fails: the `nth` of its name."""

    call: str
    nth: int
    error: str

    def __str__(self) -> str:
        return f"{self.call}:error={self.error}:when={self.nth}"


def run(seed: int, n: int, folder: Path, note: Callable[[str], None], plans: Sequence[Plan] = PLANS) -> Tally:
    """Let `n` writes fail, each at one call, the kinds of calls in turn."""
    if not can_record():
        return Tally("disk errors", seed, 0, (), ("not tried: there is no strace that may trace here",))
    random = Random(seed)
    trial = _Trial(seed)
    scenes = [set_scene(plan, folder / f"scene-{number}", seed) for number, plan in enumerate(plans)]
    faults = {scene.plan: _list_faults(scene, folder / "work", random) for scene in scenes}
    note(f"{len(scenes)} scenes are set")
    for number in range(n):
        scene = scenes[number % len(scenes)]
        trial.try_fault(scene, faults[scene.plan][number // len(scenes) % len(faults[scene.plan])], folder / "work")
    hit = ", ".join(f"{call} {times}" for call, times in sorted(trial.hit.items()))
    ends = ", ".join(f"{end} {times}" for end, times in sorted(trial.ends.items()))
    return Tally("disk errors", seed, trial.hit.total(), tuple(trial.failures), (f"failed calls: {hit}", ends))


class _Trial:
    """The faults of one run."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.failures: list[str] = []
        self.hit: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()

    def try_fault(self, scene: Scene, fault: Fault, work: Path) -> None:
        """Update a copy of the scene's home, let a call fail, and look at what is left."""
        shutil.rmtree(work, ignore_errors=True)
        home, log, trace = work / "home", work / "job.log", work / "trace"
        shutil.copytree(scene.home, home)
        done = record_names(scene.job(home, log), trace, [fault.call], str(fault))
        places = [line for line in trace.read_text("utf-8", "replace").splitlines() if "(INJECTED)" in line]
        if not places or not all(f"{home}/" in place for place in places):
            return  # a call that is none of ours
        self.hit[fault.call] += 1
        only_cache = all(f"{home / CACHE_FILE}" in place for place in places)
        problems: list[str] = []
        if done.returncode in (0, TOLD):
            self.ends["ended well" if done.returncode == 0 else "ended with a message"] += 1
        else:
            problems.append(f"it ended with {done.returncode}: {done.stderr[-600:]}")
        if only_cache and done.returncode:
            problems.append(f"the cache stopped it: {done.stderr[-300:]}")
        try:
            problems += _look(scene, home, is_done=done.returncode == 0)
        except (CodesearchError, AssertionError, OSError) as error:
            problems.append(f"{type(error).__name__}: {error}")
        where = places[0].split(" ", 1)[1].strip()[:160]
        self.failures += [f"{scene.plan.name} with {fault} at {where}: {text} (seed {self._seed})" for text in problems]


def _look(scene: Scene, home: Path, *, is_done: bool) -> list[str]:
    """Read what is left, update it, and read that."""
    folder = index_folder(home, scene.root)
    state = scene.read(home)
    problems = verify(folder)
    from_new = scene.new.differences(state)
    if is_done and from_new:
        problems.append(f"it ended well and is not what was wanted: {'; '.join(from_new[:3])}")
    elif from_new and scene.old is not None and (from_old := scene.old.differences(state)):
        problems.append(f"it is neither old nor new: {'; '.join(from_old[:3])}")
    job = scene.job(home, home.with_name("next.log"))
    run_job(replace(job, task="build") if job.task == "rebuild" else job)
    problems += [f"after the next update, {text}" for text in scene.new.differences(scene.read(home))[:3]]
    return problems + [f"after the next update, {text}" for text in verify(folder)]


def _list_faults(scene: Scene, work: Path, random: Random) -> list[Fault]:
    """Watch the write of a scene and return faults at its own calls, the kinds of calls in turn, each at random."""
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(scene.home, work / "home")
    trace = work / "trace"
    done = record_names(scene.job(work / "home", work / "job.log"), trace, list(ERRORS))
    if done.returncode:
        raise RuntimeError(f"{scene.plan.name} does not end well by itself: {done.stderr[-2000:]}")
    seen: Counter[tuple[str, str]] = Counter()
    places: dict[str, list[int]] = {}
    for line in trace.read_text("utf-8", "replace").splitlines():
        if match := _LINE.match(line):
            seen[match[1], match[2]] += 1
            if f"{work / 'home'}/" in line:
                places.setdefault(match[2], []).append(seen[match[1], match[2]])
    calls = random.sample(sorted(places), len(places))
    rounds = max(map(len, places.values()))
    return [
        Fault(call, random.choice(places[call]), random.choice(ERRORS[call])) for _ in range(rounds) for call in calls
    ]
