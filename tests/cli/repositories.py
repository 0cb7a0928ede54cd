"""Small real repositories and a process of codesearch to ask about them."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

GIT = ("git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main")

SOURCES = {
    "src/net/retry.py": '''\
"""Calls that may fail."""


def retry_with_backoff(call, attempts=3):
    """Call again after a growing pause until it works."""
    for attempt in range(attempts):
        try:
            return call()
        except OSError:
            wait(2**attempt)
    raise TimeoutError(attempts)
''',
    "src/net/connection.py": '''\
class Connection:
    """A socket with a name."""

    def open(self, host, port):
        """Open the socket and shake hands."""
        self.socket = create_connection((host, port))

    def close(self):
        self.socket.close()
''',
    "src/app/[id]/page.js": "export function renderPage(id) {\n  return `<h1>${id}</h1>`;\n}\n",
    "tests/test_retry.py": "def test_retry_gives_up():\n    assert retry_with_backoff(fail) is None\n",
    "README.md": "# Example\n\nRetries are backed off.\n\n## Usage\n\nRun it.\n",
}


def write_files(root: Path, files: dict[str, str]) -> Path:
    """Write files below a folder and return it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def git(root: Path, *arguments: str) -> str:
    """Run git in a folder and return what it says."""
    return subprocess.run([*GIT, "-C", str(root), *arguments], check=True, capture_output=True, text=True).stdout


def make_repository(root: Path, message: str = "first") -> Path:
    """Make a git repository with one commit of nothing."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "-q")
    git(root, "commit", "-q", "--allow-empty", "-m", message)
    return root


def make_environment(home: Path) -> dict[str, str]:
    """Return the environment of a process whose indexes lie in `home`."""
    python_path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "CODESEARCH_HOME": str(home), "PYTHONPATH": python_path}


def run_codesearch(*arguments: str, home: Path, here: Path, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    """Run one command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "codesearch", *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        cwd=here,
        env=make_environment(home),
        timeout=120,
    )
