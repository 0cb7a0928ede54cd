"""How many tokens a text has for a server's model: by the model's `tokenizer.json`, by the server, or estimated.

Routes that count differ: `/tokenize` at the root of vLLM, llama.cpp and Text Embeddings Inference, which take what they
know of one and the same request; `/extras/tokenize` of llama-cpp-python.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from indexers.encoders.server.client import Client
from indexers.encoders.spec import END_TOKEN, MAX_TOKENS_PER_BYTE
from indexers.encoders.vocabulary import FILE, TokenCounter
from indexers.errors import EncoderError

SAMPLE = "7"
"""One token for the tokenizer of Qwen3, and for most others."""

_SOFT = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_ \t"
"""Bytes that stand together in tokens: a token has two of them at least, mostly three to five."""


def estimate_tokens(text: str) -> int:
    """Return an upper estimate: a token for each two letters or blanks of ASCII, and for every other byte.

    Two to three times what code has; only random letters such as base64 come near it.
    """
    data = text.encode("utf-8", "replace")
    n_hard = len(data.translate(None, _SOFT))
    return n_hard + (len(data) - n_hard + 1) // 2


def is_surely_within(text: str, max_tokens: int) -> bool:
    """Return whether a text has at most so many tokens for every tokenizer there is."""
    n_bytes = len(text.encode("utf-8", "replace"))
    return (n_bytes if text.isascii() else MAX_TOKENS_PER_BYTE * n_bytes) < max_tokens


class TokenFile:
    """The model's own tokenizer; what spells a special token stays text."""

    def __init__(self, path: Path) -> None:
        file = path / FILE if path.is_dir() else path
        if file.name != FILE or not file.is_file():
            raise EncoderError(
                f"{path} is no {FILE} and no folder that holds one; set tokenizer to the model's own, or leave it out"
            )
        folder = file.parent
        if find_spec("tokenizers") is None:
            raise EncoderError(
                f"the tokenizer in {folder} cannot be used without the package tokenizers; pip install tokenizers,"
                " or leave tokenizer out of the configuration"
            )
        self._counter = TokenCounter(folder)

    def ids_of(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, with what the tokenizer itself puts around it."""
        return [list(self._counter.ids_of(text)) for text in texts]

    def check_end_token(self) -> None:
        """Raise EncoderError unless texts are ended by the end token, once."""
        self._counter.require_end(END_TOKEN)


@dataclass(frozen=True, slots=True)
class TokenRoute:
    """A server's route that tells the tokens of a text."""

    client: Client
    path: str
    model: str
    sample: tuple[int, ...]
    """The ids of `SAMPLE`, with what the server adds."""

    def ids_of(self, text: str, *, adds_special: bool = True) -> list[int]:
        """Return the ids of a text as the server would embed it; raises EncoderError."""
        reply = self.client.ask(self.path, _question(text, self.model, adds_special=adds_special))
        ids = _ids_in(reply.value) if reply.is_good else None
        if ids is None:
            raise self.client.refusal(self.path, reply, [text])
        return ids


def find_route(client: Client, model: str) -> TokenRoute | None:
    """Return the route of a server that tells tokens, if it has one."""
    for path in ("//tokenize", "//extras/tokenize"):
        reply = client.ask(path, _question(SAMPLE, model, adds_special=True))
        if reply.is_good and (ids := _ids_in(reply.value)):
            return TokenRoute(client, path, model, tuple(ids))
    return None


def _question(text: str, model: str, *, adds_special: bool) -> dict[str, object]:
    """Return one request that every server finds its own fields in: all four pass over those of others."""
    own = {"prompt": text, "content": text, "inputs": text, "input": text}
    return {"model": model, **own, "add_special": adds_special, "add_special_tokens": adds_special}


def _ids_in(value: object) -> list[int] | None:
    match value:
        case {"tokens": [*ids]}:
            pass
        case [[*entries]]:
            ids = [entry.get("id") for entry in entries if isinstance(entry, dict)]
        case _:
            return None
    return ids if all(isinstance(number, int) for number in ids) else None
