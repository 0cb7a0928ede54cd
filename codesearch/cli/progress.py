"""A running build as one updating line in a terminal, or as an occasional line in a log.

Knows `Progress` values and a stream to write to; time comes from the values, so nothing here reads a clock.
"""

from typing import TextIO

from codesearch.printable import clean_line
from codesearch.sizes import describe_size
from codesearch.types import Progress

TERMINAL_INTERVAL_S = 0.1
"""Ten times a second looks continuous and costs nothing."""

LOG_INTERVAL_S = 10.0
"""A log keeps every line: six a minute show that something moves."""

_ERASE = "\r\x1b[2K"


class UpdatingLine:
    """One line of a terminal that is written over; call `finish` before anything else is written to the stream."""

    def __init__(self, stream: TextIO, width: int) -> None:
        self._stream = stream
        self._width = width
        self._is_drawn = False

    def draw(self, text: str) -> None:
        """Show a text in the place of the last one."""
        self._stream.write(f"{_ERASE}{text[: max(self._width - 1, 20)]}")
        self._stream.flush()
        self._is_drawn = True

    def finish(self) -> None:
        """Take the line away."""
        if self._is_drawn:
            self._stream.write(_ERASE)
            self._stream.flush()
            self._is_drawn = False


class ProgressLine:
    """Draws progress; call `finish` before anything else is written to the stream."""

    def __init__(self, stream: TextIO, *, is_terminal: bool, width: int, silent_s: float = 0.0) -> None:
        self._stream = stream
        self._is_terminal = is_terminal
        self._line = UpdatingLine(stream, width)
        self._next_s = silent_s if is_terminal else LOG_INTERVAL_S
        self._notice = ""

    def update(self, progress: Progress) -> None:
        """Show where the build is, unless something was shown just now."""
        if progress.notice != self._notice:
            added = progress.notice.removeprefix(self._notice).removeprefix("; ")
            self._notice = progress.notice
            self.finish()
            self._stream.write(f"{clean_line(added)}\n")
            self._stream.flush()
        if progress.elapsed_s < self._next_s:
            return
        interval = TERMINAL_INTERVAL_S if self._is_terminal else LOG_INTERVAL_S
        self._next_s = progress.elapsed_s + interval
        text = describe_progress(progress)
        if self._is_terminal:
            self._line.draw(text)
        else:
            self._stream.write(f"{text}\n")
            self._stream.flush()

    def finish(self) -> None:
        """Take the updating line away."""
        self._line.finish()


def describe_progress(progress: Progress) -> str:
    """Return one line: stage, files, chunks, rate, remaining time."""
    if progress.stage == "wait":
        return f"waiting for another process: {describe_duration(progress.elapsed_s)}"
    if progress.stage == "walk":
        return f"looking for files: {progress.files_done:,}"
    if progress.stage == "download":
        total = "" if progress.bytes_total is None else f" of {describe_size(progress.bytes_total)}"
        return f"fetching the model: {describe_size(progress.bytes_done)}{total}{_remaining(progress)}"
    if progress.stage in {"commit", "compact"}:
        return _describe_writing(progress)
    total = "" if progress.files_total is None else f"/{progress.files_total:,}"
    files = f"{progress.files_done:,}{total} files"
    if progress.stage == "encode":
        rate = _rate(progress.bytes_done, progress.stage_s)
        return f"encoding: {files}, {progress.n_encoded:,} vectors made{rate}{_remaining(progress)}"
    rate = _rate(progress.bytes_done, progress.elapsed_s)
    chunks = f", {progress.n_chunks:,} chunks" if progress.n_chunks else ""
    return f"indexing: {files}{chunks}{rate}{_remaining(progress)}"


def _describe_writing(progress: Progress) -> str:
    if progress.stage == "compact":
        return "writing the index without what was removed"
    amount = f": {progress.files_done:,} files, {progress.n_chunks:,} chunks" if progress.files_done else ""
    return f"writing the index{amount}"


def estimate_remaining_s(progress: Progress) -> float | None:
    """Return the seconds to go in this stage at the rate so far, None where nothing can be said yet."""
    if progress.bytes_total is not None:
        if progress.bytes_done == 0 or progress.stage_s <= 0:
            return None
        return max(progress.bytes_total - progress.bytes_done, 0) * progress.stage_s / progress.bytes_done
    if progress.files_total is None or progress.files_done == 0 or progress.elapsed_s <= 0:
        return None
    files_left = max(progress.files_total - progress.files_done, 0)
    return files_left * progress.elapsed_s / progress.files_done


def describe_rate(size_bytes: int, elapsed_s: float) -> str:
    """Return megabytes (10^6) a second, kilobytes where those are few."""
    rate = size_bytes / elapsed_s
    return f"{rate / 1e6:.1f} MB/s" if rate >= 1e5 else f"{rate / 1e3:.1f} kB/s"


def _rate(size_bytes: int, elapsed_s: float) -> str:
    return f", {describe_rate(size_bytes, elapsed_s)}" if elapsed_s > 0 and size_bytes else ""


def _remaining(progress: Progress) -> str:
    remaining = estimate_remaining_s(progress)
    return "" if remaining is None else f", {describe_duration(remaining)} left"


def describe_duration(seconds: float) -> str:
    """Return `0:07`, `12:34` or `1:02:03`."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
