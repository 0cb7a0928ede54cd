"""What holds for the definitions of every language: spans, documentation, nesting, odd input."""

import pytest

from indexers.definitions import GrammarMissing, find_definitions
from indexers.grammars import load_grammar
from indexers.types import Definition


def find(language: str, source: bytes, name: str) -> Definition:
    return next(one for one in find_definitions(language, source) if one.name == name)


def text(source: bytes, one: Definition) -> bytes:
    return source[one.start_byte : one.end_byte]


def test_the_span_takes_in_comment_and_decorators() -> None:
    source = b"x = 1\n\n# Doc.\n@one\n@two(1)  # why\ndef f(): pass\n"
    assert text(source, find("python", source, "f")) == b"# Doc.\n@one\n@two(1)  # why\ndef f(): pass"


def test_a_comment_behind_a_blank_line_is_not_documentation() -> None:
    source = b"// Far.\n\nfunc f() {}\n"
    source = b"package a\n\n" + source
    assert find("go", source, "f").documentation == ""
    assert text(source, find("go", source, "f")) == b"func f() {}"


def test_a_comment_behind_code_belongs_to_that_code() -> None:
    source = b"int a; // of a\nint b;\n"
    assert find("c", source, "b").documentation == ""


def test_a_docstring_is_preferred_to_a_comment() -> None:
    assert find("python", b'# Above.\ndef f():\n    """Inside."""\n', "f").documentation == "Inside."


def test_comment_marks_and_rules_are_not_documentation() -> None:
    source = b"/*******\n * Adds.\n *\n *   indented\n *******/\nint add(void) { return 0; }\n"
    assert find("c", source, "add").documentation == "Adds.\n\n  indented"


def test_a_signature_leaves_out_comments_and_attributes() -> None:
    source = b'class A { @Deprecated(since = "1") int f(@Nullable /* why */ String a) { return 1; } }\n'
    assert find("java", source, "f").signature == "int f(String a)"


def test_a_signature_is_one_line_of_bounded_length() -> None:
    source = b"def f(" + b",\n  ".join(b"argument_%d" % i for i in range(200)) + b"): pass\n"
    signature = find("python", source, "f").signature
    assert signature.startswith("def f(argument_0, argument_1")
    assert len(signature) == 300


def test_names_inside_functions_are_left_out() -> None:
    found = find_definitions("go", b"package a\nvar top = 1\nfunc f() { var local = 1; const c = 2 }\n")
    assert [one.name for one in found] == ["top", "f"]


def test_a_function_in_a_function_of_a_class_is_no_method() -> None:
    source = b"class A:\n    def m(self):\n        def inner(): pass\n"
    assert [(one.role, one.name) for one in find_definitions("python", source)] == [
        ("class", "A"),
        ("method", "m"),
        ("function", "inner"),
    ]


def test_definitions_come_by_start_outer_first() -> None:
    source = b"class A { class B { int c; } void d() {} }\n"
    spans = [(one.start_byte, -one.end_byte) for one in find_definitions("java", source)]
    assert spans == sorted(spans)


def test_a_comment_belongs_to_what_follows_it_and_to_nothing_else() -> None:
    source = b"object A {\n  def one =\n    1\n\n  /** Two. */\n  def two =\n    2\n}\n"
    assert text(source, find("scala", source, "one")) == b"def one =\n    1"
    assert text(source, find("scala", source, "two")) == b"/** Two. */\n  def two =\n    2"


def test_offsets_count_bytes() -> None:
    source = "# größer als ü\nüber = 1\n\n\ndef f(): pass\n".encode()
    assert text(source, find("python", source, "f")) == b"def f(): pass"
    assert find("python", source, "über").documentation == "größer als ü"


def test_windows_line_ends_do_not_part_a_comment_from_its_definition() -> None:
    source = b"package a\r\n\r\n// Doc.\r\nfunc f() {}\r\n"
    assert find("go", source, "f").documentation == "Doc."


def test_a_script_is_read_in_its_own_language_at_its_own_place() -> None:
    source = b'<template><p/></template>\n<script lang="ts">\n// Goes.\nfunction go(a: number): void {}\n</script>\n'
    for language in ("vue", "svelte"):
        one = find(language, source, "go")
        assert text(source, one) == b"// Goes.\nfunction go(a: number): void {}"
        assert one.signature == "function go(a: number): void"


def test_each_script_of_a_component_is_read_in_its_language() -> None:
    plain = b"<script>\nexport default { setup() {} }\n</script>\n"
    source = plain + b"<script lang='ts'>\ninterface P { a: string }\n</script>\n"
    assert [one.name for one in find_definitions("vue", source)] == ["setup", "P", "a"]


def test_a_missing_grammar_is_named_with_its_remedy() -> None:
    with pytest.raises(GrammarMissing, match=r"\.\[languages\]"):
        load_grammar("no-such-grammar")


def test_an_unknown_language_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        find_definitions("no-such-language", b"")


def test_a_language_without_grammar_has_no_definitions() -> None:
    assert find_definitions("yaml", b"a: 1\n") == []


@pytest.mark.parametrize("language", ["python", "javascript", "typescript", "go", "java", "c", "cpp", "php", "ruby"])
def test_deep_nesting_is_no_obstacle(language: str) -> None:
    find_definitions(language, b"f" + b"(" * 10_000 + b")" * 10_000 + b"\n")
    find_definitions(language, b"[" * 10_000)


def test_no_definition_of_a_long_file_is_dropped() -> None:
    source = b"".join(b"def f%d(a):\n    return a\n\n" % i for i in range(5_000))
    assert len(find_definitions("python", source)) == 5_000
