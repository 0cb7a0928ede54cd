"""The figures are those of the public yardstick, which sees the command line alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.repositories import write_files

ROOT = Path(__file__).resolve().parents[2]
YARDSTICK = ROOT.parent / "shared" / "benchmark" / "ndcg.py"

RETRY = """\
def retry(call):
    # Ask again after a pause.
    return call()


def wait(pause):
    return pause
"""

SOCKET = """\
class Socket:
    def open(self, host):
        return host

    def close(self):
        return 0
"""

FILES = {
    "net/retry.py": RETRY,
    "net/socket.py": SOCKET,
    "store.go": "package store\n\n// Put keeps a value.\nfunc Put(key string) string {\n\treturn key\n}\n",
    "README.md": "# Retry\n\nCalls are made again.\n",
}

QUERIES = [
    {
        "query": "call again after a pause",
        "category": "semantic",
        "relevant": [{"path": "net/retry.py"}],
        "secondary": [],
    },
    {
        "query": "open a socket",
        "category": "semantic",
        "relevant": [{"path": "net/socket.py", "start_line": 2, "end_line": 3}],
        "secondary": [{"path": "store.go"}, {"path": "gone.py"}],
    },
    {
        "query": "Put",
        "category": "symbol",
        "relevant": [{"path": "store.go", "start_line": 3, "end_line": 6}],
        "secondary": [],
    },
    {"query": "what is not there", "category": "semantic", "relevant": [{"path": "gone.py"}], "secondary": []},
]


def run(command: list[str], folder: Path) -> str:
    """Run a command that must succeed and return what it prints."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True, timeout=120)
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not YARDSTICK.exists(), reason="the public yardstick does not lie beside this repository")
def test_ndcg_of_every_query_equals_the_yardstick_s(tmp_path: Path) -> None:
    write_files(tmp_path / "checkouts" / "small", FILES)
    specs = json.dumps([{"name": "small", "language": "python", "comparable": True}])
    write_files(tmp_path, {"repos.json": specs, "annotations/small.json": json.dumps(QUERIES)})
    arguments = [
        "--checkouts",
        "checkouts",
        "--specs",
        "repos.json",
        "--annotations",
        "annotations",
        "--json",
        "out.json",
    ]
    command = [sys.executable, str(YARDSTICK), *arguments, "--command", f"{sys.executable} -m codesearch"]
    run(command, tmp_path)
    expected = [row["ndcg10"] for row in json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))]
    ours = [
        sys.executable,
        "-m",
        "codesearch",
        "eval",
        "checkouts/small",
        "--queries",
        "annotations/small.json",
        "--json",
    ]
    [answered] = json.loads(run(ours, tmp_path))["sets"]
    assert [answer["methods"]["hybrid"]["ndcg_10"] for answer in answered["answers"]] == pytest.approx(
        expected, abs=5e-4
    )
    mean = sum(expected) / len(expected)
    assert answered["methods"]["hybrid"]["overall"]["ndcg_10"] == pytest.approx(mean, abs=5e-4)
    assert 0 < mean < 1
