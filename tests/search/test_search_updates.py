"""An index that was updated many times answers as a fresh one, also where far more chunks match than are candidates."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pytest

from codesearch.search import engine
from codesearch.storage.snapshot import Snapshot
from codesearch.types import MODES, SearchOptions
from indexers.encoders.embedded import EmbeddedEncoder
from indexers.terms import BagArray

N_FILES = 140
FUNCTIONS_EACH = 12
N_ROUNDS = 4
N_QUERIES = 30

Tree = dict[str, str]


def make_words(chance: random.Random) -> list[str]:
    """Return words that do not share their beginnings."""
    return sorted(
        {"".join(chance.choice("bdfgklmnprtv") + chance.choice("aeiou") for _ in range(3)) for _ in range(300)}
    )


def pick(chance: random.Random, words: Sequence[str], n: int) -> list[str]:
    """Return `n` words, the first of the list far more often than the last."""
    return [words[int(len(words) * chance.random() ** 3)] for _ in range(n)]


def make_function(chance: random.Random, words: Sequence[str]) -> str:
    """Return a function whose name and body are made of words."""
    body = "".join(f"    {' = '.join(pick(chance, words, 2))}\n" for _ in range(chance.randint(1, 12)))
    return f"def {'_'.join(pick(chance, words, 2))}():\n{body}\n\n"


def make_file(chance: random.Random, words: Sequence[str]) -> str:
    """Return a file with a class, some of whose functions are methods."""
    functions = [make_function(chance, words) for _ in range(FUNCTIONS_EACH)]
    inside = "".join("    " + line for text in functions[:4] for line in text.splitlines(keepends=True) if line.strip())
    return f"class {''.join(pick(chance, words, 2)).title()}:\n{inside}\n\n{''.join(functions[4:])}"


def change(chance: random.Random, words: Sequence[str], tree: Mapping[str, str]) -> Tree:
    """Return a tree after edits, moves and removals of a third of its files."""
    after = dict(tree)
    for path in chance.sample(sorted(tree), len(tree) // 3):
        text = after.pop(path)
        kind = chance.random()
        if kind < 0.5:
            after[path] = text + make_function(chance, words)
        elif kind < 0.8:
            after[f"moved/{path}"] = text
    return after


@pytest.mark.slow
def test_after_rounds_of_edits_every_mode_answers_as_a_fresh_index(
    index_of: Callable[..., Snapshot], index_in_steps: Callable[[Sequence[Mapping[str, str]]], Snapshot]
) -> None:
    chance = random.Random(7)
    words = make_words(chance)
    trees: list[Tree] = [{f"src/{words[-n]}{n}.py": make_file(chance, words) for n in range(N_FILES)}]
    for _ in range(N_ROUNDS):
        trees.append(change(chance, words, trees[-1]))
    fresh, updated = index_of(trees[-1]), index_in_steps(trees)
    assert sum(file.n_leaves for file in fresh.files()) > 1000
    encoder = EmbeddedEncoder()
    for _ in range(N_QUERIES):
        query = " ".join(pick(chance, words, chance.randint(1, 4)))
        for mode in MODES:
            options = SearchOptions(mode=mode)
            expected = engine.search(fresh, encoder, query, options).results
            found = engine.search(updated, encoder, query, options).results
            assert [(r.path, r.start_line) for r in found] == [(r.path, r.start_line) for r in expected], (mode, query)
            assert [r.score for r in found] == pytest.approx([r.score for r in expected], abs=1e-6)


@pytest.mark.slow
def test_of_more_copies_than_candidates_the_first_by_path_are_shown(
    index_in_steps: Callable[[Sequence[Mapping[str, str]]], Snapshot],
) -> None:
    copies = {f"m{number:02}.py": "def handle():\n    event = 1\n\n\n" * 20 for number in range(70)}
    later = {path: text for path, text in copies.items() if path > "m10.py"}
    snapshot = index_in_steps([{"z.py": "x = 1\n"}, later, copies])
    for mode in MODES:
        results = engine.search(snapshot, EmbeddedEncoder(), "handle event", SearchOptions(mode=mode)).results
        assert [r.path for r in results] == sorted(copies)[:10]


class CountedSnapshot:
    """A snapshot that remembers whose words were read."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.read: set[int] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._snapshot, name)

    def bags(self, ids: Sequence[int]) -> list[BagArray]:
        """Return the term bags of live chunks."""
        self.read.update(ids)
        return self._snapshot.bags(ids)


@pytest.mark.slow
def test_of_thousands_of_copies_few_are_read_to_show_the_first_by_path(
    index_in_steps: Callable[[Sequence[Mapping[str, str]]], Snapshot],
) -> None:
    worse = {f"a{number:02}.py": "def other():\n    handle = event = 1 + 2 + 3 + 4\n\n\n" * 4 for number in range(10)}
    copies = {f"m{number:02}.py": "def handle():\n    event = 1\n\n\n" * 50 for number in range(70)}
    later = {path: text for path, text in copies.items() if path > "m10.py"}
    snapshot = CountedSnapshot(index_in_steps([worse, worse | later, worse | copies]))
    options = SearchOptions(mode="lexical")
    results = engine.search(cast("Snapshot", snapshot), EmbeddedEncoder(), "handle event", options).results
    assert [r.path for r in results] == sorted(copies)[:10]
    assert 0 < len(snapshot.read) < 70 * 50 // 2
