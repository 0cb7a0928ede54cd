"""Definitions of Python."""

from indexers.definitions import find_definitions
from indexers.types import Definition

SOURCE = b'''"""Retry policies."""

from typing import Protocol

DEFAULT_DELAY_S = 0.5
try:
    import uvloop as loop
    HAS_LOOP = True
except ImportError:
    HAS_LOOP = False


# Doubles the delay each time.
@register("backoff")
async def back_off(attempt: int, *, limit: float = 30.0) -> float:  # seconds
    """Return how long to wait.

    Never longer than `limit`.
    """
    delay = DEFAULT_DELAY_S * 2**attempt

    def clip(value: float) -> float:
        return min(value, limit)

    return clip(delay)


class Policy(Protocol):
    """When to try again."""

    retries: int = 3

    @property
    def exhausted(self) -> bool: ...

    class Options:
        jitter = 0.1

        def validate(self): pass


type Delay = float
'''

EXPECTED = [
    ("name", "", "DEFAULT_DELAY_S"),
    ("name", "", "HAS_LOOP"),
    ("name", "", "HAS_LOOP"),
    ("function", "", "back_off"),
    ("function", "", "clip"),
    ("class", "", "Policy"),
    ("name", "", "retries"),
    ("method", "", "exhausted"),
    ("class", "", "Options"),
    ("name", "", "jitter"),
    ("method", "", "validate"),
    ("name", "", "Delay"),
]


def find(name: str) -> Definition:
    found = [one for one in find_definitions("python", SOURCE) if one.name == name]
    return next((one for one in found if one.role != "name"), found[0])


def test_python_definitions_have_role_scope_and_name() -> None:
    found = find_definitions("python", SOURCE)
    assert [(one.role, one.scope, one.name) for one in found] == EXPECTED


def test_python_definitions_carry_signature_and_documentation() -> None:
    assert (find("back_off").signature, find("back_off").documentation) == (
        "async def back_off(attempt: int, *, limit: float = 30.0) -> float",
        "Return how long to wait.\n\nNever longer than `limit`.",
    )
    assert (find("Policy").signature, find("Policy").documentation) == ("class Policy(Protocol)", "When to try again.")
    assert (find("exhausted").signature, find("exhausted").documentation) == ("def exhausted(self) -> bool", "")
