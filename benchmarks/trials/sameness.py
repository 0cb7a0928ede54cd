"""What makes two indexes the same, wherever trials compare them: how near scores are, and what a chunk says."""

from codesearch.storage.rows import ChunkRow

SCORE_TOLERANCE = 1e-6
"""Up to where two scores are the same, as is promised."""

ROUNDED_TOLERANCE = 2 * SCORE_TOLERANCE
"""Up to where they are where each was rounded by itself."""


def fields_of(chunk: ChunkRow, first_chunk: int) -> tuple[object, ...]:
    """Return what a chunk says, its ids counted from the first of its file."""
    return (
        (chunk.kind, chunk.granularity, chunk.symbol, chunk.qualified_name, chunk.signature, chunk.documentation),
        chunk.names,
        (chunk.start_byte, chunk.end_byte, chunk.start_line, chunk.end_line),
        (chunk.first_leaf_id - first_chunk, chunk.n_leaves),
    )
