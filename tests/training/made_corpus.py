"""Small repositories, lists and pairs to run the steps on."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple
from pathlib import Path
from random import Random

from indexers.parsing import parse_file
from indexers.types import FileStat, ParsedFile, SourceFile
from tests.cli.repositories import git
from tests.evaluation.trees import commit
from training.corpus import Repository, Role, pairs_file, write_list
from training.pairs import Pair, digest_of

MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software\n"
GPL = "GNU GENERAL PUBLIC LICENSE\nVersion 3\n"

N_PAIRS = 24
"""Pairs of a made repository."""


def parse(root: Path, path: str, text: str) -> ParsedFile:
    """Write a file and return it cut into chunks."""
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    stat = place.stat()
    file = SourceFile(path, FileStat(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino))
    parsed = parse_file(root, file, 1 << 20)
    assert isinstance(parsed, ParsedFile)
    return parsed


def make_mirror(mirrors: Path, name: str, files: Mapping[str, str], subject: str = "Begin") -> str:
    """Commit files to the mirror of a repository and return the revision."""
    root = mirrors / name.replace("/", "+") / "repo"
    commit(root, subject, dict(files))
    return git(root, "rev-parse", "HEAD").strip()


def make_list(path: Path, roles: Mapping[str, Role], revision: str = "0" * 40) -> list[Repository]:
    """Write a list of repositories with their roles and return it."""
    entries = [Repository(role, name, revision, "MIT") for name, role in roles.items()]
    write_list(entries, path)
    return entries


def write_pairs(corpus: Path, repository: Repository, pairs: Iterable[Pair]) -> None:
    """Write pairs as the step of extraction does."""
    path = pairs_file(corpus, repository)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(astuple(pair)) + "\n" for pair in pairs), encoding="utf-8")


def made_pairs(seed: int) -> list[Pair]:
    """Return pairs whose question and answer share a theme and no word."""
    chance = Random(seed)
    pairs: list[Pair] = []
    for number in range(N_PAIRS):
        theme = number % 8
        query = " ".join(f"asked{'abcdefgh'[theme]}{chance.choice('xyz')}" for _ in range(4))
        text = " ".join(f"code{'abcdefgh'[theme]}{chance.choice('uvw')}" for _ in range(8)) + f" n{seed} n{number}"
        pairs.append(Pair("documentation", digest_of(text), query, "", text))
    return pairs


def make_pairs(corpus: Path) -> Path:
    """Write a list and the pairs of all of its repositories below a corpus; return the list."""
    roles: dict[str, Role] = {
        "a/one": "train",
        "b/two": "train",
        "c/three": "train",
        "d/four": "fit",
        "e/five": "held-out",
    }
    corpus.mkdir(parents=True, exist_ok=True)
    path = corpus / "list.tsv"
    for seed, entry in enumerate(make_list(path, roles)):
        write_pairs(corpus, entry, made_pairs(seed))
    return path
