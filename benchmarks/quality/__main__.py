"""Measures answers on the held-out repositories and on judged queries: tables in Markdown on standard output.

    python -m benchmarks.quality CORPUS [--only commits|documentation|yardstick|ablations]
        [--commits 40] [--documentation 60] [--checkouts DIR --yardstick DIR] [--jobs 2]
        [--work CORPUS/quality] [--json OUT] [--write]

CORPUS is what `python -m training.gather` fills; of it the git data of the held-out repositories is read. Each
repository's figures are kept in a file below `--work`: an interrupted run goes on there, and what was measured with
the same model, code and number of queries is not measured again.
"""

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.quality.page import write_measured
from benchmarks.quality.records import SETS, Record, SetName, digest_code
from benchmarks.quality.running import FLOAT_TABLE, Folders, Job, run_jobs
from benchmarks.quality.shelf import load_float
from benchmarks.quality.sources import HeldOut, Judged, list_held_out, list_judged
from benchmarks.quality.tables import render_ablations, render_sets
from benchmarks.quality.variants import list_variants
from indexers.encoders.registry import load_encoder


def read_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what was typed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description="Measure how good answers are.")
    parser.add_argument("corpus", type=Path, help="the folder that training.gather fills")
    parser.add_argument("--only", choices=[*SETS, "ablations"], help="one set with the plain methods, or ablations")
    parser.add_argument("--commits", type=int, default=40, help="commits of each repository")
    parser.add_argument("--documentation", type=int, default=60, help="documented definitions of each repository")
    parser.add_argument("--repository", action="append", default=[], help="one of them alone; may be repeated")
    parser.add_argument("--checkouts", type=Path, help="checkouts of the yardstick's repositories")
    parser.add_argument("--yardstick", type=Path, help="folder with repos.json and annotations/")
    parser.add_argument("--jobs", type=int, default=2, help="repositories at a time")
    parser.add_argument("--work", type=Path, help="where figures are kept (default: CORPUS/quality)")
    parser.add_argument("--json", type=Path, help="write every query's figures there")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/quality.md")
    parsed = parser.parse_args(arguments)
    if (parsed.checkouts is None) != (parsed.yardstick is None):
        parser.error("--checkouts and --yardstick go together")
    if parsed.only == "yardstick" and parsed.yardstick is None:
        parser.error("--only yardstick needs --checkouts and --yardstick")
    if parsed.write and (parsed.only or parsed.repository):
        parser.error("--write is for the whole run, without --only and --repository")
    return parsed


def plan(parsed: argparse.Namespace) -> list[Job]:
    """Return what is to be run, the largest sets first."""
    wanted: Sequence[SetName] = SETS if parsed.only in (None, "ablations") else [parsed.only]
    held_out = [] if wanted == ["yardstick"] else list_held_out(parsed.corpus)
    judged = [] if parsed.yardstick is None else list_judged(parsed.checkouts, parsed.yardstick)
    limits: dict[SetName, int] = {"commits": parsed.commits, "documentation": parsed.documentation, "yardstick": 0}
    folders, code = Folders(parsed.corpus, parsed.work or parsed.corpus / "quality"), digest_code()
    jobs: list[Job] = []
    for name in wanted:
        sources: Sequence[HeldOut | Judged] = judged if name == "yardstick" else held_out
        for source in sources:
            if not parsed.repository or source.name in parsed.repository:
                has_ablations = parsed.only in (None, "ablations")
                jobs.append(Job(name, source, limits[name], has_ablations, folders, code))
    return jobs


def render(parsed: argparse.Namespace, jobs: Sequence[Job], records: Sequence[Record]) -> str:
    """Return the tables with what they were made by."""
    by_set = {name: [r for job, r in zip(jobs, records, strict=True) if job.name == name] for name in SETS}
    judged = [job.source for job in jobs if isinstance(job.source, Judged)]
    identity = load_encoder().describe().identity
    names = sorted({job.source.name for job in jobs if isinstance(job.source, HeldOut)}, key=str.lower)
    lines = [
        f"Measured on {datetime.now(UTC):%Y-%m-%d} with the encoder `{identity}`, by",
        "",
        f"    {describe_command(parsed)}",
        "",
    ]
    if names:
        lines += [f"Held-out repositories ({len(names)}): {', '.join(names)}.", ""]
    if parsed.only != "ablations":
        lines += render_sets(by_set, judged)
    if parsed.only in (None, "ablations"):
        has_float = load_float(parsed.corpus / FLOAT_TABLE) is not None
        lines += render_ablations(by_set, list_variants(has_float=has_float))
    return "\n".join(lines)


def describe_command(parsed: argparse.Namespace) -> str:
    """Return the command that repeats the run, whose folders have another name elsewhere."""
    parts = ["python -m benchmarks.quality CORPUS"]
    parts += [f"--only {parsed.only}"] if parsed.only else []
    parts += [f"--commits {parsed.commits} --documentation {parsed.documentation}"]
    parts += [f"--repository {shlex.quote(name)}" for name in parsed.repository]
    parts += ["--checkouts CHECKOUTS --yardstick YARDSTICK"] if parsed.yardstick else []
    return " ".join(parts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for."""
    parsed = read_arguments(arguments)
    jobs = plan(parsed)
    records = run_jobs(jobs, parsed.jobs)
    report = render(parsed, jobs, records)
    print(report)
    if parsed.json is not None:
        entries = [{"set": job.name, **asdict(record)} for job, record in zip(jobs, records, strict=True)]
        parsed.json.write_text(json.dumps(entries, ensure_ascii=False), encoding="utf-8")
    if parsed.write:
        write_measured(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
