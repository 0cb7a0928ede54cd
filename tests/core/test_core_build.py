"""An update does what changed and no more, a failure leaves the index that was, and an answer knows what is stale."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from codesearch.build import BuildSeams, build
from codesearch.compatibility import check_versions
from codesearch.encoders.own import other_vectors
from codesearch.errors import FormatError, LockedError, NoIndexError
from codesearch.index import Index
from codesearch.registry import index_folder
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.writer import Writer
from codesearch.types import BuildOptions, Progress, SearchOptions, UpdateReport
from indexers.errors import EncoderError, WalkError

pytestmark = pytest.mark.slow  # each build starts a parser process

ONE = BuildOptions(n_workers=1)

FILES = {
    "queue.py": """class Queue:
    def push(self, job):
        self.jobs.append(job)

    def pop(self):
        return self.jobs.pop()
""",
    "src/retry.go": """package retry

// Backoff waits longer after each failure.
func Backoff(attempt int) int {
	return 1 << attempt
}
""",
    "README.md": "# Queue\n\nJobs wait here.\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run(root: Path, home: Path) -> Callable[[], UpdateReport]:
    return lambda: Index.build(root, ONE, home=home)


def settle(root: Path) -> None:
    """Set every file's time back, as if the tree had been left alone for a while."""
    for path in root.rglob("*"):
        os.utime(path, ns=(10**18, 10**18))


def contents(root: Path, home: Path) -> dict[str, list[tuple[str, str, int, int]]]:
    with Snapshot.open(index_folder(home, root)) as snapshot:
        return {
            file.path: [(c.kind, c.qualified_name, c.start_line, c.end_line) for c in snapshot.chunks_of_file(file.id)]
            for file in snapshot.files()
        }


def test_a_build_then_a_search_finds_the_function(root: Path, home: Path, run: Callable[[], UpdateReport]) -> None:
    report = run()
    assert (report.added, report.changed, report.removed, report.unchanged) == (3, 0, 0, 0)
    with Index.open(root / "src", home) as index:
        response = index.search("wait longer after each failure")
    assert (response.results[0].path, response.results[0].symbol) == ("src/retry.go", "Backoff")
    assert response.index.complete
    assert response.index.files_todo == 0
    assert not response.results[0].stale


def test_a_further_run_reads_nothing_and_keeps_the_generation(run: Callable[[], UpdateReport]) -> None:
    run()
    second, third = run(), run()
    assert (third.added, third.changed, third.unchanged, third.bytes_read) == (0, 0, 3, 0)
    assert third.generation == second.generation


def test_only_changed_new_and_removed_files_are_touched(
    root: Path, home: Path, run: Callable[[], UpdateReport]
) -> None:
    run()
    (root / "queue.py").write_text("def drain():\n    pass\n")
    (root / "new.py").write_text("def fresh():\n    pass\n")
    (root / "README.md").unlink()
    report = run()
    assert (report.added, report.changed, report.removed, report.unchanged) == (1, 1, 1, 1)
    assert set(contents(root, home)) == {"queue.py", "new.py", "src/retry.go"}


def test_after_updates_the_index_equals_a_fresh_build(root: Path, home: Path, run: Callable[[], UpdateReport]) -> None:
    run()
    (root / "queue.py").write_text(FILES["queue.py"].replace("push", "enqueue"))
    run()
    (root / "src/retry.go").rename(root / "src/backoff.go")
    run()
    updated = contents(root, home)
    Index.build(root, ONE, home=home.with_name("fresh"))
    assert updated == contents(root, home.with_name("fresh"))


def test_a_touched_file_of_the_same_content_is_not_encoded_again(root: Path, run: Callable[[], UpdateReport]) -> None:
    run()
    settle(root)
    report = run()
    assert (report.changed, report.unchanged, report.n_encoded) == (0, 3, 0)


def test_an_edit_that_keeps_size_and_time_is_seen(root: Path, home: Path, run: Callable[[], UpdateReport]) -> None:
    settle(root)
    run()
    path = root / "queue.py"
    path.write_text(FILES["queue.py"].replace("push", "shov"))
    os.utime(path, ns=(10**18, 10**18))
    assert run().changed == 1


def test_a_file_skipped_for_its_bytes_is_not_read_again(root: Path, run: Callable[[], UpdateReport]) -> None:
    (root / "data.txt").write_bytes(b"a\0b")
    assert run().added == 3
    second, third = run(), run()
    assert [s.path for s in second.skipped] == [s.path for s in third.skipped] == ["data.txt"]
    assert third.generation == second.generation


def test_a_file_newly_marked_as_source_is_read_again_and_so_is_one_that_lost_its_mark(
    root: Path, home: Path, run: Callable[[], UpdateReport]
) -> None:
    (root / "made.py").write_text("# Code generated by a tool. DO NOT EDIT.\ndef made():\n    pass\n")
    assert [s.path for s in run().skipped] == ["made.py"]
    (root / ".gitattributes").write_text("made.py -linguist-generated\n")
    assert run().skipped == ()
    (root / ".gitattributes").unlink()
    assert [s.path for s in run().skipped] == ["made.py"]
    assert "made.py" not in contents(root, home)


