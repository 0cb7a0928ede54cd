from dataclasses import replace
from io import StringIO

from codesearch.cli.progress import ProgressLine, describe_duration, describe_progress, estimate_remaining_s
from codesearch.types import Progress


def at(elapsed_s: float, files_done: int = 100, files_total: int | None = 400) -> Progress:
    return Progress("index", files_done, files_total, 2_500, 6_000_000, elapsed_s)


def test_progress_names_files_chunks_rate_and_remaining_time() -> None:
    assert describe_progress(at(2.0)) == "indexing: 100/400 files, 2,500 chunks, 3.0 MB/s, 0:06 left"


def test_what_is_not_known_yet_is_not_shown() -> None:
    assert describe_progress(at(2.0, files_total=None)) == "indexing: 100 files, 2,500 chunks, 3.0 MB/s"
    assert estimate_remaining_s(at(2.0, files_done=0)) is None


def test_each_stage_has_its_own_words() -> None:
    walking, committing = (Progress(stage, 7, None, 9, 0, 0.0) for stage in ("walk", "commit"))
    assert describe_progress(walking) == "looking for files: 7"
    assert describe_progress(committing) == "writing the index: 7 files, 9 chunks"
    assert describe_progress(Progress("compact", 0, None, 9, 0, 0.0)) == "writing the index without what was removed"


def test_what_there_was_none_of_is_not_counted() -> None:
    assert describe_progress(Progress("commit", 0, 0, 0, 0, 9.0)) == "writing the index"
    assert describe_progress(Progress("index", 0, 4, 0, 0, 9.0)) == "indexing: 0/4 files"


def encoding(bytes_done: int, stage_s: float) -> Progress:
    return Progress("encode", 120, 4985, 9, bytes_done, 999.0, 1_000_000, 2310, stage_s)


def test_encoding_tells_vectors_and_remaining_time_by_the_text_of_this_stage() -> None:
    line = describe_progress(encoding(200_000, 100.0))
    assert line == "encoding: 120/4,985 files, 2,310 vectors made, 2.0 kB/s, 6:40 left"
    assert describe_progress(encoding(0, 5.0)) == "encoding: 120/4,985 files, 2,310 vectors made"


def test_fetching_a_model_tells_how_much_of_it_is_here() -> None:
    fetching = Progress("download", 0, None, 0, 2 << 30, 60.0, 8 << 30, stage_s=60.0)
    assert describe_progress(fetching) == "fetching the model: 2.0 GiB of 8.0 GiB, 3:00 left"
    assert describe_progress(replace(fetching, bytes_total=None)) == "fetching the model: 2.0 GiB"


def test_a_notice_is_shown_once_and_stays() -> None:
    stream = StringIO()
    line = ProgressLine(stream, is_terminal=True, width=80)
    for second in range(3):
        line.update(replace(at(float(second)), notice="encoder qwen3-4b: because a \x1b[31mGPU has room for it"))
    line.finish()
    assert stream.getvalue().count("encoder qwen3-4b: because a \\x1b[31mGPU has room for it\n") == 1


def test_in_a_terminal_one_line_is_updated_ten_times_a_second_and_taken_away() -> None:
    stream = StringIO()
    line = ProgressLine(stream, is_terminal=True, width=80)
    for tick in range(100):
        line.update(at(tick / 100))
    line.finish()
    assert 10 <= stream.getvalue().count("\r\x1b[2K") <= 12
    assert stream.getvalue().endswith("\r\x1b[2K")
    assert "\n" not in stream.getvalue()


def test_a_line_fits_the_terminal() -> None:
    stream = StringIO()
    ProgressLine(stream, is_terminal=True, width=30).update(at(1.0))
    assert len(stream.getvalue().removeprefix("\r\x1b[2K")) == 29


def test_in_a_log_a_line_appears_now_and_then_without_control_characters() -> None:
    stream = StringIO()
    line = ProgressLine(stream, is_terminal=False, width=80)
    for second in range(31):
        line.update(at(float(second)))
    line.finish()
    assert stream.getvalue().count("\n") == 3
    assert stream.getvalue().replace("\n", "").isprintable()


def test_a_short_build_leaves_no_line_in_a_log() -> None:
    stream = StringIO()
    ProgressLine(stream, is_terminal=False, width=80).update(at(2.0))
    assert stream.getvalue() == ""


def test_durations_read_like_a_clock() -> None:
    assert [describe_duration(seconds) for seconds in (7, 754, 3723)] == ["0:07", "12:34", "1:02:03"]
