"""Which language a file is taken for, and which language a filter's word means."""

from importlib.resources import files

import pytest

from indexers.languages import DEFAULT_LANGUAGE, LANGUAGES, detect_language, resolve_language


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("src/app.py", "python"),
        ("src/App.TSX", "tsx"),
        ("lib/main.rs", "rust"),
        ("a.b/c.d.ts", "typescript"),
        ("Dockerfile", "dockerfile"),
        ("docker/Dockerfile.dev", "dockerfile"),
        ("Makefile", "make"),
        ("CMakeLists.txt", "cmake"),
        ("Jenkinsfile", "groovy"),
        ("pkg/BUILD", "python"),
        ("Rakefile", "ruby"),
        ("notes.txt", "text"),
        ("LICENSE", "text"),
        ("config.yml", "yaml"),
        ("main.tf", "hcl"),
        ("book.ipynb", "notebook"),
        ("App.vue", "vue"),
        (".bashrc", "bash"),
        ("data.unheard", DEFAULT_LANGUAGE),
        ("", DEFAULT_LANGUAGE),
        ("dir.py/", DEFAULT_LANGUAGE),
    ],
)
def test_a_path_tells_the_language(path: str, language: str) -> None:
    assert detect_language(path) == language


@pytest.mark.parametrize(
    ("first_line", "language"),
    [
        (b"#!/bin/sh\n", "bash"),
        (b"#!/usr/bin/env python3.12\n", "python"),
        (b"#!/usr/bin/env -S node --no-warnings\n", "javascript"),
        (b"#!/usr/bin/env -S LANG=C perl -w\n", "perl"),
        (b"#! /usr/local/bin/ruby\n", "ruby"),
        (b"#!/usr/bin/env\n", DEFAULT_LANGUAGE),
        (b"#!/opt/unheard\n", DEFAULT_LANGUAGE),
        (b"", DEFAULT_LANGUAGE),
    ],
)
def test_a_file_without_extension_goes_by_its_interpreter(first_line: bytes, language: str) -> None:
    assert detect_language("bin/run", first_line) == language


def test_the_interpreter_is_surer_than_a_common_name() -> None:
    assert detect_language("scripts/build", b"#!/bin/bash\n") == "bash"


def test_an_extension_is_surer_than_the_interpreter() -> None:
    assert detect_language("run.py", b"#!/bin/sh\n") == "python"


@pytest.mark.parametrize(
    ("source", "language"),
    [
        (b"int add(int a, int b);\nstruct point { int x; };\n", "c"),
        (b"/* class of errors */\n#include <stdio.h>\n", "c"),
        (b"#pragma once\nnamespace net {\n}\n", "cpp"),
        (b"template <typename T>\nT add(T a);\n", "cpp"),
        (b"class Stream {\n public:\n};\n", "cpp"),
        (b"#include <vector>\n", "cpp"),
        (b"std::string name();\n", "cpp"),
        (b"#import <Foundation/Foundation.h>\n@interface A : NSObject\n@end\n", "objc"),
    ],
)
def test_a_header_goes_by_what_is_in_it(source: bytes, language: str) -> None:
    assert detect_language("include/lib.h", source) == language


def test_objective_c_and_matlab_share_an_extension() -> None:
    assert detect_language("a.m", b'#import "A.h"\n@implementation A\n@end\n') == "objc"
    assert detect_language("a.m", b"% Adds.\nfunction y = add(a, b)\n  y = a + b;\nend\n") == "matlab"


@pytest.mark.parametrize(
    ("alias", "language"),
    [
        ("py", "python"),
        ("Python", "python"),
        (".js", "javascript"),
        ("ts", "typescript"),
        ("c#", "csharp"),
        ("c++", "cpp"),
        ("golang", "go"),
        ("sh", "bash"),
        ("h", "c"),
        ("yml", "yaml"),
        ("terraform", "hcl"),
        ("nonsense", None),
    ],
)
def test_a_filter_understands_names_aliases_and_extensions(alias: str, language: str | None) -> None:
    assert resolve_language(alias) == language


def test_every_language_resolves_to_itself() -> None:
    assert all(resolve_language(name) == name for name in LANGUAGES)


def test_no_extension_or_file_name_belongs_to_two_languages() -> None:
    entries = LANGUAGES.values()
    extensions = [extension for entry in entries for extension in entry.extensions]
    filenames = [filename for entry in entries for filename in entry.filenames]
    assert len(extensions) == len(set(extensions))
    assert len(filenames) == len(set(filenames))


def test_what_is_compared_is_lower_case() -> None:
    for entry in LANGUAGES.values():
        words = (*entry.extensions, *entry.filenames, *entry.shebangs, *entry.aliases)
        assert list(words) == [word.lower() for word in words]


def test_every_query_of_the_table_is_in_the_package() -> None:
    queries = files("indexers").joinpath("queries")
    stems = {stem for entry in LANGUAGES.values() for stem in entry.queries}
    assert {stem for stem in stems if not queries.joinpath(f"{stem}.scm").is_file()} == set()
