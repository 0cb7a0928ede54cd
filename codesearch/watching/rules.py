"""Which folders of a tree are closed to the walk, and which paths it ignores, by the rule files on the way.

Reads rule files and nothing else. Paths are bytes relative to the root, `/` between parts.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from indexers.ignore import GIT_IGNORE, OWN_IGNORE, RuleFile, decide, read_rules


@dataclass(frozen=True, slots=True)
class Place:
    """A folder, and the rules that hold for what lies in it."""

    git: tuple[RuleFile, ...]
    own: tuple[RuleFile, ...]
    is_ignored: bool
    is_closed: bool
    """Whether no walk will list anything in it; what git tracks there all the same is known by its path."""


class Rules:
    """The rules of one tree as they were when each folder was first asked about."""

    def __init__(self, root: bytes, outer: tuple[RuleFile, ...], closed: frozenset[bytes]) -> None:
        """`outer` are the rules from above the root, weakest first; `closed` are folders known to be nobody's here."""
        self._root = root
        self._closed = closed
        self._places = {b"": self._open(b"", Place(outer, (), is_ignored=False, is_closed=False))}

    def place_of(self, folder: bytes) -> Place:
        """Return what holds in a folder; a closed one speaks for all below it."""
        place = self._places[b""]
        for path in _way_to(folder):
            if place.is_closed:
                break
            known = self._places.get(path)
            if known is None:
                known = self._places[path] = self._enter(path, place)
            place = known
        return place

    def is_ignored(self, path: bytes, *, is_dir: bool) -> bool:
        """Tell whether a path is closed to the walk, or lies where it is."""
        if is_dir:
            return self.place_of(path).is_closed
        place = self.place_of(path.rpartition(b"/")[0])
        return place.is_closed or _judge(place, path, is_dir=False)

    def close(self, folder: bytes) -> None:
        """Take a folder for nobody's from now on."""
        self._places[folder] = Place((), (), is_ignored=True, is_closed=True)

    def _enter(self, folder: bytes, above: Place) -> Place:
        is_ignored = _judge(above, folder, is_dir=True)
        is_closed = folder.rpartition(b"/")[2] == b".git" or folder in self._closed
        if is_ignored and not is_closed:
            is_closed = decide(above.own, folder, is_dir=True) is True or not _may_include_below(above, folder)
        place = Place(above.git, above.own, is_ignored, is_closed)
        return place if is_closed else self._open(folder, place)

    def _open(self, folder: bytes, place: Place) -> Place:
        """Add the rules that lie in the folder itself."""
        base = folder + b"/" if folder else b""
        git = read_rules(self._root + b"/" + base + GIT_IGNORE, base)
        own = read_rules(self._root + b"/" + base + OWN_IGNORE, base)
        return Place(
            (*place.git, git) if git else place.git,
            (*place.own, own) if own else place.own,
            place.is_ignored,
            place.is_closed,
        )


def _judge(above: Place, path: bytes, *, is_dir: bool) -> bool:
    """Tell whether a path is ignored: our own rules outrank git's, and both bind what lies below."""
    own = decide(above.own, path, is_dir)
    return own if own is not None else above.is_ignored or decide(above.git, path, is_dir) is True


def _may_include_below(above: Place, folder: bytes) -> bool:
    return any(rules.may_include_below(folder) for rules in above.own)


def _way_to(folder: bytes) -> Iterator[bytes]:
    """Yield the folders from below the root down to this one."""
    if not folder:
        return
    for at, byte in enumerate(folder):
        if byte == ord("/"):
            yield folder[:at]
    yield folder
