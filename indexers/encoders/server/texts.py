"""What a text becomes before it leaves: no secrets to other machines, no special tokens, always UTF-8."""

import re
from dataclasses import dataclass

from indexers.encoders.vocabulary import well_formed
from indexers.secrets import redact

_SPECIAL = re.compile(r"<(?=\|[^|<>\s]{1,40}\|>)")
"""The first character of a special token's spelling, such as `<|endoftext|>`."""

BREAK = "<\u200b"
"""A zero-width space after the first character: a tokenizer no longer sees the token, a reader sees no change."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text that may leave, and how many special tokens were spelt in it."""

    text: str
    n_broken: int = 0


def clean_text(text: str, *, leaves_machine: bool, breaks_special: bool) -> Cleaned:
    """Return the text as it may be sent; secrets are masked only where it leaves this machine."""
    plain = well_formed(text)
    if leaves_machine:
        plain = redact(plain.encode("utf-8")).data.decode("utf-8", "replace")
    if not breaks_special:
        return Cleaned(plain)
    broken, n_broken = _SPECIAL.subn(BREAK, plain)
    return Cleaned(broken, n_broken)
