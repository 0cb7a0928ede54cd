"""The records as tables in Markdown. Knows what is shown and in which words; computes nothing itself."""

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from benchmarks.quality import figures
from benchmarks.quality.figures import Interval, Mean, Pick
from benchmarks.quality.records import SETS, Measured, Record, SetName
from benchmarks.quality.sources import Judged
from benchmarks.quality.variants import FULL, METHODS, RAW, Group, Variant
from codesearch.evaluation.report import BUDGETS

Records = Mapping[SetName, Sequence[Record]]
"""The records of each set that was run."""

HEADINGS: Mapping[Group, str] = {
    "granularity": "What is indexed as a chunk",
    "feature": "Groups of features",
    "vector": "Vectors",
    "diversity": "Results of one file",
}


def ndcg(one: Measured) -> float:
    """Take nDCG@10 by the set's own targets."""
    return one.ndcg_10


def all_ndcg(one: Measured) -> float:
    """Take nDCG@10 with all changed files, or whole files, as targets."""
    return one.all_ndcg_10


def right_recall(one: Measured) -> float | None:
    """Take recall@1 at the right place."""
    return one.right_recall_1


def right_mrr(one: Measured) -> float | None:
    """Take the reciprocal rank at the right place."""
    return one.right_mrr


def render_sets(records: Records, judged: Sequence[Judged]) -> list[str]:
    """Return the tables of the sets: every method's figures, then each repository's."""
    lines: list[str] = []
    if records.get("commits"):
        lines += ["### Commit subject → changed files", "", *render_commits(records["commits"])]
    if records.get("documentation"):
        lines += ["### Documentation → definition", "", *render_documentation(records["documentation"])]
    if records.get("yardstick"):
        lines += ["### The public yardstick", "", *render_yardstick(records["yardstick"], judged)]
    return lines


def render_commits(records: Sequence[Record]) -> list[str]:
    """Return the figures on commits."""
    apart = figures.keep_queries(records, lambda asked: not asked.shares_word)
    columns: dict[str, Callable[[str], Mean]] = {
        "nDCG@10": lambda method: figures.over_repositories(records, method, ndcg),
        "no word shared with the path": lambda method: figures.over_repositories(apart, method, ndcg),
        "all changed files": lambda method: figures.over_repositories(records, method, all_ndcg),
    }
    share = _count(apart) / max(_count(records), 1)
    return [
        _describe(records),
        "",
        *_table(
            "method", {one.name: [_show(column(one.name)) for column in columns.values()] for one in METHODS}, columns
        ),
        "",
        f"{_count(apart)} of the queries ({share:.0%}) share no word with the path of any target.",
        "",
        *_render_differences(records),
        *_render_repositories(records, {"nDCG@10": ndcg}),
    ]


def render_documentation(records: Sequence[Record]) -> list[str]:
    """Return the figures on documentation."""
    picks: dict[str, Pick] = {
        "nDCG@10": ndcg,
        "place R@1": right_recall,
        "place MRR": right_mrr,
        "file nDCG@10": all_ndcg,
    }
    titles = [*picks, *(f"R@{budget // 1000}k tok" for budget in BUDGETS)]
    rows: dict[str, list[str]] = {}
    for one in METHODS:
        means = [figures.over_repositories(records, one.name, pick) for pick in picks.values()]
        means += [figures.recall_within(records, one.name, budget) for budget in BUDGETS]
        rows[one.name] = [_show(mean) for mean in means]
    return [
        _describe(records),
        "",
        *_table("method", rows, titles),
        "",
        *_render_differences(records),
        *_render_repositories(records, {"nDCG@10": ndcg, "place R@1": right_recall, "place MRR": right_mrr}),
    ]


def render_yardstick(records: Sequence[Record], judged: Sequence[Judged]) -> list[str]:
    """Return the figures on the judged queries, and what others published on the repositories that compare."""
    comparable = [one for one in judged if one.comparable]
    alike = [record for record in records if record.repository in {one.name for one in comparable}]
    titles = ["nDCG@10, all", f"nDCG@10, the {len(alike)} comparable", *_COST_TITLES]
    rows: dict[str, list[str]] = {}
    for one in METHODS:
        means = [figures.over_repositories(part, one.name, ndcg) for part in (records, alike)]
        rows[one.name] = [*map(_show, means), *_costs(records, one.name)]
    return [
        _describe(records),
        "",
        *_table("method", rows, titles),
        "",
        *_render_published(comparable),
        *_render_repositories(records, {"nDCG@10": ndcg}),
    ]


