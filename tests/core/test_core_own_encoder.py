"""Whether an encoder is still the one that made an index, where its identity cannot tell."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from codesearch.errors import FormatError
from codesearch.types import BuildOptions
from indexers.types import EncoderDescription, FloatArray
from tests.core.patient import PatientEncoder, Workplace


class UnpinnedEncoder(PatientEncoder):
    """An encoder like a server: a name for the model, and nothing about its weights."""

    sign = 1.0

    def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
        """Return what the weights of the moment give."""
        return self.sign * super().encode_documents(inputs)

    def describe(self) -> EncoderDescription:
        """Return the same description whatever the weights are."""
        return replace(super().describe(), knows_weights=False)


def test_other_weights_behind_the_same_name_are_refused(tmp_path: Path) -> None:
    place = Workplace(tmp_path / "repository", tmp_path / "home")
    place.root.mkdir()
    (place.root / "a.py").write_text("def f():\n    return 1\n")
    encoder = UnpinnedEncoder()
    place.encoders[encoder.name] = encoder
    place.build(BuildOptions(encoder=encoder.name, n_workers=1))
    place.build(BuildOptions(n_workers=1))
    encoder.sign = -1.0
    with pytest.raises(FormatError, match="other vectors"):
        place.build(BuildOptions(n_workers=1))
