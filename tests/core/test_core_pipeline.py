"""What is encoded, added up, shared and windowed, and that a cache saves the encoder's work."""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.chunker import chunk_file
from indexers.errors import EncoderError
from indexers.pipeline import EncodingPipeline
from indexers.template import vector_key
from indexers.types import (
    Definition,
    EncodedFile,
    EncoderDescription,
    FileStat,
    FloatArray,
    ParsedFile,
    Skipped,
    SkipReason,
    SourceText,
    SumArray,
    Task,
)
from indexers.windows import windows_of


class CountingEncoder:
    """A unit vector from the hash of the text, a token a word; remembers what it was asked."""

    def __init__(self, max_tokens: int | None = None, value: float | None = None) -> None:
        self.asked: list[str] = []
        self._max_tokens = max_tokens
        self._value = value

    def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
        self.asked += inputs
        vectors = np.empty((len(inputs), 64), dtype=np.float32)
        for row, text in enumerate(inputs):
            vectors[row] = np.frombuffer(blake2b(text.encode()).digest(), np.uint8)
            vectors[row] /= np.linalg.norm(vectors[row])
        if self._value is not None:
            vectors.fill(self._value)
        return vectors

    def encode_query(self, text: str, task: Task) -> FloatArray:
        vector: FloatArray = self.encode_documents([f"{task}:{text}"])[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def describe(self) -> EncoderDescription:
        return EncoderDescription("counting", "counting-1", "test", 64, (64,), self._max_tokens, True, "A fake.")


class AddingEncoder(CountingEncoder):
    """Counts the bytes of a text by their last six bits; remembers what it was asked."""

    def sum_documents(self, inputs: Sequence[str]) -> SumArray:
        self.asked += inputs
        return np.array([count_bytes(text) for text in inputs], dtype=np.float64).reshape(-1, 64)

    def normalise(self, sums: SumArray) -> FloatArray:
        rows: FloatArray = (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)
        return rows if self._value is None else np.full_like(rows, self._value)


def count_bytes(text: str) -> list[int]:
    counts: list[int] = np.bincount(np.frombuffer(text.encode(), np.uint8) % 64, minlength=64).tolist()
    return counts


class DictCache:
    def __init__(self) -> None:
        self.vectors: dict[bytes, FloatArray] = {}

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, FloatArray]:
        return {key: self.vectors[key] for key in keys if key in self.vectors}

    def put_many(self, vectors: Mapping[bytes, FloatArray]) -> None:
        self.vectors.update(vectors)


def parsed(path: str, text: str, definitions: Sequence[Definition] = ()) -> ParsedFile:
    data = text.encode()
    chunks = chunk_file(path, data, definitions)
    source = SourceText(data, "utf-8", b"")
    return ParsedFile(path, "python", FileStat(0, 0, 0, 0), source, chunks, (b"",) * len(chunks))


def function(text: str, name: str, first: str, last: str) -> Definition:
    start = text.index(first)
    return Definition("function", name, "", start, text.index(last, start) + len(last), "", "")


TWO = "def first():\n    return one\n\n\ndef second():\n    return two\n"
TWO_FUNCTIONS = [function(TWO, "first", "def first", "one"), function(TWO, "second", "def second", "two")]


def encode(encoder: CountingEncoder, *files: ParsedFile | Skipped, cache: DictCache | None = None) -> list[EncodedFile]:
    return [f for f in EncodingPipeline(encoder, cache).encode(files) if isinstance(f, EncodedFile)]


def test_each_leaf_and_the_file_get_a_vector_of_their_own() -> None:
    encoder = CountingEncoder()
    (file,) = encode(encoder, parsed("a.py", TWO, TWO_FUNCTIONS))
    assert encoder.asked == [
        "first\ndef first():\n    return one",
        "second\ndef second():\n    return two",
        TWO[:-1],
    ]
    assert (file.first_row, file.n_rows) == ((0, 1, 2), (1, 1, 1))


def test_a_file_of_one_leaf_shares_its_vector() -> None:
    encoder = CountingEncoder()
    (file,) = encode(encoder, parsed("a.py", "x = 1\n"))
    assert (file.first_row, file.n_rows, len(encoder.asked)) == ((0, 0), (1, 1), 1)


def test_a_file_hardly_longer_than_its_class_shares_the_class_vector() -> None:
    text = "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n"
    spans = [
        Definition("class", "A", "", 0, len(text) - 1, "", ""),
        function(text, "f", "def f", "1"),
        function(text, "g", "def g", "2"),
    ]
    (file,) = encode(CountingEncoder(), parsed("a.py", text, spans))
    by_kind = dict(zip([c.granularity for c in file.parsed.chunks], file.first_row, strict=True))
    assert by_kind["class"] == by_kind["file"]


def test_what_the_cache_knows_is_not_encoded_again() -> None:
    cache, encoder = DictCache(), CountingEncoder()
    first = encode(encoder, parsed("a.py", TWO, TWO_FUNCTIONS), cache=cache)
    n_asked = len(encoder.asked)
    second = encode(encoder, parsed("a.py", TWO, TWO_FUNCTIONS), cache=cache)
    assert len(encoder.asked) == n_asked
    np.testing.assert_array_equal(first[0].vectors, second[0].vectors)


def test_a_moved_file_finds_its_leaves_in_the_cache() -> None:
    cache, encoder = DictCache(), CountingEncoder()
    encode(encoder, parsed("a.py", TWO, TWO_FUNCTIONS), cache=cache)
    encoder.asked.clear()
    encode(encoder, parsed("deep/down/a.py", TWO, TWO_FUNCTIONS), cache=cache)
    assert encoder.asked == []


