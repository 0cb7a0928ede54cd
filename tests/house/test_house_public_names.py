"""The public API: whatever a caller of `Index` gives, gets or catches can be imported from `codesearch.index`."""

import inspect
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from types import ModuleType
from typing import Any, get_args, get_type_hints

import pytest

from codesearch import errors, index
from codesearch.index import Index
from indexers import errors as indexers_errors
from tests.house.house import PACKAGES


def types_in(annotation: object) -> Iterator[type]:
    """Yield the classes that an annotation is made of."""
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    for part in get_args(annotation):
        yield from types_in(part)


def types_of_methods(owner: type) -> Iterator[type]:
    for name, member in vars(owner).items():
        function = member.__func__ if isinstance(member, classmethod) else member
        if inspect.isfunction(function) and not name.startswith("_"):
            for annotation in get_type_hints(function).values():
                yield from types_in(annotation)


def is_ours(found: type) -> bool:
    return found.__module__.partition(".")[0] in PACKAGES


def reachable_types(owner: type) -> set[type]:
    """Return our own types that the public methods name, and those that their fields are made of."""
    todo, seen = [found for found in types_of_methods(owner) if is_ours(found)], {owner}
    while todo:
        found = todo.pop()
        if found in seen:
            continue
        seen.add(found)
        if is_dataclass(found):
            hints = get_type_hints(found)
            parts = (part for field in fields(found) for part in types_in(hints[field.name]))
            todo += [part for part in parts if is_ours(part)]
    return seen


def errors_of(module: ModuleType) -> set[str]:
    return {name for name, value in vars(module).items() if isinstance(value, type) and issubclass(value, Exception)}


def test_every_public_name_exists() -> None:
    assert all(hasattr(index, name) for name in index.__all__)
    assert index.__all__ == sorted(index.__all__)


def test_every_type_that_a_caller_gives_or_gets_is_public() -> None:
    names = {found.__name__ for found in reachable_types(Index)}
    assert {"SearchResult", "ScoreParts", "Skipped", "Filters"} <= names
    assert names - set(index.__all__) == set()


@pytest.mark.parametrize("module", [errors, indexers_errors], ids=["codesearch", "indexers"])
def test_every_error_that_a_caller_may_catch_is_public(module: ModuleType) -> None:
    assert errors_of(module) - set(index.__all__) == set()


def test_every_public_type_is_a_value_an_error_or_the_index() -> None:
    def is_expected(value: Any) -> bool:
        return value in (Index, index.OnProgress) or is_dataclass(value) or issubclass(value, Exception | Enum)

    assert [name for name in index.__all__ if not is_expected(getattr(index, name))] == []
