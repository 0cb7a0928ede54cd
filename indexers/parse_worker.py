"""The parser process: takes one file a frame on standard input, answers one frame on standard output.

A process of its own because only killing a process ends a hanging grammar. Knows no pool and no index.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from indexers.frames import read_frame, write_frame
from indexers.types import (
    Chunk,
    FileStat,
    ParsedFile,
    Secret,
    Skipped,
    SkipReason,
    SourceFile,
    SourceText,
)


def main() -> None:
    """Serve frames until standard input ends; stray prints of a library go to standard error."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    import indexers.parsing  # noqa: F401  a broken installation must show before the first file

    write_frame(replies, {"ready": True})
    with suppress(BrokenPipeError):  # whoever asked is gone
        while (frame := read_frame(requests)) is not None:
            header, payload = _answer(frame[0])
            write_frame(replies, header, payload)


def request_of(root: Path, file: SourceFile, max_file_bytes: int, blocks_because: str) -> dict[str, Any]:
    """Return the request header for one file."""
    stat = file.stat
    return {
        "root": os.fspath(root),
        "path": file.path,
        "stat": [stat.size_bytes, stat.mtime_ns, stat.ctime_ns, stat.inode],
        "is_source": file.is_source,
        "max_file_bytes": max_file_bytes,
        "blocks_because": blocks_because,
    }


def reply_to_file(header: dict[str, Any], payload: bytes) -> ParsedFile | Skipped:
    """Rebuild what the parser process found from its reply."""
    if "skipped" in header:
        path, reason, detail = header["skipped"]
        return Skipped(path, SkipReason(reason), detail)
    sizes = header["sizes"]
    blobs: list[bytes] = []
    at = 0
    for size in sizes:
        blobs.append(payload[at : at + size])
        at += size
    secrets = tuple(Secret(line, kind) for line, kind in header["secrets"])
    return ParsedFile(
        path=header["path"],
        language=header["language"],
        stat=FileStat(*header["stat"]),
        text=SourceText(blobs[0], header["encoding"], blobs[1], secrets),
        chunks=tuple(_chunk(row) for row in header["chunks"]),
        bags=tuple(blobs[2:]),
        note=header["note"],
    )


def _answer(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    from indexers.parsing import parse_file

    root, file = Path(request["root"]), SourceFile(request["path"], FileStat(*request["stat"]), request["is_source"])
    limit, blocks_because = request["max_file_bytes"], request["blocks_because"]
    try:
        parsed = parse_file(root, file, limit, blocks_because)
    except Exception as error:  # noqa: BLE001  the process's front door: no input may stop a run
        if blocks_because:
            detail = f"cannot be cut into blocks: {type(error).__name__}: {error}"
            return {"skipped": [file.path, SkipReason.UNREADABLE, detail]}, b""
        parsed = parse_file(root, file, limit, f"the parser failed: {type(error).__name__}: {error}")
    return _reply_of(parsed)


def _reply_of(parsed: ParsedFile | Skipped) -> tuple[dict[str, Any], bytes]:
    if isinstance(parsed, Skipped):
        return {"skipped": [parsed.path, parsed.reason, parsed.detail]}, b""
    stat = parsed.stat
    blobs = [parsed.text.data, parsed.text.content_hash, *parsed.bags]
    header = {
        "path": parsed.path,
        "language": parsed.language,
        "stat": [stat.size_bytes, stat.mtime_ns, stat.ctime_ns, stat.inode],
        "encoding": parsed.text.encoding,
        "secrets": [[secret.line, secret.kind] for secret in parsed.text.secrets],
        "note": parsed.note,
        "sizes": [len(blob) for blob in blobs],
        "chunks": [[getattr(chunk, name) for name in Chunk.__slots__] for chunk in parsed.chunks],
    }
    return header, b"".join(blobs)


def _chunk(row: list[Any]) -> Chunk:
    fields = dict(zip(Chunk.__slots__, row, strict=True))
    return Chunk(**{**fields, "names": tuple(fields["names"])})


if __name__ == "__main__":
    main()
