"""`codesearch models`: the encoders that can be named here, and which one a new index gets."""

import argparse

from codesearch import config
from codesearch.cli.config import find_root
from codesearch.cli.outcome import Outcome
from codesearch.cli.terminal import Terminal
from codesearch.encoders.models import Model, ModelList, list_models
from codesearch.printable import clean_line
from codesearch.serialize import SCHEMA_VERSION, dump_json
from codesearch.settings.settings import read_settings
from codesearch.sizes import describe_size

HEAD = ("  NAME", "DIM", "TOKENS", "SIZE", "LICENCE", "SPEED HERE", "STATE", "FROM")

EXTRAS = {"gguf": "needs the extra gguf", "transformer": "needs the extra qwen"}


def run(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:
    """Print one line an encoder."""
    listed = list_models(read_settings(find_root()), config.home_folder())
    if parsed.json:
        terminal.result(dump_json(to_json(listed)))
        return Outcome.FOUND
    for line in render(listed):
        terminal.result(line)
    return Outcome.FOUND


def render(listed: ModelList) -> list[str]:
    """Return an aligned table, and below it what a new index gets and why."""
    default = listed.default.spec.name if listed.default else None
    rows = [HEAD, *(_row(model, default) for model in listed.models)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    why = f"{listed.default.spec.name}, {listed.default.reason}" if listed.default else f"none: {listed.problem}"
    broken = [clean_line(f"{model.spec.name} is broken: {model.problem}") for model in listed.models if model.problem]
    return [*lines, "", *broken, clean_line(f"A new index gets {why}")]


def to_json(listed: ModelList) -> dict[str, object]:
    """Return the list as one object; what is not known is null."""
    default = listed.default
    return {
        "version": SCHEMA_VERSION,
        "models": [_model_to_json(model) for model in listed.models],
        "default": {"name": default.spec.name, "reason": default.reason} if default else None,
        "problem": listed.problem or None,
    }


def _row(model: Model, default: str | None) -> tuple[str, ...]:
    mark = "*" if model.spec.name == default else " "
    return tuple(
        clean_line(cell)
        for cell in (
            f"{mark} {model.spec.name}",
            _count(model.dim),
            _count(model.max_tokens) if model.spec.source != "embedded" else "any",
            describe_size(model.size_bytes) if model.size_bytes is not None else "-",
            model.licence or "-",
            f"{model.speed.tokens_per_s:,.0f} tokens/s" if model.speed else "not measured",
            _describe_state(model),
            model.place,
        )
    )


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _describe_state(model: Model) -> str:
    match model.readiness:
        case "extra missing":
            return EXTRAS[model.spec.source]
        case "files missing":
            return "file missing" if model.spec.source == "gguf" else "to download"
        case "not asked":
            return "a server"
        case "ready" | "broken":
            return model.readiness


def _model_to_json(model: Model) -> dict[str, object]:
    speed = model.speed
    return {
        "name": model.spec.name,
        "source": model.spec.source,
        "model": model.spec.model,
        "place": model.place,
        "dim": model.dim,
        "max_tokens": model.max_tokens,
        "size_bytes": model.size_bytes,
        "licence": model.licence or None,
        "summary": model.summary or None,
        "readiness": model.readiness,
        "problem": model.problem or None,
        "own": model.is_own,
        "tokens_per_s": speed.tokens_per_s if speed else None,
        "measured_at": speed.measured_at if speed else None,
        "measured_with": speed.engine if speed else None,
    }
