"""The source distribution: enough to build, test and measure from."""

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.house.house import ROOT


@pytest.mark.slow
def test_the_source_distribution_holds_all_that_is_tracked(tmp_path: Path) -> None:
    command = ["build", "--sdist", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    tracked = {path for path in listed.split("\0") if path and (ROOT / path).exists()}
    assert tracked - held == set()
