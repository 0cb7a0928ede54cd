"""What `.gitattributes` says about a file: generated, vendored, or written by hand after all.

Inside a git work tree git itself is asked (`git.read_marks`); the reader here serves trees without git.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from indexers.patterns import Pattern, parse_pattern
from indexers.reading import read_small_file

ATTRIBUTES = b".gitattributes"
GENERATED = b"linguist-generated"
VENDORED = b"linguist-vendored"


@dataclass(frozen=True, slots=True)
class Marks:
    """Set, unset or, where nothing is said, None."""

    generated: bool | None = None
    vendored: bool | None = None


UNMARKED = Marks()


@dataclass(frozen=True, slots=True)
class AttributeRule:
    """One line: a pattern and what it sets; None as a value goes back to unsaid (`!name`)."""

    pattern: Pattern
    settings: dict[bytes, bool | None]


@dataclass(frozen=True, slots=True)
class AttributeFile:
    """The linguist lines of one `.gitattributes`; `base` is its folder, with a trailing slash, or empty."""

    base: bytes
    rules: tuple[AttributeRule, ...]


def to_state(value: bytes) -> bool | None:
    """Read a value as git prints or writes it."""
    return {b"set": True, b"true": True, b"unset": False, b"false": False}.get(value)


def parse_attributes(text: bytes, base: bytes = b"") -> AttributeFile:
    """Parse the lines that set one of the two marks; macros are not expanded."""
    rules: list[AttributeRule] = []
    for raw in text.split(b"\n"):
        line = raw.strip(b" \t\r")
        if not line or line.startswith((b"#", b"[attr]", b"!")):
            continue
        name, rest = _split_pattern(line)
        settings = dict(_parse_setting(word) for word in rest.split())
        wanted = {key: settings[key] for key in (GENERATED, VENDORED) if key in settings}
        pattern = parse_pattern(name) if wanted else None
        if pattern is not None:
            rules.append(AttributeRule(pattern, wanted))
    return AttributeFile(base, tuple(rules))


def read_attributes(path: bytes, base: bytes) -> AttributeFile | None:
    """Read a `.gitattributes`; None where it says nothing about the two marks."""
    text = read_small_file(path)
    parsed = parse_attributes(text, base) if b"linguist-" in text else None
    return parsed if parsed and parsed.rules else None


def find_marks(chain: Sequence[AttributeFile], path: bytes) -> Marks:
    """Ask the files of a chain, nearest last, about one file; for each mark the last line that matches decides."""
    found: dict[bytes, bool | None] = {}
    for attribute_file in chain:
        local = path[len(attribute_file.base) :]
        for rule in attribute_file.rules:
            if rule.pattern.matches(local, is_dir=False):
                found.update(rule.settings)
    return Marks(found.get(GENERATED), found.get(VENDORED)) if found else UNMARKED


def _split_pattern(line: bytes) -> tuple[bytes, bytes]:
    if line.startswith(b'"') and (end := line.find(b'"', 1)) > 0:
        return line[1:end], line[end + 1 :]
    name, _, rest = line.replace(b"\t", b" ").partition(b" ")
    return name, rest


def _parse_setting(word: bytes) -> tuple[bytes, bool | None]:
    if word.startswith(b"-"):
        return word[1:], False
    if word.startswith(b"!"):
        return word[1:], None
    name, has_value, value = word.partition(b"=")
    return name, to_state(value) if has_value else True
