"""What may be learned from: permissive licences alone, told by their text."""

import pytest

from tests.training.made_corpus import GPL, MIT
from training.licences import FILES, identify

TEXTS = {
    "Apache-2.0": "                              Apache License\n                        Version 2.0, January 2004\n",
    "MIT": MIT,
    "ISC": "Permission to use, copy, modify, and/or distribute this software for any\npurpose with or without fee",
    "BSD-3-Clause": "Redistributions of source code must retain the notice.\n * Neither the name of the owner nor",
    "BSD-2-Clause": "// Redistributions of source code must retain the above copyright notice",
    "Unlicense": "This is free and unencumbered software released into the public domain.",
}


@pytest.mark.parametrize(("identifier", "text"), TEXTS.items())
def test_a_permissive_licence_is_recognised_by_its_text(identifier: str, text: str) -> None:
    assert identify(text) == identifier


@pytest.mark.parametrize("text", [GPL, "Mozilla Public License Version 2.0", "Business Source License 1.1"])
def test_a_licence_that_asks_for_more_is_refused(text: str) -> None:
    assert identify(text) is None


def test_copyleft_refuses_a_file_that_also_holds_a_permissive_licence() -> None:
    assert identify(MIT + GPL) is None


def test_a_text_that_is_no_known_licence_is_refused() -> None:
    assert identify("All rights reserved.") is None


@pytest.mark.parametrize("name", ["LICENSE", "LICENCE.md", "COPYING", "LICENSE-MIT", "license.txt", "UNLICENSE"])
def test_files_of_licences_are_known_by_name(name: str) -> None:
    assert FILES.match(name)
