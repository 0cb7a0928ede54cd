"""Which files belong to a generation: their checksums at the switch, and the reclaim of all others."""

from collections.abc import Sequence
from pathlib import Path

from codesearch.storage.catalog import CATALOG_LOG, Catalog
from codesearch.storage.checksums import DerivedFile, sum_file
from codesearch.storage.platform import remove_quietly, sync_file, sync_folder
from codesearch.storage.table_sums import DERIVED_FILES, read_summed, replace_sum

_CHANGING = {"meta.json", ".managed.json"}


def read_derived_files(catalog: Catalog) -> list[DerivedFile]:
    """Read what lexical and coarse files looked like at the switch; raises CorruptIndexError."""
    return [DerivedFile(*row) for row in read_summed(catalog, DERIVED_FILES)]


def write_derived_files(catalog: Catalog, files: Sequence[DerivedFile]) -> None:
    """Replace the list of derived files."""
    catalog.run("DELETE FROM derived_files")
    rows = [(f.name, f.size, f.block_size, f.block_crcs) for f in files]
    catalog.run_many("INSERT INTO derived_files VALUES (?, ?, ?, ?)", rows)
    replace_sum(catalog, DERIVED_FILES, rows)


def sum_derived(folder: Path, names: Sequence[str], known: Sequence[DerivedFile]) -> list[DerivedFile]:
    """Sum and sync derived files; a tantivy segment that was summed before keeps its checksums under its new name."""
    segments = {Path(file.name).name: file for file in known}
    summed: list[DerivedFile] = []
    for name in names:
        base = Path(name).name
        before = segments.get(base)
        if before is not None and base not in _CHANGING and (folder / name).stat().st_size == before.size:
            summed.append(DerivedFile(name, before.size, before.block_size, before.block_crcs))
        else:
            sync_file(folder / name)
            summed.append(sum_file(folder, name))
    for parent in sorted({(folder / name).parent for name in names}):
        sync_folder(parent)
    return summed


def reclaim(folder: Path, kept: Sequence[str | None]) -> None:
    """Remove the files of other generations and what a crash left; what is still open elsewhere waits for later.

    Whoever committed what is `kept` may have been killed before the disk had it: so it is synced once more.
    """
    patterns = ("vectors-*.bin", "lexical-*", "coarse-*.faiss")
    found = [path for pattern in patterns for path in folder.glob(pattern)]
    stale = sorted(path for path in found if path.name not in kept)
    log = folder / CATALOG_LOG
    try:
        if stale and log.exists():
            sync_file(log)
            sync_folder(folder)
    except OSError:
        return
    for path in stale:
        remove_quietly(path)


def unused_vectors_number(folder: Path) -> int:
    """Return a number that no vector file of the folder has."""
    numbers = [path.stem.rpartition("-")[2] for path in folder.glob("vectors-*.bin")]
    return 1 + max((int(number) for number in numbers if number.isdecimal()), default=0)
