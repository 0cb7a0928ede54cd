"""`codesearch verify`: whether an index is what was written, and which of its bytes nobody can tell that of."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace

from codesearch import config, registry
from codesearch.cli.checking import show_checks, wait_aloud
from codesearch.cli.opening import existing_path
from codesearch.cli.outcome import Outcome
from codesearch.cli.render import count
from codesearch.cli.terminal import Terminal
from codesearch.findings import Problem, Unsummed, Verification
from codesearch.maintenance import examine
from codesearch.printable import clean_line
from codesearch.registry import Located
from codesearch.remedies import name_root, naming_root
from codesearch.serialize import dump_json, verification_to_json
from codesearch.sizes import describe_size


def run(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:
    """Print what is damaged in the nearest index; nothing found where there is damage."""
    located = registry.locate(existing_path(parsed.path), config.home_folder())
    with show_checks(terminal, quiet=parsed.quiet) as on_check, naming_root(located.root):
        found = examine(located.folder, on_check, wait_aloud(parsed.wait, terminal))
    problems = (replace(problem, mend=name_root(problem.mend, located.root)) for problem in found.problems)
    verification = replace(found, problems=tuple(problems))
    if parsed.json:
        terminal.result(dump_json(verification_to_json(verification, located.root, located.folder)))
    else:
        for text in render_verification(verification, located):
            terminal.result(text)
    return Outcome.NOTHING if verification.problems else Outcome.FOUND


def render_verification(verification: Verification, located: Located) -> Iterator[str]:
    """Return the lines for a person: what is damaged and what mends it, then what was compared and what was not."""
    root = clean_line(str(located.root))
    for problem in verification.problems:
        yield f"damaged: {_describe(problem)}"
    for mend in dict.fromkeys(problem.mend for problem in verification.problems):
        yield f"to mend it, {clean_line(mend)}"
    if verification.n_files:
        size = (
            "" if verification.n_bytes is None else f", {describe_size(verification.n_bytes)} of them under checksums"
        )
        verdict = "is damaged" if verification.problems else "is sound"
        yield f"{root}: the index {verdict}: {verification.n_files:,} files were compared{size}"
    if verification.unsummed:
        yield f"not under checksums: {_sum_up(verification.unsummed)}; --json lists what they are"


def _describe(problem: Problem) -> str:
    concerned = "" if problem.path is None or problem.path in problem.what else f" (of {problem.path})"
    return clean_line(f"{problem.what}{concerned}")


def _sum_up(unsummed: Sequence[Unsummed]) -> str:
    n_files = len({entry.file for entry in unsummed})
    known = sum(entry.n_bytes or 0 for entry in unsummed)
    more = " and some more" if any(entry.n_bytes is None for entry in unsummed) else ""
    return f"{describe_size(known)}{more} in {count(n_files, 'file')}"
