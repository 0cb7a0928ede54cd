"""Bytes of a file to text, or the reason why not."""

import os
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

import pytest

from indexers.reading import Attempt, Refusal, distrust, read_once, read_steadily
from indexers.text import read_source
from indexers.types import FileStat, Skipped, SkipReason, SourceFile, SourceText
from indexers.walker import walk

Plant = Callable[..., Path]
LIMIT = 2 << 20


def read(root: Path, name: str, limit: int = LIMIT) -> SourceText | Skipped:
    found = read_source(root, SourceFile(name, FileStat(0, 0, 0, 0)), limit)
    return found if isinstance(found, Skipped) else found.text


def text_of(plant: Plant, content: bytes, name: str = "a.txt") -> SourceText:
    text = read(plant({name: content}), name)
    assert isinstance(text, SourceText), text
    return text


def reason_of(plant: Plant, content: bytes, name: str = "a.txt", limit: int = LIMIT) -> SkipReason:
    skipped = read(plant({name: content}), name, limit)
    assert isinstance(skipped, Skipped), skipped
    assert skipped.path == name
    return skipped.reason


def test_utf8_comes_as_it_is(plant: Plant) -> None:
    content = "naïve = '→'\r\n".encode()
    text = text_of(plant, content)
    assert text == SourceText(content, "utf-8", blake2b(content, digest_size=16).digest())


def test_an_empty_file_is_an_empty_text(plant: Plant) -> None:
    assert text_of(plant, b"").data == b""


def test_a_utf8_byte_order_mark_stays_so_that_offsets_are_true(plant: Plant) -> None:
    assert text_of(plant, b"\xef\xbb\xbfx = 1\n").data == b"\xef\xbb\xbfx = 1\n"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_marked_utf16_becomes_utf8(plant: Plant, encoding: str) -> None:
    content = "\ufeffgrüße\n".encode(encoding)
    text = text_of(plant, content)
    assert (text.data, text.encoding) == ("grüße\n".encode(), "utf-16")
    assert text.content_hash == blake2b(content, digest_size=16).digest()


def test_other_text_is_read_as_latin_1_and_says_so(plant: Plant) -> None:
    text = text_of(plant, b"caf\xe9 = 1  # \x93quoted\x94\n")
    assert text.encoding == "latin-1"
    assert text.data.decode().startswith("café")


def test_of_several_encodings_in_one_file_each_line_has_its_own(plant: Plant) -> None:
    text = text_of(plant, "# größe\n".encode("latin-1") + "# 大きさ\n".encode())
    assert (text.data.decode(), text.encoding) == ("# größe\n# 大きさ\n", "latin-1")


@pytest.mark.parametrize(
    "content",
    [b"text\0more", bytes(range(256)), b"\xff\xfea", b"\xff\xfe\0\0a\0\0\0", b"\xff\xfe\0\0", bytes(range(1, 256)) * 4],
    ids=["NUL", "all bytes", "half a character", "UTF-32", "UTF-16 NUL", "no NUL but controls"],
)
def test_what_is_no_text_is_binary(plant: Plant, content: bytes) -> None:
    assert reason_of(plant, content) is SkipReason.BINARY


def test_a_pointer_of_git_lfs_is_named(plant: Plant) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n".encode()
    skipped = read(plant({"model.txt": pointer}), "model.txt")
    assert isinstance(skipped, Skipped)
    assert (skipped.reason, skipped.detail) == (SkipReason.LFS_POINTER, "stands for 12,345 bytes")


def test_the_limit_holds_while_reading(plant: Plant) -> None:
    assert reason_of(plant, b"x" * 11, limit=10) is SkipReason.TOO_LARGE
    assert isinstance(read(plant({"b.txt": "x" * 10}), "b.txt", 10), SourceText)


@pytest.mark.slow
def test_a_line_of_20_megabytes_is_too_large_and_with_a_higher_limit_minified(plant: Plant) -> None:
    line = b"x = 1; " * 3_000_000
    assert reason_of(plant, line, "a.py") is SkipReason.TOO_LARGE
    assert reason_of(plant, line, "a.py", limit=1 << 30) is SkipReason.MINIFIED


