"""The list of repositories: what it may hold, and what must never be on it."""

import re
from pathlib import Path

import pytest

from training.corpus import LIST, Repository, read_list, write_list

EXCLUDED_NAMES = LIST.with_name("excluded_names.txt")


def folded(name: str) -> str:
    """Return a name without what writers of names differ in."""
    return re.sub(r"[-._]", "", name.lower())


def last_part(entry: Repository) -> str:
    return folded(entry.name.rpartition("/")[2])


def learned_under_an_excluded_name() -> set[str]:
    """Return the repositories that teach, fit or measure and are called as one of the benchmark's."""
    entries = read_list()
    excluded = {folded(name) for name in EXCLUDED_NAMES.read_text("utf-8").split()}
    excluded |= {last_part(entry) for entry in entries if entry.role == "excluded"}
    return {entry.name for entry in entries if entry.role != "excluded" and last_part(entry) in excluded}


def test_a_list_that_is_written_reads_the_same(tmp_path: Path) -> None:
    entries = [Repository("train", "a/one", "0" * 40, "MIT"), Repository("excluded", "b/two", "1" * 40, "-")]
    write_list(entries, tmp_path / "list.tsv")
    assert read_list(tmp_path / "list.tsv") == entries


@pytest.mark.parametrize("line", ["train\ta/one\tMIT", "taught\ta/one\t00\tMIT", "a/one"])
def test_a_malformed_line_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    (tmp_path / "list.tsv").write_text(f"# head\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"list\.tsv:2: expected role"):
        read_list(tmp_path / "list.tsv")


def test_the_list_names_each_repository_once() -> None:
    names = [entry.name.lower() for entry in read_list()]
    assert sorted(set(names)) == sorted(names)


def test_every_listed_revision_is_a_full_hash() -> None:
    assert [entry for entry in read_list() if not re.fullmatch(r"[0-9a-f]{40}", entry.revision)] == []


def test_everything_but_the_benchmark_has_a_licence() -> None:
    assert [entry for entry in read_list() if (entry.licence == "-") != (entry.role == "excluded")] == []


def test_nothing_is_learned_from_under_an_excluded_name() -> None:
    assert learned_under_an_excluded_name() == set()
