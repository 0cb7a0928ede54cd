"""What there is to encode, as lines for a person. Knows values, not how they are found."""

import shlex

from codesearch.building.estimate import Estimate
from codesearch.cli.progress import describe_duration
from codesearch.cli.render import count
from codesearch.printable import clean_line
from codesearch.sizes import describe_size


def render_estimate(estimate: Estimate) -> list[str]:
    """Return files, texts and tokens by granularity, then what is to be done and what that takes."""
    n_chunks = sum(one.n_chunks for one in estimate.granularities)
    files = count(estimate.n_files, "file")
    lines = [
        f"{clean_line(str(estimate.root))}: {files}, {describe_size(estimate.n_bytes)}, {count(n_chunks, 'chunk')}",
        *_table(estimate),
        f"to encode: {_describe_work(estimate)}",
        f"time: {_describe_time(estimate)}",
        f"disk: {_describe_disk(estimate)}",
    ]
    if not estimate.is_counted:
        lines.append(_describe_counting(estimate))
    return [*lines, *(f"warning: {clean_line(text)}" for text in estimate.warnings)]


def _describe_counting(estimate: Estimate) -> str:
    encoder = clean_line(estimate.encoder)
    if not estimate.is_at_hand:
        return f"tokens are guessed from sizes: encoder {encoder} is not at hand"
    return (
        f"tokens are at most these, for code half of them or fewer: the setting tokenizer of {encoder} has them counted"
    )


def _table(estimate: Estimate) -> list[str]:
    head = ("GRANULARITY", "CHUNKS", "TEXTS", "TOKENS")
    rows = [
        (one.granularity, f"{one.n_chunks:,}", f"{one.n_texts:,}", f"{one.n_tokens:,}")
        for one in estimate.granularities
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return [
        "  "
        + "  ".join((row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))))
        for row in (head, *rows)
    ]


def _describe_work(estimate: Estimate) -> str:
    n_texts = sum(one.n_texts for one in estimate.granularities)
    encoder = clean_line(estimate.encoder)
    if not estimate.n_texts_to_encode:
        return f"nothing; encoder {encoder} has done it all"
    work = f"{count(estimate.n_texts_to_encode, 'text')}, {count(estimate.n_tokens_to_encode, 'token')}, with {encoder}"
    n_spared = n_texts - estimate.n_texts_to_encode
    return f"{work}; {n_spared:,} more are alike or were encoded before" if n_spared else work


def _describe_time(estimate: Estimate) -> str:
    if estimate.seconds is None:
        encoder = clean_line(estimate.encoder)
        first = "" if estimate.is_at_hand else ", once it is at hand"
        return f"not measured here; codesearch doctor --encoder {shlex.quote(encoder)} measures it{first}"
    if estimate.tokens_per_s is None:
        return describe_duration(estimate.seconds)
    return f"{describe_duration(estimate.seconds)} at {estimate.tokens_per_s:,.0f} tokens/s, as measured here"


def _describe_disk(estimate: Estimate) -> str:
    if estimate.vector_bytes is None or estimate.coarse_bytes is None or estimate.cache_bytes is None:
        return "unknown: the encoder's dimension is not known"
    parts = [
        f"beside the words, {describe_size(estimate.vector_bytes)} of vectors, "
        f"{describe_size(estimate.coarse_bytes)} of their prefixes"
    ]
    if estimate.cache_bytes:
        parts.append(f"{describe_size(estimate.cache_bytes)} in the cache of vectors")
    return ", ".join(parts)