def render_ablations(records: Records, variants: Sequence[Variant]) -> list[str]:
    """Return a table for each group of variants."""
    lines = ["### Parts taken away", ""]
    for group, heading in HEADINGS.items():
        members = [variant.name for variant in variants if variant.group == group]
        if members:
            halves = [one.name for one in METHODS if one.mode != "hybrid"] if group == "feature" else []
            lines += [f"**{heading}**", "", *_render_group(records, [FULL, *halves, *members]), ""]
    return lines


def _render_group(records: Records, names: Sequence[str]) -> list[str]:
    measured = [name for name in SETS if records.get(name)]
    titles = [*measured, *(["place R@1"] if "documentation" in measured else [])]
    rows: dict[str, list[str]] = {}
    for name in names:
        cells = [_compare(records[one], name, ndcg) for one in measured]
        if "documentation" in measured:
            cells.append(_compare(records["documentation"], name, right_recall))
        costs = records.get("yardstick") or records.get("documentation") or records[measured[0]]
        rows[name] = [*cells, *_costs(costs, name)]
    return _table("", rows, [*titles, *_COST_TITLES])


_COST_TITLES = ("found", "tokens to hit", "lines of a result", "ms")


def _render_published(judged: Sequence[Judged]) -> list[str]:
    """Return the means of the methods that have a published figure for each of the repositories, best first."""
    if not judged:
        return []
    peers = set.intersection(*(set(one.published) for one in judged))
    means = {peer: fmean(one.published[peer] for one in judged) for peer in sorted(peers)}
    best = sorted(means, key=lambda peer: -means[peer])
    return [f"Published on the comparable ones: {', '.join(f'{peer} {means[peer]:.3f}' for peer in best)}.", ""]


def _costs(records: Sequence[Record], method: str) -> list[str]:
    values = (figures.median_tokens(records, method), figures.median_lines(records, method))
    milliseconds = figures.median_ms(records, method)
    return [f"{figures.found_share(records, method):.0%}", *(f"{value:.0f}" for value in values), f"{milliseconds:.1f}"]


def _compare(records: Sequence[Record], name: str, pick: Pick) -> str:
    """Return the product's figure, or what another one gains or loses against it."""
    if name == FULL:
        return _show(figures.over_repositories(records, name, pick))
    mean = figures.difference(records, name, FULL, pick)
    return f"{mean.value:+.3f} ± {mean.error:.3f}"


def _render_differences(records: Sequence[Record]) -> list[str]:
    others = [one.name for one in METHODS if one.name != FULL]
    intervals = {other: figures.bootstrap(records, FULL, other, ndcg) for other in others}
    lines = [f"- `{FULL}` − `{other}`: {_show_interval(interval)}" for other, interval in intervals.items()]
    apart = figures.keep_queries(records, lambda asked: not asked.shares_word)
    interval = _show_interval(figures.bootstrap(apart, FULL, RAW, ndcg))
    return [*lines, f"- `{FULL}` − `{RAW}` where no word is shared with the path: {interval}", ""]


def _render_repositories(records: Sequence[Record], picks: Mapping[str, Pick]) -> list[str]:
    titles = ["queries", *(f"{title}, `{method}`" for title in picks for method in (FULL, RAW)), "built in s"]
    rows: dict[str, list[str]] = {}
    for record in records:
        means = [figures.over_repositories([record], method, pick) for pick in picks.values() for method in (FULL, RAW)]
        cells = [_number(mean.value) for mean in means]
        rows[record.repository] = [str(len(record.asked)), *cells, f"{record.index_s:.1f}"]
    return [*_table("repository", rows, titles), ""]


def _describe(records: Sequence[Record]) -> str:
    return f"{_count(records)} queries in {len(records)} repositories; means over repositories ± their standard error."


def _count(records: Sequence[Record]) -> int:
    return sum(len(record.asked) for record in records)


def _table(corner: str, rows: Mapping[str, Sequence[str]], titles: Sequence[str] | Mapping[str, object]) -> list[str]:
    head = f"| {' | '.join([corner, *titles])} |"
    rule = f"|{'---|' * (len(titles) + 1)}"
    return [head, rule, *(f"| {' | '.join([name, *cells])} |" for name, cells in rows.items())]


def _show(mean: Mean) -> str:
    return "–" if math.isnan(mean.value) else f"{mean.value:.3f} ± {mean.error:.3f}"


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _show_interval(interval: Interval) -> str:
    return f"{interval.value:+.3f} (95 %: {interval.low:+.3f} to {interval.high:+.3f})"