@pytest.mark.parametrize("encoder", [CountingEncoder(), AddingEncoder()])
def test_skipped_files_pass_through_in_their_place(encoder: CountingEncoder) -> None:
    skip = Skipped("b.bin", SkipReason.BINARY)
    outcomes = list(EncodingPipeline(encoder).encode([parsed("a.py", TWO), skip, parsed("c.py", TWO)]))
    assert [o is skip for o in outcomes] == [False, True, False]


def test_values_that_are_not_finite_are_refused() -> None:
    with pytest.raises(EncoderError, match="not finite"):
        encode(CountingEncoder(value=float("nan")), parsed("a.py", TWO))


def test_a_chunk_that_exceeds_the_encoder_gets_several_vectors_in_a_row() -> None:
    text = "\n".join(f"word{i} and more" for i in range(20)) + "\n"
    encoder = CountingEncoder(max_tokens=16)
    (file,) = encode(encoder, parsed("a.txt", text))
    assert file.n_rows == (len(encoder.asked), len(encoder.asked))
    assert len(encoder.asked) >= 4
    assert all(count <= 16 for count in encoder.count_tokens(encoder.asked))


def test_an_encoder_that_adds_up_reads_leaves_only() -> None:
    encoder = AddingEncoder()
    pipeline = EncodingPipeline(encoder)
    list(pipeline.encode([parsed("a.py", TWO, TWO_FUNCTIONS)]))
    assert encoder.asked == ["first\ndef first():\n    return one", "second\ndef second():\n    return two"]
    assert pipeline.counts.n_encoded == 2


def test_a_container_is_the_normalised_sum_of_its_leaves() -> None:
    encoder = AddingEncoder()
    (file,) = encode(encoder, parsed("a.py", TWO, TWO_FUNCTIONS))
    leaves = np.array([count_bytes(text) for text in encoder.asked], dtype=np.float64)
    assert (file.first_row, file.n_rows) == ((0, 1, 2), (1, 1, 1))
    np.testing.assert_array_equal(file.vectors, encoder.normalise(np.vstack([leaves, leaves.sum(axis=0)])))


def test_a_class_is_the_sum_of_its_own_leaves_and_no_others() -> None:
    text = f"class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n\n\n{TWO}"
    spans = [
        Definition("class", "A", "", 0, text.index("return 2") + 8, "", ""),
        function(text, "f", "def f(", "1"),
        function(text, "g", "def g(", "2"),
        function(text, "first", "def first", "one"),
        function(text, "second", "def second", "two"),
    ]
    encoder = AddingEncoder()
    (file,) = encode(encoder, parsed("a.py", text, spans))
    number = [chunk.granularity for chunk in file.parsed.chunks].index("class")
    inside = [count_bytes(asked) for asked in encoder.asked if "first" not in asked and "second" not in asked]
    expected = encoder.normalise(np.array(inside, dtype=np.float64).sum(axis=0, keepdims=True))
    assert 1 < len(inside) < len(encoder.asked)
    np.testing.assert_array_equal(file.vectors[file.first_row[number]], expected[0])


@pytest.mark.parametrize("text", ["x = 1\n", TWO])
def test_rows_are_shared_alike_whether_the_encoder_adds_up_or_not(text: str) -> None:
    spans = TWO_FUNCTIONS if text == TWO else []
    (added,) = encode(AddingEncoder(), parsed("a.py", text, spans))
    (encoded,) = encode(CountingEncoder(), parsed("a.py", text, spans))
    assert (added.first_row, added.n_rows) == (encoded.first_row, encoded.n_rows)
    assert added.vectors.shape == encoded.vectors.shape


def test_an_encoder_that_adds_up_needs_no_cache() -> None:
    cache = DictCache()
    encode(AddingEncoder(), parsed("a.py", TWO, TWO_FUNCTIONS), cache=cache)
    assert cache.vectors == {}


def test_an_encoder_that_adds_up_gives_each_file_back_before_the_next_is_read() -> None:
    read: list[str] = []

    def files() -> Iterator[ParsedFile]:
        for name in ("a.py", "b.py", "c.py"):
            read.append(name)
            yield parsed(name, TWO)

    encoded = EncodingPipeline(AddingEncoder()).encode(files())
    next(encoded)
    assert read == ["a.py"]


def test_sums_whose_vectors_are_not_finite_are_refused() -> None:
    with pytest.raises(EncoderError, match="not finite"):
        encode(AddingEncoder(value=float("nan")), parsed("a.py", TWO))


@given(
    st.lists(st.sampled_from(["a b", "ccc", "", "é ü", "one two three four"]), min_size=1, max_size=30),
    st.integers(2, 9),
)
def test_windows_cover_the_text_once_in_order_within_the_limit(lines: list[str], limit: int) -> None:
    text = "\n".join(lines)
    chunks = chunk_file("a.txt", text.encode(), [])
    count = CountingEncoder().count_tokens
    for chunk in chunks[:1]:
        windows = windows_of(chunk, chunks[:1], text.encode(), limit, count)
        assert "".join(windows) == text.encode()[chunk.start_byte : chunk.end_byte].decode()
        assert all(n <= limit for n in count(windows))


def test_a_vector_key_depends_on_encoder_and_text_alone() -> None:
    assert vector_key("a", "text") == vector_key("a", "text")
    assert (
        len({vector_key("a", "text"), vector_key("b", "text"), vector_key("a", "texts"), vector_key("at", "ext")}) == 4
    )
