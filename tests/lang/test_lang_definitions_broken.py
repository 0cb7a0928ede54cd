"""Definitions of sources that do not parse as a whole."""

from indexers.definitions import find_definitions
from indexers.macros import blank_macros


def names(language: str, source: bytes) -> list[tuple[str, str]]:
    return [(one.role, one.name) for one in find_definitions(language, source)]


def test_one_bad_line_spoils_only_itself() -> None:
    source = b"""class Store {
    fun first() = 1

    fun second(value: Any): Int = when (value) {
        is Int if value > 1 -> 1
        is Long if value > 1 && value < 9 -> listOf(1).size
        else -> 0
    }

    fun third() {
        val id = insert {
            it[name] = 1
        } get Store.id
    }

    fun fourth() = 4
}

fun outside() = 5
"""
    assert names("kotlin", source) == [
        ("class", "Store"),
        ("method", "first"),
        ("method", "second"),
        ("method", "third"),
        ("method", "fourth"),
        ("function", "outside"),
    ]


def test_a_head_of_several_lines_stays_together() -> None:
    source = b"""class Query(
    val set: Set
) : Base(set), Sized {
    fun one(value: Any) = when (value) {
        is Int if value > 1 -> listOf(1).size
        else -> 0
    }

    fun two(): Int {
        return 2
    }
}
"""
    assert names("kotlin", source) == [("class", "Query"), ("name", "set"), ("method", "one"), ("method", "two")]


def test_an_unclosed_function_does_not_hide_the_next() -> None:
    source = b"int one(void) {\n  if (x) {\n    y();\n}\n\nint two(void) {\n  return 2;\n}\n"
    assert ("function", "two") in names("c", source)


def test_conflict_markers_do_not_hide_what_is_around_them() -> None:
    source = b"""class A {
  void one() {}
<<<<<<< ours
  void two() {}
=======
  void two(int a) {}
>>>>>>> theirs
  void three() {}
}
"""
    found = names("java", source)
    assert {("class", "A"), ("method", "one"), ("method", "three")} <= set(found)


def test_spans_of_what_is_recovered_are_true() -> None:
    source = b"struct s {\n  FIELDS here there;\n};\n\n@ ! bad\n\n/* Doc. */\nint f(int a)\n{\n  return a;\n}\n"
    one = next(one for one in find_definitions("c", source) if one.name == "f")
    assert source[one.start_byte : one.end_byte] == b"/* Doc. */\nint f(int a)\n{\n  return a;\n}"
    assert one.documentation == "Doc."


def test_blanked_macros_leave_every_other_byte_in_place() -> None:
    source = b"""#define LIB_API extern
LIB_BEGIN_NAMESPACE
class LIB_API Reader : public Base {};
LIB_API void read(int a) LIB_GUARDED_BY(lock) {
  if LIB_CONSTEXPR (a) return;
}
template <typename T, LIB_ENABLE_IF(is_int<T>())> void g();
LIB_END_NAMESPACE
"""
    blanked = blank_macros(source)
    assert len(blanked) == len(source)
    assert b" ".join(blanked.split()) == (
        b"#define LIB_API extern class Reader : public Base {}; void read(int a) { if (a) return; } "
        b"template <typename T, class > void g();"
    )


def test_enumerators_types_and_tests_are_not_taken_for_macros() -> None:
    source = b"enum E {\n  ONE_A,\n  TWO_B\n};\nMY_TYPE make(void);\nTEST_F(Suite, name)\n{\n}\n"
    assert blank_macros(source) == source
