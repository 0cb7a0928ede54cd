"""The benchmark of a GPU, on a tiny shape on the processor."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.gpu_embedding import SMOKE, Machine, Result, Shape, main, mixed_lengths
from tests.house.house import ROOT

torch = pytest.importorskip("torch", reason="needs the extra qwen")
pytest.importorskip("transformers", reason="needs the extra qwen")


def test_a_token_of_the_4b_shape_costs_what_the_page_says() -> None:
    shape = Shape()
    assert round((shape.flop(200) - 2 * 36 * 4096 * 200**2) / 200 / 1e9, 2) == 7.27
    for length, share in ((200, 0.8), (32_768, 57.1)):
        attention = 2 * 36 * 4096 * length**2
        assert round(100 * attention / shape.flop(length), 1) == share


def test_the_cost_is_that_of_the_model_s_own_matrices() -> None:
    machine = Machine(SMOKE.shape)
    weights = sum(weight.numel() for name, weight in machine.model.named_parameters() if "proj" in name)
    assert SMOKE.shape.flop(1) == 2 * weights + 2 * 2 * 64


def test_padding_behind_a_text_changes_nothing_without_a_mask() -> None:
    machine = Machine(SMOKE.shape)
    torch.manual_seed(1)
    unmasked = machine.encode([30, 7, 18], is_masked=False)
    torch.manual_seed(1)
    masked = machine.encode([30, 7, 18], is_masked=True)
    torch.testing.assert_close(unmasked, masked, atol=1e-5, rtol=1e-5)


def test_mixed_lengths_are_the_same_every_time_and_mostly_short() -> None:
    lengths = mixed_lengths(4_096)
    assert lengths == mixed_lengths(4_096)
    assert 110 < sorted(lengths)[2_048] < 150
    assert max(lengths) > 1_000


def test_a_line_without_memory_says_so() -> None:
    assert "out of memory" in Result("naive", 10, None, 1.0, None).cells(1.0)


@pytest.mark.slow
def test_a_smoke_run_prints_a_table_and_writes_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "figures.json"
    assert main(["--smoke", "--out", str(out)]) == 0
    table = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    results = json.loads(out.read_text("utf-8"))["results"]
    assert [line.split(" | ")[0].strip("| ") for line in table[2:]] == [result["what"] for result in results]
    assert all(result["seconds"] > 0 for result in results)


def test_it_needs_nothing_of_the_project_but_how_batches_are_planned() -> None:
    code = (
        "import sys, benchmarks.gpu_embedding; print(*[name for name in sys.modules if name.startswith('indexers.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True)
    packages = {"indexers.encoders", "indexers.encoders.transformer"}
    assert set(done.stdout.split()) == packages | {"indexers.encoders.transformer.batching", "indexers.types"}


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is here")
def test_without_a_gpu_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "--smoke" in capsys.readouterr().err
