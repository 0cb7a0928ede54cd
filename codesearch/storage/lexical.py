"""The tantivy side: proposes chunk ids for weighted terms, by a BM25 of its own. Final scores are computed elsewhere.

Its order comes close to that of BM25F over live statistics: terms count as often as their fields weigh, and padding
softens the normalisation for length. It is not the same, since tantivy counts dead chunks and rounds lengths.
A term is written as the 16 hex digits of its hash, so that a folder is made of nothing but the catalogue's term bags
and can be made again from them. A folder `lexical-<n>` is private to its writer until the catalogue names it, and
never changes after: an update starts from hard links to the segments of the folder before. Deletes are those of
earlier generations, so a folder may hold dead chunks; readers drop ids that are not live.
"""

import math
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import tantivy

from codesearch.errors import CodesearchError, CorruptIndexError, StorageError
from codesearch.storage.checksums import DerivedFile, find_damaged_blocks
from codesearch.storage.lexical_view import unlocked
from codesearch.storage.platform import PRIVATE_FILE, is_writable, link_or_copy, make_private_folder
from codesearch.storage.rows import TermDocument
from codesearch.storage.steps import refuse_write
from indexers.terms import BAG_DTYPE, unpack_bag
from indexers.types import FIELDS, GRANULARITIES, KINDS, Field, Granularity, Kind

HEAP_BYTES = 64_000_000
"""What tantivy's writer may hold before it writes a segment: a whole batch of a build, small beside the parsers."""

N_THREADS = 1
"""More would split a small commit into as many segments, and the parsers want the other cores."""

REPEATS: dict[Field, int] = {
    "symbol": 3,
    "qualified_name": 1,
    "path": 2,
    "signature": 1,
    "documentation": 1,
    "body": 1,
}
"""How often a field's terms are written: near the weights of BM25F, which saturates after the sum over fields."""

PADDING: dict[Granularity, int] = {"leaf": 140, "class": 1000, "file": 1000}
"""Terms in each document that nobody asks for, near the mean length: they halve the normalisation for length.

Of the 60 leaves with the highest BM25F among 25,000 chunks, 99.8 % are then in the first 180 proposals; 94 % without
padding, 61 % where symbol, path and body are fields of their own.
"""

TERM_BYTES = BAG_DTYPE["term"].itemsize

PRINTED_WIDTH = 2 * TERM_BYTES + 1
"""Characters of a printed term with the blank behind it."""

_REPEATS = np.array([REPEATS[name] for name in FIELDS])
_PAD = "-"
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
        raise refuse_write(folder, error, mend) from error
    except BaseException as error:
        if _is_panic(error):
            raise refuse_write(folder, error, mend) from error
        raise


def _is_panic(error: BaseException) -> bool:
    """Tell a Rust panic, which is no `Exception` and has no name to import, from an interrupt or an exit."""
    return type(error).__name__ == "PanicException"


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
            _make_document(document, text)
            for document, text in zip(documents, print_terms([d.bag for d in documents]), strict=True)
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


def terms_field(granularity: Granularity) -> str:
    """Return the name of the field for the terms of chunks of one granularity."""
    return f"{granularity}_terms"


