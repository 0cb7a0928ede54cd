"""What published models answer to published texts: wrong pooling or a missing end token changes these answers.

The texts and cosines are those of the model cards of Qwen3-Embedding, under "Sentence Transformers Usage":
huggingface.co/Qwen/Qwen3-Embedding-0.6B, -4B and -8B. Knows numbers and names; encodes nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from indexers.encoders.spec import qwen_prompts
from indexers.types import FloatArray

TASK = "Given a web search query, retrieve relevant passages that answer the query"

_INSTRUCTED = qwen_prompts(TASK, TASK)

QUERIES = tuple(_INSTRUCTED.of_query("search", text) for text in ("What is the capital of China?", "Explain gravity"))
PASSAGES = (
    "The capital of China is Beijing.",
    "Gravity is a force that attracts two bodies towards each other. It gives weight to physical objects and is "
    "responsible for the movement of planets around the sun.",
)

TOLERANCE = 0.06
"""bfloat16 and eight bits stay within 0.01 of the published cosines, four bits within some 0.04; pooling the mean
brings unrelated texts together, by several tenths."""


@dataclass(frozen=True, slots=True)
class KnownAnswers:
    """The cosines of the two queries, as rows, with the two passages."""

    model: str
    pattern: str
    """Regular expression that a name of the model matches, whatever its case, wherever it is served."""
    dim: int
    """Dimensions that the cosines are published for."""
    cosines: tuple[tuple[float, float], tuple[float, float]]

    @property
    def texts(self) -> tuple[str, ...]:
        """The queries, with their instruction, and the passages: all to be encoded as they are."""
        return (*QUERIES, *PASSAGES)

    def deviation(self, vectors: FloatArray) -> float:
        """Return how far the worst cosine of the texts' vectors, float32 `[4, dim]`, is from the published one."""
        return float(np.abs(vectors[:2] @ vectors[2:].T - np.array(self.cosines)).max())


KNOWN_ANSWERS = (
    KnownAnswers(
        "Qwen3-Embedding-0.6B", r"qwen3[-_ ]?embedding[-_: ]?0\.6b", 1024, ((0.7646, 0.1414), (0.1355, 0.6000))
    ),
    KnownAnswers("Qwen3-Embedding-4B", r"qwen3[-_ ]?embedding[-_: ]?4b", 2560, ((0.7534, 0.1147), (0.0320, 0.6258))),
    KnownAnswers("Qwen3-Embedding-8B", r"qwen3[-_ ]?embedding[-_: ]?8b", 4096, ((0.7493, 0.0751), (0.0880, 0.6318))),
)


def find_known(known: Iterable[KnownAnswers], names: Iterable[str]) -> KnownAnswers | None:
    """Return the answers of the first model that one of the names means; None where nothing is published."""
    spelled = "\n".join(names)
    return next((one for one in known if re.search(one.pattern, spelled, re.IGNORECASE)), None)
