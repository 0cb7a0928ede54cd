"""Tree-sitter grammars by name, loaded when first needed.

Knows which wheel holds which grammar: the single-language wheels first, then the pack of the `languages` extra.
Knows no query and no file extension.
"""

import warnings
from functools import cache
from importlib import import_module

import tree_sitter

from indexers.errors import IndexersError

WHEELS: dict[str, tuple[str, str]] = {
    "bash": ("tree_sitter_bash", "language"),
    "c": ("tree_sitter_c", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
    "csharp": ("tree_sitter_c_sharp", "language"),
    "css": ("tree_sitter_css", "language"),
    "dart": ("tree_sitter_dart", "language"),
    "elixir": ("tree_sitter_elixir", "language"),
    "go": ("tree_sitter_go", "language"),
    "haskell": ("tree_sitter_haskell", "language"),
    "hcl": ("tree_sitter_hcl", "language"),
    "html": ("tree_sitter_html", "language"),
    "java": ("tree_sitter_java", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "json": ("tree_sitter_json", "language"),
    "julia": ("tree_sitter_julia", "language"),
    "kotlin": ("tree_sitter_kotlin", "language"),
    "lua": ("tree_sitter_lua", "language"),
    "objc": ("tree_sitter_objc", "language"),
    "ocaml": ("tree_sitter_ocaml", "language_ocaml"),
    "ocaml_interface": ("tree_sitter_ocaml", "language_ocaml_interface"),
    "perl": ("tree_sitter_perl", "language"),
    "php": ("tree_sitter_php", "language_php"),
    "python": ("tree_sitter_python", "language"),
    "ruby": ("tree_sitter_ruby", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "scala": ("tree_sitter_scala", "language"),
    "sql": ("tree_sitter_sql", "language"),
    "swift": ("tree_sitter_swift", "language"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "zig": ("tree_sitter_zig", "language"),
}
"""Grammar name to the module and function of its own wheel; all other names are looked up in the pack."""


class GrammarMissing(IndexersError, LookupError):  # noqa: N818 - a condition, reported as a note
    """The grammar is not installed; the message names the extra that brings it."""


@cache
def load_grammar(name: str) -> tree_sitter.Language:
    """Return the grammar `name`; raise `GrammarMissing` where neither its wheel nor the pack is installed."""
    wheel = WHEELS.get(name)
    if wheel is not None:
        module_name, function = wheel
        try:
            return _make_language(getattr(import_module(module_name), function)())
        except (ImportError, AttributeError, ValueError):  # absent, renamed, or of another ABI: the pack may do
            pass
    return _load_from_pack(name)


def _make_language(pointer: object) -> tree_sitter.Language:
    """Wrap what a wheel hands out; Perl's is a bare address, which works and is announced as deprecated."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "int argument support", DeprecationWarning)
        return tree_sitter.Language(pointer)


def _load_from_pack(name: str) -> tree_sitter.Language:
    remedy = f'no grammar for {name}: run pip install ".[languages]" in the folder of codesearch\'s source'
    try:
        pack = import_module("tree_sitter_language_pack")
    except ImportError as error:
        raise GrammarMissing(remedy) from error
    try:
        return tree_sitter.Language(pack.get_binding(name))
    except (LookupError, ImportError) as error:
        raise GrammarMissing(remedy) from error
