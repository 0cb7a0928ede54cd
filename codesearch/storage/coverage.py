"""Which bytes of an index its checksums cover, and what the others are. Reads sizes alone."""

from collections.abc import Iterator
from pathlib import Path

from codesearch.errors import CorruptIndexError
from codesearch.findings import Unsummed
from codesearch.storage.catalog import CATALOG_NAME
from codesearch.storage.checksums import DerivedFile
from codesearch.storage.derived import read_derived_files
from codesearch.storage.examined import Examined
from codesearch.storage.vectors import record_dtype

_PAGES = "SQLite's page headers, cell pointers, row keys, free pages and unused space: it checks their structure itself"
_KNOWN = {
    f"{CATALOG_NAME}-wal": "SQLite's log, with checksums of its own: what does not match them is not read",
    f"{CATALOG_NAME}-shm": "SQLite's index of the log: made anew from it",
}


def count_summed(examined: Examined) -> tuple[int, int | None]:
    """Return how many files are compared with checksums, and how many bytes of them; None where SQLite does not say."""
    info = examined.generation.info
    sizes = [file.size for file in _derived(examined)]
    payload = _count_payload(examined)
    vectors = info.n_rows * record_dtype(info.dim).itemsize
    return len(sizes) + 2, None if payload is None else sum(sizes) + vectors + payload


def list_unsummed(examined: Examined) -> tuple[Unsummed, ...]:
    """Return every file of the folder that has bytes outside all checksums, by name."""
    found = [unsummed for unsummed in _find_unsummed(examined) if unsummed.n_bytes != 0]
    return tuple(sorted(found, key=lambda unsummed: unsummed.file))


def _find_unsummed(examined: Examined) -> Iterator[Unsummed]:
    info, vectors_name = examined.generation.info, examined.generation.vectors_name
    summed = {file.name for file in _derived(examined)}
    for path in examined.folder.rglob("*"):
        name = path.relative_to(examined.folder).as_posix()
        if not path.is_file() or name in summed:
            continue
        size = path.stat().st_size
        if name == CATALOG_NAME:
            payload = _count_payload(examined)
            yield Unsummed(name, None if payload is None else size - payload, _PAGES)
        elif name == vectors_name:
            n_behind = size - info.n_rows * record_dtype(info.dim).itemsize
            if n_behind > 0:
                yield Unsummed(
                    name, n_behind, "behind the last vector: left by a crash, and cut off by the next writer"
                )
        elif name in _KNOWN:
            yield Unsummed(name, size, _KNOWN[name])
        elif path.name.endswith(".lock"):
            yield Unsummed(name, size, "a lock of tantivy's, which nothing reads")
        else:
            yield Unsummed(name, size, "no file of this generation: left by a crash, and removed by the next writer")


def _derived(examined: Examined) -> list[DerivedFile]:
    try:
        return [f for f in read_derived_files(examined.catalog) if Path(examined.folder / f.name).is_file()]
    except CorruptIndexError:
        return []


def _count_payload(examined: Examined) -> int | None:
    """Return the bytes of all rows and indexed values, of which every one is compared; None without `dbstat`."""
    try:
        return int(examined.catalog.rows("SELECT sum(payload) FROM dbstat")[0][0])
    except CorruptIndexError:
        return None
