"""Encoders for tests, set on a fake server, with no pauses between attempts."""

from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

from indexers.encoders.server.encoder import ServerEncoder
from indexers.encoders.spec import EncoderSpec, ServerOptions
from tests.encoders.server.fake_server import FakeServer


@dataclass(frozen=True, slots=True)
class Pauses:
    """Remembers the pauses that were asked for instead of making them."""

    seconds: list[float] = field(default_factory=list)

    def __call__(self, seconds: float, _: Event) -> None:
        self.seconds.append(seconds)


def spec_for(server: FakeServer, **changes: Any) -> EncoderSpec:
    """Return the spec of a server, with changes to it or to its server options."""
    of_spec = {
        name: changes.pop(name) for name in ("dim", "max_tokens", "prompts", "model", "is_offline") if name in changes
    }
    options = replace(ServerOptions(server.url, timeout_s=10.0), **changes)
    return EncoderSpec("test-server", "server", **{"model": server.behaviour.model, **of_spec}, server=options)


def encoder_for(server: FakeServer, **changes: Any) -> ServerEncoder:
    """Return an encoder for a server."""
    return ServerEncoder(spec_for(server, **changes), Pauses())


def elsewhere(server: FakeServer) -> str:
    """Return an address of the server that is not one of this machine by its looks: a short spelling of 127.0.0.1."""
    return f"http://127.1:{server.port}/v1"
