"""When a build may want a model that is not on this machine yet."""

from pathlib import Path

import pytest

from codesearch.building.order import read_order
from codesearch.encoders.choice import Machine
from codesearch.types import BuildOptions
from indexers.encoders.devices import Gpu
from indexers.encoders.hub import Download

MACHINE = Machine(
    has_extra=lambda: True,
    find_gpu=lambda: Gpu("cuda", "RTX 4090", 24 << 30, 24 << 30),
    find_missing=lambda spec: Download(spec.model, 1),
)
"""A machine that is fit for Qwen3-Embedding and has none of it."""


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (BuildOptions(), "embedded"),
        (BuildOptions(may_ask=True), "qwen3-4b"),
        (BuildOptions(is_consented=True), "qwen3-4b"),
        (BuildOptions(may_ask=True, is_offline=True), "embedded"),
        (BuildOptions(may_ask=True, encoder="qwen3-0.6b"), "qwen3-0.6b"),
    ],
)
def test_a_model_is_wanted_only_of_a_user_who_can_say_no(options: BuildOptions, name: str, tmp_path: Path) -> None:
    order = read_order(tmp_path, tmp_path / "home", tmp_path / "home" / "none", options)
    assert order.choose_encoder(MACHINE).spec.name == name
