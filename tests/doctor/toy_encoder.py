"""An encoder around the toy model in this process: right, or wrong in one way at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from codesearch.doctor.known_answers import PASSAGES, QUERIES, KnownAnswers
from indexers.encoders.spec import QWEN_PROMPTS, EncoderSpec, Prompts
from indexers.errors import EncoderError
from indexers.types import EncoderDescription, EndTokenState, FloatArray, Inspection, Task
from tests.encoders.server import toy_model

DIM = 512

SPEC = EncoderSpec("toy", "transformer", "someone/toy-embedding")

Spoil = Callable[[FloatArray, Sequence[str]], FloatArray]
"""Makes the right vectors of some texts wrong."""


@dataclass(frozen=True, slots=True)
class Build:
    """How a toy encoder is made."""

    pooling: str = "last"
    appends_end: bool = True
    prompts: Prompts = QWEN_PROMPTS
    end_token: EndTokenState = "present"
    spoil: Spoil | None = None
    breaks_at: str = ""
    """Texts that hold this cannot be encoded."""


class ToyEncoder:
    """Implements `Encoder`, and keeps what it was given."""

    def __init__(self, build: Build | None = None) -> None:
        self.build = build or Build()
        self.texts: list[str] = []

    def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
        return self._encode([self.build.prompts.of_document(text) for text in inputs])

    def encode_query(self, text: str, task: Task) -> FloatArray:
        row: FloatArray = self._encode([self.build.prompts.of_query(task, text)])[0]
        return row

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(toy_model.tokenize(text)) + self.build.appends_end for text in texts]

    def describe(self) -> EncoderDescription:
        return EncoderDescription(
            "toy", f"toy;dim={DIM}", "python 1", DIM, (64, DIM), 32_768, is_cached=True, summary="A toy."
        )

    def inspect(self) -> Inspection:
        return Inspection(self.build.prompts != Prompts(), self.build.end_token, "the toy was looked at")

    def _encode(self, texts: list[str]) -> FloatArray:
        if self.build.breaks_at and any(self.build.breaks_at in text for text in texts):
            raise EncoderError("the toy broke; mend it")
        self.texts += texts
        ends = [toy_model.END_ID] * self.build.appends_end
        rows = np.stack(
            [toy_model.vector([*toy_model.tokenize(text), *ends], DIM, self.build.pooling) for text in texts]
        )
        return rows if self.build.spoil is None else self.build.spoil(rows, texts)


def known_answers() -> KnownAnswers:
    """Return what a right toy answers to the published texts."""
    vectors = ToyEncoder().encode_documents((*QUERIES, *PASSAGES))
    (first, second), (third, fourth) = (vectors[:2] @ vectors[2:].T).tolist()
    return KnownAnswers("the toy", "toy", DIM, ((first, second), (third, fourth)))
