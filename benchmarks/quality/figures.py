"""Means over repositories, their standard errors, and the paired bootstrap. Pure functions; knows no file.

A figure of a set is the mean over the repositories' means, so that one with many queries weighs no more than another.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev

import numpy as np

from benchmarks.quality.records import Asked, Measured, Record

N_RESAMPLES = 10_000
SEED = 20_261_120
"""Of the resampling: the same records give the same interval."""

Pick = Callable[[Measured], float | None]
"""Takes one figure; None where a query has none."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over repositories with its standard error; NaN without any."""

    value: float
    error: float
    """0 where there is one repository alone."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A difference of two means, and where 95 % of the resampled ones lie."""

    value: float
    low: float
    high: float


def over_repositories(records: Sequence[Record], method: str, pick: Pick) -> Mean:
    """Return the mean of a method's figure."""
    return mean_of([values for record in records if (values := _values(record.asked, method, pick))])


def difference(records: Sequence[Record], method: str, other: str, pick: Pick) -> Mean:
    """Return the mean of `method` minus `other`, query by query, with the standard error of that difference."""
    return mean_of([values for record in records if (values := _differences(record.asked, method, other, pick))])


def mean_of(groups: Sequence[Sequence[float]]) -> Mean:
    """Return the mean over the groups' means; the error is their standard deviation by the root of their number."""
    means = [fmean(group) for group in groups]
    if not means:
        return Mean(math.nan, math.nan)
    return Mean(fmean(means), stdev(means) / math.sqrt(len(means)) if len(means) > 1 else 0.0)


def bootstrap(records: Sequence[Record], method: str, other: str, pick: Pick) -> Interval:
    """Return the difference with its 95 % interval: queries are drawn anew, with repeats, within each repository.

    Percentile method (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13), 10,000 draws.
    """
    found = (_differences(record.asked, method, other, pick) for record in records)
    groups = [group for group in found if group]
    if not groups:
        return Interval(math.nan, math.nan, math.nan)
    draw = np.random.default_rng(SEED)
    total = np.zeros(N_RESAMPLES)
    for group in groups:
        values = np.array(group, dtype=np.float64)
        total += values[draw.integers(0, len(values), (N_RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.percentile(total / len(groups), (2.5, 97.5)).tolist()
    return Interval(mean_of(groups).value, low, high)


def keep_queries(records: Sequence[Record], is_kept: Callable[[Asked], bool]) -> list[Record]:
    """Return the records with some of their queries."""
    return [
        Record(one.repository, one.key, one.index_s, one.update_s, tuple(filter(is_kept, one.asked))) for one in records
    ]


def recall_within(records: Sequence[Record], method: str, n_tokens: int) -> Mean:
    """Return the share of queries of which a target is shown within so many tokens."""
    return over_repositories(records, method, lambda one: float(one.n_tokens is not None and one.n_tokens <= n_tokens))


def median_tokens(records: Sequence[Record], method: str) -> float:
    """Return the median of tokens to the first hit over all queries that have one; NaN where none has."""
    found = [one.n_tokens for one in _all(records, method) if one.n_tokens is not None]
    return float(median(found)) if found else math.nan


def found_share(records: Sequence[Record], method: str) -> float:
    """Return the share of all queries with a hit among the results."""
    found = [one.n_tokens is not None for one in _all(records, method)]
    return fmean(found) if found else math.nan


def median_lines(records: Sequence[Record], method: str) -> float:
    """Return the median number of lines of a result."""
    lines = [n for one in _all(records, method) for n in one.n_lines]
    return float(median(lines)) if lines else math.nan


def median_ms(records: Sequence[Record], method: str) -> float:
    """Return the median time of a query."""
    times = [one.took_ms for one in _all(records, method)]
    return median(times) if times else math.nan


def _all(records: Sequence[Record], method: str) -> list[Measured]:
    return [asked.measured[method] for record in records for asked in record.asked]


def _values(asked: Sequence[Asked], method: str, pick: Pick) -> list[float]:
    found = (pick(one.measured[method]) for one in asked)
    return [value for value in found if value is not None]


def _differences(asked: Sequence[Asked], method: str, other: str, pick: Pick) -> list[float]:
    pairs = ((pick(one.measured[method]), pick(one.measured[other])) for one in asked)
    return [mine - theirs for mine, theirs in pairs if mine is not None and theirs is not None]
