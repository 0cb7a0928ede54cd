"""What `search` and `similar` share: options as typed -> `SearchOptions`, and an answer -> lines on both streams."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from codesearch.cli.excerpt import find_query_terms
from codesearch.cli.nothing import explain_nothing
from codesearch.cli.outcome import Outcome
from codesearch.cli.render import (
    View,
    make_placer,
    render_block,
    render_line,
    render_stages,
    render_state,
    render_warnings,
)
from codesearch.cli.terminal import Terminal
from codesearch.search.query import Query
from codesearch.serialize import dump_json, response_to_json, result_to_json
from codesearch.types import Filters, SearchOptions, SearchResponse


def read_options(parsed: argparse.Namespace, prefix: str) -> SearchOptions:
    """Return the validated options; `prefix` is the part of the index that PATH named."""
    filters = Filters(
        within=prefix,
        paths=tuple(parsed.globs),
        excluded_paths=tuple(parsed.not_path),
        languages=_words(parsed.lang),
        excluded_languages=_words(parsed.not_lang),
        kinds=tuple(parsed.kind),
        excluded_kinds=tuple(parsed.not_kind),
    )
    return SearchOptions(
        limit=parsed.limit, mode=parsed.mode, filters=filters, explain=parsed.explain, prefilter=parsed.prefilter
    )


def ask(search: Callable[[SearchOptions], SearchResponse], options: SearchOptions) -> SearchResponse:
    """Answer; where nothing is found, which is soon done, ask again for the stages: they say why."""
    response = search(options)
    return response if response.results or options.explain else search(replace(options, explain=True))


def print_response(
    found: SearchResponse, query: Query, options: SearchOptions, parsed: argparse.Namespace, terminal: Terminal
) -> Outcome:
    """Write results to stdout in the form that was asked for, and all about them to stderr.

    The stages say why there is no result; they are printed only where they were asked for.
    """
    response = found if parsed.explain else replace(found, stages=())
    for line in (render_state(response.index), *render_warnings(response), *render_stages(response.stages)):
        terminal.note(line)
    if parsed.json:
        terminal.result(dump_json(response_to_json(response)))
    elif parsed.jsonl:
        for result in response.results:
            terminal.result(dump_json(result_to_json(result)))
    else:
        _print_text(response, parsed, terminal)
    if response.results:
        return Outcome.FOUND
    terminal.note(explain_nothing(found, query, options.filters))
    return Outcome.NOTHING


def _print_text(response: SearchResponse, parsed: argparse.Namespace, terminal: Terminal) -> None:
    view = View(
        place=make_placer(response.index.root, Path.cwd()),
        terms=find_query_terms(response.query),
        has_color=terminal.has_color(parsed.color),
    )
    if not terminal.shows_results_to_a_person:
        for result in response.results:
            terminal.result(render_line(result, view))
        return
    if response.results:
        terminal.result("\n\n".join(render_block(result, view) for result in response.results))


def _words(typed: Sequence[str]) -> tuple[str, ...]:
    """Return the values of a repeatable option, each of which may be a list with commas."""
    return tuple(word for value in typed for word in value.split(",") if word)
