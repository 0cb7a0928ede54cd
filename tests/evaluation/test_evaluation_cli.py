"""`codesearch eval` as a user sees it."""

import json
import tempfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from codesearch.cli.eval import run
from codesearch.cli.eval_table import render_set
from codesearch.cli.main import main
from codesearch.cli.parser import parse_arguments
from codesearch.cli.terminal import Terminal
from codesearch.evaluation.baselines import Hit
from codesearch.evaluation.judged import JudgedQuery
from codesearch.evaluation.metrics import Place, Target
from codesearch.evaluation.report import summarise_steps
from codesearch.evaluation.runner import Step, judge
from tests.cli.repositories import write_files
from tests.evaluation.trees import commit, read_tree

SOURCE = {
    "net.py": 'def retry(call):\n    """Ask again after a growing pause."""\n    return call()\n',
    "log.py": "def complain(text):\n    print(text)\n",
}

TABLE = """\
mine: 2 queries; index 1.5 s, updates 0.25 s each (median)
          queries  nDCG@10    MRR    R@1    R@5  file nDCG  place R@1  place MRR  R@1k tok  R@2k tok  R@4k tok  R@8k tok  p50 ms  p95 ms
hybrid          2    1.000  1.000  1.000  1.000      1.000      1.000      1.000     1.000     1.000     1.000     1.000     2.0     4.0
raw BM25        2    0.500  0.500  0.500  0.500      0.500      0.500      0.500     0.000     0.500     0.500     0.500     2.0     4.0

by language  queries  hybrid nDCG@10  hybrid MRR  raw BM25 nDCG@10  raw BM25 MRR
go                 1           1.000       1.000             0.000         0.000
python             1           1.000       1.000             1.000         1.000
"""  # noqa: E501


class Interrupting(StringIO):
    """A stream on which Ctrl-C arrives once something was indexed."""

    def write(self, text: str) -> int:
        if "indexed in" in text:
            raise KeyboardInterrupt
        return super().write(text)


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the folder of temporary files, which must be empty in the end."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("CODESEARCH_HOME", str(tmp_path / "home"))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    commit(folder, "Begin with a call", SOURCE)
    commit(folder, "Say it louder than before", {"log.py": "def complain(text):\n    print(text.upper())\n"})
    return folder


@pytest.mark.slow
def test_every_kind_of_query_is_made_of_a_repository_and_nothing_of_it_or_of_the_home_is_touched(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = read_tree(root)
    assert main(["eval", str(root), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {one["name"]: one["queries"] for one in document["sets"]} == {"documentation": 1, "symbols": 2, "commits": 1}
    assert all({"hybrid", "dense", "raw BM25"} <= one["methods"].keys() for one in document["sets"])
    assert read_tree(root) == before
    assert not (tmp_path / "home").exists()


def test_queries_of_a_file_are_asked_alone(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    queries = [{"query": "retry", "category": "symbol", "relevant": [{"path": "net.py"}], "secondary": []}]
    write_files(tmp_path, {"mine.json": json.dumps(queries)})
    assert main(["eval", str(root), "--queries", str(tmp_path / "mine.json")]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("mine.json: 1 queries; index ")
    assert "mine.json: indexed in" in err


@pytest.mark.slow
def test_files_of_one_name_and_a_temporary_folder_in_the_tree_itself_do_no_harm(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(root))
    queries = json.dumps([{"query": "retry", "category": "symbol", "relevant": [{"path": "net.py"}]}])
    write_files(tmp_path, {"a/mine.json": queries, "b/mine.json": queries})
    files = [str(tmp_path / name / "mine.json") for name in ("a", "b")]
    kinds = ["--build", "documentation", "--build", "symbols"]
    assert main(["eval", str(root), "--json", "--queries", files[0], "--queries", files[1], *kinds]) == 0
    sets = json.loads(capsys.readouterr().out)["sets"]
    assert [(one["name"], one["queries"]) for one in sets] == [
        ("mine.json", 1),
        ("mine.json", 1),
        ("documentation", 1),
        ("symbols", 2),
    ]


def test_a_folder_without_sources_has_nothing_to_ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["eval", str(tmp_path / "empty")]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "symbols: no queries found" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--build", "commits"], "is in no git work tree"),
        (["--build", "nonesuch"], "invalid choice"),
        (["--queries", "gone.json"], "gone.json: No such file"),
        (["--limit-queries", "0"], "not a whole number of at least 1"),
    ],
)
def test_what_cannot_be_asked_is_one_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    write_files(tmp_path / "plain", SOURCE)
    assert main(["eval", str(tmp_path / "plain"), *arguments]) == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.slow
def test_ctrl_c_leaves_no_temporary_folder(root: Path, scratch: Path) -> None:
    terminal = Terminal(StringIO(), StringIO(), Interrupting(), allows_color=False)
    with pytest.raises(KeyboardInterrupt):
        run(parse_arguments(["eval", str(root)]), terminal)
    assert list(scratch.iterdir()) == []


def test_the_table_has_a_row_for_each_method_and_groups_where_there_are_several() -> None:
    python = JudgedQuery("q", "documentation", (Target("a.py", 1, 2),))
    go = JudgedQuery("r", "documentation", (Target("a.go", 1, 2),))
    short, long = Hit(Place("a.py", 1, 2), 10), Hit(Place("a.py", 1, 2), 1500)
    first = (judge("hybrid", python, [short], 2.0), judge("raw BM25", python, [long], 2.0))
    second = (judge("hybrid", go, [Hit(Place("a.go", 1, 2), 10)], 4.0), judge("raw BM25", go, [], 4.0))
    report = summarise_steps("mine", [Step(1.5, False, first), Step(0.25, True, second)])
    assert "\n".join(render_set(report)) + "\n" == TABLE
