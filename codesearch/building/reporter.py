"""How a build is going, told to whoever asked at most ten times a second. Knows a clock and counts, no index."""

import time
from dataclasses import replace

from codesearch.types import BuildStage, OnProgress, Progress
from indexers.slices import EncodingCounts
from indexers.types import ParsedFile

INTERVAL_S = 0.1


class Reporter:
    """Counts what one run did and tells it; moments that follow too soon within a stage are left out."""

    def __init__(self, on_progress: OnProgress | None, interval_s: float = INTERVAL_S) -> None:
        self.started = time.monotonic()
        self.bytes_read = 0
        self.n_chunks = 0
        self.notice = ""
        """Something that the user is told once, such as which encoder a new index got and why."""
        self._on_progress = on_progress
        self._interval_s = interval_s
        self._now: Progress | None = None
        self._told = self.started
        self._stage_started = self.started
        self._counts = EncodingCounts()

    def tell(self, notice: str) -> None:
        """Tell, now and from now on, what a person should read once."""
        self.notice = "; ".join(filter(None, (self.notice, notice)))
        if self._on_progress is not None and self._now is not None:
            self._on_progress(replace(self._now, notice=self.notice))

    def count(self, file: ParsedFile) -> None:
        """Note a file that was read."""
        self.bytes_read += len(file.text.data)
        self.n_chunks += len(file.chunks)

    def note_slice(self, counts: EncodingCounts) -> None:
        """Note what the encoder did, and tell it: on a slow one it may be long until the next file is done."""
        self._counts = counts
        if self._now is not None:
            now = self._now
            self._tell(now.stage, (now.files_done, now.files_total), (now.bytes_done, now.bytes_total))

    def note_owner(self, owner: str) -> None:
        """Tell that another process writes the index and has to end first; who it is, once."""
        is_new = self._now is None
        self.report("wait", 0, None)
        if is_new:
            self.tell(f"the index is being written by {owner}; waiting for that to end")

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
        is_new = self._now is None or self._now.stage != stage
        if is_new:
            self._stage_started = now
        self._now = Progress(
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
        is_seldom = stage in {"walk", "commit", "compact"}
        if self._on_progress is not None and (is_new or is_seldom or now - self._told >= self._interval_s):
            self._told = now
            self._on_progress(self._now)
