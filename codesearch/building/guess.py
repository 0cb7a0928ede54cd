"""Stands in for an encoder that is not at hand, for estimates: knows its card, guesses token counts."""

from collections.abc import Sequence
from typing import NoReturn

from indexers.encoders.cards import BY_NAME
from indexers.encoders.matryoshka import coarse_dims
from indexers.encoders.spec import EncoderSpec
from indexers.errors import EncoderError
from indexers.types import EncoderDescription, Task

BYTES_PER_TOKEN = 3
"""Source code in vocabularies of 150,000 tokens has three to four; guessed low, times are guessed long."""


class GuessingEncoder:
    """An `Encoder` by its card."""

    def __init__(self, spec: EncoderSpec) -> None:
        self._spec = spec
        self._card = BY_NAME.get(spec.name)

    def encode_documents(self, inputs: Sequence[str]) -> NoReturn:
        """Raise EncoderError."""
        raise EncoderError(f"encoder {self._spec.name} is not at hand: {len(inputs)} texts cannot be encoded")

    def encode_query(self, text: str, task: Task) -> NoReturn:
        """Raise EncoderError."""
        raise EncoderError(f"encoder {self._spec.name} is not at hand: no {task} of {len(text)} letters can be encoded")

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Guess the token count of each text by its size."""
        return [-(-len(text.encode("utf-8", "surrogatepass")) // BYTES_PER_TOKEN) for text in texts]

    def describe(self) -> EncoderDescription:
        """Return what the card says; `dim` is 0 and the identity empty where it says nothing."""
        card, spec = self._card, self._spec
        dim = spec.dim or (card.dim if card else 0)
        max_tokens = spec.max_tokens or (card.max_tokens if card else None)
        cuts = coarse_dims(dim) if card else (dim,)  # every model with a card may be cut
        return EncoderDescription(
            spec.name, "", "", dim, cuts, max_tokens, is_cached=True, summary="Not at hand.", counts_exactly=False
        )
