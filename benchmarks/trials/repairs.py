"""Damages a real index anywhere, repairs it and brings it up to date: it must be what it was, or be refused unchanged.

What was not damaged must not be encoded again. A refusal names the command that makes the index anew.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from benchmarks.trials.contents import Contents, find_differences, read_contents
from benchmarks.trials.small_tree import change_tree, write_tree
from benchmarks.trials.tally import Tally
from benchmarks.trials.workplace import Workplace, lend_parsers
from codesearch.encoders.probe import PROBE_TEXTS
from codesearch.errors import CorruptIndexError, FormatError, NoIndexError
from codesearch.findings import RepairReport
from codesearch.maintenance import repair, verify

CATALOGUE_SHARE = 0.5
"""How often the catalogue is hit rather than any file: most kinds of things lie there."""

SMEARED_BYTES = 48
"""A smear damages several cells of a page at once."""

NOTED_EVERY = 50


def run(seed: int, n: int, folder: Path, note: Callable[[str], None]) -> Tally:
    """Damage and repair `n` times."""
    random, kinds, failures = Random(seed), Counter[str](), list[str]()
    root = folder / "repository"
    _plant(root, random)
    with lend_parsers(root) as pool:
        sound = Workplace(root, folder / "home", pool)
        sound.build()
        change_tree(root, random)
        sound.build()
        truth = read_contents(sound.folder)
        for number in range(n):
            shutil.rmtree(folder / "hurt", ignore_errors=True)
            shutil.copytree(sound.home, folder / "hurt")
            place = Workplace(root, folder / "hurt", pool)
            what = _damage(place.folder, Random(f"{seed} {number}"))
            for failure in _try(place, truth, kinds):
                failures.append(f"seed {seed}, number {number}, {what}: {failure}")
                note(failures[-1])
            if (number + 1) % NOTED_EVERY == 0:
                note(f"{number + 1} of {n} repairs, {len(failures)} failures")
    return Tally("repairs", seed, n, tuple(failures), tuple(f"{kind}: {kinds[kind]}" for kind in sorted(kinds)))


def _plant(root: Path, random: Random) -> None:
    """Write a tree with all that an index keeps lists of."""
    write_tree(root, random)
    token = f"ghp_{'a1B2' * 9}"
    (root / "token.py").write_text(f"def token():\n    key = {token!r}\n    return key, 'borona'\n", "utf-8")
    (root / "logo.png").write_bytes(b"\x89PNG\x00\x00")


def _damage(folder: Path, random: Random) -> str:
    """Flip a bit, smear some bytes, cut a file off or remove it; return what was done."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    files = [path for path in files if not path.name.endswith((".lock", "-shm"))]
    path = folder / "catalog.db" if random.random() < CATALOGUE_SHARE else random.choice(files)
    data = bytearray(path.read_bytes())
    place = random.randrange(len(data))
    what = random.choice(("flipped", "flipped", "flipped", "smeared", "cut", "removed"))
    if what == "removed" and path.name != "catalog.db":
        path.unlink()
        return f"{path.relative_to(folder)} removed"
    if what == "flipped":
        data[place] ^= 1 << random.randrange(8)
    elif what == "smeared":
        data[place : place + SMEARED_BYTES] = random.randbytes(len(data[place : place + SMEARED_BYTES]))
    else:
        del data[place:]
    path.write_bytes(data)
    return f"{path.relative_to(folder)} {what} at byte {place}"


def _try(place: Workplace, truth: Contents, kinds: Counter[str]) -> Iterator[str]:
    before = _read_files(place.folder)
    try:
        report = repair(place.folder)
    except (CorruptIndexError, FormatError, NoIndexError) as error:
        kinds["refused"] += 1
        if "codesearch index" not in str(error):
            yield f"the refusal names no command: {error}"
        if _read_files(place.folder) != before:
            yield "a refusal changed the index"
        return
    kinds["repaired" if report.problems else "nothing to repair"] += 1
    kinds["files dropped"] += report.n_dropped
    kinds["files without vectors"] += len(report.without_vectors)
    yield from (f"verify says after the repair: {problem}" for problem in verify(place.folder)[:1])
    place.build()
    yield from (f"verify says after the update: {problem}" for problem in verify(place.folder)[:1])
    yield from find_differences(read_contents(place.folder), truth)
    read = [text for text in place.encoder.read if text not in PROBE_TEXTS]
    strangers = [text for text in read if not _is_of(text, report, place.root)]
    if strangers:
        yield f"{len(strangers)} chunks of files that were not damaged were encoded again"


def _is_of(text: str, report: RepairReport, root: Path) -> bool:
    """Return whether an encoder's input is of a file that was lost, by its last line; an unnamed file may be any."""
    paths = [root / name for name in (*report.dropped, *report.without_vectors)]
    if report.n_dropped > len(report.dropped) or not all(path.is_file() for path in paths):
        return True
    line = text.rstrip().rpartition("\n")[2]
    return any(line in path.read_text("utf-8") for path in paths)


def _read_files(folder: Path) -> dict[str, bytes]:
    """Return the files that make the index what it is, the logs apart that every reader opens and closes."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith((".lock", "-wal", "-shm")))
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
