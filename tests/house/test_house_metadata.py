"""What installing the distribution brings, for every set of extras."""

from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageMetadata, PackageNotFoundError, distribution
from itertools import chain, combinations

import pytest
from build.util import project_wheel_metadata
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.house.house import ROOT

EXTRAS = ("qwen", "gguf", "mcp", "languages", "training", "test")


@cache
def own_metadata() -> PackageMetadata:
    """Return the metadata that the wheel will have."""
    return project_wheel_metadata(ROOT, isolated=False)


@cache
def own_requirements() -> tuple[Requirement, ...]:
    return tuple(Requirement(line) for line in own_metadata().get_all("Requires-Dist") or ())


@cache
def requirements_of(name: str) -> tuple[Requirement, ...]:
    """Return what an installed distribution requires; nothing of one that is not installed here."""
    try:
        return tuple(Requirement(line) for line in distribution(name).requires or ())
    except PackageNotFoundError:
        return ()


def wanted(requirements: tuple[Requirement, ...], extras: frozenset[str]) -> Iterator[Requirement]:
    """Yield the requirements whose markers hold here, with any of the extras."""
    for requirement in requirements:
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement


def resolve(extras: frozenset[str]) -> set[str]:
    """Return the names of everything that is brought, as far as installed distributions tell."""
    todo = [(own_requirements(), extras)]
    seen: set[tuple[str, frozenset[str]]] = set()
    while todo:
        for requirement in wanted(*todo.pop()):
            step = (str(canonicalize_name(requirement.name)), frozenset(requirement.extras))
            if step not in seen:
                seen.add(step)
                todo.append((requirements_of(step[0]), step[1]))
    return {name for name, _ in seen}


def sets_of_extras() -> list[frozenset[str]]:
    return [
        frozenset(chosen)
        for chosen in chain.from_iterable(combinations(EXTRAS, size) for size in range(len(EXTRAS) + 1))
    ]


def test_the_extras_are_those_that_are_documented() -> None:
    assert set(own_metadata().get_all("Provides-Extra") or ()) == set(EXTRAS)


def test_no_set_of_extras_brings_two_faiss_wheels() -> None:
    for extras in sets_of_extras():
        assert {name for name in resolve(extras) if name.startswith("faiss")} == {"faiss-cpu"}, extras


@pytest.mark.parametrize("heavy", ["torch", "sentence-transformers", "transformers"])
def test_only_models_and_their_training_bring_what_weighs_gigabytes(heavy: str) -> None:
    bringing = {"qwen", "training"} if heavy == "torch" else {"qwen"}
    for extras in sets_of_extras():
        if bringing.isdisjoint(extras):
            assert heavy not in resolve(extras), extras
    assert "torch" in resolve(frozenset({"qwen"}))


def test_no_requirement_is_a_direct_address_or_a_source_of_its_own() -> None:
    assert [str(requirement) for requirement in own_requirements() if requirement.url] == []


def test_every_promised_python_is_allowed() -> None:
    allowed = SpecifierSet(own_metadata()["Requires-Python"])
    assert [version for version in ("3.11", "3.12", "3.13", "3.14") if version not in allowed] == []
    assert "3.10" not in allowed
