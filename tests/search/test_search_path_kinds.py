"""What a file is for by its path, and what a query asks for."""

import pytest

from codesearch.search.path_kinds import find_asked_kinds, find_path_kinds


@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        ("src/app/client.py", set()),
        ("lib/latest.rb", set()),
        ("src/contest/board.go", set()),
        ("src/Attest.java", set()),
        ("tests/test_client.py", {"test"}),
        ("pkg/mux_test.go", {"test"}),
        ("src/app.spec.ts", {"test"}),
        ("src/StringUtilsTest.java", {"test"}),
        ("conftest.py", {"test"}),
        ("examples/a.rs", {"example"}),
        ("vendor/lib/a.go", {"vendored"}),
        ("typings/a.d.ts", {"stub"}),
        ("a.pyi", {"stub"}),
        ("api/a_pb2.py", {"generated"}),
        ("README.md", {"documentation"}),
        ("docs/conf.py", {"example"}),
        ("CHANGELOG", {"documentation"}),
        ("changelogs/fragments/1.yml", {"documentation", "data"}),
        (".github/workflows/lock.yml", {"data"}),
    ],
)
def test_the_path_tells_what_a_file_is_for(path: str, kinds: set[str]) -> None:
    assert find_path_kinds(path) == kinds


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("how are retries backed off", set()),
        ("tests of the retry logic", {"test"}),
        ("test_client", {"test"}),
        ("an example of middleware", {"example"}),
        ("the latest contest", set()),
        ("type stubs of the parser", {"stub"}),
        ("workflow that locks old issues", {"data"}),
    ],
)
def test_the_query_tells_what_it_asks_for(text: str, kinds: set[str]) -> None:
    assert find_asked_kinds(text) == kinds
