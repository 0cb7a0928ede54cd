"""The parser process: takes one file a frame on standard input, answers one frame on standard output.

A process of its own because only killing a process ends a hanging grammar, and only a process can be held to a bound of
memory. Knows no pool and no index.
"""

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexers.frames import read_frame, write_frame
from indexers.parser_guard import OUT_OF_MEMORY, Allowance
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


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one file may cost."""

    file_bytes: int
    """Larger ones are not read."""
    memory_bytes: int
    """Beside the program; the first file's bound holds for the process."""
    processor_s: float
    """Time of the processor: unlike the clock's it is the same however busy the machine is."""


def main(allowance: Allowance) -> None:
    """Serve frames until standard input ends; only a start that fails says so on standard error.

    What a library prints later, on whichever stream, may hold anything of a file: no terminal gets it.
    """
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    import indexers.parsing  # noqa: F401  a broken installation must show before the first file

    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    write_frame(replies, {"ready": True})
    with suppress(BrokenPipeError):  # whoever asked is gone
        is_bound = False
        while (frame := read_frame(requests)) is not None:
            if not is_bound:
                allowance.set(frame[0]["memory_bytes"])
                _bind_memory(frame[0]["memory_bytes"])
                is_bound = True
            _bound_time(frame[0]["processor_s"])
            try:
                write_frame(replies, *_answer(frame[0]))
            except MemoryError:
                os._exit(OUT_OF_MEMORY)


def request_of(root: Path, file: SourceFile, bounds: Bounds, blocks_because: str) -> dict[str, Any]:
    """Return the request header for one file."""
    stat = file.stat
    return {
        "root": os.fspath(root),
        "path": file.path,
        "stat": [stat.size_bytes, stat.mtime_ns, stat.ctime_ns, stat.inode],
        "is_source": file.is_source,
        "max_file_bytes": bounds.file_bytes,
        "memory_bytes": bounds.memory_bytes,
        "processor_s": bounds.processor_s,
        "blocks_because": blocks_because,
    }


def reply_to_file(header: dict[str, Any], payload: bytes) -> ParsedFile | Skipped:
    """Rebuild what the parser process found from its reply."""
    if "skipped" in header:
        path, reason, detail, read = header["skipped"]
        return Skipped(path, SkipReason(reason), detail, FileStat(*read) if read else None)
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
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  the process's front door: no input may stop a run
        if blocks_because:
            detail = f"cannot be cut into blocks: {type(error).__name__}: {error}"
            return {"skipped": [file.path, SkipReason.UNREADABLE, detail, None]}, b""
        parsed = parse_file(root, file, limit, f"the parser failed: {type(error).__name__}: {error}")
    return _reply_of(parsed)


def _reply_of(parsed: ParsedFile | Skipped) -> tuple[dict[str, Any], bytes]:
    if isinstance(parsed, Skipped):
        read = parsed.stat and [getattr(parsed.stat, name) for name in FileStat.__slots__]
        return {"skipped": [parsed.path, parsed.reason, parsed.detail, read]}, b""
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


def _bound_time(processor_s: float) -> None:
    """Let the system end the process, be it in a grammar, once it has computed so long from now.

    Windows has no such timer: there only the clock of whoever asked ends it.
    """
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, processor_s)


def _bind_memory(size_bytes: int) -> None:
    """Let the process's own memory grow by so much and no more, and write no core file of what it has read.

    Linux holds a process to it; macOS takes the word and does not, Windows has none for it.
    """
    try:
        import resource
    except ImportError:
        return
    for kind, limit in ((resource.RLIMIT_DATA, _held_bytes() + size_bytes), (resource.RLIMIT_CORE, 0)):
        known = [bound for bound in resource.getrlimit(kind) if bound != resource.RLIM_INFINITY]
        lowest = min([limit, *known])
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (lowest, lowest))


def _held_bytes() -> int:
    """Return what the process has reserved so far: libraries reserve more the more cores there are."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _chunk(row: list[Any]) -> Chunk:
    fields = dict(zip(Chunk.__slots__, row, strict=True))
    return Chunk(**{**fields, "names": tuple(fields["names"])})
