"""Length-prefixed frames between a parser process and its owner: one JSON header and one run of raw bytes."""

import json
from typing import IO, Any

_PREFIX = 16


def write_frame(stream: IO[bytes], header: dict[str, Any], payload: bytes = b"") -> None:
    """Write one frame and flush it."""
    head = json.dumps(header, separators=(",", ":")).encode("ascii")
    stream.write(len(head).to_bytes(8, "little") + len(payload).to_bytes(8, "little") + head)
    stream.write(payload)
    stream.flush()


def read_frame(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Read one frame; None where the other side is gone, also in the middle of a frame."""
    prefix = stream.read(_PREFIX)
    if len(prefix) < _PREFIX:
        return None
    n_head = int.from_bytes(prefix[:8], "little")
    n_payload = int.from_bytes(prefix[8:], "little")
    head, payload = stream.read(n_head), stream.read(n_payload)
    if len(head) < n_head or len(payload) < n_payload:
        return None
    return json.loads(head), payload
