"""Measures the stages of one query for `--explain`: what went in, what came out, how long it took."""

from time import perf_counter

from codesearch.types import Stage


class Stopwatch:
    """Times consecutive stages; each lasts from the end of the one before."""

    def __init__(self) -> None:
        """Start the first stage."""
        self._stages: list[Stage] = []
        self._started = perf_counter()

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages recorded so far."""
        return tuple(self._stages)

    def record(self, name: str, n_in: int, n_out: int) -> None:
        """End a stage and start the next."""
        now = perf_counter()
        self._stages.append(Stage(name, n_in, n_out, (now - self._started) * 1000.0))
        self._started = now
