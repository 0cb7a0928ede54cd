"""Sums over runs of rows that come block by block: only runs that are not at their end are held. Knows no chunks."""

from collections.abc import Sequence

from indexers.types import SumArray


class Sums:
    """Adds up rows for runs `(first, end)`, half-open, each of one row at least; they may lie within each other."""

    def __init__(self, runs: Sequence[tuple[int, int]]) -> None:
        self._runs = runs
        self._todo = sorted(range(len(runs)), key=lambda number: runs[number][0], reverse=True)
        """Runs that have not begun, the next one last."""
        self._open: dict[int, SumArray] = {}

    def add(self, start: int, rows: SumArray) -> dict[int, SumArray]:
        """Take the next rows, `[n, dim]`, from number `start` on; return the sums of the runs that end with them."""
        end = start + len(rows)
        while self._todo and self._runs[self._todo[-1]][0] < end:
            self._open[self._todo.pop()] = rows[:0].sum(axis=0)
        done: dict[int, SumArray] = {}
        for number, so_far in list(self._open.items()):
            first, last = self._runs[number]
            total = so_far + rows[max(first - start, 0) : last - start].sum(axis=0)
            if last <= end:
                done[number] = total
                del self._open[number]
            else:
                self._open[number] = total
        return done
