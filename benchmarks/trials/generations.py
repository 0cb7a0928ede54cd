"""A repository whose every function says which generation of it was written, so that no answer can mix two unseen.

Knows how such a tree is written and read off answers; knows no index.
"""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from codesearch.types import Mode, SearchResult

WORDS = "retry backoff parse token open close read write lock switch vector chunk cache store fetch queue".split()  # noqa: SIM905

MARK = re.compile(r"generation_(\d+)_")

MIN_FILES = 6
MORE_FILES = 5
"""A generation has so many files more as its number leaves by division: files come and go."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something that is asked of every generation."""

    text: str
    mode: Mode
    is_code: bool = False
    """Whether code like the text is looked for."""


QUESTIONS: tuple[Question, ...] = (
    Question("retry backoff", "hybrid"),
    Question("where is the token parsed", "hybrid"),
    Question("close the queue and send", "lexical"),
    Question("merge split count", "dense"),
    Question("open the cache and fetch", "prefilter"),
    Question("kind:function lock", "hybrid"),
    Question("def begin(value):\n    return commit(value)\n", "hybrid", is_code=True),
)


def write_generation(root: Path, number: int, seed: int) -> None:
    """Make the tree be this generation and nothing else; the same seed and number give the same files."""
    shutil.rmtree(root / "src", ignore_errors=True)
    (root / "src").mkdir(parents=True)
    random = Random(f"{seed}:{number}")
    for name in range(MIN_FILES + number % MORE_FILES):
        parts = [_write_function(number, random) for _ in range(random.randint(2, 5))]
        text = f'"""{WORDS[name]} of generation_{number}_."""\n\n' + "\n\n".join(parts)
        (root / "src" / f"{WORDS[name]}.py").write_text(text, "utf-8")


def marks_of(results: Sequence[SearchResult]) -> list[int]:
    """Return which generations the texts of an answer are of."""
    return sorted({int(number) for result in results for number in MARK.findall(result.content)})


def _write_function(number: int, random: Random) -> str:
    name = f"{random.choice(WORDS)}_{random.choice(WORDS)}_{random.randrange(1000)}"
    lines = [
        f"    value = {word}_{random.randrange(9)}(value)" for word in random.choices(WORDS, k=random.randint(3, 9))
    ]
    return "\n".join([f"def generation_{number}_{name}(value):", *lines, "    return value\n"])
