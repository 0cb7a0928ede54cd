import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from codesearch.registry import index_folder
from codesearch.storage.writer import Writer
from tests.cli.conftest import Run
from tests.storage.made_files import NEW_INDEX, build_file, write_index


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "my project"
    (root / "below").mkdir(parents=True)
    return root


@pytest.fixture
def folder(root: Path, home: Path) -> Path:
    """The index of three files under the root."""
    folder = index_folder(home, root)
    files = [build_file(f"{name}.py") for name in "abc"]
    return write_index(folder, files, replace(NEW_INDEX, root=root))


def run_sql(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "catalog.db")) as connection, connection:
        connection.execute(statement)


def test_a_sound_index_has_nothing_to_repair(run: Run, root: Path, folder: Path) -> None:
    answer = run("repair", root / "below")
    assert (answer.status, answer.out, answer.err) == (0, f"{root}: nothing to repair\n", "")
    assert folder.is_dir()


@pytest.mark.parametrize("command", ["search find", "similar - ", "status", "index", "repair", "verify"])
def test_whoever_meets_a_catalogue_that_cannot_be_read_names_the_root_to_make_it_anew(
    run: Run, root: Path, folder: Path, command: str
) -> None:
    with (folder / "catalog.db").open("r+b") as file:
        file.write(b"no SQLite file 3")
    for log in folder.glob("catalog.db-*"):
        log.unlink()
    answer = run(*command.split(), root, stdin="def find(): pass")
    assert answer.status == (1 if command == "verify" else 2)
    assert f"codesearch index '{root}' --rebuild" in answer.out + answer.err


def test_what_was_damaged_and_what_to_do_is_printed(run: Run, root: Path, folder: Path) -> None:
    run_sql(folder, "UPDATE texts SET hash = x'00' WHERE file_id = 2")
    answer = run("repair", root)
    lines = answer.out.splitlines()
    assert (answer.status, answer.err) == (0, "")
    assert "the text of b.py" in lines[0]
    assert lines[1] == "dropped: b.py"
    assert lines[-1] == f"run codesearch index '{root}' to read again what was lost"
    assert run("repair", root).out == f"{root}: nothing to repair\n"


def test_a_file_without_a_trace_is_counted(run: Run, root: Path, folder: Path) -> None:
    run_sql(folder, "DELETE FROM files WHERE id = 2")
    assert "dropped: a file whose name is lost\n" in run("repair", root).out


def test_what_is_derived_leaves_nothing_to_do(run: Run, root: Path, folder: Path) -> None:
    run_sql(folder, "UPDATE terms SET df = 9")
    answer = run("repair", root)
    assert "all that is derived was made anew" in answer.out.splitlines()[-1]
    assert "codesearch index" not in answer.out


def test_json_says_the_same(run: Run, root: Path, folder: Path) -> None:
    run_sql(folder, "UPDATE files SET size_bytes = 1 WHERE id = 3")
    (folder / "vectors-1.bin").unlink()
    document = run("repair", root, "--json").json()
    assert (document["dropped"], document["dropped_count"]) == (["c.py"], 1)
    assert document["without_vectors"] == ["a.py", "b.py"]
    assert (document["complete"], document["lost"]) == (False, [])
    assert document["command"] == f"codesearch index '{root}'"
    assert {problem["file"] for problem in document["problems"]} >= {"catalog.db", "vectors-1.bin"}
    again = run("repair", root, "--json").json()
    assert (again["problems"], again["command"]) == ([], None)


def test_long_lists_are_cut_for_a_person(run: Run, root: Path, folder: Path) -> None:
    with Writer.open(folder) as writer:
        for number in range(30):
            writer.add(build_file(f"f{number:02}.py", n_leaves=1))
        writer.commit(complete=True, files_todo=0, checked_at="2026-01-02T00:00:00Z")
    run_sql(folder, "UPDATE texts SET hash = x'00' WHERE file_id > 3")
    lines = run("repair", root).out.splitlines()
    assert "dropped: 10 more" in lines
    assert len([line for line in lines if line.startswith("dropped")]) == 21


def test_what_cannot_be_mended_is_an_error_that_names_the_command(run: Run, root: Path, folder: Path) -> None:
    run_sql(folder, "UPDATE meta SET value = '9' WHERE key = 'n_files'")
    answer = run("repair", root)
    assert (answer.status, answer.out) == (2, "")
    assert f"codesearch index '{root}' --rebuild" in answer.err


def test_a_writer_keeps_a_repair_out(run: Run, root: Path, folder: Path) -> None:
    with Writer.open(folder):
        answer = run("repair", root, "--wait", "0")
    assert (answer.status, answer.out) == (2, "")
    assert "is being written by process" in answer.err


def test_without_an_index_there_is_nothing_to_repair(run: Run, root: Path) -> None:
    answer = run("repair", root)
    assert answer.status == 2
    assert "no index covers" in answer.err
