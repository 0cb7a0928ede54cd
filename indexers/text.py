"""Reads one file into the text that everything downstream sees, or says why it is left out.

The text is UTF-8 whatever the file was; a UTF-8 byte order mark stays, so that byte offsets are those of the file.
Knows what bytes look like; what a name or `.gitattributes` says was decided by the walk.
"""

import codecs
import os
import re
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from indexers.generated import has_generated_notice, is_minified
from indexers.reading import Refusal, confirm, read_once, read_steadily
from indexers.secrets import is_secret_content, redact
from indexers.types import FileStat, Skipped, SkipReason, SourceFile, SourceText

_BINARY_EXTENSIONS_TEXT = """
7z a aac aar ai apk arrow avi avif bin blend bmp br bz2 cab class crx db db3 deb der dex dll dmg doc docx
dylib ear egg elc eot epub exe faiss fbx feather flac flv gguf gif glb gz h5 hdf5 heic heif icns ico ipa iso
jar jpeg jpg jxl ko lib lz lz4 lzma m4a m4v mdb mid midi mkv mov mp3 mp4 mpeg mpg msi mwb ncb nib node npy npz
nupkg o odp ods odt ogg ogv onnx opus orc otf parquet pdb pdf pickle png ppt pptx psd pth pyc pyd pyo rar rdb
rlib rmeta rpm safetensors sketch so sqlite sqlite3 squashfs svgz swf swp tar tbz2 tflite tgz tif tiff ttc ttf
txz vsix wasm wav webm webp whl wim wma wmv woff woff2 xcf xls xlsx xz z zip zst
"""
_BINARY_EXTENSIONS = frozenset(_BINARY_EXTENSIONS_TEXT.split())
"""Formats that are never text; the walk leaves them out unread. `.mo`, `.pt`, `.pkl` are sources, too."""

_LFS_HEADER = b"version https://git-lfs.github.com/spec/v1\n"
_LFS_MAX_BYTES = 1_024
"""The pointer format's own limit."""

_LFS_SIZE = re.compile(rb"^size (\d+)$", re.MULTILINE)

_CONTROL_BYTES = bytes(byte for byte in range(32) if byte not in b"\t\n\r\f\v\b\x1b")
MAX_CONTROL_SHARE = 0.02
"""Of text that is not UTF-8: random bytes have 8 % control characters, latin-1 prose none."""


@dataclass(frozen=True, slots=True)
class _Decoded:
    data: bytes
    encoding: Literal["utf-8", "utf-16", "latin-1"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A file's text, and the stat by which it may be remembered: other bytes than the walk saw are not trusted."""

    text: SourceText
    stat: FileStat


def is_binary_name(path: str) -> bool:
    """Tell whether the extension belongs to a format that is never text."""
    name = path.rpartition("/")[2]
    stem, dot, extension = name.rpartition(".")
    return bool(dot and stem) and extension.lower() in _BINARY_EXTENSIONS


def read_source(root: Path, file: SourceFile, max_file_bytes: int) -> Reading | Skipped:
    """Read, decode and redact a file of the walk.

    Returns `Skipped` where its bytes say that it is no source: binary, minified, generated, a secret, a Git LFS
    pointer; then with the stat by which that may be remembered. And without where it cannot be read, has grown over the
    limit or keeps changing.
    """
    attempt = read_steadily(file.path.encode(), max_file_bytes, partial(read_once, root=os.fsencode(root)))
    if isinstance(attempt, Refusal):
        return Skipped(file.path, attempt.reason, attempt.detail)
    stat = confirm(file.stat, attempt)
    text = _read_text(file, attempt.data)
    if isinstance(text, Refusal):
        return Skipped(file.path, text.reason, text.detail, stat)
    return Reading(text, stat)


def _read_text(file: SourceFile, raw: bytes) -> SourceText | Refusal:
    if raw.startswith(_LFS_HEADER) and len(raw) <= _LFS_MAX_BYTES:
        return Refusal(SkipReason.LFS_POINTER, _describe_pointer(raw))
    decoded = _decode(raw)
    if isinstance(decoded, str):
        return Refusal(SkipReason.BINARY, decoded)
    refusal = _judge(file, decoded.data)
    if refusal is not None:
        return refusal
    redacted = redact(decoded.data)
    content_hash = blake2b(raw, digest_size=16).digest()
    return SourceText(redacted.data, decoded.encoding, content_hash, redacted.secrets)


def _decode(raw: bytes) -> _Decoded | str:
    """Return the text as UTF-8, or why the bytes are no text."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and not raw.startswith(codecs.BOM_UTF32_LE):
        return _decode_utf16(raw)
    if b"\0" in raw:
        return "holds NUL bytes"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        n_control = len(raw) - len(raw.translate(None, _CONTROL_BYTES))
        if n_control > MAX_CONTROL_SHARE * len(raw):
            return "not UTF-8, and many control characters"
        return _Decoded(b"\n".join(map(_to_utf8, raw.split(b"\n"))), "latin-1")
    return _Decoded(raw, "utf-8")


def _to_utf8(line: bytes) -> bytes:
    """Return a line that is UTF-8 as it stands: files that several editors wrote hold both."""
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1").encode("utf-8")
    return line


def _decode_utf16(raw: bytes) -> _Decoded | str:
    try:
        text = raw.decode("utf-16")
    except UnicodeDecodeError:
        return "starts like UTF-16 and is not"
    if "\0" in text:
        return "holds NUL characters"
    return _Decoded(text.encode("utf-8"), "utf-16")


def _judge(file: SourceFile, data: bytes) -> Refusal | None:
    if is_secret_content(file.path, data):
        return Refusal(SkipReason.SECRET, "private key or credentials inside")
    if file.is_source:
        return None
    if is_minified(file.path, data):
        return Refusal(SkipReason.MINIFIED, "very long lines")
    if has_generated_notice(data):
        return Refusal(SkipReason.GENERATED, "its first lines say so")
    return None


def _describe_pointer(raw: bytes) -> str:
    size = _LFS_SIZE.search(raw)
    return f"stands for {int(size[1]):,} bytes" if size else "not fetched"
