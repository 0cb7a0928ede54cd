"""What is remembered of encoders' speeds, whatever became of the file."""

from pathlib import Path

import pytest

from codesearch.encoders.speeds import MAX_KEPT, SPEEDS_FILE, Speed, find_speed, read_speeds, record_speed
from codesearch.errors import StorageError

FIRST = Speed(900.0, "2026-11-20T10:00:00+00:00", "torch 2.13 cpu", "small")
LATER = Speed(52_000.5, "2026-11-21T10:00:00+00:00", "torch 2.13 cuda", "small")


def test_nothing_is_known_before_the_first_measurement(tmp_path: Path) -> None:
    assert read_speeds(tmp_path / "none") == {}


def test_what_was_recorded_is_read_again(tmp_path: Path) -> None:
    record_speed(tmp_path / "home", "family;dim=8", FIRST)
    assert read_speeds(tmp_path / "home") == {"family;dim=8": FIRST}


def test_the_newest_measurement_of_an_identity_is_read(tmp_path: Path) -> None:
    record_speed(tmp_path, "family;dim=8", FIRST)
    record_speed(tmp_path, "family;dim=8", LATER)
    assert read_speeds(tmp_path) == {"family;dim=8": LATER}


def test_each_engine_has_a_speed_of_its_own(tmp_path: Path) -> None:
    record_speed(tmp_path, "family;dim=8", FIRST)
    record_speed(tmp_path, "family;dim=8", LATER)
    assert find_speed(tmp_path, "family;dim=8", FIRST.engine) == FIRST
    assert find_speed(tmp_path, "family;dim=8", LATER.engine) == LATER
    assert find_speed(tmp_path, "family;dim=8", "llama.cpp") is None


def test_only_so_many_measurements_are_kept_and_the_oldest_leave(tmp_path: Path) -> None:
    for number in range(MAX_KEPT + 2):
        record_speed(tmp_path, str(number), FIRST)
    known = read_speeds(tmp_path)
    assert next(iter(known)) == str(MAX_KEPT + 1)
    assert len(known) == MAX_KEPT
    assert "1" not in known


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "7",
        "[7, null, []]",
        '[{"identity": "a"}]',
        '[{"identity": "a", "tokens_per_s": "fast", "measured_at": "", "engine": "", "name": ""}]',
        '[{"identity": "a", "tokens_per_s": NaN, "measured_at": "", "engine": "", "name": ""}]',
        '[{"identity": "a", "tokens_per_s": 0, "measured_at": "", "engine": "", "name": ""}]',
        f'[{{"identity": "a", "tokens_per_s": {"9" * 400}, "measured_at": "", "engine": "", "name": ""}}]',
        '[{"identity": 1, "tokens_per_s": 5, "measured_at": "", "engine": "", "name": ""}]',
        "\udcff",
    ],
)
def test_a_damaged_file_counts_as_none_and_is_written_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / SPEEDS_FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert read_speeds(tmp_path) == {}
    record_speed(tmp_path, "family", FIRST)
    assert read_speeds(tmp_path) == {"family": FIRST}


def test_a_home_that_cannot_be_written_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    with pytest.raises(StorageError, match="cannot be written"):
        record_speed(tmp_path / "file" / "home", "family", FIRST)


def test_no_other_file_is_left_behind(tmp_path: Path) -> None:
    record_speed(tmp_path, "family", FIRST)
    assert [path.name for path in tmp_path.iterdir()] == [SPEEDS_FILE]
