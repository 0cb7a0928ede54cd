"""What an update did, status, skipped files, secrets and the list of roots, as lines for a person.

Knows values of `codesearch.types`; every name that comes from a file system passes `clean_line`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from textwrap import wrap

from codesearch.cli.progress import describe_rate
from codesearch.cli.render import count, describe_gap, index_command
from codesearch.printable import clean_line
from codesearch.sizes import describe_size
from codesearch.types import IndexState, IndexStatus, RootEntry, SecretPlace, UpdateReport
from indexers.types import GRANULARITIES, Skipped

LANGUAGES_SHOWN = 8

SMALLEST_RATED_BYTES = 100_000
"""Below this the time is that of starting up, and a rate would mislead."""


def summarise(root: Path, report: UpdateReport) -> list[str]:
    """Return what an update did, one line, and what it left out, another."""
    n_files = report.added + report.changed + report.unchanged
    done = [f"{number:,} {word}" for number, word in _changes(report) if number]
    made = f", {count(report.n_encoded, 'vector')} made" if report.n_filled and report.n_encoded else ""
    lines = [
        f"indexed {clean_line(str(root))}: {count(n_files, 'file')} ({', '.join(done) or 'empty'}), "
        f"{count(report.n_chunks, 'chunk')}{made}, in {report.took_s:.1f} s{_rate(report)}"
    ]
    if report.skipped:
        lines.append(f"skipped {count(len(report.skipped), 'file')}: {group_skipped(report.skipped)}")
        lines.append("codesearch status --skipped lists them")
    return lines + [f"warning: {clean_line(text)}" for text in report.warnings]


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
        "changed since": _describe_changes(state),
        "files": f"{status.n_files:,} ({_ranking(status.files_by_language.items())})" if status.n_files else "0",
        "chunks": f"{state.n_chunks:,} ({_ranking(status.chunks_by_kind.items())})" if state.n_chunks else "0",
        "vectors": _describe_vectors(status),
        "encoder": f"{status.encoder} ({status.encoder_identity})",
        "": status.encoder_summary,
        "size limit": f"{describe_size(status.max_file_bytes)}; larger files are left out",
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


def render_roots(entries: Sequence[RootEntry], now: datetime, width: int | None = None) -> list[str]:
    """Return an aligned table: root, size, age, encoder, files, chunks, and what is wrong.

    Where it is wider than `width`, each root becomes a line of its own with the rest below it.
    """
    if not entries:
        return []
    rows: list[tuple[str, ...]] = [("ROOT", "SIZE", "UPDATED", "ENCODER", "FILES", "CHUNKS", "NOTE")]
    rows += [_root_row(entry, now) for entry in entries]
    columns = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(f"{cell:<{size}}" for cell, size in zip(row, columns, strict=True)).rstrip() for row in rows]
    if width is None or max(map(len, lines)) <= width:
        return lines
    return [line for row in rows[1:] for line in _stack(row, width)]


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


def _stack(row: Sequence[str], width: int) -> list[str]:
    root, size, age, encoder, n_files, n_chunks, note = row
    facts = [size] if n_files == "?" else [size, f"updated {age}", encoder, f"{n_files} files", f"{n_chunks} chunks"]
    text = ", ".join([*facts, note] if note else facts)
    indent = "  "
    return [
        root,
        *wrap(text, max(width, 20), initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False),
    ]


def _root_note(entry: RootEntry) -> str:
    notes = []
    if entry.is_missing:
        notes.append("missing")
    if entry.complete is False:
        notes.append(f"incomplete, being built by {clean_line(entry.written_by)}" if entry.written_by else "incomplete")
    if entry.problem:
        notes.append(clean_line(f"being built by {entry.written_by}" if entry.written_by else entry.problem))
    return ", ".join(notes)


def _describe_state(status: IndexStatus) -> str:
    state = status.state
    if state.complete:
        return f"complete (generation {state.generation:,})"
    return f"{describe_gap(state)} (generation {state.generation:,})"


def _describe_changes(state: IndexState) -> str:
    if state.stale_files is None:
        return "unknown: the folder cannot be read"
    if state.stale_files == 0:
        return "nothing"
    changed = count(state.stale_files, "file")
    return changed if state.written_by else f"{changed}; run {index_command(state.root)}"


def _describe_vectors(status: IndexStatus) -> str:
    text = f"{status.n_vectors:,} of {status.dim:,} numbers"
    if status.coarse_dim < status.dim:
        text += f", the first {status.coarse_dim:,} of which are compared first"
    if len(status.granularities) < len(GRANULARITIES):
        text += f"; of {' and '.join(status.granularities)} alone"
    if status.n_windowed:
        text += f"; {count(status.n_windowed, 'long chunk')} in several parts"
    return text


def _ranking(counts: Iterable[tuple[str, int]]) -> str:
    ranked = sorted(counts, key=lambda item: (-item[1], item[0]))
    shown = [f"{name} {number:,}" for name, number in ranked[:LANGUAGES_SHOWN]]
    rest = sum(number for _, number in ranked[LANGUAGES_SHOWN:])
    return ", ".join([*shown, f"other {rest:,}"] if rest else shown)


def _summary(skipped: Sequence[Skipped]) -> str:
    return f"{count(len(skipped), 'file')} ({group_skipped(tuple(skipped))})" if skipped else "no file"
