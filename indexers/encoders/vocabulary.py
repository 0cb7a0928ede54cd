"""A model's tokenizer, read from its files without the model: counts tokens, and shows what a text becomes.

Text that spells a special token stays plain text. Knows the packages tokenizers and transformers; knows no weights.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from indexers.errors import EncoderError

FILE = "tokenizer.json"

EncodeAll = Callable[[list[str]], list[list[int]]]


def well_formed(text: str) -> str:
    """Return the text with `?` for each half of a surrogate pair, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


class TokenCounter:
    """The tokenizer of a model's folder; its files are read when the first text comes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text, with those that the tokenizer adds."""
        return [len(ids) for ids in self._encode(list(texts))]

    def ids_of(self, text: str) -> list[int]:
        """Return the token ids of a text, with those that the tokenizer adds."""
        return self._encode([text])[0]

    def require_end(self, token: str) -> None:
        """Raise EncoderError unless the tokenizer itself puts `token` behind a text, once."""
        end = self._tokenizer.token_to_id(token) if self._has_file else None
        ids = self.ids_of("x")
        if end is None or ids[-1:] != [end] or end in ids[:-1]:
            raise EncoderError(
                f"the tokenizer in {self._folder} does not put its end token {token} behind a text, as first published;"
                f" fetch {FILE} anew"
            )

    @property
    def _has_file(self) -> bool:
        return (self._folder / FILE).is_file()

    @cached_property
    def _encode(self) -> EncodeAll:
        if not self._has_file:
            return self._slow()
        tokenizer = self._tokenizer
        return lambda texts: [encoding.ids for encoding in tokenizer.encode_batch_fast(texts)]

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        try:
            text = (self._folder / FILE).read_text("utf-8")
            tokenizer = Tokenizer.from_str(text)
        except Exception as error:  # tokenizers has no error of its own
            raise EncoderError(f"{self._folder / FILE} cannot be read: {error}; fetch it anew") from error
        tokenizer.no_truncation()
        tokenizer.no_padding()
        tokenizer.encode_special_tokens = True
        return tokenizer

    def _slow(self) -> EncodeAll:
        """Return the tokenizer of a model whose files are of an older kind, which transformers converts."""
        from transformers import AutoTokenizer

        try:
            tokenizer = AutoTokenizer.from_pretrained(self._folder, local_files_only=True, split_special_tokens=True)
        except (OSError, ValueError, KeyError, ImportError) as error:
            raise EncoderError(f"the tokenizer in {self._folder} cannot be read; fetch its files anew") from error
        return lambda texts: tokenizer(texts, truncation=False, verbose=False)["input_ids"]
