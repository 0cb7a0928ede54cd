"""What a build tells of itself, and how often."""

import pytest

from codesearch.building.reporter import Reporter
from codesearch.types import Progress
from indexers.slices import EncodingCounts


@pytest.fixture
def seen() -> list[Progress]:
    return []


def test_moments_that_follow_too_soon_are_left_out_but_for_the_first_of_a_stage(seen: list[Progress]) -> None:
    told = Reporter(seen.append)
    for done in range(1000):
        told.report("index", done, 1000)
    told.report("commit", 1000, 1000)
    assert len(seen) < 100
    assert (seen[0].files_done, seen[-1].stage) == (0, "commit")


def test_a_slice_is_told_with_the_files_that_are_done_by_then(seen: list[Progress]) -> None:
    told = Reporter(seen.append, interval_s=1e9)
    told.report_encoding((0, 9), (0, 900))
    told.report_encoding((5, 9), (500, 900))
    told.note_slice(EncodingCounts(n_encoded=70))
    told.report("commit", 9, 9)
    assert len(seen) == 2
    told = Reporter(seen.append, interval_s=0.0)
    told.report_encoding((5, 9), (500, 900))
    told.note_slice(EncodingCounts(n_encoded=70))
    assert (seen[-1].files_done, seen[-1].bytes_done, seen[-1].n_encoded) == (5, 500, 70)


def test_without_a_listener_it_only_counts() -> None:
    told = Reporter(None)
    told.report("walk", 0, None)
    told.note_slice(EncodingCounts(n_encoded=1))
    assert told.bytes_read == 0
