"""The `/embeddings` route of one server for one model: what is asked, and its answer or why there is none.

Base64 is asked for until the server refuses it: a vector of 2,560 numbers is 14 kB instead of 50, and read 20 times
as fast. A server that answers numbers all the same is taken as it is.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath
from threading import Event

from indexers.encoders.server.answers import Answer, WrongAnswerError, read_answer
from indexers.encoders.server.client import Client, Reply
from indexers.encoders.server.complaints import is_hopeless
from indexers.errors import EncoderError

ROUTE = "/embeddings"

Input = str | list[int]
"""A text, or the ids of its tokens."""

_NOT_ABOUT_INPUT = frozenset({401, 403, 404, 408, 429})
"""Refusals that say nothing about whether a server takes this kind of request."""


class Endpoint:
    """Asks for vectors; safe for several threads once the first answer has come."""

    def __init__(self, client: Client, model: str, dimensions: int | None = None) -> None:
        self.client = client
        self.model = model
        self.server = ""
        """What the server calls itself, once it has answered."""
        self._dimensions = dimensions
        self._asks_base64 = True
        self._is_settled = False

    def embed(self, inputs: Sequence[Input], stop: Event | None = None) -> Answer:
        """Return the answer for inputs that go in one request; raises EncoderError."""
        reply = self._ask(inputs, stop)
        if not reply.is_good:
            raise self.client.refusal(ROUTE, reply, [str(own).strip("[]") for own in inputs])
        return self._read(reply, len(inputs))

    def offer(self, inputs: Sequence[Input]) -> Answer | None:
        """Return the answer, or None where the server does not take such inputs; raises EncoderError for the rest."""
        reply = self._ask(inputs, None)
        is_fault = reply.status >= 500 and not is_hopeless(reply.value)
        if reply.status >= 400 and reply.status not in _NOT_ABOUT_INPUT and not is_fault:
            return None
        if not reply.is_good:
            raise self.client.refusal(ROUTE, reply)
        return self._read(reply, len(inputs))

    def _ask(self, inputs: Sequence[Input], stop: Event | None) -> Reply:
        reply = self.client.ask(ROUTE, self._body(inputs), stop)
        if not self._is_settled and self._asks_base64 and reply.status in (400, 415, 422):
            self._asks_base64 = False
            reply = self.client.ask(ROUTE, self._body(inputs), stop)
        self._is_settled = self._is_settled or reply.is_good
        return reply

    def _body(self, inputs: Sequence[Input]) -> dict[str, object]:
        body: dict[str, object] = {"model": self.model, "input": list(inputs)}
        if self._asks_base64:
            body["encoding_format"] = "base64"
        if self._dimensions is not None:
            body["dimensions"] = self._dimensions
        return body

    def _read(self, reply: Reply, n_inputs: int) -> Answer:
        self.server = reply.server
        try:
            return read_answer(reply.value, n_inputs)
        except WrongAnswerError as error:
            raise EncoderError(
                f"the server {self.client.host} {error}; check that it serves an embedding model, then try again"
            ) from error


def find_model(client: Client) -> str:
    """Return the name of the only model that a server serves; raises EncoderError where there are several."""
    reply = client.ask("/models")
    names: list[str] = []
    match reply.value:
        case {"data": [*entries]} if reply.is_good:
            names = [entry["id"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str)]
        case _ if reply.status in (401, 403) or reply.status >= 500:
            raise client.refusal("/models", reply)
        case _:
            names = _model_of_info(client)
    if len(names) == 1:
        return names[0]
    told = (
        f"serves several models: {printable(', '.join(sorted(names)[:20]))}"
        if names
        else "does not say which model it serves; most addresses end in /v1"
    )
    raise EncoderError(
        f"the server {client.host} {told}; name one, as #MODEL behind the address or as model in the configuration"
    )


def _model_of_info(client: Client) -> list[str]:
    """Ask as Text Embeddings Inference wants to be asked."""
    match client.ask("//info").value:
        case {"model_id": str(name)}:
            return [name]
        case _:
            return []


def short_name(model: str) -> str:
    """Return a model's name without the folders of a GGUF file, which differ between machines."""
    return printable(PurePosixPath(model.replace("\\", "/")).name if model.lower().endswith(".gguf") else model)


def printable(text: str) -> str:
    """Return a text without what would break the line or the terminal."""
    return "".join(letter for letter in text if letter.isprintable())
