"""Files that nobody would write: all are read or left out with a reason, and what is found is what stands there."""

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.fuzz_targets import ChunkerTarget, QueryTarget, check_parsed
from benchmarks.trials import hostile
from benchmarks.trials.hostile import read_lines
from benchmarks.trials.hostile_files import HOSTILE, KINDS
from benchmarks.trials.nesting import INDENTED, NESTINGS, indented
from codesearch.index import Index
from codesearch.maintenance import verify
from codesearch.types import SearchOptions
from indexers.languages import LANGUAGES
from indexers.parsers import ParserOptions, ParserPool
from indexers.reading import to_file_stat
from indexers.types import ParsedFile, SourceFile

OUTCOMES: dict[str, str] = json.loads((HOSTILE / "outcomes.json").read_text("utf-8"))

N_BLOCKS = 10_000

N_STEPS = 400
"""Blocks inside each other that are indented by a column each: more lines are more than a file may have bytes."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """Index the hostile files that are kept."""
    folder = tmp_path_factory.mktemp("kept")
    shutil.copytree(HOSTILE, folder / "root")
    Index.build(folder / "root", home=folder / "home")
    with Index.open(folder / "root", folder / "home") as index:
        yield index


def test_each_kept_file_is_read_or_left_out_as_it_should_be(kept: Index) -> None:
    reasons = {skip.path: skip.reason.value for skip in kept.status().skipped}
    assert {path: reasons.get(path, "read") for path in OUTCOMES} == OUTCOMES
    assert verify(kept.folder) == []


@pytest.mark.parametrize("word", ["beacon", "light"])
def test_what_is_found_in_kept_files_are_their_own_lines(kept: Index, word: str) -> None:
    results = kept.search(word, SearchOptions(limit=500, mode="lexical")).results
    assert len({result.path for result in results}) > 50
    for result in results:
        assert result.content == read_lines(kept.root / result.path, result), result.path


def test_every_kept_file_that_is_read_and_not_blank_is_found(kept: Index) -> None:
    found = {
        result.path
        for word in ("beacon", "light", "lamp")
        for result in kept.search(word, SearchOptions(limit=500, mode="lexical")).results
    }
    blank = {"lines/empty.py", "lines/only_ends.py", "lines/only_blanks.py", "lines/only_bom.py"}
    assert {path for path, outcome in OUTCOMES.items() if outcome == "read"} - found == blank


def test_an_update_reads_none_of_the_kept_files_again(kept: Index) -> None:
    report = kept.update()
    assert (report.added, report.changed, report.removed, report.bytes_read) == (0, 0, 0, 0)


@pytest.mark.slow
def test_a_repository_of_hostile_files_of_every_kind_is_indexed_and_found(tmp_path: Path) -> None:
    tally = hostile.run(2, len(KINDS), tmp_path, lambda _: None)
    assert tally.failures == ()


@pytest.mark.slow
def test_ten_thousand_blocks_inside_each_other_end_no_parser_in_any_language(tmp_path: Path) -> None:
    """Outcome of each: chunks, or blocks with a reason."""
    texts = {
        f"{language}{LANGUAGES[language].extensions[0]}": nestings[0].repeat(N_BLOCKS, 100)
        for language, nestings in NESTINGS.items()
    }
    texts |= {
        f"{language}_steps{LANGUAGES[language].extensions[0]}": indented(heads[0], N_STEPS)
        for language, heads in INDENTED.items()
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(f"beacon\n{text}\nlight\n")
    files = [SourceFile(name, to_file_stat((tmp_path / name).stat()), is_source=True) for name in texts]
    with ParserPool(tmp_path, ParserOptions(n_workers=2, processor_s=0.2)) as pool:
        outcomes = list(pool.parse(files, 2 << 20))
    for outcome in outcomes:
        assert isinstance(outcome, ParsedFile), outcome
        check_parsed(outcome)
        assert len(outcome.chunks) < N_BLOCKS
        assert "died" not in outcome.note
        assert "failed" not in outcome.note


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> QueryTarget:
    """Return the search that was fuzzed."""
    return QueryTarget(tmp_path_factory.mktemp("asked"))


@pytest.mark.parametrize("name", sorted(path.name for path in (HOSTILE / "fuzz" / "query").iterdir()))
def test_queries_that_fuzzing_found_are_answered_or_refused(asked: QueryTarget, name: str) -> None:
    asked.check((HOSTILE / "fuzz" / "query" / name).read_bytes())


def test_queries_of_random_pieces_are_answered_or_refused(asked: QueryTarget) -> None:
    chance = random.Random(7)
    seeds = list(asked.seeds())
    for _ in range(100):
        pieces = [chance.choice(seeds)[1:][: chance.randint(1, 40)] for _ in range(chance.randint(1, 5))]
        asked.check(bytes([chance.randrange(16)]) + chance.choice((b"", b" ", b"\n", b"\xff")).join(pieces))


def test_sources_of_random_pieces_are_cut_soundly(tmp_path: Path) -> None:
    target = ChunkerTarget(tmp_path)
    chance = random.Random(7)
    seeds = list(target.seeds())
    for _ in range(100):
        seed = chance.choice(seeds)
        at = chance.randrange(1, len(seed))
        piece = seed[at : at + chance.randint(1, 30)] * chance.choice((1, 2, 100))
        other = chance.choice(seeds)[1:][: chance.randint(0, 400)]
        target.check(seed[:at] + piece + other + seed[at + chance.randint(0, 30) :])
