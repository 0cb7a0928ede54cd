"""Whatever was edited, renamed, deleted, ignored or switched: an update gives what a fresh build of the tree gives.

The operations are those of the trial, which does the same at 20,000 chunks:
`python -m benchmarks.reliability --only scripts`.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from benchmarks.trials.edits import CROSSED, run_at
from benchmarks.trials.git_operations import OPERATIONS
from benchmarks.trials.operations import change_case, copy, move, move_folder, rename, touch
from benchmarks.trials.repository import Repository, make_repository
from benchmarks.trials.script import Script
from benchmarks.trials.workplace import LentPool, Workplace, lend_parsers
from codesearch.building.changes import Known, compare
from codesearch.storage.rows import KnownFile
from codesearch.storage.thresholds import BaseDue
from indexers.reading import distrust, to_file_stat
from indexers.types import FileStat
from indexers.walker import walk

pytestmark = pytest.mark.slow

N_LEAVES = 100
SEED = 5
SEEDS = st.integers(0, 1 << 16)


@dataclass(frozen=True, slots=True)
class Shelf:
    """A small tree, indexed without and with vectors that are kept; each script starts from a copy."""

    kept: Path
    root: Path
    pool: LentPool

    def start(self, *, is_cached: bool) -> Script:
        """Put tree and index back to where they were."""
        shutil.rmtree(self.root.parent, ignore_errors=True)
        shutil.copytree(self.kept, self.root.parent, symlinks=True)
        return Script(Repository(self.root), self.workplace(is_cached=is_cached))

    def workplace(self, *, is_cached: bool) -> Workplace:
        """Return where the index is built."""
        home = self.root.with_name("cached" if is_cached else "plain")
        return Workplace(self.root, home, self.pool, is_cached)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    place = tmp_path_factory.mktemp("edits")
    root = place / "place/root"
    make_repository(root, SEED, N_LEAVES)
    with lend_parsers(root) as pool:
        shelf = Shelf(place / "kept", root, pool)
        for is_cached in (False, True):
            shelf.workplace(is_cached=is_cached).build()
        root.parent.rename(shelf.kept)
        yield shelf


def rule_of(name: str) -> Callable[..., None]:
    """Return the rule that does one operation, and perhaps updates then."""

    def do(self: Any, seed: int, is_updated: bool) -> None:
        self.script.apply(name, Random(seed))
        if is_updated:
            self.script.update()

    do.__name__ = name
    return rule(seed=SEEDS, is_updated=st.booleans())(do)


class Machine(RuleBasedStateMachine):
    """An index under edits. The operations are added below, one rule each."""

    def __init__(self, script: Script) -> None:
        super().__init__()
        self.script = script

    @rule()
    def update(self) -> None:
        self.script.update()

    @rule(name=st.sampled_from(sorted(OPERATIONS)), seed=SEEDS)
    def update_meanwhile(self, name: str, seed: int) -> None:
        self.script.update(name, seed)

    @rule()
    def compact(self) -> None:
        self.script.compact()

    @invariant()
    def it_tells_the_truth(self) -> None:
        assert self.script.untruths == [], self.script.done

    def teardown(self) -> None:
        if not self.script.untruths:
            assert self.script.finish(SEED) == [], self.script.done


EditMachine = type("EditMachine", (Machine,), {f"do_{name}": rule_of(name) for name in OPERATIONS})


@pytest.mark.parametrize(("is_cached", "n_scripts"), [(False, 4), (True, 3)])
def test_after_any_script_of_edits_an_index_equals_a_fresh_one(shelf: Shelf, is_cached: bool, n_scripts: int) -> None:
    run_state_machine_as_test(
        lambda: EditMachine(shelf.start(is_cached=is_cached)),  # type: ignore[arg-type]  # any factory will do
        settings=settings(
            max_examples=n_scripts,
            stateful_step_count=10,
            deadline=None,
            print_blob=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


def test_a_script_crosses_every_threshold_and_stays_equal(shelf: Shelf) -> None:
    script = shelf.start(is_cached=False)
    random = Random(SEED)
    for n_edits, name in ((1, "create"), (6, "edit"), (2, "copy_folder"), (3, "delete"), (1, "switch_branch")):
        for _ in range(n_edits):
            script.apply(name, random)
        script.update()
    assert script.finish(SEED) == []
    assert set(get_args(BaseDue)) < set(CROSSED)
    assert [step for step in CROSSED if not script.workplace.steps[step]] == []


@pytest.mark.parametrize("operation", [touch, rename, move, move_folder, change_case, copy])
def test_what_only_moves_code_encodes_nothing_where_vectors_are_kept(shelf: Shelf, operation: Any) -> None:
    script = shelf.start(is_cached=True)
    script.apply(operation.__name__, Random(SEED))
    assert len(script.done) == 1
    assert script.update().n_encoded == 0
    assert script.untruths == []


def test_a_touch_encodes_nothing_where_they_are_not_kept(shelf: Shelf) -> None:
    script = shelf.start(is_cached=False)
    script.apply("touch", Random(SEED))
    assert script.update().n_encoded == 0


def test_a_file_that_is_left_out_is_not_stale_because_it_was_written_just_now(shelf: Shelf) -> None:
    script = shelf.start(is_cached=False)
    path = script.repository.sources()[0]
    script.repository.write(path, b"a\0b")
    script.update()
    assert script.untruths == []
    with closing(script.workplace.open()) as index:
        (shelf.root / path).write_bytes(b"x = 1\n")
        assert index.status().state.stale_files == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser reads everything")
def test_a_file_that_nobody_may_read_is_stale_from_when_it_can_be_read(shelf: Shelf) -> None:
    script = shelf.start(is_cached=False)
    path = shelf.root / script.repository.sources()[0]
    path.chmod(0)
    script.update()
    assert script.untruths == []
    with closing(script.workplace.open()) as index:
        path.chmod(0o600)
        assert index.status().state.stale_files == 1


def test_a_file_that_another_replaced_since_the_walk_is_looked_at_again(tmp_path: Path) -> None:
    path, content = tmp_path / "a.py", b"x = 1\n"
    path.write_bytes(content)
    walked = walk(tmp_path)
    known = KnownFile(1, FileStat(len(content), 0, 0, 0), blake2b(content, digest_size=16).digest())
    (tmp_path / "b.py").write_bytes(content)
    (tmp_path / "b.py").replace(path)
    changes = compare(tmp_path, walked, Known({"a.py": known}, (), frozenset()), time.time_ns() + 10**12)
    assert changes.restats == {"a.py": distrust(to_file_stat(path.stat()))}


def test_a_letter_that_changes_within_one_tick_of_an_update_is_found(shelf: Shelf) -> None:
    script = shelf.start(is_cached=False)
    random = Random(SEED)
    for seed in range(3):
        script.apply("edit_unseen", random)
        script.update("edit_unseen", seed)
        script.apply("edit_unseen", random)
    assert script.finish(SEED) == []


def test_the_trial_finds_nothing_in_one_script(tmp_path: Path) -> None:
    tally = run_at(N_LEAVES, SEED, 1, tmp_path, lambda _: None)
    assert (tally.tried, tally.failures) == (1, ())


def test_an_index_that_missed_an_edit_is_told_from_a_fresh_one(shelf: Shelf) -> None:
    script = shelf.start(is_cached=False)
    script.apply("edit_unseen", Random(SEED))
    untruths = script.compare_with_fresh(SEED)
    for what in ("file", "text of", "bags of", "vectors of", "document frequencies", "is answered by"):
        assert [untruth for untruth in untruths if what in untruth]
