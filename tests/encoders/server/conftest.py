"""A fake server for each test that asks for one."""

from collections.abc import Iterator

import pytest

from tests.encoders.server.fake_server import FakeServer


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as running:
        yield running
