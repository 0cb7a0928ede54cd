"""The benchmark of answers: what it asks, what each variant sees, and what the figures come to."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality import figures
from benchmarks.quality.__main__ import describe_command, read_arguments
from benchmarks.quality.answering import Answerer, Opened
from benchmarks.quality.page import BEGIN, END, replace_measured
from benchmarks.quality.records import (
    Asked,
    Measured,
    Record,
    SetName,
    digest_code,
    make_key,
    read_record,
    write_record,
)
from benchmarks.quality.running import Folders, Job, run, run_jobs
from benchmarks.quality.shelf import FloatEncoder, VectorShelf, encode_again, load_float, read_stored
from benchmarks.quality.sources import HeldOut, Judged, commit_cases, list_judged
from benchmarks.quality.tables import Records, ndcg, render_ablations, render_sets
from benchmarks.quality.variants import FULL, METHODS, Variant, list_variants
from codesearch.evaluation.baselines import Hit
from codesearch.index import Index
from codesearch.search.weights import WEIGHTS
from codesearch.storage.snapshot import Snapshot
from codesearch.types import BuildOptions
from indexers.encoders.embedded import MODEL_PATH
from indexers.encoders.model_file import read_model
from indexers.types import FloatArray
from tests.cli.repositories import git, write_files
from tests.evaluation.trees import commit, read_tree

RETRY = '''\
class Retrier:
    """Repeats calls that failed."""

    def repeat(self, call, pauses):
        """Ask again after each pause until an answer comes."""
        for pause in pauses:
            self.wait(pause)
        return call()

    def wait(self, pause):
        """Let some time go by before the next attempt."""
        return pause * 2
'''

SOCKET = '''\
class Socket:
    """Speaks to another machine over the wire."""

    def open(self, host):
        """Connect to a machine by its name."""
        return host

    def close(self):
        """Let go of the line at once, whatever is under way."""
        return 0
'''

FILES = {"net/retry.py": RETRY, "net/socket.py": SOCKET, "README.md": "# Calls\n\nCalls are repeated.\n"}

QUESTION = "ask again after a pause"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """An open index of a small tree; `info.root` is the tree."""
    folder = tmp_path_factory.mktemp("quality")
    root = write_files(folder / "tree", FILES)
    Index.build(root, BuildOptions(n_workers=1), home=folder / "home")
    with Index.open(root, folder / "home") as index, Snapshot.open(index.folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def index_folder(snapshot: Snapshot) -> Path:
    """Where the index of the small tree lies."""
    with Index.open(snapshot.info.root, snapshot.info.root.parent / "home") as index:
        return index.folder


@pytest.fixture(scope="module")
def held_out(tmp_path_factory: pytest.TempPathFactory) -> HeldOut:
    """A repository with two commits that make questions, pinned before a third."""
    root = tmp_path_factory.mktemp("held") / "out"
    commit(root, "Begin with calls and wires", FILES)
    commit(
        root, "Wait longer between attempts", {"net/retry.py": RETRY.replace("* 2", "* 3"), "README.md": "# Calls\n"}
    )
    commit(root, "Say what went wrong on closing", {"net/socket.py": SOCKET.replace("return 0", "return 1")})
    revision = git(root, "rev-parse", "HEAD").strip()
    commit(root, "Come after what was listed", {"net/socket.py": SOCKET})
    return HeldOut("someone/out", revision, root / ".git")


def job_of(held_out: HeldOut, work: Path, name: SetName = "commits", *, has_ablations: bool = False) -> Job:
    return Job(name, held_out, 5, has_ablations, Folders(work / "corpus", work / "work"), "code")


def answers(snapshot: Snapshot, folder: Path, variant: Variant) -> tuple[Hit, ...]:
    opened: Opened = Answerer([variant]).open(snapshot, folder)
    return next(iter(opened.ask(QUESTION))).hits


def rounded_rows() -> FloatArray:
    """Return the float rows that the shipped table may have been rounded from."""
    model = read_model(MODEL_PATH)
    return np.asarray(model.table * model.scales[:, None], dtype=np.float32)


def measured(value: float, n_tokens: int | None = 100) -> Measured:
    return Measured(value, value, value, value, n_tokens, (10,), 2.0)


def record(name: str, *pairs: tuple[float, float]) -> Record:
    """Return a record in which the product and every other method reached these figures."""
    asked = [
        Asked(
            f"question {number}",
            ("a.py",),
            number == 0,
            {one.name: measured(own if one.name == FULL else other) for one in list_variants(has_float=False)},
        )
        for number, (own, other) in enumerate(pairs)
    ]
    return Record(name, {}, 1.0, None, tuple(asked))


@pytest.mark.slow
def test_commits_up_to_the_listed_revision_are_asked_about_with_plain_source_as_targets(
    held_out: HeldOut, tmp_path: Path
) -> None:
    done = run(job_of(held_out, tmp_path))
    assert [(one.query, one.targets) for one in done.asked] == [
        ("Wait longer between attempts", ("net/retry.py",)),
        ("Say what went wrong on closing", ("net/socket.py",)),
    ]
    assert all(list(one.measured) == [method.name for method in METHODS] for one in done.asked)


@pytest.mark.slow
def test_a_file_that_the_corpus_lacks_stands_empty(tmp_path: Path) -> None:
    root = tmp_path / "gaps"
    commit(root, "Begin with calls and data", {**FILES, "data.py": "numbers = [1, 2, 3]\n"})
    commit(root, "Wait longer between attempts", {"net/retry.py": RETRY.replace("* 2", "* 3")})
    blob = git(root, "rev-parse", "HEAD:data.py").strip()
    (root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    gaps = HeldOut("someone/gaps", git(root, "rev-parse", "HEAD").strip(), root / ".git")
    [case] = commit_cases(gaps, tmp_path / "made", 5)
    assert read_tree(case.root) == {**FILES, "data.py": ""}


@pytest.mark.slow
def test_all_changed_files_are_counted_beside_the_plain_source(held_out: HeldOut, tmp_path: Path) -> None:
    first, second = run(job_of(held_out, tmp_path)).asked
    assert first.measured["raw BM25"].ndcg_10 != first.measured["raw BM25"].all_ndcg_10
    assert second.measured["raw BM25"].ndcg_10 == second.measured["raw BM25"].all_ndcg_10


@pytest.mark.slow
def test_documentation_asks_for_the_right_place(held_out: HeldOut, tmp_path: Path) -> None:
    done = run(job_of(held_out, tmp_path, name="documentation"))
    assert "Let some time go by before the next attempt" in [one.query.rstrip(".") for one in done.asked]
    assert all(one.measured[FULL].right_recall_1 is not None for one in done.asked)


@pytest.mark.slow
def test_what_was_measured_is_not_measured_again(held_out: HeldOut, tmp_path: Path) -> None:
    [done] = run_jobs([job_of(held_out, tmp_path)], 1)
    gone = replace(held_out, git_folder=tmp_path / "gone")
    assert run(job_of(gone, tmp_path)) == done


@pytest.mark.slow
def test_a_float_table_beside_the_corpus_becomes_a_variant(held_out: HeldOut, tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    np.save(tmp_path / "corpus" / "model.npy", rounded_rows())
    done = run(job_of(held_out, tmp_path, has_ablations=True))
    assert list(done.asked[0].measured) == [one.name for one in list_variants(has_float=True)]


def test_a_record_of_another_model_or_without_a_method_is_made_anew(tmp_path: Path) -> None:
    key = make_key("revision", 5, "encoder", "code")
    path = tmp_path / "set" / "record.json"
    write_record(path, replace(record("one", (1.0, 0.5)), key=key))
    assert read_record(path, key, [FULL]) == replace(record("one", (1.0, 0.5)), key=key)
    assert read_record(path, make_key("revision", 5, "other", "code"), [FULL]) is None
    assert read_record(path, make_key("revision", 6, "encoder", "code"), [FULL]) is None
    assert read_record(path, make_key("revision", 5, "encoder", "changed"), [FULL]) is None
    assert read_record(path, key, [FULL, "another"]) is None
    assert read_record(tmp_path / "missing.json", key, [FULL]) is None


def test_a_change_of_the_code_that_decides_answers_is_seen(tmp_path: Path) -> None:
    write_files(tmp_path, {"codesearch/search/weights.py": "a = 1\n", "codesearch/cli/main.py": "b = 1\n"})
    before = digest_code(tmp_path)
    write_files(tmp_path, {"codesearch/cli/main.py": "b = 2\n"})
    assert digest_code(tmp_path) == before
    write_files(tmp_path, {"codesearch/search/weights.py": "a = 2\n"})
    assert digest_code(tmp_path) != before


def test_without_containers_only_leaves_are_shown(snapshot: Snapshot, index_folder: Path) -> None:
    leaves = {
        (leaf.path, leaf.start_line, leaf.end_line)
        for file in snapshot.files()
        for leaf in snapshot.chunks_of_file(file.id)
        if leaf.granularity == "leaf"
    }
    hits = answers(snapshot, index_folder, Variant("leaves only", seen=("leaf",)))
    assert hits
    assert {(hit.place.path, hit.place.start_line, hit.place.end_line) for hit in hits} <= leaves


def test_all_dimensions_in_one_stage_answer_as_the_product_does_where_all_are_candidates(
    snapshot: Snapshot, index_folder: Path
) -> None:
    one_stage = answers(snapshot, index_folder, Variant("all", dim=256))
    assert one_stage == answers(snapshot, index_folder, Variant(FULL))


def test_fewer_dimensions_give_other_cosines(snapshot: Snapshot, index_folder: Path) -> None:
    query = Answerer([Variant("few", dim=32), Variant("all", dim=256)]).open(snapshot, index_folder)
    chunks = snapshot.chunks_of_file(snapshot.files()[1].id)
    asked = np.ones(256, dtype=np.float32)
    few, everything = (query.views[name].cosines(asked, chunks) for name in ("few", "all"))
    assert everything == pytest.approx(snapshot.cosines(asked, chunks), abs=1e-5)
    assert few != pytest.approx(everything, abs=1e-3)


def test_vectors_alone_show_each_file_once(snapshot: Snapshot, index_folder: Path) -> None:
    hits = answers(snapshot, index_folder, Variant("vectors alone", engine="vectors alone"))
    assert sorted(hit.place.path for hit in hits) == sorted(FILES)


def test_encoding_again_gives_every_chunk_the_vector_that_it_has(snapshot: Snapshot) -> None:
    stored = VectorShelf(read_stored).read(snapshot)
    again = VectorShelf(encode_again(FloatEncoder(rounded_rows()))).read(snapshot)
    assert (again.ids == stored.ids).all()
    assert (stored.rows * again.rows).sum(axis=1) == pytest.approx(1.0, abs=2e-3)


def test_a_table_that_the_model_was_not_made_of_is_left_out(tmp_path: Path) -> None:
    assert load_float(tmp_path / "missing.npy") is None
    np.save(tmp_path / "other.npy", np.ones((3, 256), dtype=np.float32))
    assert load_float(tmp_path / "other.npy") is None
    np.save(tmp_path / "changed.npy", rounded_rows() * 1.5)
    assert load_float(tmp_path / "changed.npy") is None


def test_every_variant_has_a_name_of_its_own_and_differs_from_the_product() -> None:
    variants = list_variants(has_float=True)
    assert len({one.name for one in variants}) == len(variants)
    product = Variant(FULL)
    assert [one.name for one in variants if replace(one, name=FULL, group="method") == product] == [FULL]
    assert all(one.weights != WEIGHTS for one in variants if one.group in ("feature", "diversity"))


def test_a_repository_with_many_queries_weighs_no_more_than_another() -> None:
    records = [record("one", (1.0, 0.0)), record("two", (0.0, 0.0), (0.5, 0.0), (0.1, 0.0))]
    mean = figures.over_repositories(records, FULL, ndcg)
    assert mean.value == pytest.approx((1.0 + 0.2) / 2)
    assert mean.error == pytest.approx(0.4)


def test_a_difference_is_taken_query_by_query() -> None:
    records = [record("one", (1.0, 0.5), (0.5, 0.0)), record("two", (0.7, 0.2))]
    mean = figures.difference(records, FULL, "lexical", ndcg)
    assert mean.value == pytest.approx(0.5)
    assert mean.error == pytest.approx(0.0, abs=1e-12)


def test_the_interval_holds_the_difference_and_is_the_same_each_time() -> None:
    records = [record("one", (1.0, 0.5), (0.2, 0.3), (0.9, 0.1)), record("two", (0.7, 0.2), (0.1, 0.1))]
    interval = figures.bootstrap(records, FULL, "lexical", ndcg)
    assert interval.low < interval.value < interval.high
    assert interval == figures.bootstrap(records, FULL, "lexical", ndcg)


def test_queries_that_all_gain_alike_leave_no_doubt() -> None:
    interval = figures.bootstrap([record("one", (1.0, 0.5), (0.5, 0.0))], FULL, "lexical", ndcg)
    assert [interval.low, interval.high] == pytest.approx([0.5, 0.5])


def test_repositories_without_a_query_do_not_count() -> None:
    records = [record("one", (1.0, 0.5)), record("two")]
    assert figures.over_repositories(records, FULL, ndcg).value == 1.0
    assert math.isnan(figures.over_repositories([record("two")], FULL, ndcg).value)


def test_tokens_to_the_first_hit_are_those_of_queries_that_have_one() -> None:
    one = record("one", (1.0, 0.5), (0.0, 0.0))
    missed = replace(one.asked[1], measured={FULL: measured(0.0, None)})
    records = [replace(one, asked=(one.asked[0], missed))]
    assert figures.median_tokens(records, FULL) == 100
    assert figures.found_share(records, FULL) == 0.5
    assert figures.recall_within(records, FULL, 99).value == 0.0


def test_tables_show_the_product_and_what_each_part_brings() -> None:
    records: Records = {"commits": [record("someone/one", (1.0, 0.75), (0.5, 0.25))]}
    text = "\n".join([*render_sets(records, []), *render_ablations(records, list_variants(has_float=False))])
    assert "1 of the queries (50%) share no word with the path of any target." in text
    assert "| someone/one | 2 | 0.750 | 0.500 | 1.0 |" in text
    assert "| no demotions | -0.250 ± 0.000 |" in text


def test_the_yardstick_s_table_names_what_others_published() -> None:
    judged = [Judged("one", "r", Path(), Path(), True, {"peer": 0.5}), Judged("two", "r", Path(), Path(), False, {})]
    records: Records = {"yardstick": [record("one", (1.0, 0.5)), record("two", (0.5, 0.5))]}
    text = "\n".join(render_sets(records, judged))
    assert "| hybrid | 0.750 ± 0.250 | 1.000 ± 0.000 |" in text
    assert "Published on the comparable ones: peer 0.500." in text


def test_only_repositories_that_are_checked_out_are_judged(tmp_path: Path) -> None:
    specs = '[{"name": "here", "benchmark_root": "src", "comparable": true}, {"name": "gone"}]'
    write_files(tmp_path, {"yardstick/repos.json": specs, "yardstick/annotations/here.json": "[]"})
    write_files(tmp_path / "checkouts" / "here" / "src", {"a.py": "a = 1\n"})
    [found] = list_judged(tmp_path / "checkouts", tmp_path / "yardstick")
    assert (found.name, found.root, found.comparable) == ("here", tmp_path / "checkouts" / "here" / "src", True)


def test_what_stands_around_the_marks_stays() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert replace_measured(page, "new\n") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    with pytest.raises(ValueError, match="the page lacks"):
        replace_measured("nothing", "new")


def test_the_command_that_is_shown_names_no_folder_of_this_machine(tmp_path: Path) -> None:
    folders = [str(tmp_path), "--checkouts", str(tmp_path), "--yardstick", str(tmp_path)]
    shown = describe_command(read_arguments([*folders, "--only", "ablations"]))
    assert str(tmp_path) not in shown
    assert "--only ablations --commits 40 --documentation 60" in shown


@pytest.mark.parametrize(
    "arguments", [["--checkouts", "x"], ["--only", "yardstick"], ["--write", "--only", "commits"], ["--only", "other"]]
)
def test_arguments_that_make_no_sense_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read_arguments(["corpus", *arguments])
    assert "error:" in capsys.readouterr().err
