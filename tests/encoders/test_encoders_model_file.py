"""The model file: what was written is read, the same bytes each time, and no damage goes unnoticed."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexers.encoders.embedded import MODEL_PATH
from indexers.encoders.model_file import DIM, METADATA_KEYS, ModelFile, read_model, write_model
from indexers.errors import EncoderError
from tests.encoders.made_models import METADATA, make_model

MAX_MODEL_BYTES = 25_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "made.safetensors"
    write_model(made, make_model())
    return made


def read_header(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    header: dict[str, Any] = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return header


def change_header(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Write the file anew with a changed header and the same tensors."""
    data, header = path.read_bytes(), read_header(path)
    tensors = data[8 + int.from_bytes(data[:8], "little") :]
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + tensors)


def test_what_was_written_is_read(path: Path) -> None:
    written, found = make_model(), read_model(path)
    np.testing.assert_array_equal(found.table, written.table)
    np.testing.assert_array_equal(found.scales, written.scales)
    assert found.vocabulary == written.vocabulary
    assert found.metadata == {**METADATA, "digest": written.digest()}


def test_the_same_model_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    model = make_model()
    backwards = replace(model, metadata=dict(reversed(METADATA.items())), table=np.asfortranarray(model.table))
    write_model(tmp_path / "other.safetensors", backwards)
    assert (tmp_path / "other.safetensors").read_bytes() == path.read_bytes()


def test_a_model_that_was_read_is_written_as_it_was(path: Path, tmp_path: Path) -> None:
    write_model(tmp_path / "other.safetensors", read_model(path))
    assert (tmp_path / "other.safetensors").read_bytes() == path.read_bytes()


def test_the_file_is_laid_out_as_safetensors_with_the_table_first_and_aligned(path: Path) -> None:
    header, model = read_header(path), make_model()
    n_tokens = len(model.vocabulary)
    start = 8 + int.from_bytes(path.read_bytes()[:8], "little")
    assert start % 8 == 0
    assert list(header) == ["__metadata__", "table", "scales", "vocabulary"]
    assert header["table"] == {"dtype": "I8", "shape": [n_tokens, DIM], "data_offsets": [0, n_tokens * DIM]}
    ends = [header[name]["data_offsets"] for name in ("table", "scales", "vocabulary")]
    assert [end for _, end in ends[:2]] == [begin for begin, _ in ends[1:]]
    assert start + ends[2][1] == path.stat().st_size
    assert path.read_bytes()[start:][: n_tokens * DIM] == model.table.tobytes()


def test_the_digest_depends_on_every_tensor_and_on_nothing_else() -> None:
    model = make_model()
    others = [
        replace(model, table=-model.table),
        replace(model, scales=model.scales * 2),
        replace(model, vocabulary=tuple(reversed(model.vocabulary))),
    ]
    assert len({model.digest(), *(other.digest() for other in others)}) == 4
    assert replace(model, metadata={}).digest() == model.digest()


def test_every_truncation_is_noticed(path: Path) -> None:
    data = path.read_bytes()
    for size in (0, 1, 7, 8, 9, 500, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:size])
        with pytest.raises(EncoderError, match=r"made\.safetensors cannot be used: .*; reinstall this program"):
            read_model(path)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"{ no JSON", "Expecting property name"),
        (b"\xff\xfe", "codec can't decode"),
        (b"[" * 100_000, "recursion"),
        (b"[1]", "no object with metadata"),
        (b"{}", "no object with metadata"),
        (b'{"__metadata__": {}}', "does not describe table"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(path: Path, header: bytes, reason: str) -> None:
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(100))
    with pytest.raises(EncoderError, match=reason):
        read_model(path)


@pytest.mark.parametrize(
    ("name", "entry", "reason"),
    [
        ("table", {"dtype": "U8"}, "table is U8, expected I8"),
        ("scales", {"dtype": "F16"}, "scales is F16, expected F32"),
        ("scales", {"dtype": ["F32"]}, "scales is .*F32.*, expected F32"),
        ("table", {"shape": [64, 255]}, "table of shape .* takes"),
        ("table", {"shape": [128, 128]}, "a table of shape"),
        ("table", {"shape": [-64, -256]}, "table has the shape"),
        ("table", {"shape": ["64", 256]}, "table has the shape"),
        ("table", {"shape": 64}, "does not describe table"),
        ("table", {"data_offsets": [0, 1 << 40]}, "table lies beyond its end"),
        ("scales", {"data_offsets": [-256, 0]}, "scales lies beyond its end"),
        ("scales", {"data_offsets": [16, 8]}, "scales lies beyond its end"),
        ("scales", {"data_offsets": [0.0, 256.0]}, "does not describe scales"),
        ("vocabulary", {"data_offsets": [0, 0], "shape": [0]}, "it has 1 tokens"),
    ],
)
def test_a_tensor_that_is_described_wrongly_is_refused(
    path: Path, name: str, entry: dict[str, Any], reason: str
) -> None:
    assert len(make_model().vocabulary) == 64
    change_header(path, lambda header: header[name].update(entry))
    with pytest.raises(EncoderError, match=reason):
        read_model(path)


@pytest.mark.parametrize("name", ["table", "scales", "vocabulary"])
def test_a_missing_tensor_is_named(path: Path, name: str) -> None:
    change_header(path, lambda header: header.pop(name))
    with pytest.raises(EncoderError, match=f"does not describe {name}"):
        read_model(path)


@pytest.mark.parametrize("key", METADATA_KEYS)
def test_missing_metadata_is_named(path: Path, key: str) -> None:
    change_header(path, lambda header: header["__metadata__"].pop(key))
    with pytest.raises(EncoderError, match=f"metadata lacks {key}"):
        read_model(path)


def test_a_vocabulary_that_is_not_text_is_refused(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-3:] = b"\xff\xff\xff"
    path.write_bytes(data)
    with pytest.raises(EncoderError, match="codec can't decode"):
        read_model(path)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"gone\.safetensors cannot be used: .*No such file"):
        read_model(tmp_path / "gone.safetensors")


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (make_model(()), "no tokens"),
        (make_model(("a", "a")), "a token occurs twice"),
        (make_model(("a\nb", "c")), "a token has a line break"),
        (replace(make_model(), table=make_model().table[1:]), "a table of shape"),
        (replace(make_model(), table=make_model().table[:, 1:]), "a table of shape"),
        (replace(make_model(), scales=make_model().scales * 0), "a scale is not above 0"),
        (replace(make_model(), scales=make_model().scales * np.float32("nan")), "a scale is not above 0"),
        (replace(make_model(), metadata={"recipe": "chance"}), "metadata lacks data_hash, licence"),
    ],
)
def test_what_could_not_be_read_is_not_written(tmp_path: Path, model: ModelFile, reason: str) -> None:
    path = tmp_path / "bad.safetensors"
    with pytest.raises(EncoderError, match=reason):
        write_model(path, model)
    assert not path.exists()


def test_the_shipped_model_is_what_it_says_and_of_a_bearable_size() -> None:
    model = read_model(MODEL_PATH)
    assert model.metadata["digest"] == model.digest()
    assert MODEL_PATH.stat().st_size <= MAX_MODEL_BYTES


def test_the_shipped_model_spells_every_ascii_word() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    vocabulary = set(read_model(MODEL_PATH).vocabulary)
    assert {*letters, *(f"##{letter}" for letter in letters)} <= vocabulary
