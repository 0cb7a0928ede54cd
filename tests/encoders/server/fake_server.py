"""A real HTTP server of the OpenAI embeddings interface in a thread, around the toy model: right, or wrong on demand.

    with FakeServer(Behaviour(pooling="mean")) as server:
        ...                                       # server.url ends in /v1
        server.fail(Fault("status", status=429, headers={"Retry-After": "1"}))
        server.texts                              # what it was asked to embed, in order

Behaviours of real servers are in `behaviours`.
"""

import base64
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self, cast

import numpy as np

from indexers.types import FloatArray
from tests.encoders.server import toy_model
from tests.encoders.server.behaviours import Behaviour
from tests.encoders.server.faults import Fault, numbers_of, spoil


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def inputs(self) -> list[Any]:
        """The texts or lists of token ids of a request for embeddings."""
        found = self.body.get("input", [])
        is_one = isinstance(found, str) or (bool(found) and isinstance(found[0], int))
        return [found] if is_one else list(found)


class FakeServer:
    """The server; a context manager. `requests` are all requests in the order in which they came."""

    def __init__(self, behaviour: Behaviour | None = None, port: int = 0) -> None:
        self.behaviour = behaviour or Behaviour()
        self.requests: list[Asked] = []
        self.n_at_once = 0
        """The most requests for embeddings that were under way together."""
        self._n_now = 0
        self._faults: list[Fault | None] = []
        self._lives: int | None = None
        self._lock = threading.Lock()
        self._released = threading.Event()
        self.stalls = threading.Semaphore(0)
        """Released once for each request that stalls."""
        self._meeting = threading.Barrier(self.behaviour.meets)
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.fake = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its base address, as a user types it."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def embedding_requests(self) -> list[Asked]:
        """The requests for embeddings, refused ones too."""
        with self._lock:
            return [asked for asked in self.requests if asked.path == "/v1/embeddings"]

    @property
    def texts(self) -> list[Any]:
        """What it was asked to embed, in the order of coming in."""
        return [text for asked in self.embedding_requests for text in asked.inputs]

    def fail(self, *faults: Fault) -> None:
        """Let the next requests for embeddings fail, one fault each."""
        with self._lock:
            self._faults += faults

    def fail_after(self, n_requests: int, fault: Fault) -> None:
        """Answer that many requests for embeddings rightly, then let one fail."""
        with self._lock:
            self._faults += [None] * n_requests
            self._faults.append(fault)

    def die_after(self, n_requests: int) -> None:
        """Answer that many requests for embeddings, then break every connection without a word."""
        with self._lock:
            self._lives = n_requests

    def revive(self) -> None:
        """Answer again."""
        with self._lock:
            self._lives = None

    def close(self) -> None:
        """Stop listening and end what stalls."""
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _record(self, asked: Asked) -> None:
        with self._lock:
            self.requests.append(asked)

    def _begin(self) -> Fault | None:
        """Count a request for embeddings as under way, and return what shall happen to it."""
        with self._lock:
            self._n_now += 1
            self.n_at_once = max(self.n_at_once, self._n_now)
            if self._lives is not None:
                if self._lives == 0:
                    return Fault("drop")
                self._lives -= 1
            return self._faults.pop(0) if self._faults else None

    def _end(self) -> None:
        with self._lock:
            self._n_now -= 1

    def _stall(self) -> None:
        self.stalls.release()
        self._released.wait(60)

    def _is_nan(self, text: object) -> bool:
        own = self.behaviour
        if not own.nan_prefix or not isinstance(text, str) or not text.startswith(own.nan_prefix):
            return False
        with self._lock:
            if own.n_nan is None:
                return True
            own.n_nan -= 1
            return own.n_nan >= 0


