"""A build waits for its server, from the first question on."""

from pathlib import Path

import pytest

from codesearch.build import BuildSeams, build
from codesearch.types import BuildOptions
from indexers.encoders.registry import patiently
from indexers.encoders.server.client import HURRIED, PATIENT
from indexers.encoders.server.encoder import ServerEncoder
from indexers.encoders.spec import EMBEDDED, EncoderSpec
from indexers.types import Encoder
from tests.encoders.server.fake_server import FakeServer
from tests.encoders.server.faults import Fault
from tests.encoders.server.made_encoders import Pauses

LOADING = Fault("status", status=503, message="Loading model")


def build_with(server: FakeServer, tmp_path: Path, pauses: Pauses) -> None:
    """Build an index of one file, with no pauses between attempts."""
    (tmp_path / "tree").mkdir(exist_ok=True)
    (tmp_path / "tree/one.py").write_text("def one():\n    return 1\n", "utf-8")
    options = BuildOptions(encoder=f"{server.url}#{server.behaviour.model}")

    def load(spec: EncoderSpec) -> Encoder:
        return ServerEncoder(spec, pauses)

    build(tmp_path / "tree", tmp_path / "home", options, seams=BuildSeams(load=load))


@pytest.mark.parametrize("n_right", [0, 3])
def test_a_build_waits_for_a_server_that_is_loading_its_model(server: FakeServer, tmp_path: Path, n_right: int) -> None:
    pauses = Pauses()
    server.fail_after(n_right, LOADING)
    server.fail(*[LOADING] * (PATIENT.n_attempts - 2))
    build_with(server, tmp_path, pauses)
    assert len(pauses.seconds) == PATIENT.n_attempts - 1 > HURRIED.n_attempts


def test_what_has_no_patience_is_loaded_all_the_same() -> None:
    made = object()
    assert patiently(lambda _: made)(EMBEDDED) is made  # type: ignore[arg-type,return-value]
