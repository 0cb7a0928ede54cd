"""Indexes hostile files as one repository and holds the index against them: all read or named, and found as they are.

Twice, without git and with it, in a process of its own as a person would. Then every path is in the index or has a
reason, the index is sound, what is read is found by its own word with the text and the lines of the file, and the next
update reads nothing again.
"""

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.trials.hostile_files import KINDS, Planted, plant
from benchmarks.trials.tally import Tally
from codesearch.errors import CodesearchError
from codesearch.index import Index
from codesearch.maintenance import verify
from codesearch.storage.snapshot import Snapshot
from codesearch.types import Progress, SearchOptions, SearchResult

LONGEST_S = 3_600
"""A run that takes longer hangs: 400 files take minutes."""

LIMIT = 1_000
"""Results of one word: more than one place has files."""


@dataclass(frozen=True, slots=True)
class Forest:
    """A root with all that was planted in it."""

    root: Path
    home: Path
    places: Sequence[Planted]


def run(seed: int, n: int, folder: Path, note: Callable[[str], None]) -> Tally:
    """Plant `n` kinds of harm and index them."""
    failures: list[str] = []
    remarks: list[str] = []
    has_git = shutil.which("git") is not None
    for number, name in enumerate(("without git", "with git")[: 1 + has_git]):
        numbers = range(number, n, 1 + has_git)
        forest = plant_all(folder / str(number), numbers, seed)
        if name == "with git":
            subprocess.run(["git", "init", "-q", str(forest.root)], check=True, capture_output=True)
        note(f"{len(numbers)} kinds of harm are planted {name}")
        try:
            failures += [f"{problem} ({name}, seed {seed})" for problem in check(forest, note)]
            remarks.append(f"{name}: {_count(forest)}")
        except CodesearchError as error:
            failures.append(f"{error} ({name}, seed {seed})")
    return Tally("hostile files", seed, n, tuple(failures), tuple(remarks))


def plant_all(folder: Path, numbers: Sequence[int], seed: int) -> Forest:
    """Plant the harm of each number below one root."""
    root = folder / "root"
    root.mkdir(parents=True)
    return Forest(root, folder / "home", [plant(root, number, seed) for number in numbers])


def check(forest: Forest, note: Callable[[str], None]) -> Iterator[str]:
    """Index a root and yield what does not hold."""
    command = (sys.executable, "-m", "codesearch", "index", str(forest.root), "--quiet")
    done = subprocess.run(
        command, env=_environment(forest.home), capture_output=True, check=False, timeout=LONGEST_S, text=True
    )
    if done.returncode != 0:
        yield f"`codesearch index` ended with {done.returncode}: {done.stderr[-2_000:]}"
        return
    with Index.open(forest.root, forest.home) as index:
        note("indexed")
        yield from verify(index.folder)
        yield from check_paths(forest, index)
        for place in forest.places:
            yield from (f"{name_of(place)}: {problem}" for problem in check_found(forest, place, index))
        note("compared")
        yield from check_update(index)
        yield from verify(index.folder)


def check_paths(forest: Forest, index: Index) -> Iterator[str]:
    """Yield the paths that are neither indexed nor left out with a reason, or the other of both than they should be."""
    with closing(Snapshot.open(index.folder)) as snapshot:
        skipped = {skip.path: f"{skip.reason} {skip.detail}" for skip in snapshot.skipped()}
        indexed = {file.path for file in snapshot.files()}
    for place in forest.places:
        at = place.folder.name
        for name in place.read:
            if f"{at}/{name}" not in indexed:
                yield f"{name_of(place)}: {name!r} was left out: {skipped.get(f'{at}/{name}', 'in silence')}"
        for name in place.listed:
            if f"{at}/{name}" in indexed or f"{at}/{name}" not in skipped:
                yield f"{name_of(place)}: {name!r} was not left out, or nobody says so"
        for name in place.unread:
            if f"{at}/{name}" in indexed:
                yield f"{name_of(place)}: {name!r} was read"
        for name in place.either:
            path = f"{at}/{name}"
            if (path in skipped or path.rpartition("/")[0] in skipped) == (path in indexed):
                yield f"{name_of(place)}: {name!r} is neither indexed nor left out, or both"


def check_found(forest: Forest, place: Planted, index: Index) -> Iterator[str]:
    """Yield the files that their word does not find, and results that do not say what the file says."""
    options = SearchOptions(limit=LIMIT, mode="lexical")
    results = index.search(place.word, options).results
    found = {result.path for result in results}
    missing = [name for name in place.read if f"{place.folder.name}/{name}" not in found]
    if missing:
        yield f"{place.word} does not find {missing[:3]!r}"
    for result in results:
        if result.stale:
            yield f"{result.path!r} is called stale"
        elif result.content != read_lines(forest.root / result.path, result):
            yield f"lines {result.start_line} to {result.end_line} of {result.path!r} have another text"


def read_lines(path: Path, result: SearchResult) -> str:
    """Return the lines of a file as an editor counts them."""
    lines = [decode(line) for line in _to_utf8(path.read_bytes()).split(b"\n")]
    return "\n".join(lines[result.start_line - 1 : result.end_line]).removesuffix("\r")


def decode(line: bytes) -> str:
    """Return a line that is UTF-8 or else Latin-1."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def check_update(index: Index) -> Iterator[str]:
    """Yield what an update does where there is nothing to do."""
    read: list[int] = []

    def listen(progress: Progress) -> None:
        if progress.stage == "index" and progress.files_total:
            read.append(progress.files_total)

    report = index.update(on_progress=listen)
    if read or report.added or report.changed or report.removed:
        yield f"an update without a change reads {max(read, default=0)} files and changes {report.changed}"


def name_of(place: Planted) -> str:
    """Return the number and the kind of a place."""
    number = int(place.folder.name)
    return f"number {number} ({KINDS[number % len(KINDS)].__name__})"


def _to_utf8(data: bytes) -> bytes:
    return data.decode("utf-16").encode() if data[:2] in (b"\xff\xfe", b"\xfe\xff") else data


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "CODESEARCH_HOME": str(home), "OMP_NUM_THREADS": "1"}


def _count(forest: Forest) -> str:
    with Index.open(forest.root, forest.home) as index, closing(Snapshot.open(index.folder)) as snapshot:
        reasons = Counter(skip.reason.value for skip in snapshot.skipped())
        notes = [file.path for file in snapshot.files() if file.note]
        n_files = snapshot.info.n_files
    told = ", ".join(f"{n} {reason}" for reason, n in sorted(reasons.items()))
    return f"{n_files:,} files read, {len(notes)} with a note; left out: {told}"