def print_terms(bags: Sequence[bytes]) -> list[str]:
    """Return for each bag its terms as hex digits, each as often as it counts times what its field weighs."""
    entries = unpack_bag(b"".join(bags))
    n_times = entries["count"] * _REPEATS[entries["field"]]
    printed = np.repeat(entries["term"], n_times).tobytes().hex(" ", TERM_BYTES)
    owners = np.repeat(np.arange(len(bags)), [len(bag) // BAG_DTYPE.itemsize for bag in bags])
    n_terms = np.bincount(owners, weights=n_times, minlength=len(bags))
    ends = (np.cumsum(n_terms).astype(np.int64) * PRINTED_WIDTH).tolist()
    return [printed[start:end] for start, end in pairwise([0, *ends])]


def print_term(term_hash: int) -> str:
    """Return a term as `print_terms` writes it."""
    return term_hash.to_bytes(TERM_BYTES, "little").hex()


def make_schema() -> tantivy.Schema:
    """Return the fields: ids, kind, and the terms of each granularity.

    Fields of their own for each granularity keep a query a plain disjunction, which tantivy prunes; a mandatory
    clause for the granularity would make it score every match.
    """
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", indexed=True, fast=True)
    builder.add_unsigned_field("file", indexed=True)
    builder.add_text_field("kind", tokenizer_name="raw", index_option="basic")
    for granularity in GRANULARITIES:
        builder.add_text_field(terms_field(granularity), tokenizer_name=_ANALYZER, index_option="freq")
    return builder.build()


class LexicalReader:
    """A pinned state of one folder; its files may be unlinked while this lives."""

    def __init__(self, folder: Path, mend: str, files: Sequence[DerivedFile] = ()) -> None:
        """Open; raises CorruptIndexError where the folder is damaged or gone, StorageError where the system refuses.

        `files` tell the two apart, as far as they are known: what the folder held at the switch.
        """
        self._folder = folder
        self._mend = mend
        self._files = [file for file in files if Path(file.name).parent.name == folder.name]
        with self._read_errors(), unlocked(folder) as place:
            index = tantivy.Index.open(str(place))
            index.config_reader("manual")
            _register(index)
            self._searcher = index.searcher()
        self._schema = make_schema()

    def find(
        self, weights: Mapping[int, float], granularity: Granularity, limits: Sequence[tantivy.Query], limit: int
    ) -> list[int]:
        """Return at most `limit` ids of chunks that contain a term, best first, dead ones among them.

        `weights` says by term hash how much a term counts where it occurs.
        """
        with self._read_errors():
            query = self._any_term(weights, granularity)
            if limits:
                must = tantivy.Occur.Must
                query = tantivy.Query.boolean_query([(must, query), *((must, clause) for clause in limits)])
            addresses = [hit[1] for hit in self._searcher.search(query, limit, count=False).hits]
            return [int(i) for i in self._searcher.fast_field_values("id", addresses) if i is not None]

    def all_ids(self) -> list[int]:
        """Return the ids of all documents, dead ones among them, in no order."""
        with self._read_errors():
            return self._ids_of(tantivy.Query.all_query())

    def ids_of_kind(self, kind: Kind) -> list[int]:
        """Return the ids of all documents of one kind, dead ones among them, in no order."""
        with self._read_errors():
            return self._ids_of(self.of_kinds([kind]))

    def ids_of_files(self, file_ids: Sequence[int]) -> list[int]:
        """Return the ids of all documents of the files, in no order."""
        with self._read_errors():
            return self._ids_of(self.among("file", file_ids)) if file_ids else []

    def _ids_of(self, query: tantivy.Query) -> list[int]:
        addresses = [hit[1] for hit in self._searcher.search(query, max(self._searcher.num_docs, 1), count=False).hits]
        return [int(i) for i in self._searcher.fast_field_values("id", addresses) if i is not None]

    def has_term(self, term_hash: int, granularity: Granularity) -> bool:
        """Return whether some document of the granularity contains a term, dead ones counted."""
        with self._read_errors():
            return int(self._searcher.doc_freq(terms_field(granularity), print_term(term_hash))) > 0

    @contextmanager
    def _read_errors(self) -> Iterator[None]:
        """Turn what tantivy raises while it reads into a CodesearchError."""
        try:
            yield
        except (ValueError, OSError, RuntimeError) as error:
            raise self._explain(error) from error
        except BaseException as error:
            if _is_panic(error):
                raise self._explain(error) from error
            raise

    def _explain(self, error: BaseException) -> CodesearchError:
        """Return what is wrong: tantivy says the same of damaged bytes and of a system that refuses to read."""
        folder = self._folder
        try:
            is_whole = self._files and not any(find_damaged_blocks(folder.parent, file) for file in self._files)
        except OSError:
            is_whole = True
        if not is_whole:
            return CorruptIndexError(f"{folder} cannot be read ({error}); {self._mend}")
        if folder.is_dir() and not is_writable(folder):
            remedy = "check its rights, and those of the system's temporary folder"
            return StorageError(f"{folder} is read-only and cannot be opened ({error}); {remedy}")
        remedy = "check the disk's health, and how many files may be open, and try again"
        return StorageError(f"{folder} cannot be read ({error}), and no damage to it was found; {remedy}")

    def among(self, field: str, ids: Sequence[int]) -> tantivy.Query:
        """Limit to documents whose `file` or `id` is one of `ids`; adds nothing to the score."""
        return tantivy.Query.const_score_query(tantivy.Query.term_set_query(self._schema, field, ids), 0.0)

    def of_kinds(self, kinds: Iterable[Kind]) -> tantivy.Query:
        """Limit to documents of one of the kinds; adds nothing to the score."""
        names = [kind for kind in KINDS if kind in set(kinds)]
        return tantivy.Query.const_score_query(tantivy.Query.term_set_query(self._schema, "kind", names), 0.0)

    def _any_term(self, weights: Mapping[int, float], granularity: Granularity) -> tantivy.Query:
        field = terms_field(granularity)
        clauses = []
        for term_hash, weight in weights.items():
            term = print_term(term_hash)
            query = tantivy.Query.term_query(self._schema, field, term, index_option="freq")
            boosted = tantivy.Query.boost_query(query, weight / self._rarity(field, term))
            clauses.append((tantivy.Occur.Should, boosted))
        return tantivy.Query.boolean_query(clauses)

    def _rarity(self, field: str, term: str) -> float:
        """Return what tantivy itself multiplies a term by: its idf among all documents, dead ones and other fields."""
        n_with = self._searcher.doc_freq(field, term)
        return math.log1p((max(self._searcher.num_docs - n_with, 0) + 0.5) / (n_with + 0.5))


def _make_document(document: TermDocument, text: str) -> tantivy.Document:
    made = tantivy.Document()
    made.add_unsigned("id", document.chunk_id)
    made.add_unsigned("file", document.file_id)
    made.add_text("kind", document.kind)
    made.add_text(terms_field(document.granularity), text + f" {_PAD}" * PADDING[document.granularity])
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
