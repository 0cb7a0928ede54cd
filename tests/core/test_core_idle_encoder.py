"""Where there is nothing to encode, nobody asks for the encoder: an update goes well while its server is down."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from codesearch.registry import index_folder
from codesearch.storage.snapshot import Snapshot
from codesearch.types import BuildOptions
from indexers.encoders.spec import EncoderSpec
from indexers.errors import EncoderError
from indexers.types import Encoder
from tests.core.patient import NAME, PatientEncoder, Workplace

pytestmark = pytest.mark.slow  # each build starts a parser process

ONE = BuildOptions(n_workers=1, encoder=NAME)


class Down(Workplace):
    """A workplace whose server does not answer."""

    def load(self, spec: EncoderSpec) -> Encoder:
        """Raise EncoderError."""
        raise EncoderError(f"the server of {spec.name} does not answer")


@pytest.fixture
def down(tmp_path: Path) -> Down:
    """Return a root of two files that is indexed."""
    root = tmp_path / "repository"
    root.mkdir()
    for name in ("heron", "egret"):
        (root / f"{name}.py").write_text(f"def {name}():\n    return 'wades'\n")
    place = Workplace(root, tmp_path / "home", {NAME: PatientEncoder()})
    place.build(ONE)
    return Down(root, tmp_path / "home")


def test_nothing_that_changed_needs_no_encoder(down: Down) -> None:
    assert down.build(ONE).unchanged == 2


def test_what_is_removed_and_what_is_touched_needs_no_encoder(down: Down) -> None:
    (down.root / "heron.py").unlink()
    os.utime(down.root / "egret.py", ns=(1, 1))
    report = down.build(ONE)
    assert (report.removed, report.unchanged) == (1, 1)


def test_another_prefix_needs_no_encoder(down: Down) -> None:
    down.build(replace(ONE, coarse_dim=16))
    with Snapshot.open(index_folder(down.home, down.root)) as snapshot:
        assert snapshot.info.coarse_dim == 16


def test_a_prefix_that_is_no_valid_cut_is_refused_all_the_same(down: Down) -> None:
    with pytest.raises(EncoderError, match="choose 8, 16, 32"):
        down.build(replace(ONE, coarse_dim=10))


def test_what_changed_needs_it_and_the_index_stands(down: Down) -> None:
    (down.root / "heron.py").write_text("def stork():\n    return 'stands'\n")
    with pytest.raises(EncoderError, match="does not answer"):
        down.build(ONE)
    with Snapshot.open(index_folder(down.home, down.root)) as snapshot:
        assert snapshot.info.complete
