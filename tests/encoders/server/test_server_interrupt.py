"""Whoever presses Ctrl-C while a server stalls gets the terminal back at once."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.encoders.server.fake_server import FakeServer
from tests.encoders.server.faults import Fault

ROOT = Path(__file__).resolve().parents[3]

SCRIPT = """
import sys
from indexers.encoders.server.encoder import ServerEncoder
from indexers.encoders.spec import EncoderSpec, ServerOptions
options = ServerOptions(sys.argv[1], batch_size=1, end_token="server", timeout_s=300)
encoder = ServerEncoder(EncoderSpec("x", "server", "qwen3-embedding-toy", server=options))
encoder.encode_documents([f"text {number}" for number in range(int(sys.argv[2]))])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of a terminal are those of POSIX")
@pytest.mark.parametrize("n_texts", [1, 3])
def test_an_interrupt_does_not_wait_for_the_server(server: FakeServer, n_texts: int) -> None:
    server.fail_after(1, Fault("stall"))
    server.fail(*[Fault("stall")] * n_texts)
    command = [sys.executable, "-c", SCRIPT, server.url, str(n_texts)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as child:
        try:
            for _ in range(n_texts):
                assert server.stalls.acquire(timeout=60)
            child.send_signal(signal.SIGINT)
            _, told = child.communicate(timeout=30)
        finally:
            child.kill()
    assert b"KeyboardInterrupt" in told
