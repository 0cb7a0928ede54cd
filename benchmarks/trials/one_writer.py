"""A process that does to an index what it is told by lines of JSON, and dies where it is told to.

    python -m benchmarks.trials.one_writer ROOT HOME

An order has `act` (`update`, `compact` or `rebuild`), `die_at` (a moment of a write and which one of that name, or
null) and `low` (whether derived data wears out at once). The reply is what a quiet index answers afterwards.
"""

import json
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.trials.generations import QUESTIONS
from benchmarks.trials.one_reader import describe_state, look
from codesearch.build import BuildSeams, build
from codesearch.index import Index
from codesearch.maintenance import compact
from codesearch.registry import index_folder
from codesearch.storage.steps import WriterSeams
from codesearch.storage.thresholds import DEFAULT_THRESHOLDS, BaseThresholds, Thresholds
from codesearch.types import BuildOptions

LOW = Thresholds(
    base=BaseThresholds(changed_rows=4, tail_bytes=1 << 12),
    unfinished_base=BaseThresholds(changed_rows=4, tail_bytes=1 << 12),
    dead_rows=8,
    dead_share=0.3,
)


def main() -> None:
    """Do what each line says."""
    root, home = Path(sys.argv[1]), Path(sys.argv[2])
    for line in sys.stdin:
        order = json.loads(line)
        seams = WriterSeams(_Doom(order["die_at"]).note, LOW if order["low"] else DEFAULT_THRESHOLDS)
        if order["act"] == "compact":
            compact(index_folder(home, root))
        else:
            options = BuildOptions(n_workers=1, rebuild=order["act"] == "rebuild")
            build(root, home, options, None, BuildSeams(writer=seams))
        print(json.dumps(_answer_all(root, home)), flush=True)


def _answer_all(root: Path, home: Path) -> dict[str, Any]:
    with Index.open(root, home) as index:
        answers = [look(index, question) for question in QUESTIONS]
        return {"answers": answers, **describe_state(index.status().state)}


@dataclass
class _Doom:
    """Where the process dies."""

    moment: tuple[str, int] | None
    seen: list[str] = field(default_factory=list)

    def note(self, step: str) -> None:
        """Die if it is time."""
        self.seen.append(step)
        if self.moment is not None and (step, self.seen.count(step)) == tuple(self.moment):
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
