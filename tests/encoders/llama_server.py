"""llama.cpp's OpenAI-compatible server out of llama-cpp-python, as a process of its own on a free port."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import pytest

HOST = "127.0.0.1"
START_TIMEOUT_S = 60.0
"""Starting takes 2 seconds on an idle machine."""

_F32 = 0
"""GGML_TYPE_F32."""

NEEDED = ("llama_cpp", "uvicorn", "fastapi", "sse_starlette", "starlette_context", "pydantic_settings")


def require_llama_server() -> None:
    """Skip the test where the server or what it needs is not installed."""
    for module in NEEDED:
        pytest.importorskip(module, reason='needs llama.cpp\'s server: pip install "llama-cpp-python[server]"')


@contextmanager
def llama_server(path: Path, *, name: str = "tiny-qwen3-embedding", n_tokens: int = 2048) -> Iterator[str]:
    """Serve a GGUF file under `name` and yield the base address; texts of up to `n_tokens` are read.

    Keys and values are kept in float32, not in the usual float16: what is left are the differences that a fault makes.
    """
    port = _free_port()
    options = {"model": path, "model_alias": name, "host": HOST, "port": port, "embedding": "true", "verbose": "false"}
    options |= {"type_k": _F32, "type_v": _F32}
    options |= {"n_ctx": n_tokens, "n_batch": n_tokens, "n_ubatch": n_tokens, "n_threads": 2, "n_threads_batch": 2}
    command = [sys.executable, "-m", "llama_cpp.server"]
    command += [part for key, value in options.items() for part in (f"--{key}", str(value))]
    with TemporaryFile() as output, subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as process:
        try:
            _wait_until_ready(process, port, output)
            yield f"http://{HOST}:{port}/v1"
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, output: IO[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        if _answers(port):
            return
        time.sleep(0.05)
    output.seek(0)
    pytest.fail(f"llama.cpp's server does not start: {output.read().decode('utf-8', 'replace')[-2000:]}")


def _answers(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/v1/models")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
