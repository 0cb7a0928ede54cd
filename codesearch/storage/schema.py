"""The catalogue's tables and the history of the index format. Knows SQL and no values."""

FORMAT_HISTORY: tuple[tuple[int, str], ...] = (
    (1, "catalogue, float16 vectors with a checksum a row, tantivy and FAISS candidates"),
    (2, "sums of the tables whose rows have no checksum"),
)
FORMAT_VERSION = FORMAT_HISTORY[-1][0]

APPLICATION_ID = 0x636F6473
"""`cods`: tells the catalogue from other SQLite files."""

TABLES: tuple[str, ...] = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID",
    """CREATE TABLE files (
        id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, language TEXT NOT NULL,
        size_bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, inode INTEGER NOT NULL,
        content_hash BLOB NOT NULL, encoding TEXT NOT NULL, note TEXT NOT NULL,
        first_chunk INTEGER NOT NULL, n_chunks INTEGER NOT NULL, n_leaves INTEGER NOT NULL,
        first_row INTEGER NOT NULL, n_rows INTEGER NOT NULL, checksum INTEGER NOT NULL)""",
    "CREATE TABLE texts (file_id INTEGER PRIMARY KEY, data BLOB NOT NULL, hash BLOB NOT NULL)",
    """CREATE TABLE chunks (
        id INTEGER PRIMARY KEY, file_id INTEGER NOT NULL, kind TEXT NOT NULL, granularity TEXT NOT NULL,
        symbol TEXT NOT NULL, qualified_name TEXT NOT NULL, signature TEXT NOT NULL, documentation TEXT NOT NULL,
        names TEXT NOT NULL, start_byte INTEGER NOT NULL, end_byte INTEGER NOT NULL,
        start_line INTEGER NOT NULL, end_line INTEGER NOT NULL,
        first_leaf_id INTEGER NOT NULL, n_leaves INTEGER NOT NULL,
        "row" INTEGER, n_rows INTEGER NOT NULL, checksum INTEGER NOT NULL)""",
    'CREATE INDEX chunks_by_row ON chunks ("row")',
    "CREATE INDEX chunks_by_kind ON chunks (kind, n_rows)",
    "CREATE TABLE bags (chunk_id INTEGER PRIMARY KEY, bag BLOB NOT NULL, crc INTEGER NOT NULL)",
    "CREATE TABLE definitions (name TEXT, chunk_id INTEGER, PRIMARY KEY (name, chunk_id)) WITHOUT ROWID",
    "CREATE TABLE terms (hash INTEGER PRIMARY KEY, df INTEGER NOT NULL, checksum INTEGER NOT NULL)",
    "CREATE TABLE term_totals (n_terms INTEGER NOT NULL, checksums INTEGER NOT NULL, checksum INTEGER NOT NULL)",
    """CREATE TABLE statistics (
        granularity TEXT PRIMARY KEY, n_chunks INTEGER NOT NULL, lengths TEXT NOT NULL, checksum INTEGER NOT NULL
        ) WITHOUT ROWID""",
    """CREATE TABLE skipped (
        path TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL,
        size_bytes INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, inode INTEGER)""",
    "CREATE TABLE marked_as_source (path TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE secrets (file_id INTEGER NOT NULL, line INTEGER NOT NULL, kind TEXT NOT NULL)",
    "CREATE INDEX secrets_by_file ON secrets (file_id)",
    "CREATE TABLE dead_documents (file_id INTEGER PRIMARY KEY)",
    "CREATE TABLE arrays (name TEXT PRIMARY KEY, data BLOB NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE derived_files (
        name TEXT PRIMARY KEY, size INTEGER NOT NULL, block_size INTEGER NOT NULL, block_crcs BLOB NOT NULL
        ) WITHOUT ROWID""",
    """CREATE TABLE table_sums (
        name TEXT PRIMARY KEY, n_rows INTEGER NOT NULL, checksums INTEGER NOT NULL, checksum INTEGER NOT NULL
        ) WITHOUT ROWID""",
)

FILE_COLUMNS = (
    "id, path, language, size_bytes, mtime_ns, ctime_ns, inode, content_hash, encoding, note, "
    "first_chunk, n_chunks, n_leaves, first_row, n_rows"
)

CHUNK_COLUMNS = (
    "id, file_id, kind, granularity, symbol, qualified_name, signature, documentation, names, "
    'start_byte, end_byte, start_line, end_line, first_leaf_id, n_leaves, "row", n_rows'
)