def test_a_file_that_turns_binary_leaves_the_index(root: Path, home: Path, run: Callable[[], UpdateReport]) -> None:
    run()
    (root / "README.md").write_bytes(b"\0\1\2")
    run()
    assert "README.md" not in contents(root, home)


def test_a_first_build_interrupted_before_its_first_commit_leaves_no_index_and_starts_again(
    root: Path, home: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        build(root, home, ONE, _interrupt_at("commit"))
    with pytest.raises(NoIndexError):
        Index.open(root, home)
    assert Index.build(root, ONE, home=home).added == 3


def test_an_interrupted_first_build_answers_from_what_it_committed_says_so_and_resumes(root: Path, home: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        build(root, home, ONE, _interrupt_at("commit"), BuildSeams(first_commit_s=0.0))
    with Index.open(root, home) as index:
        state = index.search("queue").index
    assert (state.complete, state.files_done, state.files_todo) == (False, 1, 2)
    report = Index.build(root, ONE, home=home)
    assert (report.added, report.unchanged) == (2, 1)
    with Index.open(root, home) as index:
        assert index.search("queue").index.complete


def test_an_index_of_another_tokenizer_is_refused_with_the_command_that_mends_it(root: Path, home: Path) -> None:
    Index.build(root, ONE, home=home)
    with Snapshot.open(index_folder(home, root)) as snapshot:
        other = replace(snapshot.info, tokenizer_version=snapshot.info.tokenizer_version + 1)
    with pytest.raises(FormatError, match="--rebuild"):
        check_versions(other)


def test_a_command_that_mends_can_be_typed_whatever_the_root_is_called(root: Path, home: Path) -> None:
    Index.build(root, ONE, home=home)
    with Snapshot.open(index_folder(home, root)) as snapshot:
        other = replace(snapshot.info, tokenizer_version=0, root=Path("/src/my repo"))
    command = "codesearch index '/src/my repo' --rebuild"
    assert str(other_vectors(other)).endswith(command)
    with pytest.raises(FormatError, match=command):
        check_versions(other)


def test_a_new_size_limit_is_kept_for_later_runs(root: Path, home: Path, run: Callable[[], UpdateReport]) -> None:
    run()
    Index.build(root, BuildOptions(n_workers=1, max_file_bytes=100), home=home)
    assert [s.path for s in run().skipped] == ["queue.py", "src/retry.go"]


def test_an_interrupted_update_leaves_the_index_that_was(
    root: Path, home: Path, run: Callable[[], UpdateReport]
) -> None:
    run()
    before = contents(root, home)
    (root / "queue.py").write_text("def drain():\n    pass\n")
    with pytest.raises(KeyboardInterrupt):
        build(root, home, ONE, _interrupt_at("commit"))
    assert contents(root, home) == before


def test_a_rebuild_takes_the_place_of_the_old_index_when_it_is_done(root: Path, home: Path) -> None:
    Index.build(root, ONE, home=home)
    with pytest.raises(KeyboardInterrupt):
        build(root, home, BuildOptions(n_workers=1, rebuild=True), _interrupt_at("commit"))
    assert set(contents(root, home)) == set(FILES)
    report = Index.build(root, BuildOptions(n_workers=1, rebuild=True), home=home)
    assert report.added == 3
    assert [p.name for p in (home / "indexes").iterdir()] == [index_folder(home, root).name]


def test_a_rebuild_keeps_the_size_limit_of_the_index_and_takes_a_new_one(root: Path, home: Path) -> None:
    Index.build(root, BuildOptions(n_workers=1, max_file_bytes=100), home=home)
    kept = Index.build(root, BuildOptions(n_workers=1, rebuild=True), home=home)
    assert [s.path for s in kept.skipped] == ["queue.py", "src/retry.go"]
    assert Index.build(root, BuildOptions(n_workers=1, rebuild=True, max_file_bytes=1000), home=home).skipped == ()


def test_a_rebuild_of_a_damaged_index_falls_back_to_the_defaults(root: Path, home: Path) -> None:
    Index.build(root, ONE, home=home)
    (index_folder(home, root) / "catalog.db").write_bytes(b"no catalogue" * 500)
    assert Index.build(root, BuildOptions(n_workers=1, rebuild=True), home=home).added == 3


def test_an_encoder_of_a_name_without_meaning_is_refused_and_the_index_stands(root: Path, home: Path) -> None:
    Index.build(root, ONE, home=home)
    with pytest.raises(EncoderError, match="no encoder is called 'other'; choose one of: embedded"):
        Index.build(root, BuildOptions(encoder="other"), home=home)
    assert set(contents(root, home)) == set(FILES)


def test_a_second_writer_is_told_who_holds_the_lock(root: Path, home: Path) -> None:
    Index.build(root, ONE, home=home)
    with Writer.open(index_folder(home, root)), pytest.raises(LockedError, match=str(os.getpid())):
        Index.build(root, ONE, home=home)


def test_a_rebuild_waits_for_no_one_and_refuses_beside_another_writer(root: Path, home: Path) -> None:
    Index.build(root, ONE, home=home)
    with Writer.open(index_folder(home, root)), pytest.raises(LockedError):
        Index.build(root, BuildOptions(rebuild=True), home=home)
    assert set(contents(root, home)) == set(FILES)


def test_a_refused_root_leaves_nothing_behind(home: Path) -> None:
    with pytest.raises(WalkError, match="too broad"):
        Index.build(Path("/"), ONE, home=home)
    assert not list((home / "indexes").glob("*"))


def test_a_file_replaced_by_a_fifo_or_a_link_is_stale_and_never_waited_for(
    root: Path, home: Path, run: Callable[[], UpdateReport]
) -> None:
    run()
    copy = root.with_name("copy.go")
    copy.write_text(FILES["src/retry.go"])
    with Index.open(root, home) as index:
        (root / "queue.py").unlink()
        os.mkfifo(root / "queue.py")
        (root / "src/retry.go").unlink()
        (root / "src/retry.go").symlink_to(copy)
        stale = {r.path: r.stale for r in index.search("Backoff push Jobs").results}
    assert stale == {"src/retry.go": True, "queue.py": True, "README.md": False}


def test_status_says_how_many_files_changed_since(root: Path, home: Path, run: Callable[[], UpdateReport]) -> None:
    run()
    with Index.open(root, home) as index:
        assert index.status().state.stale_files == 0
        (root / "queue.py").write_text("def drain():\n    pass\n")
        (root / "README.md").unlink()
        (root / "new.py").write_text("x = 1\n")
        assert index.status().state.stale_files == 3


def test_a_root_whose_name_is_not_utf_8_is_a_clear_error(tmp_path: Path, home: Path) -> None:
    with pytest.raises(WalkError, match="not valid UTF-8"):
        Index.build(Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff")), ONE, home=home)


def test_a_missing_root_is_a_clear_error_and_makes_no_index(home: Path, tmp_path: Path) -> None:
    with pytest.raises(WalkError, match="nowhere"):
        Index.build(tmp_path / "nowhere", ONE, home=home)
    assert not list((home / "indexes").glob("*"))


def test_an_empty_root_gives_an_empty_index(home: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert Index.build(empty, ONE, home=home).n_chunks == 0
    with Index.open(empty, home) as index:
        assert index.search("anything").results == ()


def test_results_of_a_changed_or_deleted_file_are_stale(
    root: Path, home: Path, run: Callable[[], UpdateReport]
) -> None:
    run()
    with Index.open(root, home) as index:
        (root / "src/retry.go").write_text("package retry\n")
        (root / "queue.py").unlink()
        stale = {r.path: r.stale for r in index.search("Backoff push Jobs").results}
    assert stale == {"src/retry.go": True, "queue.py": True, "README.md": False}


def test_an_open_index_follows_an_update_of_another(root: Path, home: Path, run: Callable[[], UpdateReport]) -> None:
    run()
    with Index.open(root, home) as index:
        (root / "later.py").write_text("def flamingo():\n    pass\n")
        run()
        assert index.search("flamingo").results[0].path == "later.py"


def test_status_counts_what_is_there(root: Path, home: Path, run: Callable[[], UpdateReport]) -> None:
    (root / ".env").write_text("KEY=1\n")
    run()
    with Index.open(root, home) as index:
        status = index.status()
    assert (status.n_files, status.encoder) == (3, "embedded")
    assert status.files_by_language == {"go": 1, "markdown": 1, "python": 1}
    assert [(s.path, s.reason) for s in status.skipped] == [(".env", "secret")]


def test_similar_code_is_found_by_code(root: Path, home: Path, run: Callable[[], UpdateReport]) -> None:
    run()
    with Index.open(root, home) as index:
        found = index.similar("def add(self, job):\n    self.jobs.append(job)", SearchOptions(limit=1))
    assert found.results[0].symbol == "push"


def test_a_damaged_vector_cache_is_a_warning_and_no_failure(root: Path, home: Path) -> None:
    home.mkdir()
    (home / "vectors.db").write_bytes(b"no database" * 1000)
    report = Index.build(root, ONE, home=home)
    assert report.added == 3
    assert len(report.warnings) == 1
    assert "vectors.db" in report.warnings[0]


def test_progress_ends_with_all_files_done(root: Path, home: Path) -> None:
    seen: list[Progress] = []
    Index.build(root, ONE, home=home, on_progress=seen.append)
    assert seen[0].stage == "walk"
    assert (seen[-1].stage, seen[-1].files_done, seen[-1].files_total) == ("commit", 3, 3)


def _interrupt_at(stage: str) -> Callable[[Progress], None]:
    def on_progress(progress: Progress) -> None:
        if progress.stage == stage:
            raise KeyboardInterrupt

    return on_progress
