"""A hub of one model on this machine: the routes that its own library asks when it fetches a model."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class FakeHub(ThreadingHTTPServer):
    """Serves the files of `folder` as the model `model`; counts what was asked for."""

    def __init__(self, model: str, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model = model
        self.folder = folder
        self.asked: list[str] = []
        self.refused: set[str] = set()
        """Files that are answered by 404."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def files(self) -> dict[str, bytes]:
        paths = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in paths}


@contextmanager
def serve(model: str, folder: Path) -> Iterator[FakeHub]:
    """Run a hub for as long as the context lasts."""
    with FakeHub(model, folder) as hub:
        thread = Thread(target=hub.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: FakeHub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *arguments: Any) -> None:
        """Stay silent."""

    def _answer(self) -> None:
        path = self.path.partition("?")[0].strip("/")
        self.server.asked.append(path)
        about, at = f"api/models/{self.server.model}", f"{self.server.model}/resolve/{COMMIT}/"
        files = self.server.files()
        if path == about or path.startswith(f"{about}/revision/"):
            siblings = [{"rfilename": name, "size": len(data), "blobId": "0"} for name, data in files.items()]
            self._send_json({"id": self.server.model, "sha": COMMIT, "siblings": siblings, "private": False})
        elif path.startswith(f"{about}/tree/"):
            self._send_json(
                [{"type": "file", "path": name, "size": len(data), "oid": _etag(data)} for name, data in files.items()]
            )
        elif path.startswith(at) and path.removeprefix(at) in files.keys() - self.server.refused:
            data = files[path.removeprefix(at)]
            self._send(200, data, {"ETag": f'"{_etag(data)}"', "X-Repo-Commit": COMMIT})
        else:
            self._send(404, b"", {"X-Error-Code": "EntryNotFound" if path.startswith(at) else "RepoNotFound"})

    def _send_json(self, value: Any) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)


def _etag(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()
