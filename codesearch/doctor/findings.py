"""What an examination comes to: named checks with a verdict, a sentence, and what to do about it. Does no work."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["pass", "fail", "skip"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    finding: str
    """What was seen, or why it could not be looked at: a sentence without a full stop."""
    remedy: str = ""
    """What to do next where it failed, unless the finding says so already."""
    value: float | None = None
    """The number that decided, where one did."""


def passed(name: str, finding: str, value: float | None = None) -> Check:
    """Return a check that found what should be."""
    return Check(name, "pass", finding, value=value)


def skipped(name: str, reason: str) -> Check:
    """Return a check that could not be made, with the reason."""
    return Check(name, "skip", reason)


def failed(name: str, finding: str, remedy: str = "", value: float | None = None) -> Check:
    """Return a check that found something wrong, and what to do."""
    return Check(name, "fail", finding, remedy, value)


def has_failed(checks: Iterable[Check]) -> bool:
    """Return whether anything is wrong."""
    return any(check.verdict == "fail" for check in checks)


def check_to_json(check: Check) -> dict[str, Any]:
    """Return a check as one object."""
    return {
        "name": check.name,
        "verdict": check.verdict,
        "finding": check.finding,
        "remedy": check.remedy or None,
        "value": check.value if check.value is not None and math.isfinite(check.value) else None,
    }
