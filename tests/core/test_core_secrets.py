"""No secret of a repository gets into any file that is written, any request or any message, however it is written."""

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from codesearch.build import BuildSeams, build
from codesearch.cli.main import main
from codesearch.index import Index
from codesearch.registry import index_folder
from codesearch.storage.snapshot import Snapshot
from codesearch.types import BuildOptions
from indexers.encoders.registry import load_encoder
from indexers.encoders.spec import EncoderSpec
from indexers.secrets import redact
from indexers.terms import hash_term
from indexers.tokenizer import tokenize
from indexers.types import Encoder
from tests.core.fake_secrets import FakeSecret, make_secrets, pieces_of
from tests.encoders.server.fake_server import FakeServer
from tests.encoders.server.made_encoders import encoder_for, spec_for

pytestmark = pytest.mark.slow  # each build starts a parser process

SECRETS = make_secrets(7)
CAUGHT_AT = {"utf8.py", "utf16.py", "latin1.py", "crlf.js", "book.ipynb", "data.json", "small.js", "doc.py", "a.yaml"}


@dataclass(frozen=True, slots=True)
class Workplace:
    """An index of a repository full of secrets, and what was said and sent while it was made and asked."""

    root: Path
    home: Path
    said: str
    sent: str


def write_repository(root: Path, secrets: list[FakeSecret]) -> Path:
    """Write each secret into files of many kinds."""
    root.mkdir()
    lines = [secret.line for secret in secrets]
    text = "\n".join(["def connect():", *(f"    {line}" for line in lines), "    return café", ""])
    (root / "utf8.py").write_text(text, encoding="utf-8")
    (root / "utf16.py").write_bytes(text.encode("utf-16"))
    (root / "latin1.py").write_bytes(text.encode("latin-1"))
    (root / "crlf.js").write_bytes(text.replace("\n", "\r\n").encode())
    (root / "doc.py").write_text("def connect():\n    '''Connects.\n\n" + text.replace("'''", "") + "    '''\n")
    (root / "small.js").write_text(";".join(lines) + "\n")
    (root / "data.json").write_text(json.dumps({"lines": lines}, indent=1))
    (root / "a.yaml").write_text("".join(f"- |\n  {line}\n" for line in lines))
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": [f"{line}\n" for line in lines]}
    (root / "book.ipynb").write_text(json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 5}, indent=1))
    (root / ".env").write_text("\n".join(lines))
    (root / ".gitattributes").write_text("* -linguist-generated\n")
    for number, secret in enumerate(secrets[:3]):
        (root / f"{number}.py").write_text(f"NAME_{number} = {secret.value!r}  # {secret.value}\n" * 3)
    return root


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Workplace]]:
    """The same repository, indexed and asked with an encoder in this process and with a server, which is cached."""
    made = {}
    with FakeServer() as server:
        encoder = encoder_for(server)

        def load(spec: EncoderSpec) -> Encoder:
            return encoder if spec.source == "server" else load_encoder(spec)

        for name in ("embedded", "server"):
            folder = tmp_path_factory.mktemp(name)
            root, home = write_repository(folder / "repository", SECRETS), folder / "home"
            with pytest.MonkeyPatch.context() as patch:
                if name == "server":
                    config = folder / "config.toml"
                    config.write_text(f'[encoders.near]\nurl = "{server.url}"\nmodel = "{server.behaviour.model}"\n')
                    patch.setenv("CODESEARCH_CONFIG", str(config))
                patch.setenv("CODESEARCH_HOME", str(home))
                options = BuildOptions(n_workers=1, encoder="near" if name == "server" else None)
                report = build(root, home, options, seams=BuildSeams(load=load))
                said = [repr(report), str(spec_for(server)), *ask_everything(root)]
            made[name] = Workplace(root, home, "\n".join(said), repr([asked.body for asked in server.requests]))
        yield made


def ask_everything(root: Path) -> list[str]:
    """Return what the commands say that show text or lists of files."""
    said = []
    with pytest.MonkeyPatch.context() as patch:
        for arguments in (
            ["status", str(root)],
            ["status", "--skipped", "--secrets", str(root)],
            ["search", "--mode", "lexical", "--json", "--limit", "50", "connect", str(root)],
            ["search", "--mode", "lexical", "--limit", "50", "token value", str(root)],
            ["similar", f"{root}/utf8.py:1", "--json"],
        ):
            out, err = StringIO(), StringIO()
            patch.setattr("sys.stdout", out)
            patch.setattr("sys.stderr", err)
            main(arguments)
            said += [out.getvalue(), err.getvalue()]
    return said