def test_a_link_is_not_followed_even_if_it_came_after_the_walk(plant: Plant) -> None:
    root = plant({"a.txt": "x"})
    (root / "b.txt").symlink_to("a.txt")
    skipped = read(root, "b.txt")
    assert isinstance(skipped, Skipped)
    assert skipped.reason is SkipReason.LINK


def test_a_pipe_does_not_block(plant: Plant) -> None:
    root = plant({})
    os.mkfifo(root / "pipe.txt")
    assert read(root, "pipe.txt") == Skipped("pipe.txt", SkipReason.SPECIAL, "FIFO")


def test_a_file_deleted_since_the_walk_has_changed(plant: Plant) -> None:
    skipped = read(plant({}), "gone.txt")
    assert isinstance(skipped, Skipped)
    assert skipped.reason is SkipReason.CHANGED


class Busy:
    """A reader during whose first `n_writes` readings somebody writes to the file."""

    def __init__(self, n_writes: int) -> None:
        self.n_left = n_writes

    def __call__(self, path: bytes, limit_bytes: int) -> Attempt | Refusal:
        attempt = read_once(path, limit_bytes)
        assert isinstance(attempt, Attempt)
        if self.n_left == 0:
            return attempt
        self.n_left -= 1
        with open(path, "ab") as file:  # noqa: PTH123
            file.write(b"more\n")
        after = read_once(path, limit_bytes)
        assert isinstance(after, Attempt)
        return Attempt(attempt.data, attempt.before, after.after)


def test_a_file_that_changes_once_while_being_read_is_read_again(plant: Plant) -> None:
    path = os.fsencode(plant({"a.txt": "first\n"}) / "a.txt")
    attempt = read_steadily(path, LIMIT, Busy(1))
    assert isinstance(attempt, Attempt)
    assert attempt.data == b"first\nmore\n"


def test_a_file_that_keeps_changing_is_left_out(plant: Plant) -> None:
    refusal = read_steadily(os.fsencode(plant({"a.txt": "first\n"}) / "a.txt"), LIMIT, Busy(2))
    assert isinstance(refusal, Refusal)
    assert refusal.reason is SkipReason.CHANGED


def test_secrets_are_masked_and_their_lines_told(plant: Plant) -> None:
    token = "ghp_" + "a1B2" * 9
    text = text_of(plant, f"x = 1\ny = '{token}'\n".encode())
    assert text.data == b"x = 1\ny = '[github-token]" + b"*" * (len(token) - 14) + b"'\n"
    assert [(secret.line, secret.kind) for secret in text.secrets] == [(2, "github-token")]


def test_a_token_in_utf16_is_masked_too(plant: Plant) -> None:
    text = text_of(plant, ("\ufeffghp_" + "a1B2" * 9).encode("utf-16-le"))
    assert b"a1B2" not in text.data


def test_what_is_read_under_the_stat_of_the_walk_is_remembered_by_it(plant: Plant) -> None:
    root = plant({"a.py": "x = 1\n", "b.py": "a\0b"})
    for file in walk(root).files:
        found = read_source(root, file, LIMIT)
        assert found.stat == file.stat


@pytest.mark.parametrize("content", ["x = 2\n", "x\0y = 2\n"])
def test_other_bytes_than_the_walk_saw_are_not_remembered_by_its_stat(plant: Plant, content: str) -> None:
    root = plant({"a.py": "x = 1\n", "b.py": content})
    first, second = walk(root).files
    (root / "b.py").rename(root / "a.py")
    found = read_source(root, first, LIMIT)
    assert found.stat == distrust(second.stat)


def test_a_file_that_is_gone_since_the_walk_is_remembered_by_no_stat(plant: Plant) -> None:
    root = plant({"a.py": "x = 1\n"})
    walked = walk(root).files[0]
    (root / "a.py").unlink()
    assert read_source(root, walked, LIMIT) == Skipped("a.py", SkipReason.CHANGED, "deleted since the walk")
