"""Says where an index has more vectors than the cache may keep. Knows sizes, neither index nor cache."""

from codesearch.sizes import describe_size, spell_size
from codesearch.storage.cache_rows import cache_row_bytes

ROOM = 1.2
"""How much larger than one index a cache should be: another branch of it has a few vectors more."""

GIGABYTE = 10**9


def cache_warning(n_rows: int, dim: int, cache_bytes: int) -> str | None:
    """Return what to do where a cache of `cache_bytes` cannot keep an index of so many vectors; None where it can.

    A cache that is read from one end to the other and drops what was used longest ago then has nothing of what is
    asked for next, however little is missing.
    """
    needed = n_rows * cache_row_bytes(dim)
    if needed <= cache_bytes:
        return None
    enough = spell_size(-(-int(ROOM * needed) // GIGABYTE) * GIGABYTE)
    return (
        f"the cache of vectors keeps {describe_size(cache_bytes)} and this index needs {describe_size(needed)}: to make"
        f" it anew would encode everything again; codesearch config set cache_size {enough} gives it room"
    )
