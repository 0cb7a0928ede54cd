"""Why an answer is empty: the filters left nothing, the quoted text is nowhere, or nothing is indexed.

Knows the stages of an answer and filters as they are typed; asks no index.
"""

from collections.abc import Iterator

from codesearch.printable import clean_line
from codesearch.search.query import Query, merge_filters
from codesearch.types import Filters, SearchResponse

MAX_QUOTED = 60
"""Characters of quoted text that are enough to know it by."""


def explain_nothing(response: SearchResponse, query: Query, filters: Filters) -> str:
    """Return one line; `filters` are those of the options, and `query` has its own."""
    if response.index.n_chunks == 0:
        return "nothing found: the index is empty"
    if not response.stages or response.stages[0].n_out > 0:
        return "nothing found"
    limits = [*_describe(merge_filters(filters, query.filters)), *(f'"{text[:MAX_QUOTED]}"' for text in query.quoted)]
    what = " and ".join(limits) or "the filters"
    return clean_line(f"nothing found: no chunk of the index passes {what}")


def _describe(filters: Filters) -> Iterator[str]:
    """Yield each filter as a query would have it, that of PATH first."""
    if filters.within:
        yield f"PATH {filters.within}"
    for name, wanted, unwanted in (
        ("path", filters.paths, filters.excluded_paths),
        ("lang", filters.languages, filters.excluded_languages),
        ("kind", filters.kinds, filters.excluded_kinds),
    ):
        yield from (f"{name}:{value}" for value in wanted)
        yield from (f"-{name}:{value}" for value in unwanted)
