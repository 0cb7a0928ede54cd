"""No secret of a repository gets into any file of an index, in any encoding that source comes in."""

import json
import random
import string
from pathlib import Path

import pytest

from codesearch.index import Index
from codesearch.registry import index_folder
from codesearch.storage.snapshot import Snapshot
from codesearch.types import BuildOptions
from indexers.terms import hash_term
from indexers.tokenizer import tokenize

pytestmark = pytest.mark.slow  # each build starts a parser process

_LETTERS = string.ascii_letters + string.digits


def fake_tokens(seed: int) -> dict[str, str]:
    """Return lines of code by the token they hold; every token is made up."""
    draw = random.Random(seed)

    def some(n: int) -> str:
        return "".join(draw.choices(_LETTERS, k=n))

    tokens = {
        "ghp_" + some(36): 'token = "{}"',
        "AKIA" + some(16).upper(): 'key_id = "{}"',
        "xoxb-1234567890-" + some(24): "slack: '{}'",
        "AIza" + some(35): "const maps = `{}`;",
        "sk-ant-api03-" + some(40): 'ANTHROPIC_API_KEY="{}"',
        "sk_live_" + some(24): 'stripe = "{}"',
        "npm_" + some(36): "//registry/:_authToken={}",
        some(40): 'aws_secret_access_key = "{}"',
        some(40): 'AWS_SECRET_ACCESS_KEY: str = "{}"',
        "S3cr3t" + some(8): 'db = "postgres://bob:{}@db.example.com/app"',
    }
    return {line.format(token): token for token, line in tokens.items()}


@pytest.fixture
def secrets(tmp_path: Path) -> dict[str, str]:
    root = tmp_path / "repository"
    root.mkdir()
    lines = fake_tokens(7)
    text = "\n".join(["def connect():", *(f"    {line}" for line in lines), "    return café", ""])
    (root / "utf8.py").write_text(text, encoding="utf-8")
    (root / "utf16.py").write_bytes(text.encode("utf-16"))
    (root / "latin1.py").write_bytes(text.encode("latin-1"))
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": [f"{line}\n" for line in lines]}
    (root / "book.ipynb").write_text(json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 5}, indent=1))
    Index.build(root, BuildOptions(n_workers=1), home=tmp_path / "home")
    return lines


def test_no_file_of_the_home_holds_a_token_in_any_case(tmp_path: Path, secrets: dict[str, str]) -> None:
    files = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in files)
    for path in files:
        data = path.read_bytes().lower()
        assert [token for token in secrets.values() if token.lower().encode() in data] == [], path


def test_no_stored_text_holds_a_token_and_every_place_is_listed(tmp_path: Path, secrets: dict[str, str]) -> None:
    with Snapshot.open(index_folder(tmp_path / "home", tmp_path / "repository")) as snapshot:
        texts = {file.path: snapshot.text(file.id).decode() for file in snapshot.files()}
        places = {(place.path, place.secret.line) for place in snapshot.secrets()}
    assert set(texts) == {"utf8.py", "utf16.py", "latin1.py", "book.ipynb"}
    for path, text in texts.items():
        assert [token for token in secrets.values() if token in text] == [], path
        assert len([place for place in places if place[0] == path]) == len(secrets)


def test_no_term_of_a_token_can_be_searched(tmp_path: Path, secrets: dict[str, str]) -> None:
    with Snapshot.open(index_folder(tmp_path / "home", tmp_path / "repository")) as snapshot:
        chunks = [chunk for file in snapshot.files() for chunk in snapshot.chunks_of_file(file.id)]
        known = {int(entry["term"]) for bag in snapshot.bags([chunk.id for chunk in chunks]) for entry in bag}
    whole = [term for token in secrets.values() for term in tokenize(token) if len(term) > 20]
    assert len(whole) >= 8
    assert [term for term in whole if hash_term(term) in known] == []
