"""How fast an encoder is here: tokens a second of a short run with our own texts, kept for estimates.

Knows the clock and the file of speeds; knows no encoder by name.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from codesearch.doctor.findings import Check, passed, skipped
from codesearch.doctor.samples import DOCUMENTS
from codesearch.encoders.speeds import Speed, record_speed
from codesearch.errors import StorageError
from indexers.types import Encoder

BUDGET_S = 3.0
"""What all runs together may take; one text is encoded however long it takes."""

GROWTH = 4
MAX_TEXTS = 1024
"""Runs grow until the next one would pass the budget: a GPU is only busy with many texts at once."""

MAX_TEXTS_ELSEWHERE = 64
"""For a server on another machine, which may be paid by the token: 85 texts in all, under 80 KB."""

CHARACTERS = 800
"""Of one text: about 200 tokens, as much as a function has."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Where time comes from."""

    seconds: Callable[[], float] = time.perf_counter
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


def check_speed(encoder: Encoder, home: Path, clock: Clock, max_texts: int = MAX_TEXTS) -> Check:
    """Measure an encoder's speed and keep it; not being able to keep it is no fault of the encoder."""
    tokens_per_s = measure_speed(encoder, clock, max_texts)
    if tokens_per_s is None:
        return skipped("speed", "the clock did not move")
    description = encoder.describe()
    measured_at = clock.now().isoformat(timespec="seconds")
    finding = f"{tokens_per_s:,.0f} tokens a second on texts of some 200 tokens"
    try:
        record_speed(home, description.identity, Speed(tokens_per_s, measured_at, description.engine, description.name))
    except StorageError as error:
        finding = f"{finding}, not kept: {error}"
    return passed("speed", finding, tokens_per_s)


def measure_speed(encoder: Encoder, clock: Clock, max_texts: int = MAX_TEXTS) -> float | None:
    """Return tokens a second of the largest run that fits the budget; None where no time passed.

    The encoder has encoded before: what it loads at first is not measured.
    """
    spent, n_texts = 0.0, 1
    while True:
        texts = make_texts(n_texts)
        started = clock.seconds()
        encoder.encode_documents(texts)
        took = clock.seconds() - started
        spent += took
        if spent + GROWTH * took > BUDGET_S or n_texts * GROWTH > max_texts:
            return sum(encoder.count_tokens(texts)) / took if took > 0 else None
        n_texts *= GROWTH


def make_texts(n_texts: int) -> list[str]:
    """Return as many texts, no two alike, of the length of a function."""
    body = "\n".join(DOCUMENTS)
    around = body * (CHARACTERS // len(body) + 2)
    starts = (number % len(body) for number in range(n_texts))
    return [f"# {number}\n{around[start : start + CHARACTERS]}" for number, start in enumerate(starts)]
