"""The figures of an evaluation as a table: one row a method, then each category and language.

Knows reports and how numbers should stand; knows nothing of how they came about.
"""

from collections.abc import Sequence

from codesearch.evaluation.report import BUDGETS, Figures, MethodReport, SetReport
from codesearch.printable import clean_line

_COLUMNS = ("queries", "nDCG@10", "MRR", "R@1", "R@5", "file nDCG", "place R@1", "place MRR")
_TIMES = ("p50 ms", "p95 ms")


def render_set(report: SetReport) -> list[str]:
    """Return the lines of one set: what it is, the table of all queries, and nDCG@10 by group."""
    update = "" if report.update_s is None else f", updates {report.update_s:.2f} s each (median)"
    head = f"{clean_line(report.name)}: {report.n_queries:,} queries; index {report.index_s:.1f} s{update}"
    budgets = tuple(f"R@{budget // 1000}k tok" for budget in BUDGETS)
    rows = [("", *_COLUMNS, *budgets, *_TIMES)]
    rows += [(one.method, *_cells(one.overall)) for one in report.methods]
    lines = [head, *_align(rows)]
    for name, groups in (
        ("category", [one.by_category for one in report.methods]),
        ("language", [one.by_language for one in report.methods]),
    ):
        if len(groups[0]) > 1:
            lines += ["", *_align(_grouped(name, groups, report.methods))]
    return lines


def _cells(figures: Figures) -> tuple[str, ...]:
    place = figures.right_place
    places = ("-", "-") if place is None else (_share(place.recall_1), _share(place.mrr))
    scores = figures.scores
    return (
        f"{figures.n_queries:,}",
        *(_share(value) for value in (scores.ndcg_10, scores.mrr, scores.recall_1, scores.recall_5)),
        _share(figures.file_scores.ndcg_10),
        *places,
        *(_share(value) for value in figures.recall_at_tokens),
        f"{figures.p50_ms:.1f}",
        f"{figures.p95_ms:.1f}",
    )


def _grouped(name: str, groups: Sequence[dict[str, Figures]], methods: Sequence[MethodReport]) -> list[tuple[str, ...]]:
    """Return nDCG@10 and MRR of each group under each method."""
    names = [f"{one.method} {figure}" for one in methods for figure in ("nDCG@10", "MRR")]
    rows = [(f"by {name}", "queries", *names)]
    for group, figures in groups[0].items():
        found = [by_group[group].scores for by_group in groups]
        values = [_share(value) for scores in found for value in (scores.ndcg_10, scores.mrr)]
        rows.append((clean_line(group), f"{figures.n_queries:,}", *values))
    return rows


def _align(rows: Sequence[Sequence[str]]) -> list[str]:
    """Set cells under each other: names to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]


def _share(value: float) -> str:
    return f"{value:.3f}"
