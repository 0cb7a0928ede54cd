"""What readers saw, held against what a quiet index answered: one generation an answer, and none before the last one.

Knows lines and truths, no process and no index.
"""

import threading
import zlib
from dataclasses import dataclass, field
from typing import Any

from benchmarks.trials.generations import MARK
from benchmarks.trials.sameness import ROUNDED_TOLERANCE


@dataclass(frozen=True, slots=True)
class Line:
    """One read by one reader."""

    reader: str
    seen: dict[str, Any]


@dataclass
class Reads:
    """All that was read so far, and what is right for each generation."""

    lines: list[Line] = field(default_factory=list)
    truths: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    n_deaths: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def n(self) -> int:
        """How many reads there were."""
        return len(self.lines)

    def add(self, line: Line) -> None:
        """Take note of a read."""
        with self._changed:
            self.lines.append(line)
            self._changed.notify_all()

    def learn(self, generation: int, reply: dict[str, Any]) -> None:
        """Take note of what is right."""
        self.truths.setdefault(generation, []).append(reply)

    def wait(self, n: int, timeout_s: float) -> None:
        """Return once there were so many reads, or nobody has anything to say."""
        with self._changed:
            self._changed.wait_for(lambda: self.n >= n, timeout_s)

    def remarks(self) -> list[str]:
        """Return the longest waits, and what was done meanwhile."""
        kinds = {kind: [line.seen for line in self.lines if line.seen["kind"] == kind] for kind in _KINDS}
        numbers = ", ".join(f"{len(seen)} {kind}" for kind, seen in kinds.items())
        opened = max((seen.get("open_s", 0.0) for seen in kinds["opened"]), default=0.0)
        read = max((line.seen.get("read_s", 0.0) for line in self.lines), default=0.0)
        n_truths = sum(len(replies) for replies in self.truths.values())
        return [
            f"reads by kind: {numbers}",
            f"{len(self.truths)} generations by {n_truths} writes that ended, and {self.n_deaths} that were killed",
            f"longest opening {opened * 1000:.0f} ms, longest answer {read * 1000:.0f} ms, on a busy machine",
        ]


_KINDS = ("kept", "opened", "status", "once")


def check(reads: Reads, seed: int) -> list[str]:
    """Return what did not hold, one sentence each."""
    judge = _Judge(reads, seed)
    judge.check_truths()
    for number, line in enumerate(reads.lines):
        judge.check_line(number, line)
    judge.check_commits()
    return judge.failures


@dataclass
class _Judge:
    reads: Reads
    seed: int
    failures: list[str] = field(default_factory=list)
    commits: dict[tuple[Any, ...], set[int]] = field(default_factory=dict)
    """Which generations were seen in a commit, by its number and its time."""
    last: dict[str, int] = field(default_factory=dict)

    def check_truths(self) -> None:
        """A compaction or a rebuild answers as the update did."""
        for generation, replies in self.reads.truths.items():
            for reply in replies:
                self._note_commit(reply, generation)
                if reply["counts"] != replies[0]["counts"]:
                    self._fail(f"generation {generation} has counts {reply['counts']} and {replies[0]['counts']}")
                for place, (answer, first) in enumerate(zip(reply["answers"], replies[0]["answers"], strict=True)):
                    if answer["marks"] != [generation] or not _is_same(answer["results"], first["results"]):
                        self._fail(f"generation {generation} answers question {place} in two ways")

    def check_line(self, number: int, line: Line) -> None:
        """One read is of one generation, whole and right."""
        seen, where = line.seen, f"read {number} ({line.seen['kind']} by reader {line.reader})"
        if "error" in seen:
            self._fail(f"{where}: {seen['error']}")
            return
        if not seen["complete"]:
            self._fail(f"{where}: says that the index is incomplete")
        if seen["kind"] == "status":
            return
        if len(seen["marks"]) != 1 or seen["marks"][0] not in self.reads.truths:
            self._fail(f"{where}: is of the generations {seen['marks']}")
            return
        generation = seen["marks"][0]
        self._note_commit(seen, generation)
        truth = self.reads.truths[generation][0]
        if not _is_same(seen["results"], truth["answers"][seen["question"]]["results"]):
            self._fail(f"{where}: question {seen['question']} of generation {generation} is answered differently")
        if seen["counts"] != truth["counts"]:
            self._fail(f"{where}: generation {generation} has counts {seen['counts']} instead of {truth['counts']}")
        if generation < self.last.get(line.reader, 0):
            self._fail(f"{where}: generation {generation} after {self.last[line.reader]}")
        self.last[line.reader] = generation

    def check_commits(self) -> None:
        """A commit is of one generation, and a status says of it what a search does."""
        for commit, generations in self.commits.items():
            if len(generations) != 1:
                self._fail(f"commit {commit} is of the generations {sorted(generations)}")
        for number, line in enumerate(self.reads.lines):
            seen = line.seen
            known = self.commits.get(tuple(seen.get("commit", ())))
            if seen["kind"] == "status" and known and seen["counts"] != self.reads.truths[min(known)][0]["counts"]:
                self._fail(f"read {number}: a status counts {seen['counts']} in generation {min(known)}")

    def _note_commit(self, seen: dict[str, Any], generation: int) -> None:
        self.commits.setdefault(tuple(seen["commit"]), set()).add(generation)

    def _fail(self, what: str) -> None:
        self.failures.append(f"seed {self.seed}: {what}")


def from_document(document: dict[str, Any]) -> dict[str, Any]:
    """Return what `--json` says of its generation, as a reader of the library would."""
    results, state = document["results"], document["index"]
    return {
        "marks": sorted({int(number) for result in results for number in MARK.findall(result["content"])}),
        "results": [
            [r["path"], r["start_line"], r["end_line"], r["score"], zlib.crc32(r["content"].encode())] for r in results
        ],
        "commit": [state["generation"], state["checked_at"]],
        "counts": [state["files_done"], state["chunks"]],
        "complete": state["complete"],
    }


def _is_same(one: list[Any], other: list[Any]) -> bool:
    """Tell whether two answers show the same places and texts, with the same scores."""
    return len(one) == len(other) and all(
        a[:3] == b[:3] and a[4] == b[4] and abs(a[3] - b[3]) <= ROUNDED_TOLERANCE
        for a, b in zip(one, other, strict=True)
    )
