from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from codesearch.cli.reports import (
    describe_age,
    render_roots,
    render_secrets,
    render_skipped,
    render_status,
    summarise,
)
from codesearch.sizes import describe_size
from codesearch.types import IndexStatus, UpdateReport
from indexers.types import Skipped, SkipReason
from tests.cli.samples import GOLDEN, make_root, make_state, make_status

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


def make_report(*skipped: Skipped, changed: int = 0, bytes_read: int = 6_000_000) -> UpdateReport:
    return UpdateReport(
        added=1_200,
        changed=changed,
        removed=0,
        unchanged=4,
        n_chunks=14_233,
        bytes_read=bytes_read,
        n_encoded=14_000,
        skipped=skipped,
        generation=3,
        took_s=2.0,
    )


def test_a_status_is_byte_for_byte_the_golden_one() -> None:
    assert "\n".join(render_status(make_status())) + "\n" == (GOLDEN / "status.txt").read_text(encoding="utf-8")


def test_skipped_files_are_listed_with_reasons_and_clean_names() -> None:
    assert render_skipped(make_status().skipped) == [
        "logo.png: binary",
        r"bad\x1b[31mname: unreadable (permission denied)",
        "photo.jpg: binary",
    ]


def test_vectors_that_were_made_after_the_words_are_counted() -> None:
    resumed = replace(make_report(bytes_read=0), added=0, unchanged=1_204, n_filled=900)
    expected = "indexed /src/flask: 1,204 files (1,204 unchanged), 14,233 chunks, 14,000 vectors made, in 2.0 s"
    assert summarise(Path("/src/flask"), resumed) == [expected]
    assert "vectors" not in summarise(Path("/src/flask"), make_report())[0]


def test_what_cost_only_time_is_a_warning_line() -> None:
    report = replace(make_report(), warnings=("vector cache \x1b[31m was damaged",))
    assert summarise(Path("/src/flask"), report)[-1] == r"warning: vector cache \x1b[31m was damaged"


def test_secrets_are_listed_as_places_without_values() -> None:
    assert render_secrets(make_status().secrets) == ["config/dev.py:12: github-token"]


def test_the_list_of_roots_is_a_table() -> None:
    roots = [make_root("/src/flask"), make_root("/gone", is_missing=True), make_root("/bad", problem="damaged; run it")]
    assert "\n".join(render_roots(roots, NOW)) + "\n" == (GOLDEN / "list.txt").read_text(encoding="utf-8")


def test_the_list_of_roots_fits_a_narrow_terminal() -> None:
    problem = "being built or broken off"
    lines = render_roots([make_root("/src/flask", is_missing=True), make_root("/bad", problem=problem)], NOW, 50)
    assert lines == [
        "/src/flask",
        "  3.3 MiB, updated 3 hours ago, embedded, 80",
        "  files, 1,234 chunks, missing",
        "/bad",
        "  3.3 MiB, being built or broken off",
    ]
    assert render_roots([make_root("/src/flask")], NOW, 80)[0].startswith("ROOT")


def status_lines(status: IndexStatus) -> dict[str, str]:
    pairs = (line.partition(":") for line in render_status(status))
    return {name: value.strip() for name, _, value in pairs}


def test_a_status_says_how_far_the_vectors_are() -> None:
    state = replace(make_state(complete=False), files_done=4985, files_todo=0, n_files_without_vectors=4865)
    assert status_lines(replace(make_status(), state=state))["state"] == (
        "incomplete: words of all 4,985 files, vectors of 120; run codesearch index /home/ada/flask to go on "
        "(generation 4)"
    )


def test_a_status_says_which_granularities_have_vectors_where_not_all_do() -> None:
    status = replace(make_status(), granularities=("leaf", "file"))
    assert status_lines(status)["vectors"].endswith("; of leaf and file alone; 2 long chunks in several parts")


def test_a_status_says_how_many_files_changed_and_what_to_run() -> None:
    status = make_status()
    known = [replace(status, state=replace(status.state, stale_files=number)) for number in (None, 0, 2)]
    assert [status_lines(status)["changed since"] for status in known] == [
        "unknown: the folder cannot be read",
        "nothing",
        "2 files; run codesearch index /home/ada/flask",
    ]


def test_a_status_says_which_vectors_are_compared_first_only_where_there_is_a_choice() -> None:
    status = replace(make_status(), dim=2560, coarse_dim=256, n_windowed=0)
    assert status_lines(status)["vectors"] == "1,190 of 2,560 numbers, the first 256 of which are compared first"
    whole = replace(status, coarse_dim=2560)
    assert status_lines(whole)["vectors"] == "1,190 of 2,560 numbers"


def test_a_status_of_an_unfinished_index_says_how_to_go_on() -> None:
    status = replace(make_status(), state=make_state(complete=False))
    wanted = "incomplete: 20 files to do; run codesearch index /home/ada/flask to go on (generation 4)"
    assert status_lines(status)["state"] == wanted


def test_a_summary_counts_what_changed_and_what_was_left_out() -> None:
    skipped = [Skipped(name, SkipReason.BINARY) for name in "abc"] + [Skipped("d", SkipReason.TOO_LARGE)]
    assert summarise(Path("/r"), make_report(*skipped, changed=3)) == [
        "indexed /r: 1,207 files (1,200 added, 3 changed, 4 unchanged), 14,233 chunks, in 2.0 s, 3.0 MB/s",
        "skipped 4 files: 3 binary, 1 too large",
        "codesearch status --skipped lists them",
    ]


def test_a_summary_of_nothing_read_names_no_rate() -> None:
    assert summarise(Path("/r"), make_report(bytes_read=0))[0].endswith("in 2.0 s")


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (3_500_000, "3.3 MiB"), (1 << 41, "2.0 TiB")]
)
def test_sizes_keep_a_digit_before_the_point(size: int, text: str) -> None:
    assert describe_size(size) == text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-11-20T12:29:30+00:00", "just now"),
        ("2026-11-20T12:29:00Z", "1 minute ago"),
        ("2026-11-20T09:00:00", "3 hours ago"),
        ("2026-11-01T09:00:00+00:00", "19 days ago"),
        ("soon", "unknown"),
        (None, "unknown"),
    ],
)
def test_ages_are_told_in_one_unit(moment: str | None, text: str) -> None:
    assert describe_age(moment, NOW) == text
