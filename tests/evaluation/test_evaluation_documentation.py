"""Documentation becomes queries, and goes from the copy that is searched."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from codesearch.evaluation.cases import Sample
from codesearch.evaluation.doc_queries import ask
from codesearch.evaluation.documentation import build_documentation
from codesearch.evaluation.judged import JudgedQuery
from indexers.types import Chunk
from tests.cli.repositories import write_files
from tests.evaluation.trees import read_tree

PYTHON = '''\
"""Calls that may fail."""


def retry(call, attempts=3):
    """Ask again after a growing pause.

    More of it.
    """
    for attempt in range(attempts):
        call(attempt)


class Refused(Exception):
    """Raised where nobody answers any more."""
'''

GO = """\
package net

// Dial opens a socket and shakes hands with
// whoever is there.
func Dial(host string) error {
\treturn nil
}
"""

JAVA = """\
class Store {
    /**
     * Keeps a value until somebody asks.
     *
     * @param key what it is called
     */
    @Override
    public void put(String key) {
        map.add(key);
    }
}
"""

SCALA = """\
trait Align {

  def functor: Int

  /**
   * Pairs the elements of two structures.
   *
   * {{{
   * align(1, 2)
   * }}}
   */
  def align(a: Int): Int
}
"""

ELIXIR = '''\
defmodule Store do
  @doc """
  Keeps a value until nobody asks.
  """
  def put(key) do
    key
  end
end
'''

RUST = """\
/// Opens a socket without a handshake.
#[must_use]
pub fn dial(host: &str) -> bool {
    true
}
"""


SAME = """\
package same

// One number after the other is added up here.
func Add(a int, b int) int {
\treturn a + b
}
"""


def made(documentation: str, symbol: str = "retry") -> Chunk:
    return Chunk("function", "leaf", symbol, symbol, "", documentation, (), 0, 10, 1, 2, 0, 1)


FILES = {
    "net.py": PYTHON,
    "net.go": GO,
    "Store.java": JAVA,
    "align.scala": SCALA,
    "store.ex": ELIXIR,
    "lib.rs": RUST,
    "same/a.go": SAME,
    "same/b.go": SAME.replace("Add", "Sum"),
    "tests/test_net.py": PYTHON.replace("growing", "tested"),
    "vendor/net.go": GO.replace("socket", "copy"),
}


@dataclass(frozen=True)
class Made:
    """A tree, the copy that is searched, and what is asked of it."""

    root: Path
    copy: Path
    queries: tuple[JudgedQuery, ...]


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """All definitions of the files are asked for."""
    return make(tmp_path_factory.mktemp("everything"), Sample())


def make(folder: Path, sample: Sample, copy: str = "copy") -> Made:
    root = write_files(folder / "tree", FILES)
    [case] = build_documentation(root, folder / copy, sample)
    return Made(root, case.root, case.queries)


@pytest.mark.parametrize(
    ("documentation", "query"),
    [
        ("Ask again after a pause. And more.", "Ask again after a pause"),
        ("Ask again\nafter a pause\n\n:param call: what", "Ask again after a pause"),
        ("Ask again after a pause, e.g. a second. More.", "Ask again after a pause, e.g. a second"),
        ("retry asks again after a pause.", "asks again after a pause"),
        ("Asks `call` **again** after a {@link Pause}.", "Asks call again after a Pause"),
        ('Asks the "other side" again.', "Asks the other side again"),
        ("等待一段时间后再次请求服务器。然后放弃。", "等待一段时间后再次请求服务器"),
    ],
)
def test_the_first_sentence_of_documentation_is_the_query(documentation: str, query: str) -> None:
    assert ask(made(documentation)) == query


@pytest.mark.parametrize(
    "documentation",
    [
        "Ask again later.",
        "Ask again and let retry count the attempts.",
        "Copyright 2020 by the authors of this file.",
        "TODO: ask again after a growing pause.",
        "{@inheritDoc} and all that comes with it",
        "x = [1, 2, 3]; y = {4: 5}; a(b)(c)[d] += e // f",
        "",
    ],
)
def test_documentation_that_asks_nothing_or_for_a_name_makes_no_query(documentation: str) -> None:
    assert ask(made(documentation)) is None


@pytest.mark.parametrize(
    ("name", "query", "lines"),
    [
        ("net.py", "Ask again after a growing pause", (4, 8)),
        ("net.go", "opens a socket and shakes hands with whoever is there", (3, 6)),
        ("Store.java", "Keeps a value until somebody asks", (2, 8)),
        ("align.scala", "Pairs the elements of two structures", (5, 8)),
        ("store.ex", "Keeps a value until nobody asks", (2, 7)),
        ("lib.rs", "Opens a socket without a handshake", (1, 5)),
    ],
)
def test_a_definition_is_asked_for_in_a_copy_that_does_not_have_its_documentation(
    everything: Made, name: str, query: str, lines: tuple[int, int]
) -> None:
    [judged] = [judged for judged in everything.queries if judged.query == query]
    [target] = judged.targets
    assert (target.path, target.start_line, target.end_line) == (name, *lines)
    assert query not in " ".join(read_tree(everything.copy)[name].replace("//", " ").split())


def test_a_body_that_was_only_a_docstring_stays_valid(everything: Made) -> None:
    assert "Raised where nobody answers any more" in [judged.query for judged in everything.queries]
    compile(read_tree(everything.copy)["net.py"], "net.py", "exec")


def test_the_tree_itself_is_left_alone(everything: Made) -> None:
    assert read_tree(everything.root) == FILES


def test_a_text_that_several_definitions_have_asks_for_none(everything: Made) -> None:
    assert [judged for judged in everything.queries if judged.targets[0].path.startswith("same/")] == []
    assert read_tree(everything.copy)["same/a.go"] == SAME


def test_tests_and_vendored_code_are_not_asked_about_but_searched(everything: Made) -> None:
    asked = {target.path for judged in everything.queries for target in judged.targets}
    assert not asked & {"tests/test_net.py", "vendor/net.go"}
    assert set(read_tree(everything.copy)) == set(FILES)


@pytest.mark.slow
def test_documentation_of_what_is_not_chosen_stays(everything: Made, tmp_path: Path) -> None:
    [judged] = make(tmp_path, Sample(limit=1)).queries
    left = [other.query for other in everything.queries if other != judged and other.targets[0].path == "net.py"]
    assert all(query in read_tree(tmp_path / "copy")["net.py"] for query in left)


def test_the_same_seed_chooses_the_same_ones_in_their_order() -> None:
    found = list(range(100))
    chosen = Sample(10, seed=1).choose(found)
    assert chosen == sorted(chosen) == Sample(10, seed=1).choose(found)
    assert chosen != Sample(10, seed=2).choose(found)
    assert Sample(100).choose(found) == found


def test_a_tree_without_sources_gives_no_query(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    [case] = build_documentation(tmp_path / "tree", tmp_path / "copy")
    assert case.queries == ()