class _RefusedError(Exception):
    """A request that a server answers with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64
    fake: FakeServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about clients that went away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    _routes: ClassVar[dict[str, str]] = {
        "/tokenize": "_tokenize",
        "/extras/tokenize": "_tokenize",
    }

    @property
    def fake(self) -> FakeServer:
        return cast("_Server", self.server).fake

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def version_string(self) -> str:
        """Return what the `Server` header says."""
        return self.fake.behaviour.server_header

    def do_GET(self) -> None:
        """Answer with the list of models."""
        self.fake._record(Asked("GET", self.path, {}, dict(self.headers)))
        own = self.fake.behaviour
        if not self._is_allowed():
            self._send(401, {"error": {"message": "Incorrect API key provided", "type": "invalid_request_error"}})
        elif self.path == "/v1/models" and own.lists_models:
            names = own.model.split(",")
            self._send(200, {"object": "list", "data": [{"id": name, "owned_by": own.owner} for name in names]})
        elif self.path == "/api/ps" and own.tells_context:
            self._send(200, {"models": [{"name": f"{own.model}:latest", "context_length": own.context}]})
        elif self.path == "/info" and own.tokenize_route == "tei":
            self._send(200, {"model_id": own.model})
        else:
            self._send(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        """Answer a request for embeddings or tokens."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = Asked("POST", self.path, body, dict(self.headers))
        self.fake._record(asked)
        try:
            if not self._is_allowed():
                raise _RefusedError(401, "Incorrect API key provided")
            if self.path == "/v1/embeddings":
                self._embed(asked)
            elif self.path in self._routes:
                self._tokenize(body)
            else:
                raise _RefusedError(self.fake.behaviour.unknown_route_status, "Unexpected endpoint or method")
        except _RefusedError as refused:
            self._send(refused.status, {"error": {"message": str(refused), "type": "invalid_request_error"}})

    def _is_allowed(self) -> bool:
        key = self.fake.behaviour.key
        return not key or self.headers.get("Authorization") == f"Bearer {key}"

    def _send(self, status: int, value: object, headers: Mapping[str, str] | None = None) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)

    def _embed(self, asked: Asked) -> None:
        fault = self.fake._begin()
        try:
            if self.fake.behaviour.waits_to_meet:
                self.fake._meeting.wait(10)
            if fault is None:
                self._send(200, self._answer(asked))
            else:
                self._misbehave(fault, asked)
        finally:
            self.fake._end()

    def _misbehave(self, fault: Fault, asked: Asked) -> None:
        if fault.kind == "status":
            message = f"{fault.message}: {asked.inputs[0]}" if fault.is_echo else fault.message
            self._send(fault.status, {"error": {"message": message}}, fault.headers)
            return
        if fault.kind == "stall":
            self.fake._stall()
        if fault.kind in ("stall", "drop"):
            self.close_connection = True
            return
        if fault.kind in ("half", "garbage", "deep"):
            data = {"garbage": b"<html></>", "deep": b"[" * 100_000}.get(fault.kind)
            data = data or json.dumps(self._answer(asked)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2] if fault.kind == "half" else data)
            self.close_connection = True
            return
        answer = self._answer(asked, as_floats=True)
        spoil(answer["data"], fault.kind)
        self._send(200, answer)

    def _answer(self, asked: Asked, *, as_floats: bool = False) -> dict[str, Any]:
        own, body = self.fake.behaviour, asked.body
        if own.max_batch is not None and len(asked.inputs) > own.max_batch:
            raise _RefusedError(413, f"batch size {len(asked.inputs)} > maximum allowed batch size {own.max_batch}")
        if body.get("model") not in own.model.split(",") and own.lists_models:
            raise _RefusedError(404, f"The model `{body.get('model')}` does not exist.")
        if "dimensions" in body and not own.dimensions:
            message = f'Model "{own.model}" does not support matryoshka representation'
            raise _RefusedError(400, f"{message}, changing output dimensions will lead to poor results.")
        is_base64 = body.get("encoding_format") == "base64" and not as_floats
        if is_base64 and own.refuses_base64:
            raise _RefusedError(422, "encoding_format: Input should be 'float'")
        n_tokens = 0
        data = []
        for index, text in enumerate(asked.inputs):
            ids = self._ids_of(text)
            n_tokens += len(ids)
            row = self._vector(text, ids, body.get("dimensions"))
            value = (
                base64.b64encode(row.astype("<f4").tobytes()).decode() if is_base64 and own.base64 else numbers_of(row)
            )
            data.append({"object": "embedding", "index": index, "embedding": value})
        answer = {"object": "list", "model": body.get("model"), "data": data}
        if own.usage == "odd":
            n_tokens += len(asked.inputs) * 2
        if own.usage == "rounded":
            n_tokens = -(-n_tokens // 4) * 4
        if own.usage != "none":
            n_told = 0 if own.usage == "zero" else n_tokens
            answer["usage"] = {"prompt_tokens": n_told, "total_tokens": n_told}
        return answer

    def _ids_of(self, text: Any) -> list[int]:
        own = self.fake.behaviour
        if isinstance(text, str):
            ids = toy_model.tokenize(text, parses_special=own.parses_special)
            ids = [toy_model.SPECIAL["<|im_start|>"]] * own.adds_begin_token + ids
            n_read = len(ids) if own.context is None or not own.truncates else own.context - own.adds_end_token
            ids = ids[:n_read] + [own.end_id] * own.adds_end_token
        elif own.rereads_ids:
            spellings = {number: spelling for spelling, number in toy_model.SPECIAL.items()}
            ids = toy_model.tokenize("".join(spellings.get(number) or chr(number) for number in text))
        elif own.takes_ids:
            ids = list(text)[: own.context if own.truncates else None]
        else:
            raise _RefusedError(own.ids_status, f"1 validation error: Input should be a valid string, not {text}")
        if not ids:
            raise _RefusedError(400, "input must not be empty")
        if own.context is not None and len(ids) > own.context:
            raise _RefusedError(400, f"This model's maximum context length is {own.context} tokens, given {len(ids)}")
        return ids

    def _vector(self, text: object, ids: list[int], dimensions: int | None) -> FloatArray:
        own = self.fake.behaviour
        row = toy_model.vector(ids, own.dim, own.pooling)
        if dimensions is not None and not own.ignores_dimensions:
            row = row[:dimensions] / np.linalg.norm(row[:dimensions])
        if self.fake._is_nan(text):
            row = np.full_like(row, np.nan)
        return row * 3 if own.unnormalised else row

    def _tokenize(self, body: dict[str, Any]) -> None:
        route = self.fake.behaviour.tokenize_route
        own_path = "/extras/tokenize" if route == "llama-cpp-python" else "/tokenize"
        field_name = {"vllm": "prompt", "llama.cpp": "content", "llama-cpp-python": "input", "tei": "inputs"}.get(route)
        if field_name is None or self.path != own_path:
            raise _RefusedError(self.fake.behaviour.unknown_route_status, "Unexpected endpoint or method")
        if field_name not in body:
            raise _RefusedError(422, f"missing field {field_name}")
        texts = body[field_name] if isinstance(body[field_name], list) else [body[field_name]]
        adds = body.get("add_special_tokens", body.get("add_special", route != "llama.cpp"))
        adds = adds or route == "llama-cpp-python"
        own = self.fake.behaviour
        begin = [toy_model.SPECIAL["<|im_start|>"]] * (own.adds_begin_token and bool(adds))
        end = [own.end_id] * (own.adds_end_token and bool(adds))
        ids = [begin + toy_model.tokenize(text) + end for text in texts]
        if route == "tei":
            self._send(200, [[{"id": number, "text": "", "special": number > 255} for number in own] for own in ids])
        elif route == "vllm":
            self._send(200, {"count": len(ids[0]), "max_model_len": 40960, "tokens": ids[0]})
        else:
            self._send(200, {"tokens": ids[0]})
