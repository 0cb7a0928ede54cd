"""What nests in each language: text that opens, stands inside and closes, to be said ten thousand times. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Nesting:
    """One construct that may stand inside itself."""

    opening: str
    inner: str = ""
    closing: str = ""

    def repeat(self, n: int, every: int) -> str:
        """Return `n` of them inside each other, with a line end after each `every` openings and closings."""
        return _broken(self.opening, n, every) + self.inner + "\n" + _broken(self.closing, n, every)


def _broken(text: str, n: int, every: int) -> str:
    full, rest = divmod(n, every)
    return (text * every + "\n") * full + text * rest


def indented(head: str, n: int) -> str:
    """Return `n` heads each a column further in than the one before: what languages have whose blocks are indented."""
    return "".join(" " * depth + head + "\n" for depth in range(n)) + " " * n + "pass\n"


INDENTED: Mapping[str, tuple[str, ...]] = {
    "python": ("if x:", "class A:", "def f():"),
    "scala": ("class A:",),
    "haskell": ("where", "do"),
}
"""First lines of blocks that end with their indentation."""

NESTINGS: Mapping[str, tuple[Nesting, ...]] = {
    "python": (Nesting("(", "1", ")"), Nesting("f'{", "1", "}'"), Nesting("lambda: ", "1"), Nesting("-", "1")),
    "javascript": (
        Nesting("function f(){", "", "}"),
        Nesting("{", "", "}"),
        Nesting("`${", "", "}`"),
        Nesting("<a>", "", "</a>"),
        Nesting("class A { b() {", "", "}}"),
    ),
    "typescript": (Nesting("namespace a{", "", "}"), Nesting("A<", "", ">"), Nesting("{a:", "1", "}")),
    "tsx": (Nesting("<a>", "", "</a>"), Nesting("{", "", "}")),
    "java": (Nesting("class A{", "", "}"), Nesting("{", "", "}"), Nesting("A<", "", ">")),
    "kotlin": (Nesting("class A{", "", "}"), Nesting("fun f(){", "", "}"), Nesting('"${', "", '}"')),
    "scala": (Nesting("object A{", "", "}"), Nesting("def f=", "1")),
    "go": (Nesting("func f(){", "", "}"), Nesting("struct{", "", "}"), Nesting("(", "1", ")")),
    "rust": (Nesting("mod a{", "", "}"), Nesting("/*", "", "*/"), Nesting("m!(", "", ")")),
    "c": (Nesting("{", "", "}"), Nesting("\n#if A\n", "", "\n#endif\n"), Nesting("struct a{", "", "}")),
    "cpp": (Nesting("namespace a{", "", "}"), Nesting("a<", "", ">"), Nesting("[]{", "", "}")),
    "csharp": (Nesting("class A{", "", "}"), Nesting("namespace a{", "", "}"), Nesting('$"{', "", '}"')),
    "ruby": (Nesting("class A\n", "", "end\n"), Nesting("def f\n", "", "end\n"), Nesting('"#{', "", '}"')),
    "php": (Nesting("<?php function f(){", "", "}"), Nesting("<?php {", "", "}")),
    "swift": (Nesting("class A{", "", "}"), Nesting('"\\(', "", ')"'), Nesting("A<", "", ">")),
    "objc": (Nesting("[a ", "b", "]"), Nesting("@[", "", "]"), Nesting("{", "", "}")),
    "elixir": (Nesting("defmodule A do\n", "", "end\n"), Nesting("fn -> ", "", " end"), Nesting("(", "1", ")")),
    "erlang": (Nesting("begin ", "a", " end"), Nesting("fun() -> ", "a", " end")),
    "haskell": (Nesting("let a = ", "1"), Nesting("{-", "", "-}"), Nesting("(", "1", ")")),
    "ocaml": (Nesting("module A = struct ", "", " end"), Nesting("(*", "", "*)"), Nesting("begin ", "1", " end")),
    "ocaml_interface": (Nesting("module A : sig ", "", " end"), Nesting("(", "a", ")")),
    "lua": (Nesting("function f() ", "", " end"), Nesting("{", "", "}"), Nesting("do ", "", " end")),
    "bash": (Nesting("f() { ", "a", "; }"), Nesting('"$(', "a", ')"'), Nesting("if a; then ", "b", "; fi")),
    "zig": (Nesting("const a = struct {", "", "};"), Nesting("{", "", "}")),
    "dart": (Nesting("class A{", "", "}"), Nesting("{", "", "}"), Nesting('"${', "", '}"')),
    "r": (Nesting("function() ", "1"), Nesting("{", "", "}")),
    "julia": (Nesting("module A\n", "", "end\n"), Nesting("#=", "", "=#"), Nesting("(", "1", ")")),
    "perl": (Nesting("sub f {", "", "}"), Nesting("q(", "", ")")),
    "sql": (Nesting("select * from (", "t", ")"), Nesting("begin ", "select 1;", " end;"), Nesting("/*", "", "*/")),
    "protobuf": (Nesting("message A{", "", "}"),),
    "hcl": (Nesting("a {\n", "", "}\n"), Nesting("a = [", "", "]"), Nesting('"${', "", '}"')),
    "css": (Nesting("@media a{", "", "}"), Nesting(":not(", "a", ")")),
    "html": (Nesting("<div>", "", "</div>"), Nesting("<p>"), Nesting("<!--", "", "-->")),
    "vue": (Nesting("<template>", "", "</template>"), Nesting("<script>", "", "</script>")),
    "svelte": (Nesting("{#if a}", "", "{/if}"), Nesting("<div>", "", "</div>")),
    "markdown": (Nesting("> ", "a"), Nesting("<details>\n", "", "</details>\n"), Nesting("[", "a", "]")),
    "rst": (Nesting("* ", "a"),),
    "pod": (Nesting("=over\n\n", "=head1 a", "\n\n=back\n"), Nesting("B<", "a", ">")),
    "notebook": (Nesting('{"cells":[', "", "]}"), Nesting("[", "", "]")),
}
"""By language; those that no grammar and no scan reads need none."""
