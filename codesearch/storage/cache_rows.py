"""How much of the vector cache's file one vector takes, after SQLite's file format. Knows no file."""

PAGE_BYTES = 4096
"""SQLite's own default."""

RECORD_BYTES = 28
"""Beside a vector's numbers: 16 of its key, 4 of its checksum, 3 of the day of use, 5 of the record's header."""

CELL_BYTES = 10
"""What a page spends on a row: its place, number and length, and where the rest of it is."""

PAGE_HEADER_BYTES = 8

INDEX_BYTES = 50
"""A row's entries in the indexes by key, whose pages stay two thirds full, and by use."""


def cache_row_bytes(dim: int) -> int:
    """Return what one more vector of `dim` numbers adds to the file: 626 bytes at 256, some 5,500 at 2,560.

    What a page cannot hold goes on in pages of its own, each for one row alone: https://www.sqlite.org/fileformat.html,
    "Cell Payload Overflow Pages".
    """
    payload = 2 * dim + RECORD_BYTES
    local, n_overflow = payload, 0
    if payload > PAGE_BYTES - 35:
        least = (PAGE_BYTES - 12) * 32 // 255 - 23
        local = least + (payload - least) % (PAGE_BYTES - 4)
        if local > PAGE_BYTES - 35:
            local = least
        n_overflow = -(-(payload - local) // (PAGE_BYTES - 4))
    n_per_page = (PAGE_BYTES - PAGE_HEADER_BYTES) // (local + CELL_BYTES)
    return n_overflow * PAGE_BYTES + PAGE_BYTES // n_per_page + INDEX_BYTES
