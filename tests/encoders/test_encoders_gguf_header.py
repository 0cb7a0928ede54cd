"""What is read of a GGUF file before any library is loaded; the files are packed here, byte by byte."""

import struct
from importlib.util import find_spec
from pathlib import Path

import pytest

from indexers.encoders.gguf.header import read_header
from indexers.encoders.gguf.llama import MAX_SEQUENCES, load_library, plan_packs
from indexers.encoders.registry import load_encoder
from indexers.encoders.spec import EncoderSpec
from indexers.errors import EncoderError

U32, F32, BOOL, STRING, ARRAY, U64 = 4, 6, 7, 8, 9, 10


def text(value: str) -> bytes:
    data = value.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def entry(key: str, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


METADATA = (
    entry("general.architecture", STRING, text("qwen3")),
    entry("general.name", STRING, text("Made\n here")),
    entry("general.file_type", U32, struct.pack("<I", 15)),
    entry("qwen3.context_length", U64, struct.pack("<Q", 40_960)),
    entry("qwen3.embedding_length", U32, struct.pack("<I", 2_560)),
    entry("qwen3.rope.freq_base", F32, struct.pack("<f", 1e6)),
    entry("tokenizer.ggml.add_eos_token", BOOL, b"\x01"),
    entry("tokenizer.ggml.tokens", ARRAY, struct.pack("<IQ", STRING, 2) + text("a") + text("größe")),
    entry("tokenizer.ggml.token_type", ARRAY, struct.pack("<IQ", U32, 2) + struct.pack("<II", 1, 3)),
    entry("qwen3.last", U32, struct.pack("<I", 7)),
)


def made(
    path: Path, metadata: tuple[bytes, ...] = METADATA, weights: bytes = bytes(range(256)) * 8, version: int = 3
) -> Path:
    """Write a file of one tensor whose weights begin 64 bytes behind the first."""
    head = b"GGUF" + struct.pack("<IQQ", version, 1, len(metadata)) + b"".join(metadata)
    head += text("output_norm.weight") + struct.pack("<IQQIQ", 2, 8, 4, 0, 64)
    path.write_bytes(head + b"\0" * (-len(head) % 32) + weights)
    return path


def test_metadata_is_read_and_arrays_are_passed_over(tmp_path: Path) -> None:
    header = read_header(made(tmp_path / "made.gguf"))
    assert header.architecture == "qwen3"
    assert header.number("context_length") == 40_960
    assert header.number("last") == 7
    assert header.values["tokenizer.ggml.add_eos_token"] is True
    assert "tokenizer.ggml.tokens" not in header.values


def test_names_are_printable_and_quantisations_have_their_usual_names(tmp_path: Path) -> None:
    header = read_header(made(tmp_path / "made.gguf"))
    assert header.name == "Made here"
    assert header.quantisation == "Q4_K_M"


def test_a_file_without_a_name_is_called_by_its_architecture(tmp_path: Path) -> None:
    assert read_header(made(tmp_path / "made.gguf", METADATA[:1])).name == "qwen3"


def test_a_quantisation_that_is_new_keeps_its_number(tmp_path: Path) -> None:
    odd = (METADATA[0], entry("general.file_type", U32, struct.pack("<I", 99)))
    assert read_header(made(tmp_path / "made.gguf", odd)).quantisation == "type-99"


def test_the_digest_is_that_of_the_content_not_of_the_place(tmp_path: Path) -> None:
    first, second = made(tmp_path / "first.gguf"), made(tmp_path / "second.gguf")
    assert read_header(first).digest == read_header(second).digest


@pytest.mark.parametrize(
    ("metadata", "weights"),
    [(METADATA[:-1], bytes(range(256)) * 8), (METADATA, bytes(2048)), (METADATA, bytes(range(256)) * 9)],
    ids=["metadata", "weights", "size"],
)
def test_the_digest_changes_with_metadata_weights_and_size(
    tmp_path: Path, metadata: tuple[bytes, ...], weights: bytes
) -> None:
    plain = read_header(made(tmp_path / "plain.gguf")).digest
    assert read_header(made(tmp_path / "other.gguf", metadata, weights)).digest != plain


def test_the_digest_of_a_large_file_sees_its_size(tmp_path: Path) -> None:
    sizes = (9_000_000, 9_500_000)
    digests = {read_header(made(tmp_path / f"{size}.gguf", weights=bytes(size))).digest for size in sizes}
    assert len(digests) == 2


def test_the_digest_of_a_large_file_sees_its_last_bytes(tmp_path: Path) -> None:
    weights = bytes(9_000_000)
    first = read_header(made(tmp_path / "first.gguf", weights=weights)).digest
    assert read_header(made(tmp_path / "second.gguf", weights=weights[:-1] + b"\1")).digest != first


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"there is no file .*absent\.gguf; download"):
        read_header(tmp_path / "absent.gguf")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="cannot be used"):
        read_header(tmp_path)


@pytest.mark.parametrize("content", [b"", b"GGU", b"PK\x03\x04 something else"])
def test_another_kind_of_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd.gguf").write_bytes(content)
    with pytest.raises(EncoderError, match="is no GGUF file"):
        read_header(tmp_path / "odd.gguf")


def test_the_first_version_and_the_other_byte_order_are_refused(tmp_path: Path) -> None:
    for version in (1, 0x0300_0000):
        with pytest.raises(EncoderError, match=f"of version {version}"):
            read_header(made(tmp_path / "odd.gguf", version=version))


def test_a_file_is_refused_wherever_it_ends_before_its_last_weights(tmp_path: Path) -> None:
    data = made(tmp_path / "made.gguf", weights=bytes(65)).read_bytes()
    for size in range(4, len(data) - 1, 7):
        (tmp_path / "part.gguf").write_bytes(data[:size])
        with pytest.raises(EncoderError, match=r"part\.gguf cannot be used.*download it anew"):
            read_header(tmp_path / "part.gguf")


def test_lengths_and_counts_beyond_reason_are_refused(tmp_path: Path) -> None:
    for content in (struct.pack("<IQQ", 3, 1, 1 << 60), struct.pack("<IQQQ", 3, 1, 1, 1 << 63)):
        (tmp_path / "odd.gguf").write_bytes(b"GGUF" + content)
        with pytest.raises(EncoderError, match="cannot be used"):
            read_header(tmp_path / "odd.gguf")


@pytest.mark.skipif(find_spec("llama_cpp") is not None, reason="llama-cpp-python is installed")
def test_without_llama_cpp_the_extra_is_named() -> None:
    with pytest.raises(EncoderError, match=r"pip install \"\.\[gguf\]\""):
        load_library()


def test_a_model_that_reads_no_text_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "made.gguf", METADATA[:3])
    with pytest.raises(EncoderError, match="is no model that reads text"):
        load_encoder(EncoderSpec("gguf:made", "gguf", str(path)))


def test_texts_share_a_context_in_order_as_far_as_it_holds_them() -> None:
    assert plan_packs([4, 3, 3, 11, 1, 10], 10) == [[0, 1, 2], [3], [4], [5]]


def test_a_context_has_places_for_so_many_texts() -> None:
    assert [len(pack) for pack in plan_packs([1] * (MAX_SEQUENCES + 1), 1000)] == [MAX_SEQUENCES, 1]


def test_no_texts_need_no_context() -> None:
    assert plan_packs([], 10) == []
