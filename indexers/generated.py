"""Tells files that people wrote from files that tools wrote: lock files, minified bundles, generated headers.

The first look is at the name alone, the second at the bytes. `.gitattributes` outranks both and is not known here.
"""

import re

from indexers.types import SkipReason

_LOCK_FILES_TEXT = """
package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb deno.lock
poetry.lock pdm.lock uv.lock pipfile.lock pixi.lock conda-lock.yml pylock.toml cargo.lock
gemfile.lock gems.locked composer.lock go.sum go.work.sum mix.lock rebar.lock pubspec.lock
podfile.lock package.resolved cartfile.resolved packages.lock.json paket.lock project.lock.json
gradle.lockfile buildscript-gradle.lockfile flake.lock stack.yaml.lock cabal.project.freeze
.terraform.lock.hcl chart.lock module.bazel.lock conan.lock opam.locked shard.lock
manifest.toml.lock
"""
_LOCK_FILES = frozenset(_LOCK_FILES_TEXT.split())

_MINIFIED_NAME = re.compile(
    r"(?:[.-]min\.(?:js|mjs|cjs|css)|[.-]bundle\.(?:js|mjs|cjs|css)|\.map|\.chunk\.(?:js|css))$"
)

_SCRIPT_NAME = re.compile(r"\.(?:js|mjs|cjs|css)$")

MEAN_LINE_BYTES = 200
"""Scripts and stylesheets whose lines are longer on average are minified; hand-written ones average 25 to 40."""

MIN_SCRIPT_BYTES = 1_000
"""Below this a long mean is one long line in a small file, and reading it costs nothing."""

LONG_LINE_BYTES = 20_000
"""No person writes such a line; with next to nothing beside it, it is the output of a tool."""

LONG_LINE_SHARE = 0.9

_HEAD_LINES = 15
_HEAD_BYTES = 4_096
"""Generators put their notice at the top; a mention further down is someone talking about generated files."""

_MAX_PREAMBLE_LINES = 3
"""Lines such as `package x`, `<?php` or `syntax = "proto3"` come before some notices; behind more, code has begun."""

_COMMENT_LINE = re.compile(rb'[ \t]*(?:#|//|/\*|\*|--|;|%|<!--|\(\*|\{-|\.\.|"""|\'\'\'|dnl\b|rem\b)', re.IGNORECASE)

_NOTICE = re.compile(
    rb"""@generated\b
    | generated\b .{0,200} \b do \s not \s (?:edit|modify|change|make \s changes|manually)
    | do \s not \s (?:edit|modify|change) .{0,200} \b (?:auto-?)?generated\b""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def judge_name(path: str) -> SkipReason | None:
    """Return why the name alone says that a tool wrote the file."""
    name = path.rpartition("/")[2].lower()
    if name in _LOCK_FILES:
        return SkipReason.LOCK_FILE
    return SkipReason.MINIFIED if _MINIFIED_NAME.search(name) else None


def is_minified(path: str, data: bytes) -> bool:
    """Tell by its lines whether a text was squeezed by a tool."""
    if len(data) < MIN_SCRIPT_BYTES:
        return False
    n_lines = data.count(b"\n") + 1
    if _SCRIPT_NAME.search(path.lower()) and len(data) > MEAN_LINE_BYTES * n_lines:
        return True
    return not path.endswith(".ipynb") and _has_one_long_line(data, n_lines)


def has_generated_notice(data: bytes) -> bool:
    """Tell whether a comment in the first lines says that the file was generated and is not to be edited."""
    head = data[:_HEAD_BYTES]
    if b"enerated" not in head and b"ENERATED" not in head:
        return False
    lines = head.split(b"\n")[:_HEAD_LINES]
    comments = b"\n".join(_comment_lines(lines))
    return _NOTICE.search(comments) is not None


def _comment_lines(lines: list[bytes]) -> list[bytes]:
    """Keep the comments that stand before the code begins, the lines inside a block comment included."""
    kept: list[bytes] = []
    is_open = False
    n_code = 0
    for line in lines:
        if is_open or _COMMENT_LINE.match(line):
            kept.append(line)
            opened = max(line.rfind(b"/*"), line.rfind(b"<!--"))
            closed = max(line.rfind(b"*/"), line.rfind(b"-->"))
            is_open = opened > closed or (is_open and closed < 0)
        elif line.strip():
            n_code += 1
            if n_code > _MAX_PREAMBLE_LINES:
                break
    return kept


def _has_one_long_line(data: bytes, n_lines: int) -> bool:
    """Tell whether a single line above the limit makes up nearly all of the text."""
    wanted = max(LONG_LINE_BYTES, int(len(data) * LONG_LINE_SHARE))
    if len(data) < wanted or n_lines > len(data) - wanted + 1:
        return False
    return any(len(line) >= wanted for line in data.split(b"\n"))
