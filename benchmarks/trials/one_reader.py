"""A process that reads an index again and again, and prints a line of JSON for each read; ended by a file.

    python -m benchmarks.trials.one_reader ROOT HOME SEED STOP

It gets by with the waits for locks that `LIMIT_S` allows: a longer one is an error, which its line tells. Knows nothing
of what is right.
"""

import json
import sys
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.trials.generations import QUESTIONS, Question, marks_of
from codesearch.index import Index, SearchOptions
from codesearch.storage import catalog
from codesearch.types import IndexState, SearchResponse

LIMIT_S = 0.05


def main() -> None:
    """Read until the file is there."""
    root, home, seed, stop = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
    catalog.READER_WAIT_S = LIMIT_S
    random, kept = Random(seed), _Kept(root, home)
    while not stop.exists():
        print(json.dumps(kept.read(random)), flush=True)


def look(index: Index, question: Question) -> dict[str, Any]:
    """Ask, and return what tells one generation from another."""
    options = SearchOptions(mode=question.mode)
    response = index.similar(question.text, options) if question.is_code else index.search(question.text, options)
    return describe(response)


def describe(response: SearchResponse) -> dict[str, Any]:
    """Return what a response says of its generation: results with their scores, and counts."""
    results = [
        [result.path, result.start_line, result.end_line, result.score, zlib.crc32(result.content.encode())]
        for result in response.results
    ]
    return {"marks": marks_of(response.results), "results": results, **describe_state(response.index)}


def describe_state(state: IndexState) -> dict[str, Any]:
    """Return which commit answered, and what it says of itself."""
    return {
        "commit": [state.generation, state.checked_at],
        "counts": [state.files_done, state.n_chunks],
        "complete": state.complete,
    }


@dataclass
class _Kept:
    """An index that is kept open over many reads, and opened anew now and then."""

    root: Path
    home: Path
    index: Index | None = None

    def read(self, random: Random) -> dict[str, Any]:
        """Do one read of some kind."""
        place = random.randrange(len(QUESTIONS))
        kind = random.choice(("kept", "kept", "kept", "opened", "status"))
        line: dict[str, Any] = {"kind": kind, "question": place}
        started = time.perf_counter()
        try:
            if kind == "opened" and self.index is not None:
                self.index.close()
                self.index = None
            self.index = self.index or Index.open(self.root, self.home)
            line["open_s"] = time.perf_counter() - started
            started = time.perf_counter()
            if kind == "status":
                status = self.index.status()
                line |= describe_state(status.state)
                line["counts"] = [status.n_files, sum(status.chunks_by_kind.values())]
            else:
                line |= look(self.index, QUESTIONS[place])
            line["read_s"] = time.perf_counter() - started
        except Exception as error:  # noqa: BLE001  whatever it is, it is a failure of the trial
            line["error"] = f"{type(error).__name__}: {error}"
        return line


if __name__ == "__main__":
    main()