def leaks(data: bytes) -> list[str]:
    """Return the names of the secrets that stand in some bytes, in any case of letters."""
    lowered = data.lower()
    return [s.name for s in SECRETS if any(piece.lower().encode() in lowered for piece in pieces_of(s))]


def values_of(path: Path) -> Iterator[bytes]:
    """Yield every value of every table of a database, packed texts unpacked."""
    connection = sqlite3.connect(path)
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for row in connection.execute(f'SELECT * FROM "{table}"'):
            for value in row:
                data = value if isinstance(value, bytes) else str(value).encode()
                yield data
                with suppress(zlib.error):
                    yield zlib.decompress(data)
    connection.close()


def test_there_is_a_fake_of_every_kind() -> None:
    assert len(SECRETS) >= 90
    assert len({secret.name for secret in SECRETS}) == len({secret.value for secret in SECRETS}) == len(SECRETS)


@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret.name)
def test_each_is_masked_in_its_line_and_its_line_is_told(secret: FakeSecret) -> None:
    redacted = redact(f"one = 1\n{secret.line}\nthree = 3\n".encode())
    assert leaks(redacted.data) == []
    assert [place.line for place in redacted.secrets] == [2]
    assert redacted.data.startswith(b"one = 1\n")
    assert redacted.data.endswith(b"\nthree = 3\n")


@pytest.mark.parametrize("name", ["embedded", "server"])
def test_no_byte_of_any_file_in_the_home_is_of_a_secret(places: dict[str, Workplace], name: str) -> None:
    files = [path for path in places[name].home.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"catalog.db", "vectors.db"} or name == "embedded"
    assert {path.name: leaks(path.read_bytes()) for path in files if leaks(path.read_bytes())} == {}


@pytest.mark.parametrize("name", ["embedded", "server"])
def test_no_value_of_any_table_is_of_a_secret(places: dict[str, Workplace], name: str) -> None:
    databases = list(places[name].home.rglob("*.db"))
    assert databases
    values = [value for path in databases for value in values_of(path)]
    assert any(b"def connect" in value for value in values)
    assert [leaks(value) for value in values if leaks(value)] == []


def test_nothing_of_a_secret_is_sent(places: dict[str, Workplace]) -> None:
    sent = places["server"].sent
    assert "def connect" in sent
    assert leaks(sent.encode()) == []


@pytest.mark.parametrize("name", ["embedded", "server"])
def test_nothing_of_a_secret_is_said(places: dict[str, Workplace], name: str) -> None:
    said = places[name].said
    assert "def connect" in said
    assert "github-token" in said
    assert leaks(said.encode()) == []


def test_every_place_is_listed(places: dict[str, Workplace]) -> None:
    place = places["embedded"]
    with Snapshot.open(index_folder(place.home, place.root)) as snapshot:
        listed = {(one.path, one.secret.line) for one in snapshot.secrets()}
    with Index.open(place.root, home=place.home) as index:
        skipped = {skip.path: skip.reason for skip in index.status().skipped}
    assert {path for path, _ in listed} >= CAUGHT_AT
    for path in ("utf8.py", "utf16.py", "latin1.py", "crlf.js"):
        assert len([line for where, line in listed if where == path]) == len(SECRETS), path
    assert skipped[".env"] == "secret"


def test_no_term_of_a_secret_can_be_searched(places: dict[str, Workplace]) -> None:
    place = places["embedded"]
    with Snapshot.open(index_folder(place.home, place.root)) as snapshot:
        chunks = [chunk for file in snapshot.files() for chunk in snapshot.chunks_of_file(file.id)]
        known = {int(entry["term"]) for bag in snapshot.bags([chunk.id for chunk in chunks]) for entry in bag}
    whole = [term for secret in SECRETS for term in tokenize(secret.value) if len(term) > 20]
    assert len(whole) >= 60
    assert [term for term in whole if hash_term(term) in known] == []
