"""One file from disk to `ParsedFile`: read, cut, name, tokenise. Runs inside a parser process; keeps nothing."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from indexers.chunker import chunk_file
from indexers.definitions import GrammarMissing, find_definitions
from indexers.languages import LANGUAGES, detect_language
from indexers.limits import limit_definitions
from indexers.terms import pack_bags
from indexers.text import read_source
from indexers.tokenizer import tokenize
from indexers.types import Chunk, Definition, Field, ParsedFile, Skipped, SourceFile, SourceText, Terms

HEAD_BYTES = 1 << 16
"""What decides between languages that share an extension: enough to see past a licence."""


def parse_file(root: Path, file: SourceFile, max_file_bytes: int, blocks_because: str = "") -> ParsedFile | Skipped:
    """Read and cut one file. `blocks_because` leaves the grammar alone and becomes the file's note."""
    reading = read_source(root, file, max_file_bytes)
    if isinstance(reading, Skipped):
        return reading
    file, text = replace(file, stat=reading.stat), reading.text
    language = detect_language(file.path, text.data[:HEAD_BYTES])
    note = blocks_because
    definitions: Sequence[Definition] = ()
    if not blocks_because:
        try:
            limited = limit_definitions(find_definitions(language, text.data))
            definitions, note = limited.definitions, limited.note
        except GrammarMissing as error:
            note = str(error)
    return _assemble(file, text, language, definitions, note)


def _assemble(
    file: SourceFile, text: SourceText, language: str, definitions: Sequence[Definition], note: str
) -> ParsedFile:
    chunks = chunk_file(file.path, text.data, definitions, LANGUAGES[language].separator)
    path_terms = tokenize(file.path)
    terms = tuple(_leaf_terms(chunk, text.data, path_terms) for chunk in chunks if chunk.granularity == "leaf")
    runs = [(chunk.first_leaf, chunk.n_leaves) for chunk in chunks[len(terms) :]]
    bags = tuple(pack_bags(terms, runs))
    return ParsedFile(file.path, language, file.stat, text, chunks, bags, note)


def _leaf_terms(chunk: Chunk, data: bytes, path_terms: list[str]) -> Terms:
    fields: dict[Field, list[str]] = {
        "symbol": tokenize(" ".join((chunk.symbol, *chunk.names))),
        "qualified_name": tokenize(chunk.qualified_name),
        "path": path_terms,
        "signature": tokenize(chunk.signature),
        "documentation": tokenize(chunk.documentation),
        "body": tokenize(data[chunk.start_byte : chunk.end_byte].decode("utf-8", "replace")),
    }
    return {field: terms for field, terms in fields.items() if terms}
