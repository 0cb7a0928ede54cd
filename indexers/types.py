"""The values that flow from a file on disk to an encoded chunk, and the seams between encoders and their users.

Knows no index and does no work. Byte offsets count UTF-8 bytes of the stored text and are half-open; line
numbers are 1-based and inclusive; paths are relative to the root with `/` between parts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

Kind = Literal["function", "method", "class", "file", "section", "block"]
KINDS: tuple[Kind, ...] = ("function", "method", "class", "file", "section", "block")

Granularity = Literal["leaf", "class", "file"]
GRANULARITIES: tuple[Granularity, ...] = ("leaf", "class", "file")

Task = Literal["search", "similar"]

Field = Literal["symbol", "qualified_name", "path", "signature", "documentation", "body"]
FIELDS: tuple[Field, ...] = ("symbol", "qualified_name", "path", "signature", "documentation", "body")

FloatArray = npt.NDArray[np.float32]
SumArray = npt.NDArray[np.float64]


class SkipReason(StrEnum):
    """Why a file of the tree is not in the index; the value is what the user reads."""

    BINARY = "binary"
    TOO_LARGE = "too large"
    MINIFIED = "minified"
    GENERATED = "generated"
    VENDORED = "vendored"
    LOCK_FILE = "lock file"
    UNREADABLE = "unreadable"
    SUBMODULE = "submodule"
    LFS_POINTER = "LFS pointer"
    SECRET = "secret"  # noqa: S105
    BAD_NAME = "name is not UTF-8"
    LINK = "link"
    SPECIAL = "not a regular file"
    CHANGED = "changed while being read"


@dataclass(frozen=True, slots=True)
class FileStat:
    """What a later walk compares before it reads a file again; `ctime_ns` catches edits that keep the mtime."""

    size_bytes: int
    mtime_ns: int
    ctime_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was seen and left out. `path` is printable: undecodable bytes appear as `\\xNN`."""

    path: str
    reason: SkipReason
    detail: str = ""
    stat: FileStat | None = None
    """Set where the file's bytes decided: while the stat stays, nobody needs to read it again."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A regular file that the walk offers for indexing; only its stat was read."""

    path: str
    stat: FileStat
    is_source: bool = False
    """`.gitattributes` says `-linguist-generated`: however its bytes look, a person wrote it."""


@dataclass(frozen=True, slots=True)
class Walked:
    """All files of a tree, both lists sorted by path."""

    files: list[SourceFile]
    skipped: list[Skipped]

    @property
    def marked(self) -> frozenset[str]:
        """Paths that `.gitattributes` calls source, whatever their bytes look like."""
        return frozenset(file.path for file in self.files if file.is_source)


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a token stood and what it looked like; its value is never kept."""

    line: int
    kind: str


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file's text as everything downstream sees it: UTF-8, secrets replaced by marks of the same byte length."""

    data: bytes
    encoding: Literal["utf-8", "utf-16", "latin-1"]
    content_hash: bytes
    """blake2b-128 of the raw bytes on disk."""
    secrets: tuple[Secret, ...] = ()


DefinitionRole = Literal["function", "method", "class", "module", "section", "name"]
"""`class` and `module` contain further definitions; `name` is a constant, field or the like: findable, no chunk."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition of the syntax tree. The span includes decorators and the leading documentation comment."""

    role: DefinitionRole
    name: str
    scope: str
    """Qualifier written at the definition itself (`Foo` of `func (f *Foo) Bar`, `a::B` of `a::B::c`), else empty."""
    start_byte: int
    end_byte: int
    signature: str
    documentation: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of one file. Leaves partition the file by lines; containers are runs of consecutive leaves."""

    kind: Kind
    granularity: Granularity
    symbol: str
    qualified_name: str
    signature: str
    documentation: str
    names: tuple[str, ...]
    """Further names defined inside, beside `symbol`: constants, fields, nested functions."""
    start_byte: int
    end_byte: int
    start_line: int
    end_line: int
    first_leaf: int
    """Ordinal of the first leaf within the file; a leaf names itself."""
    n_leaves: int


Terms = Mapping[Field, Sequence[str]]
"""The terms of one leaf in reading order, repeats kept; a field without terms may be absent."""


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file cut into chunks. `chunks` holds the leaves first, in order, then classes, then the file."""

    path: str
    language: str
    stat: FileStat
    text: SourceText
    chunks: tuple[Chunk, ...]
    bags: tuple[bytes, ...]
    """One packed bag (`indexers.terms.BAG_DTYPE`) a chunk, in chunk order; a container's is the sum of its leaves'."""
    note: str = ""
    """Why the file was cut more coarsely than its language allows ("parser took over 5 s"), else empty."""


