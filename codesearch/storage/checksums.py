"""Checksums of everything that is read back: catalogue rows, terms, statistics, files in blocks.

Knows how bytes are summed, not where they lie. A mismatch is a `CorruptIndexError` with the command that mends it.
"""

import shlex
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from codesearch.errors import CorruptIndexError

BLOCK_SIZE = 1 << 16
"""64 KiB: a damaged block is found by reading little, and 100 MB need only 6 KB of checksums."""

_FILE_INTS = struct.Struct("<10q")
_CHUNK_INTS = struct.Struct("<10q")
_TERM = struct.Struct("<qq")
_ID = struct.Struct("<q")


def rebuild_command(root: Path | None) -> str:
    """Return what the user does about an index that can only be made anew."""
    return f"run `codesearch index {_print_place(root)} --rebuild`"


def repair_command(root: Path | None) -> str:
    """Return what the user does about stored values that are damaged while the catalogue can be read."""
    return f"run `codesearch repair {_print_place(root)}`"


def _print_place(root: Path | None) -> str:
    return "PATH" if root is None else shlex.quote(str(root))


def mismatch(what: str, mend: str) -> CorruptIndexError:
    """Return the error for stored bytes that are not what was written."""
    return CorruptIndexError(f"{what} does not match its checksum; {mend}")


def file_checksum(row: Sequence[Any]) -> int:
    """Sum a row of `schema.FILE_COLUMNS`; raises TypeError or struct.error where a column has another type."""
    texts = "\x1f".join((row[1], row[2], row[8], row[9])).encode("utf-8", "surrogatepass")
    ints = _FILE_INTS.pack(row[0], *row[3:7], *row[10:15])
    return zlib.crc32(row[7], zlib.crc32(texts, zlib.crc32(ints)))


def chunk_checksum(row: Sequence[Any]) -> int:
    """Sum a row of `schema.CHUNK_COLUMNS`; raises TypeError or struct.error where a column has another type."""
    texts = "\x1f".join(row[2:9]).encode("utf-8", "surrogatepass")
    first_row = -1 if row[15] is None else row[15]
    return zlib.crc32(texts, zlib.crc32(_CHUNK_INTS.pack(row[0], row[1], *row[9:15], first_row, row[16])))


def term_checksum(signed_hash: int, df: int) -> int:
    """Sum a row of `terms`."""
    return zlib.crc32(_TERM.pack(signed_hash, df))


def text_checksum(*parts: str) -> int:
    """Sum printable values: statistics, meta."""
    return zlib.crc32("\x1f".join(parts).encode("utf-8", "surrogatepass"))


def bag_checksum(chunk_id: int, bag: bytes) -> int:
    """Sum a chunk's term bag together with whose it is."""
    return zlib.crc32(bag, zlib.crc32(_ID.pack(chunk_id)))


def vector_checksum(row: int, halves: memoryview) -> int:
    """Sum the bytes of a stored vector together with its row number."""
    return zlib.crc32(halves, zlib.crc32(_ID.pack(row)))


def array_checksum(name: str, data: bytes) -> int:
    """Sum an array together with its name."""
    return zlib.crc32(data, zlib.crc32(name.encode()))


def hash_text(file_id: int, data: bytes) -> bytes:
    """Return the BLAKE2b-128 of a file's text as it is stored, compressed, salted with whose it is."""
    return blake2b(data, digest_size=16, salt=_ID.pack(file_id)).digest()


@dataclass(frozen=True, slots=True)
class DerivedFile:
    """A file that can be made again from the catalogue and the vectors, as it was at the switch."""

    name: str
    """Relative to the index folder, `/` between parts."""
    size: int
    block_size: int
    block_crcs: bytes
    """One little-endian uint32 a block."""


def sum_file(folder: Path, name: str) -> DerivedFile:
    """Read a file once and sum it in blocks."""
    crcs: list[int] = []
    size = 0
    with (folder / name).open("rb") as file:
        while block := file.read(BLOCK_SIZE):
            crcs.append(zlib.crc32(block))
            size += len(block)
    return DerivedFile(name, size, BLOCK_SIZE, struct.pack(f"<{len(crcs)}I", *crcs))


def check_lengths(folder: Path, files: Sequence[DerivedFile], mend: str) -> None:
    """Compare the length of every derived file; raises CorruptIndexError."""
    for file in files:
        path = folder / file.name
        try:
            size = path.stat().st_size
        except FileNotFoundError as error:
            raise CorruptIndexError(f"{path} is missing; {mend}") from error
        if size != file.size:
            raise CorruptIndexError(f"{path} has {size} bytes instead of {file.size}; {mend}")


def is_block_whole(folder: Path, file: DerivedFile, number: int) -> bool:
    """Compare one block of a derived file; raises OSError."""
    with (folder / file.name).open("rb") as opened:
        opened.seek(number * file.block_size)
        (wanted,) = struct.unpack_from("<I", file.block_crcs, 4 * number)
        return bool(zlib.crc32(opened.read(file.block_size)) == wanted)


def describe_damage(folder: Path, file: DerivedFile) -> str:
    """Read a derived file and return in what way it is not what was written; nothing for a whole one."""
    damaged = find_damaged_blocks(folder, file)
    if not damaged:
        return ""
    if not (folder / file.name).exists():
        return f"{folder / file.name} is missing"
    return f"{folder / file.name} is damaged in {len(damaged)} block{'s' if len(damaged) > 1 else ''}"


def find_damaged_blocks(folder: Path, file: DerivedFile) -> list[int]:
    """Read a derived file and return the numbers of the blocks that differ; all of them where it is gone."""
    wanted = struct.unpack(f"<{len(file.block_crcs) // 4}I", file.block_crcs)
    try:
        found = sum_file(folder, file.name).block_crcs
    except FileNotFoundError:
        return list(range(len(wanted)))
    crcs = struct.unpack(f"<{len(found) // 4}I", found)
    longest = max(len(wanted), len(crcs))
    return [i for i in range(longest) if i >= len(wanted) or i >= len(crcs) or wanted[i] != crcs[i]]
