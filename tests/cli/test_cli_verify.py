import json
import re
import shutil
from pathlib import Path

import pytest

from codesearch.registry import index_folder
from tests.cli.answers import is_one_error
from tests.cli.conftest import Run
from tests.house.house import ROOT

KEPT = ROOT / "fixtures" / "indexes" / "format-2"


@pytest.fixture
def repo(tmp_path: Path, run: Run) -> Path:
    """A folder whose index is the one that is kept for the newest format."""
    root = tmp_path / "shapes"
    root.mkdir()
    shutil.copytree(KEPT, index_folder(tmp_path / "home", root), copy_function=shutil.copyfile)
    return root


def damage(tmp_path: Path, repo: Path) -> None:
    vectors = index_folder(tmp_path / "home", repo) / "vectors-1.bin"
    data = bytearray(vectors.read_bytes())
    data[0] ^= 1
    vectors.write_bytes(data)


def test_a_sound_index_is_called_sound_and_what_nothing_sums_is_summed_up(repo: Path, run: Run) -> None:
    answer = run("verify", repo)
    assert (answer.status, answer.err) == (0, "")
    sound, unsummed = answer.out.splitlines()
    assert sound.startswith(f"{repo}: the index is sound: ")
    assert re.fullmatch(r"not under checksums: .+ in \d+ files; --json lists what they are", unsummed)


def test_damage_is_named_with_the_source_and_the_command_that_mends_it(tmp_path: Path, repo: Path, run: Run) -> None:
    damage(tmp_path, repo)
    answer = run("verify", repo)
    assert answer.status == 1
    lines = answer.out.splitlines()
    assert lines[0].startswith("damaged: vector 0 of ")
    assert lines[0].endswith("does not match its checksum (of README.md)")
    assert lines[1] == "to mend it, run `codesearch repair /srv/shapes`"
    assert "the index is damaged: " in lines[2]


def test_scripts_get_all_of_it_as_one_object(tmp_path: Path, repo: Path, run: Run) -> None:
    sound = json.loads(run("verify", repo, "--json").out)
    assert (sound["sound"], sound["problems"]) == (True, [])
    assert {entry["file"] for entry in sound["not_under_checksums"]} >= {"catalog.db"}
    damage(tmp_path, repo)
    answer = run("verify", repo, "--json")
    assert answer.status == 1
    [problem] = json.loads(answer.out)["problems"]
    assert (problem["file"], problem["path"]) == ("vectors-1.bin", "README.md")
    assert problem["mend"] == "run `codesearch repair /srv/shapes`"


def test_a_catalogue_that_cannot_be_read_is_damage_and_no_error(tmp_path: Path, repo: Path, run: Run) -> None:
    catalog = index_folder(tmp_path / "home", repo) / "catalog.db"
    catalog.write_bytes(catalog.read_bytes()[:5000])
    answer = run("verify", repo)
    assert (answer.status, answer.err) == (1, "")
    assert "--rebuild" in answer.out


def test_where_no_index_is_there_is_nothing_to_verify(tmp_path: Path, run: Run) -> None:
    answer = run("verify", tmp_path)
    assert (answer.status, answer.out) == (2, "")
    assert is_one_error(answer.err)
