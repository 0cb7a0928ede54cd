"""Every answer that is none is told as such, however it is malformed."""

import numpy as np
import pytest

from indexers.encoders.server.answers import WrongAnswerError, read_answer


def answer_of(embedding: object) -> dict[str, object]:
    return {"data": [{"embedding": embedding}]}


@pytest.mark.parametrize("embedding", [[10**400], [{}], ["x"], [[1], [2, 3]], "%%%", "abc", []])
def test_an_embedding_that_is_no_row_of_numbers_is_a_wrong_answer(embedding: object) -> None:
    with pytest.raises(WrongAnswerError):
        read_answer(answer_of(embedding), 1)


def test_a_number_beyond_float32_is_not_finite() -> None:
    assert not np.isfinite(read_answer(answer_of([1e300, 1.0]), 1).rows).all()
