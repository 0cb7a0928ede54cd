"""Says by its path what a file is for (test, example, data, ...) and when a query asks for such files.

Knows names only; what a kind costs is in `weights`.
"""

import re
from collections.abc import Mapping
from functools import lru_cache


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FOLDERS: Mapping[str, frozenset[str]] = {
    "test": _words(
        "test tests testing testdata test_data test-data spec specs __tests__ __mocks__ mocks e2e "
        "fixtures unittests test-utils testlib androidtest jvmtest commontest"
    ),
    "example": _words(
        "example examples sample samples demo demos docs_src tutorial tutorials playground "
        "bench benches benchmark benchmarks doc-examples snippets doc docs documentation site website"
    ),
    "vendored": _words(
        "vendor vendored vendors _vendor third_party third-party thirdparty 3rdparty node_modules "
        "external extern externals deps bundled site-packages"
    ),
    "generated": _words("generated __generated__ gen autogen dist"),
    "documentation": _words("changelog changelogs newsfragments"),
}
_NAMES: Mapping[str, re.Pattern[str]] = {
    "test": re.compile(
        r"(?i:^tests?[_.-]|^conftest\.|[_.-](tests?|spec)s?\.|^tests?\.)|[a-z0-9](Tests?|Spec|IT)\.[^.]+$"
    ),
    "stub": re.compile(r"\.pyi$|\.d\.[cm]?ts$"),
    "generated": re.compile(r"_pb2(_grpc)?\.py$|\.pb\.(go|cc|h)$|\.g\.dart$|\.generated\.|\.min\."),
    "documentation": re.compile(r"(?i)\.(md|mdx|rst|txt|adoc|markdown)$|^(changelog|changes|news|history)\b"),
    "data": re.compile(r"(?i)\.(json5?|jsonc|ya?ml|toml|xml|csv|tsv|ini|cfg|conf|properties|svg|lock)$"),
}
_TEST_NAME = re.compile(r"(^|::)tests?::|(^|[.:])test_\w|(^|[.:])Test[A-Z]\w*\.test")
_ASKING: Mapping[str, re.Pattern[str]] = {
    "test": re.compile(r"(?i)\b(tests?|testing|specs?|unittests?|mocks?|fixtures?|test_\w+|\w+_test)\b"),
    "example": re.compile(r"(?i)\b(examples?|samples?|demos?|tutorials?|playground|bench(mark)?s?)\b"),
    "vendored": re.compile(r"(?i)\b(vendor(ed)?|third[ _-]party|bundled|dependenc\w+)\b"),
    "stub": re.compile(r"(?i)\b(stubs?|pyi|typings?|declarations?|type hints?)\b|\.d\.ts"),
    "generated": re.compile(r"(?i)\b(generated|protobuf|pb2)\b"),
    "data": re.compile(
        r"(?i)\b(json|ya?ml|toml|xml|csv|configs?|configuration|settings?|workflows?|manifests?|schemas?)\b"
    ),
    "documentation": re.compile(r"(?i)\b(docs?|documentation|readme|changelog|guide|tutorials?|release notes)\b"),
}


def find_path_kinds(path: str) -> frozenset[str]:
    """Return what the file at `path` is for beside plain source; empty for plain source."""
    *folders, name = path.split("/")
    lowered = {folder.lower() for folder in folders} | {folder.lower().strip("_") for folder in folders}
    found = {kind for kind, names in _FOLDERS.items() if lowered & names}
    return frozenset(found | {kind for kind, pattern in _NAMES.items() if pattern.search(name)})


def find_asked_kinds(text: str) -> frozenset[str]:
    """Return the kinds of files that a query speaks of, which are then not demoted."""
    return frozenset(kind for kind, pattern in _ASKING.items() if pattern.search(text))


@lru_cache(maxsize=1 << 16)
def is_test_name(qualified_name: str) -> bool:
    """Say whether a definition is a test by its name, as those that stand beside the code they test are."""
    return _TEST_NAME.search(qualified_name) is not None
