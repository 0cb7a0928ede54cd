"""How a result came to its score, as aligned lines that can be reckoned through by hand.

Knows the values of `codesearch.types` and how they should look; computes nothing but sums that are shown.
"""

from collections.abc import Iterable, Iterator

from codesearch.printable import clean_line
from codesearch.types import Container, Explanation, FusedParts, PriorParts, SearchResult, TermPart

WIDTH = len("demotion")
"""Of the longest name of a part."""


def render_explanation(result: SearchResult) -> list[str]:
    """Return the lines that explain a score: first the product, then its factors; none where nothing was asked."""
    explanation = result.explanation
    if explanation is None:
        return []
    parts = explanation.fused
    lines = [
        ("score", _score(result.score, explanation)),
        ("fused", _fused(parts)),
        ("own", _own(parts)),
        ("words", _words(parts)),
        ("standing", _standing(parts)),
        ("prior", _prior(explanation.prior)),
        ("demotion", _demotion(explanation)),
        ("lift", _lift(explanation)),
        ("decay", _decay(explanation)),
        ("query", explanation.shape),
        *_terms(explanation),
    ]
    return [clean_line(f"  {name:<{WIDTH}}  {text}") for name, text in lines if text]


def _score(score: float, explanation: Explanation) -> str:
    factors = (
        ("fused", explanation.fused.value),
        ("prior", explanation.prior.value),
        ("size", explanation.size),
        ("demotion", explanation.demotion),
        ("lift", explanation.lift),
        ("decay", explanation.decay),
    )
    return f"{_short(score)} = {' × '.join(f'{name} {_short(value)}' for name, value in factors)}"


def _fused(parts: FusedParts) -> str:
    if parts.file_context == 0.0 == parts.coherence:
        return f"{_short(parts.value)} = own"
    context = f"{_short(parts.file_context)} × file {_short(parts.file)}"
    coherence = f"{_short(parts.coherence)} × further {_short(parts.further)}"
    total = 1.0 + parts.file_context + parts.coherence
    return f"{_short(parts.value)} = (own {_short(parts.own)} + {context} + {coherence}) / {_short(total)}"


def _own(parts: FusedParts) -> str:
    terms = ((1.0 - parts.dense_share, "words", parts.words), (parts.dense_share, "standing", parts.standing))
    summed = [f"{_short(share)} × {name} {_short(value or 0.0)}" for share, name, value in terms if share]
    return f"{_short(parts.own)} = {' + '.join(summed)}"


def _words(parts: FusedParts) -> str:
    if parts.words is None or parts.bm25 is None or parts.bound is None:
        return ""
    if parts.bound == 0.0:
        return "0, no chunk has a word of the query"
    return f"{_short(parts.words)} = bm25 {_short(parts.bm25)} / bound {_short(parts.bound)}"


def _standing(parts: FusedParts) -> str:
    if parts.standing is None or parts.best_cosine is None:
        return ""
    if parts.cosine is None:
        return "0, no vector yet"
    least = ", at least 0" if parts.cosine < 0.0 else ""
    return f"{_short(parts.standing)} = cosine {_short(parts.cosine)} / best {_short(parts.best_cosine)}{least}"


def _prior(parts: PriorParts) -> str:
    named = f" ({parts.name})" if parts.name else ""
    spoken = (
        f"definition {_short(parts.definition)}{named}",
        f"stem {_short(parts.stem)}",
        f"folders {_short(parts.folders)}",
        f"symbol {_short(parts.symbol)}",
    )
    return f"{_short(parts.value)} = 1 + {' + '.join(spoken)}"


def _demotion(explanation: Explanation) -> str:
    causes = [
        f"{demotion.cause} {_short(demotion.factor)}{' (softened: asked for)' if demotion.is_asked else ''}"
        for demotion in explanation.demotions
    ]
    return f"{_short(explanation.demotion)} = {' × '.join(causes)}" if causes else ""


def _lift(explanation: Explanation) -> str:
    container = explanation.stands_for
    return f"{_short(explanation.lift)}, stands for {_name(container)}" if container else ""


def _decay(explanation: Explanation) -> str:
    return f"{_short(explanation.decay)}, result {explanation.nth} of its file" if explanation.nth > 1 else ""


def _name(container: Container) -> str:
    lines = f"{container.start_line}-{container.end_line}"
    return " ".join(part for part in (container.kind, container.qualified_name, lines) if part)


def _terms(explanation: Explanation) -> Iterator[tuple[str, str]]:
    """Yield what of the query is here, what is not, and what is nowhere; then how much of it that is."""
    known = [part for part in explanation.terms if part.is_known]
    here = [part for part in known if part.is_here]
    shares = f"here {_short(_total(here))} / known {_short(_total(known))}"
    yield "coverage", f"{_short(explanation.coverage)} = {shares}" if known else ""
    yield "here", _list(here)
    yield "missing", _list(part for part in known if not part.is_here)
    yield "unknown", _list(part for part in explanation.terms if not part.is_known)


def _total(parts: Iterable[TermPart]) -> float:
    return sum([part.share for part in parts])


def _list(parts: Iterable[TermPart]) -> str:
    return ", ".join(f"{part.term} {_short(part.share)}" for part in parts)


def _short(value: float) -> str:
    """Return four digits: enough to see where a score comes from, and to reckon it to a thousandth."""
    return f"{value:.4g}"
