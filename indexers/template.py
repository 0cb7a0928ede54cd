"""The text an encoder sees for a chunk, and the key under which its vector may be found again.

The template holds the name and the code and no path, so that a rename or a move costs no encoding.
"""

from hashlib import blake2b

from indexers.types import Chunk

TEMPLATE_VERSION = 2
"""Raised with every change of `document_input`; an index of another version is encoded anew."""


def document_input(chunk: Chunk, text: str) -> str:
    """Return the encoder's input for a chunk: its name on the first line, then its code as it stands.

    A file is its text alone: its name is the path's, and a file that is renamed costs no encoding.
    """
    return text if chunk.granularity == "file" else join_name(chunk.qualified_name, text)


def join_name(name: str, text: str) -> str:
    """Return a name, unless it is empty, above the text."""
    return f"{name}\n{text}" if name else text


def identity_of_answers(identity: str, number: int) -> str:
    """Return the identity under which vectors are kept, of the encoders that share one the set `number` of answers.

    Behind one identity there may be other weights or another pooling, as behind a server's name; 0 are the first seen.
    """
    return f"{identity};answers={number}" if number else identity


def vector_key(identity: str, text: str) -> bytes:
    """Return the 16-byte BLAKE2b key of an encoder input under an encoder's identity and this template."""
    digest = blake2b(digest_size=16)
    for part in (identity, str(TEMPLATE_VERSION), text):
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.digest()
