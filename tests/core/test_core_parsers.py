"""A parser that hangs or dies costs one file its grammar and nothing else."""

import os
import sys
from pathlib import Path

import pytest

from indexers.errors import ParserError
from indexers.frames import read_frame, write_frame
from indexers.parsers import ParserOptions, ParserPool, worker_command
from indexers.terms import hash_term, unpack_bag
from indexers.types import FileStat, ParsedFile, Skipped, SkipReason, SourceFile

LIMIT = 1 << 20

STUB = """
import os, sys, time
sys.path.insert(0, {package!r})
from indexers.errors import ParserError
from indexers.frames import read_frame, write_frame
write_frame(sys.stdout.buffer, {{"ready": True}})
while (frame := read_frame(sys.stdin.buffer)) is not None:
    request = frame[0]
    if "hang" in request["path"] and not request["blocks_because"]:
        time.sleep(60)
    if "die" in request["path"] and not request["blocks_because"]:
        os._exit(7)
    if "doomed" in request["path"]:
        os._exit(9)
    write_frame(sys.stdout.buffer, {{"skipped": [request["path"], "binary", request["blocks_because"], None]}})
"""


HANGING = """
sys.path.insert(0, sys.argv[1])
import os, time, indexers.parsing
def hang(root, *_):
    (root / "pid").write_text(str(os.getpid()))
    time.sleep(600)
indexers.parsing.parse_file = hang
"""


def stub_command() -> list[str]:
    package = str(Path(__file__).parents[2])
    return [sys.executable, "-c", STUB.format(package=package)]


def pool_of(root: Path, command: list[str], timeout_s: float = 5.0) -> ParserPool:
    return ParserPool(root, ParserOptions(n_workers=2, timeout_s=timeout_s, command=command))


def source_file(root: Path, name: str, data: bytes = b"x") -> SourceFile:
    path = root / name
    path.write_bytes(data)
    stat = path.stat()
    return SourceFile(name, FileStat(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino))


def test_a_hanging_parser_is_ended_and_the_file_falls_to_blocks_with_the_reason(tmp_path: Path) -> None:
    files = [source_file(tmp_path, name) for name in ("a", "hang", "b")]
    with pool_of(tmp_path, stub_command(), timeout_s=0.5) as pool:
        outcomes = list(pool.parse(files, LIMIT))
    assert [o.path for o in outcomes] == ["a", "hang", "b"]
    assert isinstance(outcomes[1], Skipped)
    assert outcomes[1].detail == "the parser took over 0.5 s"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells a process that is gone from others in another way")
def test_of_a_parser_that_hangs_nothing_is_left_when_its_pool_is_closed(tmp_path: Path) -> None:
    *command, bootstrap, place = worker_command()
    with pool_of(tmp_path, [*command, f"import sys\n{HANGING}\n{bootstrap}", place], timeout_s=0.5) as pool:
        (outcome,) = pool.parse([source_file(tmp_path, "a.py")], LIMIT)
    assert isinstance(outcome, Skipped)
    assert outcome.detail == "the parser took over 0.5 s, also without its grammar"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_grammar_that_computes_too_long_is_ended_and_the_file_falls_to_blocks_with_the_reason(tmp_path: Path) -> None:
    deep = source_file(tmp_path, "deep.sh", (b'"$(' * 100 + b"\n") * 100 + b"a" + (b')"' * 100 + b"\n") * 100)
    with ParserPool(tmp_path, ParserOptions(n_workers=1, processor_s=0.5)) as pool:
        (outcome,) = pool.parse([deep], LIMIT)
    assert isinstance(outcome, ParsedFile)
    assert outcome.note == "the parser took over 0.5 s"
    assert {chunk.kind for chunk in outcome.chunks} == {"block", "file"}


