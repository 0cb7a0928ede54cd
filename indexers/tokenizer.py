"""One tokenizer for chunks and queries: identifiers become lower-cased, stemmed sub-tokens plus the whole.

`getUserNames` and `get_user_names` give the same terms: `get`, `user`, `name`, `getusernames`. Runs of Chinese,
Japanese and Korean script give overlapping pairs of characters, whatever their width. Knows no language's keywords and
drops no word: rarity is the business of whoever weighs terms.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import chain

TOKENIZER_VERSION = 2
"""Raised with every change of the terms; an index of another version derives its words anew."""

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
_WORD = re.compile(r"\w+")
_ASCII_BLANKS = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
_ASCII_PARTS = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_KANA = "\u3041-\u3096\u30a1-\u30fa\u30fc"

MAX_WORD = 64
"""Longer runs of letters are encoded data; only their head is kept, so that they can still be pasted and found."""

MIN_STEM = 4
"""Shorter words (`ids`, `has`) lose more than they gain by stemming."""


def tokenize(text: str) -> list[str]:
    """Return the terms of `text` in reading order, repeats kept."""
    return list(chain.from_iterable(map(_terms_of_word, split_words(text))))


def split_words(text: str) -> list[str]:
    """Return the runs of letters, digits and underscores, of any script, in reading order."""
    if text.isascii():  # the same words at three times the speed
        return text.translate(_ASCII_BLANKS).split()
    return _WORD.findall(text)


def split_parts(word: str) -> list[str]:
    """Return the parts of one word as written: `getHTTPUrl2` gives `get`, `HTTP`, `Url`, `2`; CJK runs give pairs."""
    return _ASCII_PARTS.findall(word) if word.isascii() else _split_scripts(word)


@lru_cache(maxsize=1 << 16)
def _terms_of_word(word: str) -> tuple[str, ...]:
    """Return the terms of one word, of any script: letters of another width (NFKC) are the same letters.

    A kanji beside kana is a term of its own, since its pairs change with the inflection: of 読む and 読み込み it is all
    that both have.
    """
    word = word[:MAX_WORD]
    if not word.isascii():
        word = unicodedata.normalize("NFKC", word)[:MAX_WORD]
    parts = split_parts(word)
    is_whole = len(parts) <= 1
    terms = [_stem(part.lower()) for part in parts if is_whole or len(part) > 1 or not _is_letter(part)]
    if not word.isascii():
        terms += _lone_kanji().findall(word)
    elif not is_whole:
        terms.append(_stem("".join(parts).lower()))
    return tuple(terms)


def _is_letter(part: str) -> bool:
    return part.isascii() and part.isalpha()


def _split_scripts(word: str) -> list[str]:
    parts: list[str] = []
    for run in _scripts().findall(word):
        if run.isascii():
            parts += _ASCII_PARTS.findall(run)
        elif len(run) > 1 and _is_cjk().match(run):
            parts += [run[i : i + 2] for i in range(len(run) - 1)]
        else:
            parts.append(run)
    return parts


@lru_cache(maxsize=1 << 16)
def _stem(word: str) -> str:
    if len(word) < MIN_STEM or not word.isascii() or not word.isalpha():
        return word
    return _porter()(word)


# Compiled when first needed: these take as long as the rest of the import.


@cache
def _scripts() -> re.Pattern[str]:
    return re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")


@cache
def _is_cjk() -> re.Pattern[str]:
    return re.compile(rf"[{_CJK}]")


@cache
def _lone_kanji() -> re.Pattern[str]:
    return re.compile(rf"(?<=[{_KANA}])[{_HAN}](?![{_HAN}])|(?<![{_HAN}])[{_HAN}](?=[{_KANA}])")


@cache
def _porter() -> Callable[[str], str]:
    from Stemmer import Stemmer

    stem: Callable[[str], str] = Stemmer("porter", 0).stemWord
    return stem
