"""`codesearch repair`: makes anew what can be derived, drops what cannot, and names what is to be read again."""

import argparse
from collections.abc import Iterator

from codesearch import config, registry
from codesearch.cli.checking import show_checks, wait_aloud
from codesearch.cli.opening import existing_path
from codesearch.cli.outcome import Outcome
from codesearch.cli.render import count, index_command
from codesearch.cli.terminal import Terminal
from codesearch.findings import RepairReport
from codesearch.maintenance import repair
from codesearch.printable import clean_line
from codesearch.remedies import naming_root
from codesearch.serialize import dump_json, repair_to_json

NAMES_SHOWN = 20
"""Problems and files that a person is shown; `--json` has them all."""


def run(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:
    """Mend the nearest index and print what was done."""
    located = registry.locate(existing_path(parsed.path), config.home_folder())
    with show_checks(terminal, quiet=parsed.quiet) as on_check, naming_root(located.root):
        report = repair(located.folder, on_check, wait_aloud(parsed.wait, terminal))
    if parsed.json:
        terminal.result(dump_json(repair_to_json(report, located.folder)))
    else:
        for line in render_repair(report):
            terminal.result(line)
    return Outcome.FOUND


def render_repair(report: RepairReport) -> Iterator[str]:
    """Return the lines for a person: what was damaged, what was done about it, what is left to do."""
    root = clean_line(str(report.root))
    if not report.problems:
        yield f"{root}: nothing to repair"
        return
    yield from _list("damaged", [problem.what for problem in report.problems])
    unnamed = ["a file whose name is lost"] * (report.n_dropped - len(report.dropped))
    yield from _list("dropped", [*report.dropped, *unnamed])
    yield from _list("without vectors, found by words", report.without_vectors)
    yield from _list("emptied", report.lost)
    yield f"{root}: {count(len(report.problems), 'problem')} repaired; all that is derived was made anew"
    if report.n_dropped or report.without_vectors or report.lost:
        yield f"run {index_command(report.root)} to read again what was lost"


def _list(what: str, names: list[str] | tuple[str, ...]) -> Iterator[str]:
    for name in names[:NAMES_SHOWN]:
        yield f"{what}: {clean_line(name)}"
    if len(names) > NAMES_SHOWN:
        yield f"{what}: {len(names) - NAMES_SHOWN:,} more"