def test_a_file_that_takes_too_long_even_for_blocks_is_not_read_again_until_it_changes(tmp_path: Path) -> None:
    file = source_file(tmp_path, "slow.py")
    with ParserPool(tmp_path, ParserOptions(n_workers=1, processor_s=0.001)) as pool:
        (outcome,) = pool.parse([file], LIMIT)
    assert outcome == Skipped(
        "slow.py", SkipReason.UNREADABLE, "the parser took over 0.001 s, also without its grammar", file.stat
    )


def test_a_dying_parser_costs_one_file_its_grammar(tmp_path: Path) -> None:
    files = [source_file(tmp_path, name) for name in ("die", "a")]
    with pool_of(tmp_path, stub_command()) as pool:
        first, second = pool.parse(files, LIMIT)
    assert isinstance(first, Skipped)
    assert first.detail == "the parser died (exit code 7)"
    assert isinstance(second, Skipped)
    assert second.detail == ""


def test_a_file_that_kills_every_parser_is_listed_as_skipped(tmp_path: Path) -> None:
    with pool_of(tmp_path, stub_command()) as pool:
        (outcome,) = pool.parse([source_file(tmp_path, "doomed")], LIMIT)
    assert isinstance(outcome, Skipped)
    assert outcome.reason == "unreadable"
    assert "died" in outcome.detail


def test_an_installation_whose_parser_does_not_start_is_an_error_and_no_list_of_skipped_files(tmp_path: Path) -> None:
    broken = [sys.executable, "-c", "raise SystemExit(3)"]
    with pool_of(tmp_path, broken) as pool, pytest.raises(ParserError, match="exit code 3"):
        list(pool.parse([source_file(tmp_path, "a")], LIMIT))


def test_warm_processes_take_the_files_and_a_broken_one_is_still_an_error(tmp_path: Path) -> None:
    files = [source_file(tmp_path, name) for name in ("a", "b", "c")]
    with pool_of(tmp_path, stub_command()) as pool:
        pool.warm_up()
        assert [o.path for o in pool.parse(files, LIMIT)] == ["a", "b", "c"]
    with pool_of(tmp_path, [sys.executable, "-c", "raise SystemExit(3)"]) as pool:
        pool.warm_up()
        with pytest.raises(ParserError, match="exit code 3"):
            list(pool.parse(files, LIMIT))


def test_outcomes_keep_the_order_of_the_files(tmp_path: Path) -> None:
    files = [source_file(tmp_path, f"f{number:03}") for number in range(100)]
    with pool_of(tmp_path, stub_command()) as pool:
        assert [o.path for o in pool.parse(files, LIMIT)] == [f.path for f in files]


def test_a_real_parser_process_cuts_a_real_file(tmp_path: Path) -> None:
    file = source_file(tmp_path, "shapes.py", b"import math\n\n\ndef area(radius):\n    return math.pi * radius ** 2\n")
    with pool_of(tmp_path, worker_command()) as pool:
        (parsed,) = pool.parse([file], LIMIT)
    assert isinstance(parsed, ParsedFile)
    assert parsed.language == "python"
    assert [c.symbol for c in parsed.chunks if c.kind == "function"] == ["area"]
    assert len(parsed.bags) == len(parsed.chunks)
    assert hash_term("area") in unpack_bag(parsed.bags[1])["term"]


def test_modules_in_the_searched_folder_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trap = tmp_path / "indexers"
    trap.mkdir()
    (trap / "__init__.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    with pool_of(tmp_path, worker_command()) as pool:
        list(pool.parse([source_file(tmp_path, "a.py", b"x = 1\n")], LIMIT))
    assert not (tmp_path / "ran").exists()


def test_a_frame_cut_short_reads_as_the_end(tmp_path: Path) -> None:
    path = tmp_path / "frame"
    with path.open("wb") as stream:
        write_frame(stream, {"a": 1}, b"payload")
    path.write_bytes(path.read_bytes()[:-1])
    with path.open("rb") as stream:
        assert read_frame(stream) is None
