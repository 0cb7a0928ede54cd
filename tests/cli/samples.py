"""Values as an index would give them, and a terminal made of strings."""

from dataclasses import dataclass, field, replace
from io import StringIO
from math import prod
from pathlib import Path

from codesearch.cli.terminal import Terminal
from codesearch.types import (
    Container,
    Degradation,
    Demotion,
    Explanation,
    FusedParts,
    IndexState,
    IndexStatus,
    PriorParts,
    RootEntry,
    ScoreParts,
    SearchResponse,
    SearchResult,
    SecretPlace,
    Stage,
    TermPart,
)
from indexers.types import Secret, Skipped, SkipReason

GOLDEN = Path(__file__).parent / "golden"

PYTHON = '''\
def retry(call, attempts=3):
    """Call until it works."""
    for attempt in range(attempts):
        try:
            return call()
        except OSError:
            wait(2**attempt)
    raise TimeoutError(attempts)
'''


class Screen(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass
class Desk:
    """A terminal whose streams can be read afterwards."""

    typed: str = ""
    is_screen: bool = False
    stdout: StringIO = field(init=False)
    stderr: StringIO = field(init=False)

    def __post_init__(self) -> None:
        self.stdout = Screen() if self.is_screen else StringIO()
        self.stderr = Screen() if self.is_screen else StringIO()

    def terminal(self) -> Terminal:
        stdin = Screen(self.typed) if self.is_screen else StringIO(self.typed)
        return Terminal(stdin, self.stdout, self.stderr, allows_color=True)


def make_result(
    path: str = "src/net/retry.py", content: str = PYTHON, start_line: int = 12, *, stale: bool = False
) -> SearchResult:
    return SearchResult(
        path=path,
        start_line=start_line,
        end_line=start_line + content.rstrip("\n").count("\n"),
        kind="function",
        symbol="retry",
        qualified_name="net.retry",
        signature="def retry(call, attempts=3):",
        documentation="Call until it works.",
        language="python",
        score=0.03278,
        scores=ScoreParts(bm25=7.25, cosine=0.6125, fused=0.0312, prior=1.05),
        content=content,
        stale=stale,
    )


def make_explanation() -> Explanation:
    """Return parts of a score of which none is neutral and none is missing."""
    return Explanation(
        shape="words",
        fused=FusedParts(
            value=0.55,
            own=0.6,
            dense_share=0.4,
            bm25=7.25,
            bound=14.5,
            words=0.5,
            cosine=0.45,
            best_cosine=0.6,
            standing=0.75,
            file=0.7,
            file_context=0.8,
            further=0.2666666666666667,
            coherence=0.6,
        ),
        prior=PriorParts(value=2.25, definition=0.5, name="net.retry", stem=0.4, folders=0.1, symbol=0.25),
        size=1.25,
        demotions=(Demotion("test", 0.5, is_asked=True), Demotion("test by name", 0.5, is_asked=True)),
        lift=1.2,
        stands_for=Container("class", "net.Client", 10, 90),
        decay=0.4,
        nth=2,
        coverage=0.625,
        terms=(
            TermPart("retri", 0.5, is_known=True, is_here=True),
            TermPart("backoff", 0.3, is_known=True, is_here=False),
            TermPart("zzz", 0.2, is_known=False, is_here=False),
        ),
    )


def make_explained_result() -> SearchResult:
    """Return a result whose explanation gives its score."""
    explanation = make_explanation()
    factors = (explanation.size, explanation.demotion, explanation.lift, explanation.decay)
    score = explanation.fused.value * explanation.prior.value * prod(factors)
    return replace(make_result(), score=score, explanation=explanation)


def make_state(root: Path = Path("/home/ada/flask"), *, complete: bool = True) -> IndexState:
    return IndexState(
        root=root,
        generation=4,
        n_chunks=1234,
        complete=complete,
        files_done=80,
        files_todo=0 if complete else 20,
        stale_files=None,
        checked_at="2026-11-20T09:00:00+00:00",
    )


def make_response(
    *results: SearchResult,
    state: IndexState | None = None,
    degraded: Degradation | None = None,
    stages: tuple[Stage, ...] = (),
) -> SearchResponse:
    return SearchResponse("where are retries", results, 2.3456, state or make_state(), degraded, stages)


def make_status() -> IndexStatus:
    return IndexStatus(
        state=make_state(),
        folder=Path("/home/ada/.local/share/codesearch/indexes/flask-0123456789ab"),
        format_version=1,
        size_bytes=3_500_000,
        created_at="2026-11-19T08:00:00+00:00",
        updated_at="2026-11-20T09:00:00+00:00",
        n_files=80,
        chunks_by_kind={"function": 700, "method": 400, "class": 54, "file": 80},
        files_by_language={"python": 70, "markdown": 10},
        n_windowed=2,
        n_vectors=1190,
        encoder="embedded",
        encoder_identity="embedded v1, 256-d",
        encoder_summary="Related words, no sentences.",
        dim=256,
        coarse_dim=64,
        skipped=(
            Skipped("logo.png", SkipReason.BINARY),
            Skipped("bad\x1b[31mname", SkipReason.UNREADABLE, "permission denied"),
            Skipped("photo.jpg", SkipReason.BINARY),
        ),
        secrets=(SecretPlace("config/dev.py", Secret(12, "github-token")),),
        notes=(("legacy.py", "decoded as latin-1"),),
        max_file_bytes=2 << 20,
    )


def make_root(root: str, *, is_missing: bool = False, problem: str = "") -> RootEntry:
    is_readable = not problem
    return RootEntry(
        root=Path(root),
        folder=Path(f"/home/ada/indexes{root}"),
        size_bytes=3_500_000,
        updated_at="2026-11-20T09:00:00+00:00" if is_readable else None,
        encoder="embedded" if is_readable else None,
        n_files=80 if is_readable else None,
        n_chunks=1234 if is_readable else None,
        complete=True if is_readable else None,
        is_missing=is_missing,
        problem=problem,
    )
