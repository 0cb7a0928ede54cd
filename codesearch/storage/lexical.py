"""The tantivy side: proposes chunk ids for terms, by a BM25 of its own. Final scores are computed elsewhere.

A term is written as the 16 hex digits of its hash, so that a folder is made of nothing but the catalogue's term bags
and can be made again from them. A folder `lexical-<n>` is private to its writer until the catalogue names it, and
never changes after: an update starts from hard links to the segments of the folder before. Deletes are those of
earlier generations, so a folder may hold dead chunks; readers drop ids that are not live.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import tantivy

from codesearch.errors import CodesearchError, CorruptIndexError, StorageError
from codesearch.storage.platform import PRIVATE_FILE, link_or_copy, make_private_folder
from codesearch.storage.rows import TermDocument
from indexers.terms import BAG_DTYPE, unpack_bag
from indexers.types import FIELDS, GRANULARITIES, KINDS, Field, Granularity, Kind

HEAP_BYTES = 64_000_000
"""What tantivy's writer may hold before it writes a segment: a whole batch of a build, small beside the parsers."""

N_THREADS = 1
"""More would split a small commit into as many segments, and the parsers want the other cores."""

INDEX_FIELDS: dict[str, tuple[Field, ...]] = {
    "symbol": ("symbol", "qualified_name"),
    "path": ("path",),
    "body": ("signature", "documentation", "body"),
}

BOOSTS = {"symbol": 2.0, "path": 1.0, "body": 1.0}
"""Names say more than bodies; enough for proposing, the final weights are the ranking's own."""

TERM_BYTES = BAG_DTYPE["term"].itemsize

PRINTED_WIDTH = 2 * TERM_BYTES + 1
"""Characters of a printed term with the blank behind it."""

_INDEX_FIELD_OF = np.array([next(i for i, fields in enumerate(INDEX_FIELDS.values()) if f in fields) for f in FIELDS])
"""The number of the index field that each of `FIELDS` belongs to."""

_ANALYZER = "words"
_META_FILES = {"meta.json", ".managed.json"}


def lexical_name(generation: int) -> str:
    """Return the name of the folder that `generation` wrote."""
    return f"lexical-{generation}"


def list_files(folder: Path) -> list[str]:
    """Return the names of a folder's files, without the locks that readers come and go with."""
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


@contextmanager
def write_errors(folder: Path, mend: str) -> Iterator[None]:
    """Turn what tantivy raises while it writes into a StorageError."""
    try:
        yield
    except (ValueError, OSError, RuntimeError) as error:
        raise _cannot_write(folder, error, mend) from error
    except BaseException as error:
        if _is_panic(error):
            raise _cannot_write(folder, error, mend) from error
        raise


@contextmanager
def read_errors(folder: Path, mend: str) -> Iterator[None]:
    """Turn what tantivy raises about the bytes it reads into a CorruptIndexError."""
    try:
        yield
    except (ValueError, OSError, RuntimeError) as error:
        raise _cannot_read(folder, error, mend) from error
    except BaseException as error:
        if _is_panic(error):
            raise _cannot_read(folder, error, mend) from error
        raise


def _is_panic(error: BaseException) -> bool:
    """Tell a Rust panic, which is no `Exception` and has no name to import, from an interrupt or an exit."""
    return type(error).__name__ == "PanicException"


def _cannot_write(folder: Path, error: BaseException, mend: str) -> StorageError:
    return StorageError(
        f"{folder} cannot be written ({error}); check the disk's space and rights and try again, or {mend}"
    )


def _cannot_read(folder: Path, error: BaseException, mend: str) -> CodesearchError:
    if folder.is_dir() and not os.access(folder, os.W_OK):
        return StorageError(f"{folder} is read-only, and tantivy locks what it opens; make the folder writable")
    return CorruptIndexError(f"{folder} cannot be read ({error}); {mend}")


class LexicalWriter:
    """Adds to and deletes from a folder that nobody reads yet."""

    def __init__(self, folder: Path, base: Path | None, mend: str) -> None:
        """Make `folder`, starting from the immutable segments of `base`."""
        self.folder = folder
        self._mend = mend
        with write_errors(folder, mend):
            if folder.exists():
                shutil.rmtree(folder)
            make_private_folder(folder)
            if base is not None:
                _link_segments(base, folder)
            self._schema = make_schema()
            index = tantivy.Index(self._schema, str(folder))
            _register(index)
            self._writer: tantivy.IndexWriter | None = index.writer(HEAP_BYTES, N_THREADS)

    def add(self, documents: Sequence[TermDocument]) -> None:
        """Add chunks."""
        assert self._writer is not None
        made = [
            _make_document(document, texts)
            for document, texts in zip(documents, print_terms([d.bag for d in documents]), strict=True)
        ]
        with write_errors(self.folder, self._mend):
            for document in made:
                self._writer.add_document(document)

    def delete_files(self, file_ids: Sequence[int]) -> None:
        """Delete all chunks of the files; by query, since tantivy-py's deletion by term misses unsigned fields."""
        assert self._writer is not None
        if file_ids:
            with write_errors(self.folder, self._mend):
                self._writer.delete_documents_by_query(
                    tantivy.Query.term_set_query(self._schema, "file", list(file_ids))
                )

    def commit(self) -> None:
        """Make it durable and final."""
        assert self._writer is not None
        with write_errors(self.folder, self._mend):
            self._writer.commit()
            # A merge that ended after the switch would change what the catalogue has checksums of.
            self._writer.wait_merging_threads()
            self._writer = None
            for lock in self.folder.glob(".*.lock"):
                lock.unlink()
            for path in self.folder.iterdir():
                path.chmod(PRIVATE_FILE)

    def abort(self) -> None:
        """Forget everything and remove the folder."""
        self._writer = None
        shutil.rmtree(self.folder, ignore_errors=True)


