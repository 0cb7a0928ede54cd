"""`codesearch eval`: how good the answers are, on judged queries or on queries made from the tree itself.

All that it writes lies in a temporary folder: the user's indexes and files are not touched.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from codesearch.cli.errors import UsageError
from codesearch.cli.eval_table import render_set
from codesearch.cli.opening import choose_root, existing_path
from codesearch.cli.outcome import Outcome
from codesearch.cli.terminal import Terminal
from codesearch.evaluation.baselines import Method, find_methods
from codesearch.evaluation.cases import Case, Sample
from codesearch.evaluation.commits import build_commits
from codesearch.evaluation.documentation import build_documentation
from codesearch.evaluation.history import Repository, find_repository
from codesearch.evaluation.judged import keep_present, read_judgements
from codesearch.evaluation.report import SetReport, set_to_json, summarise_steps
from codesearch.evaluation.runner import Step, run_cases
from codesearch.evaluation.symbols import build_symbols
from codesearch.printable import clean_line
from codesearch.serialize import SCHEMA_VERSION, dump_json

REPORT_EVERY = 25
"""Updates between two lines of progress, where each query has an update of its own."""

Cases = Callable[[Path], Iterator[Case]]
"""Builds the cases of a set, in a folder that does not exist yet."""


@dataclass(frozen=True, slots=True)
class _Set:
    name: str
    cases: Cases


def run(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:
    """Print the figures of each set of queries; nothing found where there is no query to ask."""
    root = _find_root(parsed.path)
    methods = find_methods()
    if all(method.name != "ripgrep" for method in methods):
        terminal.note("note: rg is not on the PATH; ripgrep is left out of the comparison")
    reports: list[SetReport] = []
    with TemporaryDirectory(prefix="codesearch-eval-", ignore_cleanup_errors=True) as folder:
        # The folder may lie in the tree that is evaluated.
        (Path(folder) / ".gitignore").write_text("*\n", encoding="ascii")
        for number, one in enumerate(_choose_sets(parsed, root)):
            report = _evaluate(one, Path(folder) / str(number), methods, terminal)
            if report is None:
                continue
            reports.append(report)
            if not parsed.json:
                terminal.result("\n".join(render_set(report)) + "\n")
                terminal.stdout.flush()
    if parsed.json:
        sets = [set_to_json(report) for report in reports]
        terminal.result(dump_json({"version": SCHEMA_VERSION, "root": str(root), "sets": sets}))
    return Outcome.FOUND if reports else Outcome.NOTHING


def _find_root(typed: str | None) -> Path:
    path = existing_path(typed)
    if not path.is_dir():
        raise UsageError(f"{typed} is a file; name the folder to evaluate")
    return path if typed is not None else choose_root(path)


def _choose_sets(parsed: argparse.Namespace, root: Path) -> list[_Set]:
    """Return what was asked for: files of queries, builders by name, or without either every builder that applies."""
    sample = Sample(parsed.limit_queries, parsed.seed)
    repository = find_repository(root)
    if "commits" in parsed.build and repository is None:
        raise UsageError(f"{root} is in no git work tree: there are no commits to ask about")
    builders = parsed.build or ([] if parsed.queries else ["documentation", "symbols", "commits"])
    sets = [_judged_set(Path(typed), root) for typed in parsed.queries]
    for name in dict.fromkeys(builders):
        if name != "commits":
            sets.append(_Set(name, _tree_cases(name, root, sample)))
        elif repository is not None:
            sets.append(_Set(name, _commit_cases(repository, sample)))
    return sets


def _judged_set(path: Path, root: Path) -> _Set:
    queries = tuple(keep_present(read_judgements(path), root))
    return _Set(path.name, lambda _: iter([Case(root, queries)]))


def _tree_cases(name: str, root: Path, sample: Sample) -> Cases:
    if name == "symbols":
        return lambda _: build_symbols(root, sample)
    return lambda folder: build_documentation(root, folder, sample)


def _commit_cases(repository: Repository, sample: Sample) -> Cases:
    return lambda folder: build_commits(repository, folder, sample)


def _evaluate(one: _Set, folder: Path, methods: list[Method], terminal: Terminal) -> SetReport | None:
    terminal.note(f"{clean_line(one.name)}: gathering queries")
    cases = (case for case in one.cases(folder / "tree") if case.queries)
    steps = _tell(one.name, run_cases(cases, folder / "home", methods), terminal)
    report = summarise_steps(one.name, steps)
    if not report.scored:
        terminal.note(f"{clean_line(one.name)}: no queries found")
        return None
    return report


def _tell(name: str, steps: Iterator[Step], terminal: Terminal) -> Iterator[Step]:
    """Pass the steps on, and say now and then how far they are."""
    for number, step in enumerate(steps, 1):
        yield step
        if not step.is_update:
            terminal.note(f"{clean_line(name)}: indexed in {step.took_s:.1f} s")
        elif number % REPORT_EVERY == 0:
            terminal.note(f"{clean_line(name)}: {number} states of the tree")
