"""What an encoder is made of, as values: which model, run by what, under which prompts. Loads nothing."""

from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from indexers.types import Task

Source = Literal["embedded", "transformer", "gguf", "server"]
"""Who computes: this package, sentence-transformers, llama.cpp in this process, a server behind `/v1/embeddings`."""

EndToken = Literal["probe", "server", "client"]
"""Who appends the end token to what a server is sent: found out by a probe, or known."""

END_TOKEN = "<|endoftext|>"  # noqa: S105
"""What Qwen3-Embedding reads last; the vector is its state there."""

MAX_TOKENS_PER_BYTE = 12
"""No tokenizer makes more of a text, which therefore need not be counted to be known as short enough.

A token stands for at least a byte of what normalising leaves, and the worst letter of NFKC (U+FDFA) grows from 3 bytes
to 33; one more covers end tokens and prompts.
"""

QWEN_LENGTH = 32_768
"""Tokens that Qwen3-Embedding was trained to read; its configuration allows more positions than that."""


@dataclass(frozen=True, slots=True)
class Prompts:
    """What stands in front of a text, by what the text is; part of an encoder's identity."""

    search: str = ""
    """Before a question."""
    similar: str = ""
    """Before code whose like is looked for."""
    document: str = ""
    """Before what is indexed."""

    def of_query(self, task: Task, text: str) -> str:
        """Return the query as the encoder reads it."""
        return (self.search if task == "search" else self.similar) + text

    def of_document(self, text: str) -> str:
        """Return the document as the encoder reads it."""
        return self.document + text

    @property
    def are_instructions(self) -> bool:
        """Whether questions are introduced in the form that Qwen3-Embedding was trained with."""
        return is_instruction(self.search)

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that change with every character of a prompt."""
        text = "\0".join((self.search, self.similar, self.document))
        return blake2b(text.encode("utf-8"), digest_size=4).hexdigest()


def is_instruction(prompt: str) -> bool:
    """Return whether a prompt has the form of Qwen3-Embedding's, whatever its words; others have a blank at its end."""
    return prompt.startswith("Instruct: ") and prompt.endswith("\nQuery:")


def qwen_prompts(search: str, similar: str) -> Prompts:
    """Return the prompts of Qwen3-Embedding for two instructions: a newline before `Query:`, no space behind it."""
    return Prompts(f"Instruct: {search}\nQuery:", f"Instruct: {similar}\nQuery:")


SEARCH_INSTRUCTION = "Given a question about a code repository, retrieve the code that answers it"
SIMILAR_INSTRUCTION = "Given a piece of code, retrieve code that does the same or a similar thing"

QWEN_PROMPTS = qwen_prompts(SEARCH_INSTRUCTION, SIMILAR_INSTRUCTION)


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Where a server of the OpenAI embeddings interface is, and what it can do."""

    url: str
    """Base address without a slash behind, such as `http://127.0.0.1:8080/v1`; `/embeddings` is added."""
    key: str = field(default="", repr=False)
    """Sent as a bearer token, never shown; read from the environment alone."""
    key_variable: str = ""
    """The variable of the environment that holds the key; empty where none is needed."""
    timeout_s: float = 300.0
    """How long one request may go without an answer."""
    n_concurrent: int = 4
    """Requests under way at once."""
    batch_size: int = 32
    """Texts in one request, at most."""
    end_token: EndToken = "probe"  # noqa: S105
    asks_dimensions: bool = False
    """Whether the server cuts vectors itself, asked by `dimensions`."""
    tokenizer: Path | None = None
    """A `tokenizer.json` of the model: texts are then sent as token ids, and counted exactly."""


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """One encoder that can be loaded. `name` is what the user types and the index remembers."""

    name: str
    source: Source
    model: str = ""
    """A model's name at its hub, the full path of a folder or of a GGUF file, or the name a server knows it by."""
    dim: int | None = None
    """Numbers to keep of each vector; None keeps all."""
    max_tokens: int | None = None
    """Longest input; None is what the model was trained for."""
    prompts: Prompts | None = None
    """None: those of Qwen3-Embedding for such a model, else what the model's own files say."""
    is_offline: bool = False
    """Load from this machine alone, and talk to no other."""
    server: ServerOptions | None = None
    """Set where `source` is `server`."""


EMBEDDED = EncoderSpec("embedded", "embedded")


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is published of a model. Sizes are of the files that are downloaded, in bytes."""

    name: str
    """Short name, as typed."""
    model: str
    """Name at its hub; empty for what ships with the package."""
    dim: int
    max_tokens: int | None
    size_bytes: int
    licence: str
    summary: str
