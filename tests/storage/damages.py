"""Damage to an index, as values: what each does to its folder."""

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.storage.made_files import execute, flip, rewrite

Damage = Callable[[Path], None]


def run_sql(*statements: str) -> Damage:
    """Return what runs statements on the catalogue."""

    def damage(folder: Path) -> None:
        execute(folder, *statements)

    return damage


def flip_first(pattern: str, share: float = 0.5) -> Damage:
    """Return what flips one bit of the first file of a pattern, at some part of it."""

    def damage(folder: Path) -> None:
        path = min(folder.glob(pattern))
        flip(path, int(path.stat().st_size * share))

    return damage


def cut(pattern: str) -> Damage:
    """Return what cuts the last third off the first file of a pattern."""

    def damage(folder: Path) -> None:
        path = min(folder.glob(pattern))
        rewrite(path, path.read_bytes()[: path.stat().st_size * 2 // 3])

    return damage


def delete(pattern: str) -> Damage:
    """Return what deletes the first file or folder of a pattern."""

    def damage(folder: Path) -> None:
        path = min(folder.glob(pattern))
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return damage
