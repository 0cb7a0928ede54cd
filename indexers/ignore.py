"""Ignore rules: the lines of `.gitignore` and `.codesearchignore` files, and which of them decides about a path.

Paths are bytes relative to the root of the walk, `/` between parts. A chain of rules knows nothing of the disk;
`read_rules` is the one function here that opens a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from indexers.patterns import Pattern, parse_pattern, trim_line
from indexers.reading import read_small_file

GIT_IGNORE = b".gitignore"
OWN_IGNORE = b".codesearchignore"

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line: a pattern, and whether it re-includes (`!`)."""

    pattern: Pattern
    is_negated: bool


@dataclass(frozen=True, slots=True)
class RuleFile:
    """The rules of one file, in order. The last that matches decides."""

    rules: tuple[Rule, ...]
    base: bytes = b""
    """Folder of the file relative to the root, with a trailing slash; empty for the root."""
    outer: bytes = b""
    """Path of the root relative to the file's folder, with a trailing slash, where the file lies above the root."""

    @property
    def has_negation(self) -> bool:
        """Whether any line re-includes."""
        return any(rule.is_negated for rule in self.rules)

    def decide(self, path: bytes, is_dir: bool) -> bool | None:
        """Return True to ignore the path, False to re-include it, None where no line matches the path itself."""
        local = self._localise(path)
        for rule in reversed(self.rules):
            if rule.pattern.matches(local, is_dir):
                return not rule.is_negated
        return None

    def may_include_below(self, folder: bytes) -> bool:
        """Tell whether a `!` line that is tied to its place could match something inside the folder."""
        local = self._localise(folder)
        return any(rule.is_negated and rule.pattern.may_match_below(local) for rule in self.rules)

    def _localise(self, path: bytes) -> bytes:
        return path[len(self.base) :] if self.base else self.outer + path


def parse_rules(text: bytes, base: bytes = b"", outer: bytes = b"") -> RuleFile:
    """Parse the text of an ignore file; lines that git would disregard are left out."""
    rules: list[Rule] = []
    for raw in text.removeprefix(_BOM).split(b"\n"):
        line = trim_line(raw)
        if line.startswith(b"#"):
            continue
        is_negated = line.startswith(b"!")
        pattern = parse_pattern(line[1:] if is_negated else line)
        if pattern is not None:
            rules.append(Rule(pattern, is_negated))
    return RuleFile(tuple(rules), base, outer)


def read_rules(path: bytes, base: bytes = b"", outer: bytes = b"") -> RuleFile | None:
    """Read an ignore file; None where there is none, or where it is a link, unreadable or empty of rules."""
    text = read_small_file(path)
    rules = parse_rules(text, base, outer) if text else None
    return rules if rules and rules.rules else None


def decide(chain: Sequence[RuleFile], path: bytes, is_dir: bool) -> bool | None:
    """Ask the files of a chain, nearest last; the nearest that has an opinion decides."""
    for rule_file in reversed(chain):
        decision = rule_file.decide(path, is_dir)
        if decision is not None:
            return decision
    return None