def print_terms(bags: Sequence[bytes]) -> list[list[str]]:
    """Return for each bag, for each of `INDEX_FIELDS`, its terms as hex digits, each as often as it counts."""
    entries = unpack_bag(b"".join(bags))
    owners = np.repeat(np.arange(len(bags)), [len(bag) // BAG_DTYPE.itemsize for bag in bags])
    cells = owners * len(INDEX_FIELDS) + _INDEX_FIELD_OF[entries["field"]]
    order = np.argsort(cells, kind="stable")
    printed = np.repeat(entries["term"][order], entries["count"][order]).tobytes().hex(" ", TERM_BYTES)
    n_terms = np.bincount(cells, weights=entries["count"], minlength=len(bags) * len(INDEX_FIELDS))
    ends = (np.cumsum(n_terms).astype(np.int64) * PRINTED_WIDTH).tolist()
    texts = [printed[start:end] for start, end in pairwise([0, *ends])]
    return [texts[i : i + len(INDEX_FIELDS)] for i in range(0, len(texts), len(INDEX_FIELDS))]


def print_term(term_hash: int) -> str:
    """Return a term as `print_terms` writes it."""
    return term_hash.to_bytes(TERM_BYTES, "little").hex()


def make_schema() -> tantivy.Schema:
    """Return the fields: ids, kind, and for each granularity symbol, path and body.

    Fields of their own for each granularity keep a query a plain disjunction, which tantivy prunes; a mandatory
    clause for the granularity would make it score every match.
    """
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", indexed=True, fast=True)
    builder.add_unsigned_field("file", indexed=True)
    builder.add_text_field("kind", tokenizer_name="raw", index_option="basic")
    for granularity in GRANULARITIES:
        for name in INDEX_FIELDS:
            builder.add_text_field(f"{granularity}_{name}", tokenizer_name=_ANALYZER, index_option="freq")
    return builder.build()


class LexicalReader:
    """A pinned state of one folder; its files may be unlinked while this lives."""

    def __init__(self, folder: Path, mend: str) -> None:
        """Open; raises CorruptIndexError where the folder is damaged or gone."""
        self._folder = folder
        self._mend = mend
        with read_errors(folder, mend):
            index = tantivy.Index.open(str(folder))
            index.config_reader("manual")
            _register(index)
            self._searcher = index.searcher()
        self._schema = make_schema()

    def find(
        self, term_hashes: Sequence[int], granularity: Granularity, limits: Sequence[tantivy.Query], limit: int
    ) -> list[int]:
        """Return at most `limit` ids of chunks that contain a term, best first, dead ones among them."""
        query = self._any_term(term_hashes, granularity)
        if limits:
            must = tantivy.Occur.Must
            query = tantivy.Query.boolean_query([(must, query), *((must, clause) for clause in limits)])
        with read_errors(self._folder, self._mend):
            addresses = [hit[1] for hit in self._searcher.search(query, limit, count=False).hits]
            return [int(i) for i in self._searcher.fast_field_values("id", addresses) if i is not None]

    def among(self, field: str, ids: Sequence[int]) -> tantivy.Query:
        """Limit to documents whose `file` or `id` is one of `ids`; adds nothing to the score."""
        return tantivy.Query.const_score_query(tantivy.Query.term_set_query(self._schema, field, ids), 0.0)

    def of_kinds(self, kinds: Iterable[Kind]) -> tantivy.Query:
        """Limit to documents of one of the kinds; adds nothing to the score."""
        names = [kind for kind in KINDS if kind in set(kinds)]
        return tantivy.Query.const_score_query(tantivy.Query.term_set_query(self._schema, "kind", names), 0.0)

    def _any_term(self, term_hashes: Sequence[int], granularity: Granularity) -> tantivy.Query:
        clauses = [
            (tantivy.Occur.Should, tantivy.Query.boost_query(self._term(f"{granularity}_{name}", term), boost))
            for term in map(print_term, term_hashes)
            for name, boost in BOOSTS.items()
        ]
        return tantivy.Query.boolean_query(clauses)

    def _term(self, field: str, term: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, term, index_option="freq")


def _make_document(document: TermDocument, texts: Sequence[str]) -> tantivy.Document:
    made = tantivy.Document()
    made.add_unsigned("id", document.chunk_id)
    made.add_unsigned("file", document.file_id)
    made.add_text("kind", document.kind)
    for name, text in zip(INDEX_FIELDS, texts, strict=True):
        if text:
            made.add_text(f"{document.granularity}_{name}", text)
    return made


def _link_segments(base: Path, folder: Path) -> None:
    for name in list_files(base):
        if name in _META_FILES:
            shutil.copyfile(base / name, folder / name)
        else:
            link_or_copy(base / name, folder / name)


def _register(index: tantivy.Index) -> None:
    words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer(_ANALYZER, words)
