"""What `index --estimate` prints, and that its options are understood."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from codesearch.building.estimate import Estimate, GranularityEstimate
from codesearch.cli.estimating import render_estimate
from codesearch.cli.index_arguments import GRANULARITIES, read_granularities
from codesearch.cli.parser import parse_arguments
from codesearch.serialize import dump_json, estimate_to_json
from indexers.types import GRANULARITIES as ENGINE_GRANULARITIES
from tests.cli.repositories import SOURCES, run_codesearch, write_files

ESTIMATE = Estimate(
    root=Path("/src/flask"),
    encoder="qwen3-4b",
    dim=2560,
    n_files=236,
    n_bytes=2_200_000,
    granularities=(
        GranularityEstimate("leaf", 1900, 1900, 412_000),
        GranularityEstimate("class", 140, 120, 210_000),
        GranularityEstimate("file", 236, 180, 390_000),
    ),
    n_texts_to_encode=2100,
    n_tokens_to_encode=1_000_000,
    is_counted=True,
    is_at_hand=True,
    tokens_per_s=250.0,
    vector_bytes=11_272_800,
    coarse_bytes=1_126_400,
    cache_bytes=10_962_000,
)


def test_an_estimate_is_a_table_and_what_it_comes_to() -> None:
    assert render_estimate(ESTIMATE) == [
        "/src/flask: 236 files, 2.1 MiB, 2,276 chunks",
        "  GRANULARITY  CHUNKS  TEXTS   TOKENS",
        "  leaf          1,900  1,900  412,000",
        "  class           140    120  210,000",
        "  file            236    180  390,000",
        "to encode: 2,100 texts, 1,000,000 tokens, with qwen3-4b; 100 more are alike or were encoded before",
        "time: 1:06:40 at 250 tokens/s, as measured here",
        "disk: beside the words, 10.8 MiB of vectors, 1.1 MiB of their prefixes, 10.5 MiB in the cache of vectors",
    ]


def test_what_is_not_known_is_said_and_null() -> None:
    unknown = replace(ESTIMATE, tokens_per_s=None, dim=None, vector_bytes=None, is_counted=False, is_at_hand=False)
    lines = render_estimate(unknown)
    assert "time: not measured here; codesearch doctor --encoder qwen3-4b measures it, once it is at hand" in lines
    spaced = render_estimate(replace(unknown, encoder="./my model"))
    assert "time: not measured here; codesearch doctor --encoder './my model' measures it, once it is at hand" in spaced
    assert "disk: unknown: the encoder's dimension is not known" in lines
    assert lines[-1] == "tokens are guessed from sizes: encoder qwen3-4b is not at hand"
    found = estimate_to_json(unknown)
    assert (found["tokens_per_s"], found["seconds"], found["vector_bytes"], found["counted"]) == (
        None,
        None,
        None,
        False,
    )


def test_what_a_server_only_estimates_is_not_called_counted() -> None:
    lines = render_estimate(replace(ESTIMATE, is_counted=False))
    remedy = "the setting tokenizer of qwen3-4b has them counted"
    assert lines[-1] == f"tokens are at most these, for code half of them or fewer: {remedy}"


def test_what_is_better_settled_before_is_said_last() -> None:
    estimate = replace(ESTIMATE, warnings=("the cache is small",))
    assert render_estimate(estimate)[-1] == "warning: the cache is small"
    assert estimate_to_json(estimate)["warnings"] == ["the cache is small"]


def test_where_nothing_is_to_be_encoded_it_says_so() -> None:
    lines = render_estimate(replace(ESTIMATE, n_texts_to_encode=0, n_tokens_to_encode=0, tokens_per_s=None))
    assert "to encode: nothing; encoder qwen3-4b has done it all" in lines
    assert "time: 0:00" in lines


def test_the_json_of_an_estimate_has_everything() -> None:
    found = json.loads(dump_json(estimate_to_json(ESTIMATE)))
    assert found["version"] == 1
    assert found["encoder"] == {"name": "qwen3-4b", "dim": 2560}
    assert found["granularities"][1] == {"granularity": "class", "chunks": 140, "texts": 120, "tokens": 210_000}
    assert (found["to_encode"], found["seconds"]) == ({"texts": 2100, "tokens": 1_000_000}, 4000.0)


def test_the_words_for_granularities_are_those_of_the_engine() -> None:
    assert GRANULARITIES == ENGINE_GRANULARITIES
    assert read_granularities("file, leaf") == ("leaf", "file")


def test_options_of_index_are_read() -> None:
    parsed = parse_arguments(["index", "--embed", "leaf", "--coarse-dim", "128", "--yes", "--offline", "--estimate"])
    assert (parsed.embed, parsed.coarse_dim, parsed.yes, parsed.offline, parsed.estimate) == (
        ("leaf",),
        128,
        True,
        True,
        True,
    )


@pytest.mark.slow
def test_an_estimate_on_the_command_line_prints_json_and_makes_no_index(tmp_path: Path) -> None:
    root, home = write_files(tmp_path / "root", SOURCES), tmp_path / "home"
    done = run_codesearch("index", "--estimate", "--json", "--encoder", "embedded", home=home, here=root)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["files"] == len(SOURCES)
    assert not home.exists()


@pytest.mark.slow
def test_json_without_an_estimate_is_refused(tmp_path: Path) -> None:
    done = run_codesearch("index", "--json", home=tmp_path / "home", here=tmp_path)
    assert done.returncode == 2
    assert b"--json goes with --estimate" in done.stderr
