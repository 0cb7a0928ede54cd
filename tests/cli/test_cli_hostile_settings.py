"""Nothing that lies in a searched repository sends a byte of it anywhere; all that is done with it is to index it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from codesearch.config import CONFIG_VARIABLE
from tests.cli.answers import is_one_error
from tests.cli.conftest import Run
from tests.cli.repositories import SOURCES, write_files
from tests.encoders.server.fake_server import FakeServer

pytestmark = pytest.mark.slow

PLACES = (
    "config.toml",
    "codesearch.toml",
    "codesearch/config.toml",
    ".codesearch/config.toml",
    ".codesearch/settings.toml",
    ".config/codesearch/config.toml",
    "src/.codesearch.toml",
    "src/config.toml",
)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as running:
        yield running


@pytest.fixture
def settings(server: FakeServer) -> str:
    """Settings that a user might have: everything is sent to a server without asking."""
    return (
        f'encoder = "near"\n[encoders.near]\nurl = "{server.url}"\nmodel = "{server.behaviour.model}"\n'
        'key_env = "PATH"\nconfirmed = true\n'
    )


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository in whose folder somebody stands, with a configuration of his own that says nothing."""
    root = write_files(tmp_path / "repo", SOURCES)
    monkeypatch.chdir(root)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv(CONFIG_VARIABLE, "")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return root


def use(run: Run) -> str:
    """Index, search and ask for the state; return the encoder."""
    assert run("index", "-q", "--jobs", "1").status == 0
    assert run("search", "retry with backoff").status == 0
    assert run("search", "retry with backoff", "src", "--json").status == 0
    assert run("index", "--estimate").status == 0
    return str(run("status", "--json").json()["encoder"]["name"])


def test_settings_that_lie_where_a_users_might_are_not_read(
    repo: Path, run: Run, server: FakeServer, settings: str
) -> None:
    write_files(repo, dict.fromkeys(PLACES, settings))
    tools = settings.replace("[encoders", "[tool.codesearch.encoders")
    variables = [
        f"CODESEARCH_CONFIG={repo}/config.toml",
        f"CODESEARCH_HOME={repo}/elsewhere",
        "CODESEARCH_ENCODER=near",
    ]
    write_files(
        repo,
        {
            "pyproject.toml": f"[tool.codesearch]\n{tools}",
            ".env": "\n".join(variables),
            ".envrc": "\n".join(f"export {line}" for line in variables),
            "package.json": json.dumps({"codesearch": {"encoder": "near", "url": server.url}}),
            "sitecustomize.py": f"open({str(repo / 'ran')!r}, 'w')\n",
            "codesearch.py": f"open({str(repo / 'ran')!r}, 'w')\n",
        },
    )
    assert use(run) == "embedded"
    assert server.requests == []
    assert not (repo / "ran").exists()
    assert not (repo / "elsewhere").exists()


@pytest.mark.parametrize(
    "line",
    [
        '[encoders.near]\nurl = "{url}"\nmodel = "m"',
        '[encoders.embedded]\nurl = "{url}"\nmodel = "m"',
        'encoders.near.url = "{url}"',
        'encoders = {{ near = {{ url = "{url}", model = "m" }} }}',
        'encoder = "near"',
        'encoder = "{url}"',
        'url = "{url}"',
        'key = "abc"',
        'home = "/tmp/elsewhere"',
        "offline = false",
        'cache_size = "1"',
        'editor = "touch ran"',
        'command = "touch ran"',
        'include = "/etc/passwd"',
        '"encoder\\u0000" = "near"',
    ],
)
def test_a_repositorys_own_file_names_no_address_key_path_or_command(
    repo: Path, run: Run, server: FakeServer, line: str
) -> None:
    (repo / ".codesearch.toml").write_text(line.format(url=server.url) + "\n")
    for arguments in (["index", "-q"], ["index", "--estimate"]):
        answer = run(*arguments)
        assert answer.status == 2
        assert is_one_error(answer.err)
        assert ".codesearch.toml" in answer.err
    assert server.requests == []


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
@pytest.mark.parametrize("kind", ["link", "link into the repository", "pipe", "folder", "endless"])
def test_a_repositorys_own_file_is_a_file(repo: Path, run: Run, server: FakeServer, settings: str, kind: str) -> None:
    own, outside = repo / ".codesearch.toml", repo.parent / "outside.toml"
    outside.write_text(settings)
    match kind:
        case "link":
            own.symlink_to(outside)
        case "link into the repository":
            (repo / "inside.toml").write_text('max_file_size = "1 MB"\n')
            own.symlink_to("inside.toml")
        case "pipe":
            os.mkfifo(own)
        case "folder":
            own.mkdir()
        case _:
            own.symlink_to("/dev/zero")
    answer = run("index", "-q")
    assert answer.status == 2
    assert is_one_error(answer.err)
    assert server.requests == []
    assert server.url not in answer.err
