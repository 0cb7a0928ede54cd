"""A source tree of any number of files, made from the project's own texts; the same for the same sources.

Every file differs: each copy has some of its identifiers replaced by others from all over the project.
"""

import random
import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
FOLDERS = ("codesearch", "indexers", "tui", "tests", "fixtures")
SUFFIXES = {".c", ".cpp", ".go", ".java", ".js", ".md", ".py", ".rb", ".rs", ".ts"}
MAX_BYTES = 40_000
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{3,}")
REPLACED_PER_FILE = 12
FILES_PER_FOLDER = 40


def write_tree(folder: Path, n_files: int) -> None:
    """Fill `folder` with `n_files` files of source."""
    texts = read_texts()
    words = sorted({word for _, text in texts for word in IDENTIFIER.findall(text)})
    chance = random.Random(n_files)
    for number in range(n_files):
        path, text = texts[number % len(texts)]
        target = folder / f"part_{number // FILES_PER_FOLDER:04}" / f"{path.stem}_{number}{path.suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(vary(text, words, chance), encoding="utf-8")


def read_texts() -> list[tuple[Path, str]]:
    """Return the project's own source texts, sorted by path."""
    paths = sorted(path for name in FOLDERS for path in (PROJECT / name).rglob("*") if path.suffix in SUFFIXES)
    sources = [path for path in paths if path.is_file() and 0 < path.stat().st_size <= MAX_BYTES]
    return [(path, path.read_text(encoding="utf-8", errors="replace")) for path in sources]


def vary(text: str, words: list[str], chance: random.Random) -> str:
    """Return the text with a few of its identifiers replaced throughout by words of the project."""
    own = sorted(set(IDENTIFIER.findall(text)))
    chosen = chance.sample(own, min(REPLACED_PER_FILE, len(own)))
    if not chosen:
        return f"{text}\n{chance.choice(words)}\n"
    swaps = {word: chance.choice(words) for word in chosen}
    return re.sub(rf"\b(?:{'|'.join(chosen)})\b", lambda match: swaps[match.group()], text)
