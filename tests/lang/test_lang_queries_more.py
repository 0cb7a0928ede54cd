"""Definitions of the languages beside the fifteen main ones: one small source each, whole and broken."""

from pathlib import Path

import pytest

from indexers.types import Definition
from tests.lang.grammars import definitions_or_skip

HERE = Path(__file__).parent
SOURCES = {path.stem: path for path in sorted((HERE / "sources").iterdir())}


def one(language: str, name: str) -> Definition:
    """Return the first definition of that name that is more than a name, else the first."""
    found = [one for one in definitions_or_skip(language, SOURCES[language].read_bytes()) if one.name == name]
    return next((one for one in found if one.role != "name"), found[0])


def outline(data: bytes, definitions: list[Definition]) -> str:
    """Return one line a definition: its lines, its role, its scope and name."""
    lines = []
    for one in definitions:
        first = data.count(b"\n", 0, one.start_byte) + 1
        last = data.count(b"\n", 0, one.end_byte - 1) + 1
        scope = f"{one.scope} | " if one.scope else ""
        lines.append(f"{first}-{last} {one.role} {scope}{one.name}\n")
    return "".join(lines)


@pytest.mark.parametrize("language", SOURCES)
def test_a_small_source_has_the_expected_definitions(language: str) -> None:
    data = SOURCES[language].read_bytes()
    expected = (HERE / "golden" / f"{language}.txt").read_text("utf-8")
    assert outline(data, definitions_or_skip(language, data)) == expected


@pytest.mark.parametrize(
    ("language", "name", "signature", "documentation"),
    [
        ("bash", "retry", "function retry", "Retries a command.\nUsage: retry cmd"),
        ("css", "root", ":root", "Theme."),
        ("dart", "draw", "Future<void> draw(Canvas c)", ""),
        ("dart", "area", "double area()", "The area."),
        ("elixir", "Cart", "defmodule Shop.Cart", "A cart of items.\n\nIt never forgets."),
        (
            "elixir",
            "add",
            "def add(%__MODULE__{} = cart, item) when is_map(item)",
            "Adds an item.\n\n    iex> add(cart, :apple)",
        ),
        ("elixir", "count", "def count(cart), do: length(cart.items)", "How many there are."),
        ("elixir", "with_cart", "defmacro with_cart(do: block)", "Wraps a block."),
        ("elixir", "adds an item", 'test "adds an item"', ""),
        ("erlang", "start", "-spec start(name()) -> {ok, pid()}.", "@doc Starts it."),
        ("haskell", "area", "area :: Shape -> Double", "The area of a shape."),
        ("haskell", "size", "size :: a -> Int", "The size."),
        ("haskell", "Sized", "class Sized a where", "Has a size."),
        ("hcl", "logs", 'resource "aws_s3_bucket" "logs"', "The bucket."),
        ("html", "menu", '<nav id="menu"><a href="#x">x</a></nav>', "The menu"),
        ("julia", "Geometry", "module Geometry", "Geometry tools."),
        ("julia", "Circle", "struct Circle{T<:Real} <: Shape", "A circle."),
        ("julia", "area", "function area(c::Circle)::Float64", "area(c)\n\nThe area."),
        ("lua", "add", "local function add(a, b)", "Adds two numbers.\n@param a one"),
        ("lua", "flush", "M.flush = function(force)", ""),
        ("objc", "CacheState", "typedef NS_ENUM(NSInteger, CacheState)", ""),
        ("objc", "ImageCache", "@interface ImageCache : NSObject <Evictable>", "Keeps images in memory."),
        ("objc", "shared", "+ (ImageCache *)shared", "There is one cache."),
        ("ocaml", "push", "let push v s", "Pushes a value."),
        ("ocaml", "move", "method private move d", ""),
        ("ocaml_interface", "push", "val push : 'a -> 'a t -> 'a t", "Pushes a value."),
        ("perl", "add", "sub add", "=head2 add\n\nAdds an C<item>.\n\n=cut"),
        ("perl", "new", "sub new", "Makes a cart."),
        ("protobuf", "Order", "message Order", "An order."),
        ("protobuf", "Place", "rpc Place(Order) returns (Order)", "Places an order."),
        ("r", "clean_mean", "clean_mean <- function(x, na.rm = TRUE)", "Mean without NA.\n@param x numbers\n@export"),
        ("sql", "customers", "CREATE TABLE IF NOT EXISTS shop.customers", "Customers and orders."),
        (
            "sql",
            "order_total",
            "CREATE OR REPLACE FUNCTION order_total(order_id INT) RETURNS NUMERIC",
            "Sums an order.",
        ),
        ("zig", "push", "pub fn push(self: *Queue, item: u8) !void", "Pushes a byte."),
        ("zig", "List", "pub fn List(comptime T: type) type", ""),
    ],
)
def test_signature_and_documentation_are_read(language: str, name: str, signature: str, documentation: str) -> None:
    found = one(language, name)
    assert (found.signature, found.documentation) == (signature, documentation)


