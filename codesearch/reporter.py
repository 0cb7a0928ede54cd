"""How a build is going, told to whoever asked at most ten times a second. Knows a clock and counts, no index."""

import time
from collections.abc import Callable

from codesearch.types import BuildStage, Progress
from indexers.slices import EncodingCounts
from indexers.types import ParsedFile

OnProgress = Callable[[Progress], None]

INTERVAL_S = 0.1


class Reporter:
    """Counts what one run did and tells it; moments that follow too soon within a stage are left out."""

    def __init__(self, on_progress: OnProgress | None) -> None:
        self.started = time.monotonic()
        self.bytes_read = 0
        self.n_chunks = 0
        self.notice = ""
        """Something that the user is told once, such as which encoder a new index got and why."""
        self._on_progress = on_progress
        self._last: Progress | None = None
        self._stage_started = self.started
        self._counts = EncodingCounts()

    def count(self, file: ParsedFile) -> None:
        """Note a file that was read."""
        self.bytes_read += len(file.text.data)
        self.n_chunks += len(file.chunks)

    def note_slice(self, counts: EncodingCounts) -> None:
        """Note what the encoder did, and tell it: on a slow one it may be long until the next file is done."""
        self._counts = counts
        if self._last is not None:
            last = self._last
            self._tell(last.stage, (last.files_done, last.files_total), (last.bytes_done, last.bytes_total))

    def report(self, stage: BuildStage, done: int, total: int | None) -> None:
        """Tell where the run is."""
        self._tell(stage, (done, total), (self.bytes_read, None))

    def report_download(self, n_bytes: int, n_bytes_total: int | None) -> None:
        """Tell how much of a model is here."""
        self._tell("download", (0, None), (n_bytes, n_bytes_total))

    def report_encoding(self, n_files: tuple[int, int], n_bytes: tuple[int, int]) -> None:
        """Tell how many files, and bytes of text, have vectors by now, and how many are to get them in this stage."""
        self._tell("encode", n_files, n_bytes)

    def _tell(self, stage: BuildStage, n_files: tuple[int, int | None], n_bytes: tuple[int, int | None]) -> None:
        now = time.monotonic()
        last = self._last
        if last is None or last.stage != stage:
            self._stage_started = now
        elif stage in {"download", "index", "encode"} and now - self.started - last.elapsed_s < INTERVAL_S:
            return
        self._last = Progress(
            stage=stage,
            files_done=n_files[0],
            files_total=n_files[1],
            n_chunks=self.n_chunks,
            bytes_done=n_bytes[0],
            elapsed_s=now - self.started,
            bytes_total=n_bytes[1],
            n_encoded=self._counts.n_encoded,
            stage_s=now - self._stage_started,
            notice=self.notice,
        )
        if self._on_progress is not None:
            self._on_progress(self._last)
