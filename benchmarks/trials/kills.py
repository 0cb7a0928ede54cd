"""Kills writes at each of their steps and at any time between, and looks at what they left.

After each kill: the index opens and answers as the old one or the new one, says truly how far it is, passes its own
check, and the next update ends as a fresh build would, with at most one batch encoded again. What the killed process
had started ends by itself. Where another waited for it, that finds an index and updates it.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import get_args

from benchmarks.trials.doomed import Moment, Moments, read_moments, run_job, waiter_log
from benchmarks.trials.kill_scenes import PLANS, Plan, Scene, set_scene
from benchmarks.trials.states import State
from benchmarks.trials.tally import Tally
from benchmarks.trials.zygote import Death, Zygote
from codesearch.errors import CodesearchError, CorruptIndexError, NoIndexError
from codesearch.maintenance import verify
from codesearch.registry import index_folder
from codesearch.storage.steps import Step

ANY_TIME_SHARE = 0.3
"""Kills at no named moment."""

PATTERNS = ("vectors-*", "lexical-*", "coarse-*")
"""What there is at most one of in an index at rest."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill: where, and when."""

    number: int
    scene: Scene
    step: Moment | None
    """None for any time."""
    nth: int
    after_s: float | None

    def __str__(self) -> str:
        place = f"{self.step}, time {self.nth}" if self.step else f"after {self.after_s:.3f} s"
        return f"kill {self.number} of {self.scene.plan.name} at {place}"


@dataclass
class _Count:
    """What came of all kills so far."""

    failures: list[str] = field(default_factory=list)
    by_step: Counter[str] = field(default_factory=Counter)
    n_ended: int = 0
    """Writes that were over before they could be killed."""
    worst_kept: int = 0
    worst_since_commit: int = 0
    longest_orphans_s: float = 0.0


def run(seed: int, n: int, folder: Path, note: Callable[[str], None], plans: Sequence[Plan] = PLANS) -> Tally:
    """Kill `n` writes, round-robin over scenes and steps."""
    random = Random(seed)
    scenes = [set_scene(plan, folder / f"scene-{number}", seed) for number, plan in enumerate(plans)]
    note(f"{len(scenes)} scenes are set")
    count = _Count()
    with Zygote() as zygote:
        for kill in _draw(scenes, n, random):
            work = folder / "work"
            shutil.rmtree(work, ignore_errors=True)
            problems = _try(kill, zygote, work, count)
            count.failures += [f"{kill}: {problem} (seed {seed})" for problem in problems]
            if kill.number % 50 == 0:
                note(f"{kill.number} kills, {len(count.failures)} failures")
    remarks, missed = _remarks(count), _missed(count, scenes)
    return Tally("kills", seed, sum(count.by_step.values()), tuple(count.failures), remarks, missed)


def _draw(scenes: Sequence[Scene], n: int, random: Random) -> Iterator[Kill]:
    """Yield kills: each step once, then each step of each scene in turn, and any time between."""
    places = [(scene, step) for scene in scenes for step in dict.fromkeys(scene.steps)]
    random.shuffle(places)
    firsts = {step: (scene, step) for scene, step in places}
    places = [*firsts.values(), *(place for place in places if place not in firsts.values())]
    n_named = 0
    for number in range(1, n + 1):
        if number > len(firsts) and random.random() < ANY_TIME_SHARE:
            scene = random.choice(scenes)
            yield Kill(number, scene, None, 1, random.uniform(0.0, scene.took_s))
            continue
        scene, step = places[n_named % len(places)]
        n_named += 1
        yield Kill(number, scene, step, random.randint(1, scene.steps.count(step)), None)


def _try(kill: Kill, zygote: Zygote, work: Path, count: _Count) -> list[str]:
    """Copy the scene's home, write to it, kill that, and return what does not hold."""
    scene, home, log = kill.scene, work / "home", work / "killed.log"
    shutil.copytree(scene.home, home)
    death = zygote.run(replace(scene.job(home, log), step=kill.step, nth=kill.nth), kill.after_s)
    if not death.was_killed:
        count.n_ended += 1
    else:
        count.by_step[kill.step or "any time"] += 1
    if not scene.plan.has_waiter:  # which is no parser, and has more to do
        count.longest_orphans_s = max(count.longest_orphans_s, death.orphans_s)
    moments = read_moments(log)
    problems = _problems_of(death)
    if scene.plan.has_waiter and moments.steps:
        problems += _problems_of_waiter(read_moments(waiter_log(log)))
    try:
        problems += [f"after the kill, {problem}" for problem in _look(scene, home, moments)]
        problems += [f"after the next update, {problem}" for problem in _go_on(scene, home, moments, count)]
    except (CodesearchError, AssertionError, OSError) as error:
        problems.append(f"{type(error).__name__}: {error}")
    return problems


