"""The lines of a file: where each starts and ends in bytes, and which hold anything at all."""

from bisect import bisect_right
from collections.abc import Sequence


class Lines:
    """Line numbers here count from 0; `\\n` alone ends a line, as editors count."""

    def __init__(self, data: bytes) -> None:
        self.texts: Sequence[bytes] = data.split(b"\n")
        self.starts: list[int] = [0] * len(self.texts)
        position = 0
        for number, text in enumerate(self.texts):
            self.starts[number] = position
            position += len(text) + 1
        self.is_blank: list[bool] = [not text.strip() for text in self.texts]

    def __len__(self) -> int:
        return len(self.texts)

    def line_of(self, byte: int) -> int:
        """Return the line that holds the byte; a line's own `\\n` belongs to it."""
        return bisect_right(self.starts, byte) - 1

    def last_line_of(self, end_byte: int) -> int:
        """Return the line of the last byte before the half-open end."""
        return self.line_of(max(end_byte - 1, 0))

    def end_of(self, line: int) -> int:
        """Return the offset after the line's last byte, its line break left out."""
        return self.starts[line] + len(self.texts[line].removesuffix(b"\r"))
