"""From the JSON of an embeddings answer to rows of numbers, checked for all that can be wrong with its shape."""

import base64
from dataclasses import dataclass

import numpy as np

from indexers.types import FloatArray


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows in the order of the inputs, float32 `[n, dim]`, as they came: not normalised, perhaps not finite."""

    rows: FloatArray
    n_tokens: int | None
    """Tokens that the server says it has read; None where it does not say, or says 0."""


class WrongAnswerError(ValueError):
    """What is wrong with an answer, as the end of a sentence that begins with the server."""


def read_answer(value: object, n_inputs: int) -> Answer:
    """Return the rows of an answer; raises WrongAnswerError."""
    match value:
        case {"data": [*entries]}:
            pass
        case _:
            raise WrongAnswerError("answered something that is no list of embeddings")
    if len(entries) != n_inputs:
        raise WrongAnswerError(f"answered {len(entries)} vectors for {n_inputs} texts")
    rows: dict[int, FloatArray] = {}
    for place, entry in enumerate(entries):
        match entry:
            case {"embedding": str() | list() as numbers, **others}:
                index = others.get("index", place)
            case _:
                raise WrongAnswerError("answered an entry without an embedding")
        if not isinstance(index, int) or not 0 <= index < n_inputs or index in rows:
            raise WrongAnswerError(f"answered indexes that are not those of {n_inputs} texts")
        rows[index] = _row_of(numbers)
    lengths = {row.shape for row in rows.values()}
    if len(lengths) != 1 or not rows[0].size or rows[0].ndim != 1:
        raise WrongAnswerError("answered vectors of different lengths")
    return Answer(np.stack([rows[index] for index in range(n_inputs)]), _tokens_of(value))


def _row_of(numbers: str | list[object]) -> FloatArray:
    """Return one vector; base64 holds float32, little-endian, and null stands for what JSON cannot spell."""
    try:
        if isinstance(numbers, str):
            return np.frombuffer(base64.b64decode(numbers, validate=True), dtype="<f4").astype(np.float32)
        with np.errstate(over="ignore"):  # what float32 cannot hold is seen as not finite
            row: FloatArray = np.array(numbers, dtype=np.float32)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise WrongAnswerError("answered an embedding that is no row of numbers") from error
    return row


def _tokens_of(value: object) -> int | None:
    match value:
        case {"usage": {"prompt_tokens": int(n_tokens)}} if n_tokens > 0:
            return n_tokens
        case _:
            return None
