"""A script of edits with updates in between: does them, keeps what was done, and says what of the promises fails.

After each update the index tells the truth about itself and only what changed was encoded; after the last one it
equals a fresh build: what it holds, and its answers in every mode, before and after compaction. The coarse vectors are
compared exactly (float16, flat), so that there is no recall to lose: answers are the same, not nearly the same.
"""

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from random import Random

from benchmarks.trials.contents import find_differences, read_contents
from benchmarks.trials.git_operations import OPERATIONS
from benchmarks.trials.operations import Operation
from benchmarks.trials.questions import Question, compare_answers, make_questions
from benchmarks.trials.repository import Repository
from benchmarks.trials.sources import pick_word
from benchmarks.trials.workplace import Workplace
from codesearch.encoders.probe import PROBE_TEXTS
from codesearch.index import Index, SearchOptions
from codesearch.maintenance import compact
from codesearch.storage.catalog import Catalog
from codesearch.storage.records import to_chunk
from codesearch.storage.snapshot import Snapshot
from codesearch.types import Progress, UpdateReport
from indexers.plan import inputs_of

FRESH = "fresh"
"""Name of the home, beside that of the index, that a fresh build is made in."""

Kept = dict[str, tuple[bytes, bool]]
"""What an index read of each path: the hash of its bytes, and whether a mark said how to read them."""


@dataclass
class Script:
    """One tree and its index under edits."""

    repository: Repository
    workplace: Workplace
    n_questions: int = 1
    """Of each kind, at the end."""
    done: list[str] = field(default_factory=list)
    """What was done so far, one line each."""
    untruths: list[str] = field(default_factory=list)
    """What did not hold so far."""
    _seen: Counter[str] = field(default_factory=Counter)
    """How often each text was encoded since there is an index."""

    def apply(self, name: str, random: Random) -> None:
        """Do one operation, if the tree has a place for it."""
        self._do(OPERATIONS[name], random)

    def update(self, meanwhile: str = "", seed: int = 0) -> UpdateReport:
        """Bring the index up to date; while that goes on, `meanwhile` may be done to the tree. Then look at it."""
        before = self._kept()
        self.workplace.encoder.read.clear()
        interference = _Interference(self, meanwhile, seed)
        report = self.workplace.build(interference.on_progress if meanwhile else None)
        self.done.append(f"update to generation {report.generation}")
        self._check_encoded(before, report, is_quiet=not meanwhile)
        self._check_status(is_quiet=not meanwhile, report=report)
        return report

    def compact(self) -> None:
        """Compact by hand."""
        compact(self.workplace.folder)
        self.done.append("compact")

    def finish(self, seed: int) -> list[str]:
        """Update a last time and compare with a fresh build; return what does not hold, now or before."""
        self.update()
        return self.compare_with_fresh(seed)

    def compare_with_fresh(self, seed: int) -> list[str]:
        """Compare what is there with a fresh build; return what does not hold, now or before."""
        home = self.workplace.home.with_name(FRESH)
        self.workplace.build_fresh(home)
        questions = make_questions(self.repository, Random(seed), self.n_questions)
        with closing(self.workplace.open()) as index, closing(self.workplace.open(home)) as fresh:
            self._compare(index, fresh, questions, "after the last update")
            self.compact()
            self._compare(index, fresh, questions, "after compaction")
        return self.untruths

    def _do(self, operation: Operation, random: Random) -> None:
        said = operation(self.repository, random)
        if said:
            self.done.append(said)

    def _compare(self, index: Index, fresh: Index, questions: list[Question], when: str) -> None:
        found = find_differences(read_contents(index.folder), read_contents(fresh.folder))
        found += compare_answers(index, fresh, questions)
        self.untruths += [f"{when}: {difference}" for difference in found]

    def _kept(self) -> Kept:
        """Read which bytes the index stands for; nothing where there is no index yet."""
        folder = self.workplace.folder
        if not folder.is_dir():
            return {}
        with Snapshot.open(folder) as snapshot, closing(Catalog.open_reader(folder)) as catalog:
            marked = {path for (path,) in catalog.rows("SELECT path FROM marked_as_source")}
            return {file.path: (file.content_hash, file.path in marked) for file in snapshot.files()}

    def _check_encoded(self, before: Kept, report: UpdateReport, *, is_quiet: bool) -> None:
        """Compare what the encoder was given to read with what changed; what changed back meanwhile had changed."""
        after = self._kept()
        read = [text for text in self.workplace.encoder.read if text not in PROBE_TEXTS]
        changed = [path for path, kept in after.items() if before.get(path) != kept]
        with Snapshot.open(self.workplace.folder) as snapshot:
            wanted = {text for path in changed for text in _inputs(snapshot, path)}
        if is_quiet:
            self._note([f"{text!r} was encoded and is of no file that changed" for text in set(read) - wanted])
        if report.n_encoded != len(read):
            self.untruths.append(f"{self.done[-1]}: {report.n_encoded} encoded by its report, {len(read)} really")
        if self.workplace.is_cached:
            self._seen.update(read)
            self._note([f"{text!r} was encoded {self._seen[text]} times" for text in read if self._seen[text] > 1])

    def _check_status(self, *, is_quiet: bool, report: UpdateReport) -> None:
        """Compare what the index says of itself with what it holds and finds."""
        with closing(self.workplace.open()) as index, Snapshot.open(index.folder) as snapshot:
            status = index.status()
            paths = {file.path for file in snapshot.files()}
            found = {
                result.path
                for query in (pick_word(Random(len(self.done))), "open", "name")
                for result in index.search(query, SearchOptions()).results
            }
        counted = (len(paths), sum(status.chunks_by_kind.values()), sum(status.files_by_language.values()), True)
        said = (status.n_files, status.state.n_chunks, status.n_files, status.state.complete)
        untruths = [f"status says {said} where {counted} is there"] if said != counted else []
        untruths += [f"search finds {path}, which is not in the index" for path in found - paths]
        if is_quiet and status.state.stale_files != 0:
            untruths.append(f"{status.state.stale_files} files are stale at once")
        if status.state.generation != report.generation:
            untruths.append(f"generation {status.state.generation} answers after {report.generation} was committed")
        self._note(untruths)

    def _note(self, untruths: list[str]) -> None:
        self.untruths += [f"{self.done[-1]}: {untruth}" for untruth in untruths]


class _Interference:
    """Does something to the tree while an update reads it, once, where the first file was indexed."""

    def __init__(self, script: Script, name: str, seed: int) -> None:
        self._script = script
        self._name = name
        self._random = Random(seed)

    def on_progress(self, progress: Progress) -> None:
        """Hear how the update goes."""
        if self._name and progress.stage == "index":
            name, self._name = self._name, ""
            self._script.done.append("meanwhile:")
            self._script.apply(name, self._random)


def _inputs(snapshot: Snapshot, path: str) -> list[str]:
    """Return what an encoder may be given to read of a file."""
    file = snapshot.file_at(path)
    assert file is not None
    data = snapshot.text(file.id)
    chunks = [to_chunk(row, file.first_chunk) for row in snapshot.chunks_of_file(file.id)]
    return inputs_of(chunks, range(len(chunks)), data)
