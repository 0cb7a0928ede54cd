"""Vocabulary and bags: the same pairs give the same bytes, and no copy is learned from."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from indexers.encoders.subtokens import CONTINUED, Vocabulary
from tests.house.house import ROOT
from tests.training.made_corpus import N_PAIRS, made_pairs, make_list, make_pairs, write_pairs
from training.bags import TrainingSet, write_set
from training.pairs import KINDS, Pair
from training.pieces import learn_pieces
from training.selection import forbidden_digests, kept_pairs
from training.vocabulary import make_vocabulary


def read_files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run_step(corpus: Path, hash_seed: str) -> dict[str, bytes]:
    """Run the step in a process of its own and return what it wrote."""
    command = [sys.executable, "-m", "training.bags", str(corpus), "--list", str(make_pairs(corpus))]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    return read_files(corpus / "bags")


@pytest.mark.slow
def test_the_same_pairs_give_the_same_files_byte_for_byte(tmp_path: Path) -> None:
    first = run_step(tmp_path / "first", "1")
    assert run_step(tmp_path / "second", "2") == first
    assert len(first) == 1 + 3 * 10


def test_pieces_are_letters_and_then_the_joins_that_occur_most_often() -> None:
    learned = learn_pieces({"low": 5, "lowest": 2, "newest": 6, "widest": 3}, 100)
    joined = [piece for piece in learned if len(piece.removeprefix(CONTINUED)) > 1]
    assert joined[:4] == ["##es", "##est", "##west", "lo"]


def test_pieces_do_not_depend_on_the_order_of_words() -> None:
    words = {f"{head}{tail}": 3 for head in ("read", "load", "save", "mark") for tail in ("er", "able", "ing", "s")}
    assert learn_pieces(dict(reversed(words.items())), 60) == learn_pieces(words, 60)


def test_pieces_write_every_word_that_they_were_learned_from() -> None:
    words = {"flatten": 3, "unflattened": 4, "größe": 3}
    tokens = learn_pieces(words, 40)
    written = {word: [tokens[number] for number in Vocabulary(tokens).ids_of(word)] for word in words}
    assert {word: "".join(part.removeprefix(CONTINUED) for part in parts) for word, parts in written.items()} == {
        word: word for word in words
    }


def test_no_more_pieces_are_learned_than_asked_for() -> None:
    assert len(learn_pieces({"abcdefgh": 3, "bcdefghi": 4}, 22)) == 22


def test_a_word_of_two_projects_is_no_token() -> None:
    counts = [Counter({"shared": 2, "private": 9}), Counter({"shared": 2, "private": 9}), Counter({"shared": 2})]
    tokens = make_vocabulary(counts)
    assert tokens[0] == "shared"
    assert "private" not in tokens[: tokens.index("a")]


def test_a_text_is_a_bag_of_counted_sub_tokens(tmp_path: Path) -> None:
    (entry,) = make_list(tmp_path / "list.tsv", {"a/one": "train"})
    write_pairs(tmp_path, entry, [Pair("commit", "00ff", "open openDoor", "door", "close close")])
    write_set(tmp_path / "train", ["open", "door", "close"], tmp_path, [entry], set())
    pairs = TrainingSet.load(tmp_path / "train")
    assert (pairs.queries.tokens.tolist(), pairs.queries.counts.tolist()) == ([0, 1], [2, 1])
    assert (pairs.documents.tokens.tolist(), pairs.documents.counts.tolist()) == ([1, 2], [1, 2])
    assert (KINDS[pairs.kinds[0]], pairs.digests.tolist()) == ("commit", [255])


def test_what_measures_is_not_learned_from(tmp_path: Path) -> None:
    entries = make_list(tmp_path / "list.tsv", {"a/one": "train", "b/two": "held-out"})
    write_pairs(tmp_path, entries[0], [*made_pairs(1), *made_pairs(2)])
    write_pairs(tmp_path, entries[1], made_pairs(2))
    kept = [pair for _, pair in kept_pairs(tmp_path, entries[:1], forbidden_digests(tmp_path, entries))]
    assert kept == made_pairs(1)


def test_of_copies_in_two_repositories_the_first_is_kept(tmp_path: Path) -> None:
    entries = make_list(tmp_path / "list.tsv", {"a/one": "train", "b/two": "train"})
    for entry in entries:
        write_pairs(tmp_path, entry, made_pairs(1))
    assert [number for number, _ in kept_pairs(tmp_path, entries, set())] == [0] * N_PAIRS


def test_the_hash_of_the_data_tells_other_questions_apart(tmp_path: Path) -> None:
    (entry,) = make_list(tmp_path / "list.tsv", {"a/one": "train"})
    hashes = set()
    for seed in (1, 2):
        write_pairs(tmp_path, entry, made_pairs(seed))
        write_set(tmp_path / "train", ["open"], tmp_path, [entry], set())
        hashes.add((tmp_path / "train" / "data_hash").read_text("utf-8"))
    assert len(hashes) == 2


def test_bags_in_memory_are_those_on_disk(tmp_path: Path) -> None:
    (entry,) = make_list(tmp_path / "list.tsv", {"a/one": "train"})
    write_pairs(tmp_path, entry, made_pairs(1))
    write_set(tmp_path / "train", ["code", "asked"], tmp_path, [entry], set())
    mapped = TrainingSet.load(tmp_path / "train")
    loaded = mapped.in_memory()
    np.testing.assert_array_equal(loaded.documents.tokens, mapped.documents.tokens)
    assert isinstance(mapped.documents.tokens, np.memmap)
    assert not isinstance(loaded.documents.tokens, np.memmap)