def _problems_of(death: Death) -> list[str]:
    problems = [f"the write failed: {death.error}"] if death.error else []
    return problems + ([f"{death.n_orphans_left} processes outlived it"] if death.n_orphans_left else [])


def _problems_of_waiter(moments: Moments) -> list[str]:
    if moments.n_unchanged is None:
        return ["who waited for it did not end its own update"]
    return [] if moments.n_unchanged else ["who waited for it found no index"]


def _look(scene: Scene, home: Path, moments: Moments) -> list[str]:
    """Read what a kill left."""
    try:
        state = scene.read(home)
    except NoIndexError:
        is_lost = scene.old is not None or "catalogue committed" in moments.steps
        return ["the index is gone"] if is_lost else []
    except CorruptIndexError:
        if scene.plan.task == "repair" and "catalogue committed" not in moments.steps:
            return []  # as it was before
        raise
    problems = verify(index_folder(home, scene.root))
    return problems + (_judge_whole(scene, state, moments) if state.complete else _judge_part(scene, state))


def _judge_whole(scene: Scene, state: State, moments: Moments) -> list[str]:
    """Say what is wrong with an index that says it is complete: it is the old one or the new one."""
    from_new = scene.new.differences(state)
    if not from_new:
        return []
    if scene.old is None:
        return [f"it is neither begun nor done: {'; '.join(from_new[:3])}"]
    if scene.plan.has_waiter and moments.steps:
        return [f"who waited did not end it: {'; '.join(from_new[:3])}"]
    from_old = scene.old.differences(state)
    if from_old:
        return [f"it is neither old nor new: {'; '.join([*from_old[:3], *from_new[:3]])}"]
    is_switched = scene.plan.task == "build" and "catalogue committed" in moments.steps
    return ["what was committed is gone"] if is_switched else []


def _judge_part(scene: Scene, state: State) -> list[str]:
    """Say what is wrong with a first build that is not complete."""
    problems = ["it is incomplete, and was complete before"] if scene.old is not None else []
    if not state.is_part_of(scene.new):
        problems.append("it has files, text or vectors that no fresh build has")
    if state.files_todo is None or state.files_done + state.files_todo != scene.n_files:
        problems.append(f"it says {state.files_done} files are done and {state.files_todo} to do of {scene.n_files}")
    return problems


def _go_on(scene: Scene, home: Path, moments: Moments, count: _Count) -> list[str]:
    """Update what a kill left, and read it."""
    log = home.with_name("next.log")
    job = scene.job(home, log)
    run_job(job if job.task == "repair" else replace(job, task="build", has_waiter=False))
    folder = index_folder(home, scene.root)
    problems = scene.new.differences(scene.read(home))[:5] + verify(folder)
    for pattern in PATTERNS:
        if len(list(folder.glob(pattern))) > 1:
            problems.append(f"there are leftovers: {', '.join(sorted(path.name for path in folder.glob(pattern)))}")
    if left := [path.name for path in folder.parent.iterdir() if path.is_dir() and path != folder]:
        problems.append(f"beside the index are left {', '.join(sorted(left))}")
    is_kept = scene.plan.encoder != "embedded"
    again = moments.encoded & read_moments(log).encoded
    if scene.plan.task == "rebuild" and not is_kept:
        return problems  # starts anew, as it says
    if is_kept:
        count.worst_kept = max(count.worst_kept, again.total())
    else:
        count.worst_since_commit = max(count.worst_since_commit, again.total())
    if more := again - moments.lost(is_kept=is_kept):
        problems.append(f"{more.total()} texts were encoded again that were safe")
    return problems


def _remarks(count: _Count) -> tuple[str, ...]:
    """Say how often each step was hit, and what was encoded again at worst."""
    hits = ", ".join(f"{step} {n}" for step, n in sorted(count.by_step.items()))
    return (
        f"kills by step: {hits}",
        f"encoded again at most {count.worst_kept} texts of a slow encoder (one slice), "
        f"{count.worst_since_commit} of a quick one (since the last commit)",
        f"parsers ended within {count.longest_orphans_s:.1f} s of their owner",
        f"{count.n_ended} writes ended before their kill",
    )


def _missed(count: _Count, scenes: Sequence[Scene]) -> tuple[str, ...]:
    """Return the steps of the scenes, and those that no scene has, at which nothing was killed."""
    known = [*get_args(Step), *(step for scene in scenes for step in scene.steps)]
    return tuple(step for step in dict.fromkeys(known) if not count.by_step[step])