@dataclass(frozen=True, slots=True)
class EncodedFile:
    """A parsed file with its vectors. Chunk `i` owns `n_rows[i]` vectors from `first_row[i]` on; chunks may share."""

    parsed: ParsedFile
    vectors: FloatArray
    """float32 `[rows, dim]`, each row of unit length."""
    first_row: tuple[int, ...]
    n_rows: tuple[int, ...]
    """More than one where a chunk exceeded the encoder's `max_tokens` and was windowed."""


@dataclass(frozen=True, slots=True)
class EncoderDescription:
    """Who an encoder is. Vectors of two encoders may share an index only where `identity` is equal."""

    name: str
    identity: str
    """Model revision, weight format, pooling, instruction template and `dim` in one printable line."""
    engine: str
    """Library and version that computes it; recorded, not part of the identity."""
    dim: int
    coarse_dims: tuple[int, ...]
    """Prefix lengths that are valid cuts, best first; `(dim,)` where no cut is."""
    max_tokens: int | None
    """Longest input by `count_tokens`; None where there is no limit."""
    is_cached: bool
    """False where computing a vector is cheaper than looking it up."""
    summary: str
    """One honest sentence for `codesearch status`."""
    is_multilingual: bool = False
    """Whether it knows what Chinese and Japanese text means, beside English and code."""
    knows_weights: bool = True
    """False where `identity` cannot tell one set of weights from another, as behind a server: known answers are then
    compared each time an index is opened."""
    counts_exactly: bool = True
    """False where `count_tokens` gives what a text has at most, as for a server whose tokenizer is not here."""


class Encoder(Protocol):
    """A pure function from text to unit vectors."""

    def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
        """Return float32 `[len(inputs), dim]`, each row L2-normalised."""
        ...

    def encode_query(self, text: str, task: Task) -> FloatArray:
        """Return float32 `[dim]`, L2-normalised, under the instruction of `task`."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the encoder's own token count of each text."""
        ...

    def describe(self) -> EncoderDescription:
        """Return who this encoder is; constant for the life of the object."""
        ...


@runtime_checkable
class AdditiveEncoder(Protocol):
    """What an `Encoder` offers besides, if its vectors add up: a whole is encoded by the sum of its parts, unread.

    Such an encoder has no `max_tokens` and is not cached, and `encode_documents` is `normalise` of `sum_documents`.
    """

    def sum_documents(self, inputs: Sequence[str]) -> SumArray:
        """Return float64 `[len(inputs), dim]`, not normalised, whole numbers: sums of rows are exact in any order."""
        ...

    def normalise(self, sums: SumArray) -> FloatArray:
        """Return float32 rows of the same shape, each L2-normalised."""
        ...


@runtime_checkable
class Noting(Protocol):
    """What an `Encoder` offers besides, if something may go another way than planned and is worth telling."""

    def notes(self) -> tuple[str, ...]:
        """Return what was remarkable so far, a sentence each; never a text that was encoded."""
        ...


@runtime_checkable
class Patient(Protocol):
    """What an `Encoder` offers besides, if what computes for it may be slow or away; it is hurried by itself."""

    def be_patient(self) -> None:
        """Wait longer from now on, from the very first question: for work of minutes and hours."""
        ...


EndTokenState = Literal["present", "missing", "none", "unknown"]
"""Whether what the model reads ends with its end token; `none` where the model has no use for one."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """How an encoder hands texts to its model, as far as it can tell itself."""

    has_prompts: bool
    """Whether a question is introduced by other words than a document."""
    end_token: EndTokenState
    explanation: str
    """Who appends the end token and how that was found out, or what is wrong: one sentence without a full stop."""


@runtime_checkable
class Inspectable(Protocol):
    """What an `Encoder` offers besides, if its model reads more than the bare text."""

    def inspect(self) -> Inspection:
        """Look at what the model is given; may load the tokenizer or ask the server."""
        ...


class VectorCache(Protocol):
    """Vectors by the hash of their exact encoder input, shared by all roots, bounded and disposable."""

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, FloatArray]:
        """Return the vectors that are known, float32 `[dim]` each."""
        ...

    def put_many(self, vectors: Mapping[bytes, FloatArray]) -> None:
        """Keep the vectors, durably, in one transaction."""
        ...
