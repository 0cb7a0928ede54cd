"""What an update did, status, skipped files, secrets and the list of roots, as lines for a person.

Knows values of `codesearch.types`; every name that comes from a file system passes `clean_line`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from codesearch.cli.progress import describe_rate
from codesearch.cli.render import count
from codesearch.printable import clean_line
from codesearch.types import IndexStatus, RootEntry, SecretPlace, UpdateReport
from indexers.types import Skipped

LANGUAGES_SHOWN = 8

SMALLEST_RATED_BYTES = 100_000
"""Below this the time is that of starting up, and a rate would mislead."""


def summarise(root: Path, report: UpdateReport) -> list[str]:
    """Return what an update did, one line, and what it left out, another."""
    n_files = report.added + report.changed + report.unchanged
    done = [f"{number:,} {word}" for number, word in _changes(report) if number]
    lines = [
        f"indexed {clean_line(str(root))}: {count(n_files, 'file')} ({', '.join(done) or 'empty'}), "
        f"{count(report.n_chunks, 'chunk')}, generation {report.generation:,}, in {report.took_s:.1f} s{_rate(report)}"
    ]
    if report.skipped:
        lines.append(f"skipped {count(len(report.skipped), 'file')}: {group_skipped(report.skipped)}")
        lines.append("codesearch status --skipped lists them")
    return lines


def group_skipped(skipped: tuple[Skipped, ...]) -> str:
    """Return `12 binary, 3 too large`, the most frequent reason first."""
    reasons = Counter(file.reason.value for file in skipped)
    ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{number:,} {reason}" for reason, number in ranked)


def render_status(status: IndexStatus) -> list[str]:
    """Return what the index holds, one `name: value` a line."""
    state = status.state
    facts = {
        "root": clean_line(str(state.root)),
        "index": f"{clean_line(str(status.folder))}, format {status.format_version}",
        "size": describe_size(status.size_bytes),
        "state": _describe_state(status),
        "updated": f"{status.updated_at}, created {status.created_at}",
        "checked": state.checked_at or "unknown",
        "changed since": "unknown: nobody looked" if state.stale_files is None else count(state.stale_files, "file"),
        "files": f"{status.n_files:,} ({_ranking(status.files_by_language.items())})" if status.n_files else "0",
        "chunks": f"{state.n_chunks:,} ({_ranking(status.chunks_by_kind.items())})" if state.n_chunks else "0",
        "windowed": f"{count(status.n_windowed, 'chunk')} longer than the encoder reads at once",
        "vectors": f"{status.n_vectors:,} of {status.dim} dimensions, first search over {status.coarse_dim}",
        "encoder": f"{status.encoder} ({status.encoder_identity})",
        "": status.encoder_summary,
        "skipped": _summary(status.skipped),
        "secrets": f"{count(len(status.secrets), 'place')} masked" if status.secrets else "none masked",
    }
    width = max(map(len, facts)) + 1
    lines = [f"{name + ':' if name else '':<{width}} {value}" for name, value in facts.items()]
    return lines + [f"note: {clean_line(path)}: {clean_line(note)}" for path, note in status.notes]


def render_skipped(skipped: Iterable[Skipped]) -> list[str]:
    """Return one `path: reason` a line."""
    lines = []
    for file in skipped:
        detail = f" ({clean_line(file.detail)})" if file.detail else ""
        lines.append(f"{clean_line(file.path)}: {file.reason.value}{detail}")
    return lines


def render_secrets(secrets: Iterable[SecretPlace]) -> list[str]:
    """Return one `path:line: kind` a line; values are not known here."""
    return [f"{clean_line(place.path)}:{place.secret.line}: {clean_line(place.secret.kind)}" for place in secrets]


def render_roots(entries: Sequence[RootEntry], now: datetime) -> list[str]:
    """Return an aligned table: root, size, age, encoder, files, chunks, and what is wrong."""
    if not entries:
        return []
    rows: list[tuple[str, ...]] = [("ROOT", "SIZE", "UPDATED", "ENCODER", "FILES", "CHUNKS", "NOTE")]
    rows += [_root_row(entry, now) for entry in entries]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def describe_size(size_bytes: int) -> str:
    """Return bytes in the largest unit that keeps a digit before the point: `1.4 MiB`."""
    size = float(size_bytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def describe_age(moment: str | None, now: datetime) -> str:
    """Return how long ago an ISO 8601 moment was: `5 minutes ago`."""
    if not moment:
        return "unknown"
    try:
        then = datetime.fromisoformat(moment)
    except ValueError:
        return "unknown"
    seconds = (now - (then if then.tzinfo else then.replace(tzinfo=UTC))).total_seconds()
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            return f"{count(int(seconds // size), unit)} ago"
    return "just now"


def _changes(report: UpdateReport) -> tuple[tuple[int, str], ...]:
    return (
        (report.added, "added"),
        (report.changed, "changed"),
        (report.removed, "removed"),
        (report.unchanged, "unchanged"),
    )


def _rate(report: UpdateReport) -> str:
    if report.bytes_read < SMALLEST_RATED_BYTES or report.took_s <= 0:
        return ""
    return f", {describe_rate(report.bytes_read, report.took_s)}"


def _root_row(entry: RootEntry, now: datetime) -> tuple[str, ...]:
    return (
        clean_line(str(entry.root)),
        describe_size(entry.size_bytes),
        describe_age(entry.updated_at, now),
        clean_line(entry.encoder or "?"),
        "?" if entry.n_files is None else f"{entry.n_files:,}",
        "?" if entry.n_chunks is None else f"{entry.n_chunks:,}",
        _root_note(entry),
    )


def _root_note(entry: RootEntry) -> str:
    notes = []
    if entry.is_missing:
        notes.append("missing")
    if entry.complete is False:
        notes.append("incomplete")
    if entry.problem:
        notes.append(clean_line(entry.problem))
    return ", ".join(notes)


def _describe_state(status: IndexStatus) -> str:
    state = status.state
    if state.complete:
        return f"generation {state.generation:,}, complete"
    todo = "an unknown number" if state.files_todo is None else f"{state.files_todo:,}"
    return f"generation {state.generation:,}, incomplete: {count(state.files_done, 'file')} done, {todo} to do"


def _ranking(counts: Iterable[tuple[str, int]]) -> str:
    ranked = sorted(counts, key=lambda item: (-item[1], item[0]))
    shown = [f"{name} {number:,}" for name, number in ranked[:LANGUAGES_SHOWN]]
    rest = sum(number for _, number in ranked[LANGUAGES_SHOWN:])
    return ", ".join([*shown, f"other {rest:,}"] if rest else shown)


def _summary(skipped: Sequence[Skipped]) -> str:
    return f"{count(len(skipped), 'file')} ({group_skipped(tuple(skipped))})" if skipped else "no file"
