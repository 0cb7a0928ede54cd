"""Counts how common code's tokens are and writes the hashing encoder's weight table.

    python -m training.count_weights python=/usr/lib/python3.11,../celery go=../prometheus javascript=../npm

Each argument names a language and the folders to count it in. Not part of the wheel; nothing imports it.
"""

import math
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from indexers.encoders.hashing import WEIGHTS_FILE
from indexers.tokenizer import tokenize

SUFFIXES = {
    "python": (".py",),
    "go": (".go",),
    "javascript": (".js", ".ts", ".tsx", ".mjs"),
}

LEFT_OUT = re.compile("test|site-packages|[.]min[.]")

BLOCK_LINES = 40
"""About a function: what a token's share is a share of."""

FULL_WEIGHT_SHARE = 0.01
"""A token in fewer than 1 of 100 blocks tells as much as any: 1.0 from there on."""

FLOOR = 0.1
"""Even `self` says a little: a text of nothing but common words still has a direction."""

RESERVED_WEIGHT = 0.3
"""Ceiling for reserved words and their like, of counted and other languages."""

RESERVED = """
abstract alias as assert async auto await base begin bool boolean break by byte case catch char class const
constexpr continue data declare decimal def default defer defmodule defp delete do double dyn echo elif else elsif
elseif end endif ensure enum event except export extends extern false fi final finally fixed float fn for foreach
from fun func function get global goto guard if impl implements import in include init inline inout instanceof int
integer interface internal is it lambda lazy let list local lock long loop lua match method mod module mut mutable
namespace native new next nil not null object of open operator or out override package param params private proc
protected protocol pub public raise range readonly record ref repeat require rescue return sealed select self set
short signed sizeof static std str string struct sub super switch synchronized template then this throw throws trait
transient true try type typedef typename union unless unsafe unsigned until use using val value var vec virtual void
volatile when where while with yield println printf php args void main err fmt none
"""


def read_blocks(folders: list[str], suffixes: tuple[str, ...]) -> Iterator[set[str]]:
    """Yield the distinct tokens of every block of the folders' files; tests are left out."""
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if path.suffix not in suffixes or not path.is_file() or LEFT_OUT.search(str(path.relative_to(folder))):
                continue
            lines = path.read_text("utf-8", "replace").splitlines()
            for start in range(0, len(lines), BLOCK_LINES):
                yield set(tokenize("\n".join(lines[start : start + BLOCK_LINES])))


def count_shares(folders: list[str], suffixes: tuple[str, ...]) -> dict[str, float]:
    """Return the share of blocks that contain each token."""
    counts: Counter[str] = Counter()
    n_blocks = 0
    for tokens in read_blocks(folders, suffixes):
        counts.update(tokens)
        n_blocks += 1
    return {token: n / n_blocks for token, n in counts.items()}


def weigh(share: float) -> float:
    """Return log(1 / share), scaled so that `FULL_WEIGHT_SHARE` gives 1."""
    return max(FLOOR, math.log(1 / min(share, 0.999)) / math.log(1 / FULL_WEIGHT_SHARE))


def main(arguments: list[str]) -> None:
    """Write the table: a note, then one `token<TAB>weight` a line, most common first."""
    shares: dict[str, float] = {}
    for argument in arguments:
        language, _, folders = argument.partition("=")
        for token, share in count_shares(folders.split(","), SUFFIXES[language]).items():
            shares[token] = shares.get(token, 0.0) + share / len(arguments)
    weights = {token: weigh(share) for token, share in shares.items() if share > FULL_WEIGHT_SHARE}
    for word in RESERVED.split():
        token = tokenize(word)[0]
        weights[token] = min(weights.get(token, 1.0), RESERVED_WEIGHT)
    lines = [
        "# Weight of a token in the hashing encoder; a token that is not listed weighs 1.",
        f"# weight = max({FLOOR}, log(1 / share) / log(1 / {FULL_WEIGHT_SHARE})), where share is the share of",
        f"# {BLOCK_LINES}-line blocks that contain the token, averaged over Python, Go, JavaScript with TypeScript;",
        f"# reserved words, of other languages too, weigh at most {RESERVED_WEIGHT}. Counted over the standard library",
        "# of Python 3.11 (PSF), celery (BSD), prometheus (Apache-2.0) and the packages that npm brings (nearly all",
        "# MIT and ISC). Made by training/count_weights.py; no text of the sources is kept.",
    ]
    lines += [
        f"{token}\t{weight:.2f}" for token, weight in sorted(weights.items(), key=lambda e: (round(e[1], 2), e[0]))
    ]
    WEIGHTS_FILE.write_text("\n".join(lines) + "\n", "utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