@pytest.mark.parametrize(
    ("language", "source", "names"),
    [
        ("bash", "good() {\n  echo 1\n}\nif [ 1 ; then\nlast() { :; }\n", {"good", "last"}),
        ("css", ".a { color: red }\n.b { { color\n.c { color: blue }\n", {".a"}),
        ("dart", "int good() => 1;\nint broken( {\nint last() => 1;\n", {"good", "last"}),
        ("elixir", "defmodule A do\n  def good(x), do: x\n  def broken(x do\n  end\nend\n", {"A", "good"}),
        ("erlang", "good() -> ok.\nbroken( -> .\nlast() -> ok.\n", {"good", "last"}),
        ("haskell", "good :: Int\ngood = 1\n\nbroken = = (\n\nlast x = x\n", {"good"}),
        ("hcl", 'variable "good" {\n}\nresource "x" {{\nvariable "last" {\n}\n', {"good", "last"}),
        ("html", '<h1 id="good">Good</h1><p <div id="x"', {"good", "Good"}),
        ("julia", "function good(x)\n  x\nend\nfunction broken(\nfunction last(x)\nend\n", {"good", "last"}),
        ("lua", "function good()\n  return 1\nend\nfunction broken(\nfunction last()\nend\n", {"good", "last"}),
        ("objc", "@implementation Box\n- (int)good { return 1; }\n- (int)broken: { return\n@end\n", {"Box", "good"}),
        ("ocaml", "let good x = x\n\nlet broken = (\n\nlet last z = z\n", {"good", "last"}),
        ("ocaml_interface", "val good : int\nval broken :\nval last : int\n", {"good", "last"}),
        ("perl", "sub good { return 1 }\nsub broken { my ($x = ;\nsub last_one { 1 }\n", {"good", "last_one"}),
        ("protobuf", "message Good { int32 a = 1; }\nmessage Broken { int32 = ;\nmessage Last { }\n", {"Good", "Last"}),
        ("r", "good <- function(x) x\nbroken <- function(x {\nlast <- function(x) x\n", {"good", "last"}),
        ("sql", "CREATE TABLE good (id INT);\nCREATE TABLE (;\nCREATE VIEW last AS SELECT 1;\n", {"good", "last"}),
        ("zig", "pub fn good() void {}\npub fn broken( void {\npub fn last() void {}\n", {"good", "last"}),
        ("markdown", "# Good\n\n```\n# never closed\n", {"Good"}),
        ("rst", "Good\n====\n\n====\nBroken\n", {"Good"}),
        ("notebook", '{"cells": [\n {"cell_type": "markdown", "source": ["# Good"]},\n {"source": [', {"cell 1: Good"}),
    ],
)
def test_broken_source_yields_what_parses(language: str, source: str, names: set[str]) -> None:
    assert names <= {one.name for one in definitions_or_skip(language, source.encode())}


def test_clauses_of_one_function_are_one_definition() -> None:
    source = "-spec f(a | b) -> ok.\nf(a) -> ok;\n% the other\nf(b) -> ok.\n\ng() -> ok.\n"
    found = definitions_or_skip("erlang", source.encode())
    assert [(one.name, one.start_byte, one.end_byte) for one in found] == [
        ("f", 0, source.index("\n\ng")),
        ("g", source.index("g()"), len(source) - 1),
    ]


def test_an_injected_script_is_read_as_javascript() -> None:
    source = b"<script>\nfunction go() { return 1 }\n</script>\n"
    assert [(one.role, one.name) for one in definitions_or_skip("html", source)] == [("function", "go")]


def test_an_objective_c_header_is_read_past_its_macros() -> None:
    source = (
        b"NS_ASSUME_NONNULL_BEGIN\n@interface Box : NSObject\n"
        b"- (void)open API_AVAILABLE(ios(8.0), macos(10.9));\n"
        b"- (instancetype)init NS_UNAVAILABLE;\n@end\nNS_ASSUME_NONNULL_END\n"
    )
    assert [one.name for one in definitions_or_skip("objc", source)] == ["Box", "open", "init"]


def test_words_that_a_macro_leaves_behind_are_no_functions() -> None:
    source = b"int f(int a) {\n#if X\n  if (a) { return 1; }\n#else\n  else if (a) {\n    return 2;\n  }\n#endif\n}\n"
    assert "if" not in {one.name for one in definitions_or_skip("objc", source)}


def test_a_lua_import_is_no_definition() -> None:
    source = b'local json = require "json"\nlocal insert = table.insert\nlocal limit = 5\n'
    assert [one.name for one in definitions_or_skip("lua", source)] == ["limit"]
