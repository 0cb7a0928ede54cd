"""Cuts of vectors: the prefix first, its length afterwards."""

import numpy as np
import pytest

from indexers.encoders.matryoshka import coarse_dims, cut, is_sound, kept_dim
from indexers.errors import EncoderError


def test_a_cut_is_the_prefix_at_unit_length() -> None:
    assert cut(np.array([[3.0, 4.0, 12.0]], dtype=np.float32), 2)[0].tolist() == pytest.approx([0.6, 0.8])


def test_a_cut_of_small_numbers_still_has_unit_length() -> None:
    assert np.linalg.norm(cut(np.full((1, 8), 1e-30, dtype=np.float32), 4)) == pytest.approx(1.0)


def test_the_first_cut_to_compare_of_the_4b_model_is_256() -> None:
    assert coarse_dims(2560) == (256, 128, 512, 1024, 2048, 2560)


@pytest.mark.parametrize("dim", [32, 64, 100, 256, 300, 1024, 4096])
def test_every_coarse_cut_is_a_prefix_and_the_whole_is_one_of_them(dim: int) -> None:
    cuts = coarse_dims(dim)
    assert len(set(cuts)) == len(cuts)
    assert max(cuts) == dim


@pytest.mark.parametrize("dim", [0, 31, 1025])
def test_a_dimension_that_the_model_was_not_trained_for_is_refused(dim: int) -> None:
    with pytest.raises(EncoderError, match="from 32 to 1024"):
        kept_dim(dim, 1024, is_qwen=True)


def test_all_is_kept_where_nothing_is_said() -> None:
    assert kept_dim(None, 1024, is_qwen=True) == 1024


@pytest.mark.parametrize("dim", [0, -1, 1025])
def test_another_model_may_be_cut_anywhere_within_its_vectors(dim: int) -> None:
    assert kept_dim(1, 1024, is_qwen=False) == 1
    with pytest.raises(EncoderError, match="from 1 to 1024"):
        kept_dim(dim, 1024, is_qwen=False)


@pytest.mark.parametrize(
    ("row", "sound"),
    [
        ([0.0, 1e-40, 0.0], True),
        ([3e38, 3e38, 3e38], True),
        ([0.0, 0.0, 0.0], False),
        ([0.0, 0.0, 1.0], False),
        ([1.0, 1.0, np.nan], False),
        ([np.inf, 1.0, 1.0], False),
    ],
)
def test_a_vector_is_sound_where_all_of_it_is_finite_and_its_cut_has_a_direction(row: list[float], sound: bool) -> None:
    rows = np.array([row], dtype=np.float32)
    assert is_sound(rows, 2).tolist() == [sound]
    if sound:
        assert np.linalg.norm(cut(rows, 2)) == pytest.approx(1.0)
