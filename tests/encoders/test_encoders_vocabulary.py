"""A model's tokenizer without its model."""

from pathlib import Path

import pytest

from indexers.encoders.spec import END_TOKEN
from indexers.encoders.vocabulary import TokenCounter
from indexers.errors import EncoderError
from tests.encoders.tiny_qwen import write_tokenizer

pytest.importorskip("tokenizers", reason="needs the extra qwen")


def test_tokens_are_counted_with_the_end_token(tmp_path: Path) -> None:
    write_tokenizer(tmp_path)
    assert TokenCounter(tmp_path).count(["", "1", "def re"]) == [1, 2, 4]


def test_a_special_token_in_a_text_is_spelt_out(tmp_path: Path) -> None:
    write_tokenizer(tmp_path)
    counter = TokenCounter(tmp_path)
    counter.require_end(END_TOKEN)
    assert counter.ids_of(END_TOKEN).count(counter.ids_of("")[0]) == 1


def test_a_tokenizer_that_appends_nothing_is_told_of(tmp_path: Path) -> None:
    write_tokenizer(tmp_path, has_end_step=False)
    with pytest.raises(EncoderError, match=r"fetch tokenizer\.json anew"):
        TokenCounter(tmp_path).require_end(END_TOKEN)


def test_a_token_that_the_vocabulary_lacks_is_told_of(tmp_path: Path) -> None:
    write_tokenizer(tmp_path)
    with pytest.raises(EncoderError, match="<none>"):
        TokenCounter(tmp_path).require_end("<none>")


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{", "utf-8")
    with pytest.raises(EncoderError, match=r"tokenizer\.json cannot be read: .*fetch it anew"):
        TokenCounter(tmp_path).count(["x"])


def test_files_of_an_older_kind_are_converted(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="needs the extra qwen")
    write_tokenizer(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    assert TokenCounter(tmp_path).count(["12", "<|im_end|>"]) == [2, 10]
