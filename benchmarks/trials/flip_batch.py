"""One process that flips a bit or a byte at a time in a copy of an index and asks all; a line of JSON each on stdout.

Run by `flips`, which has a clock: a crash or a hang ends this process and counts. Knows one scene.
"""

import json
import shutil
import sqlite3
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from benchmarks.trials.flip_scene import (
    REFUSED,
    Place,
    Scene,
    ask_all,
    ask_widely,
    dump,
    essence_of,
    place_of,
    read_chunks,
)
from codesearch.errors import CodesearchError
from codesearch.maintenance import examine
from codesearch.types import SearchResponse

BYTE_SHARE = 0.25
"""How many flips change a whole byte, the others one bit."""

UNSUMMED = ("catalog.db-shm",)
"""Files of which `verify` says that it sums nothing: SQLite makes them anew."""


@dataclass(frozen=True, slots=True)
class Flip:
    """One byte of one file, and what it becomes."""

    name: str
    place: int
    value: int

    def __str__(self) -> str:
        return f"byte {self.place} of {self.name} set to {self.value}"


@dataclass(frozen=True, slots=True)
class Truth:
    """What a whole index says and holds."""

    answers: dict[str, object]
    widely: dict[str, dict[Place, object]]
    chunks: dict[Place, str]
    held: dict[str, str]


def run_batch(scene: Scene, work: Path, seed: int, numbers: range) -> None:
    """Flip, ask and verify once for each number."""
    copy = replace(scene, home=work)
    _restore(scene, work)
    truth = Truth(ask_all(copy, is_checked=True), ask_widely(copy), read_chunks(copy), dump(copy.folder))
    if examine(copy.folder).problems or any(_is_refusal(answer) for answer in truth.answers.values()):
        raise SystemExit("the index was not whole before anything was flipped")
    for number in numbers:
        _say(number, "begin", "")
        _restore(scene, work)
        flip = _choose(copy.folder, Random(f"{seed}:{scene.name}:{number}"))
        _apply(copy.folder, flip)
        _say(number, "flip", str(flip))
        failures, kind = _judge(copy, truth, flip)
        _say(number, kind, "; ".join(failures))


def _judge(scene: Scene, truth: Truth, flip: Flip) -> tuple[list[str], str]:
    """Return what did not hold, and what became of the flip: refused or unnoticed, found or not."""
    failures = [
        f"at once, {key}: {wrong}"
        for key, answer in ask_all(scene, is_checked=False).items()
        if (wrong := _find_wrong(key, answer, truth))
    ]
    checked = ask_all(scene, is_checked=True)
    failures += [
        f"after the check, {key}: answered otherwise"
        for key, answer in checked.items()
        if not _is_refusal(answer) and answer != truth.answers[key]
    ]
    failures += [f"{key}: {answer} names no command" for key, answer in checked.items() if _is_dead_end(answer)]
    was_refused = any(_is_refusal(answer) for answer in checked.values())
    was_found = _is_found(scene)
    if not was_found and flip.name not in UNSUMMED and _dump(scene.folder) != truth.held:
        failures.append("verify finds nothing, and what the index holds has changed")
    return failures, f"{'refused' if was_refused else 'answered'}, {'found' if was_found else 'not found'}"


def _find_wrong(key: str, answer: object, truth: Truth) -> str:
    """Say what is wrong with an answer that nothing was checked for: it may lack candidates, and say nothing untrue."""
    if _is_refusal(answer) or answer == truth.answers.get(key):
        return ""
    if not isinstance(answer, SearchResponse):
        return f"answered {answer}"
    known = truth.widely[key]
    wrong = [r for r in answer.results if known.get(place_of(r), essence_of(r)) != essence_of(r)]
    strange = [r for r in answer.results if r.content not in truth.chunks.get(place_of(r), "")]
    return "".join(f"{result.path}:{result.start_line} is not as it was written" for result in (wrong + strange)[:1])


def _is_found(scene: Scene) -> bool:
    try:
        return bool(examine(scene.folder).problems)
    except CodesearchError:
        return True


def _dump(folder: Path) -> dict[str, str]:
    try:
        return dump(folder)
    except sqlite3.DatabaseError:
        return {}


def _is_refusal(answer: object) -> bool:
    return isinstance(answer, str) and answer.startswith(REFUSED)


def _is_dead_end(answer: object) -> bool:
    return _is_refusal(answer) and "codesearch " not in str(answer)


def _restore(scene: Scene, work: Path) -> None:
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(scene.home, work)


def _choose(folder: Path, random: Random) -> Flip:
    """Choose a byte: of any file alike, or of all bytes alike, so that small files get their share."""
    sizes = {p.relative_to(folder).as_posix(): p.stat().st_size for p in sorted(folder.rglob("*")) if p.is_file()}
    names = [name for name, size in sizes.items() if size]
    weights = None if random.random() < 0.5 else [sizes[name] for name in names]
    name = random.choices(names, weights)[0]
    place = random.randrange(sizes[name])
    old = (folder / name).read_bytes()[place]
    changed = random.randrange(1, 256) if random.random() < BYTE_SHARE else 1 << random.randrange(8)
    return Flip(name, place, old ^ changed)


def _apply(folder: Path, flip: Flip) -> None:
    with (folder / flip.name).open("r+b") as file:
        file.seek(flip.place)
        file.write(bytes([flip.value]))


def _say(number: int, what: str, text: str) -> None:
    sys.stdout.write(json.dumps([number, what, text]) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    run_batch(
        Scene(given["name"], Path(given["root"]), Path(given["home"])),
        Path(given["work"]),
        given["seed"],
        range(given["first"], given["end"]),
    )
