"""A disk whose power may fail: what the system was told, and what of it is certain to be there afterwards.

Certain is a file's content as of its last sync, under the names that its folder had as of its own last sync. What was
not synced may be there or not, wholly or in part.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from random import Random
from typing import Literal

from benchmarks.trials.syscalls import Call, OpenFile

Loss = Literal["all", "content", "some"]
"""What of the unsynced is lost: all of it; the content of files, not their names; some pages and files, at random."""

LOSSES: tuple[Loss, ...] = ("all", "content", "some")

PAGE_BYTES = 4096

NOT_KEPT = "-shm"
"""Ending of files that are mapped into memory, which no call tells about, and that are made anew after a crash."""

Image = dict[str, bytes | None]
"""Content by path; None for a folder."""


@dataclass(eq=False)
class _Node:
    """A file, or a folder where it has entries."""

    data: bytearray = field(default_factory=bytearray)
    synced: bytes = b""
    entries: "dict[str, _Node] | None" = None
    synced_entries: "dict[str, _Node]" = field(default_factory=dict)


class CutDisk:
    """The tree below one folder, which itself is certain."""

    def __init__(self, top: Path) -> None:
        self._top = PurePosixPath(top)
        self._root = _Node(entries={})
        self._offsets: dict[int, int] = {}
        self._deeds: dict[str, Callable[[Call], None]] = {
            "openat": self._open,
            "lseek": self._seek,
            "write": self._write,
            "writev": self._write,
            "pwrite64": self._write_at,
            "ftruncate": self._truncate,
            "sendfile": self._send,
            "fsync": self._sync,
            "fdatasync": self._sync,
            "rename": self._rename,
            "renameat": self._rename,
            "renameat2": self._rename,
            "link": self._link,
            "linkat": self._link,
            "unlink": self._unlink,
            "unlinkat": self._unlink,
            "rmdir": self._unlink,
            "mkdir": self._make_folder,
            "mkdirat": self._make_folder,
        }

    def apply(self, call: Call) -> bool:
        """Do what the process did; tell whether that was below the folder. Raises NotImplementedError for new calls."""
        if not any(self._has(path) for path in _paths_of(call)):
            return False
        if call.name not in self._deeds:
            raise NotImplementedError(f"{call.name} on {', '.join(_paths_of(call))}")
        self._deeds[call.name](call)
        return True

    def image(self, loss: Loss, random: Random) -> Image:
        """Return what is there after the power failed now."""
        image: Image = {}
        self._draw(self._root, "", image, (loss, random))
        return image

    def _draw(self, folder: _Node, prefix: str, image: Image, how: tuple[Loss, Random]) -> None:
        loss, random = how
        for name, node in _entries_of(folder, loss, random):
            path = f"{prefix}{name}"
            if node.entries is not None:
                image[path] = None
                self._draw(node, f"{path}/", image, how)
            elif not name.endswith(NOT_KEPT):
                image[path] = _tear(node, random) if loss == "some" else node.synced

    def _has(self, path: str) -> bool:
        return PurePosixPath(path).is_relative_to(self._top)

    def _find(self, path: str) -> _Node:
        node = self._root
        for part in PurePosixPath(path).relative_to(self._top).parts:
            node = (node.entries or {})[part]
        return node

    def _folder_of(self, path: str) -> tuple[dict[str, _Node], str]:
        entries = self._find(str(PurePosixPath(path).parent)).entries
        assert entries is not None
        return entries, PurePosixPath(path).name

    def _open(self, call: Call) -> None:
        flags = str(call.arguments[2])
        self._offsets[call.result] = 0
        if PurePosixPath(call.opened) == self._top:
            return
        entries, name = self._folder_of(call.opened)
        if name not in entries:
            assert "O_CREAT" in flags, call.opened
            entries[name] = _Node()
        if "O_TRUNC" in flags:
            entries[name].data.clear()
        assert "O_APPEND" not in flags, call.opened

    def _seek(self, call: Call) -> None:
        self._offsets[_file(call).fd] = call.result

    def _write(self, call: Call) -> None:
        self._put(_file(call), call.data()[: call.result], None)

    def _write_at(self, call: Call) -> None:
        self._put(_file(call), call.data()[: call.result], int(str(call.arguments[-1])))

    def _put(self, file: OpenFile, data: bytes, offset: int | None) -> None:
        start = self._offsets[file.fd] if offset is None else offset
        if offset is None:
            self._offsets[file.fd] = start + len(data)
        if not file.path:
            return
        content = self._find(file.path).data
        content.extend(bytes(max(0, start - len(content))))
        content[start : start + len(data)] = data

    def _truncate(self, call: Call) -> None:
        size = int(str(call.arguments[1]))
        content = self._find(_file(call).path).data
        content.extend(bytes(max(0, size - len(content))))
        del content[size:]

    def _send(self, call: Call) -> None:
        source = call.arguments[1]
        assert isinstance(source, OpenFile)
        start = self._offsets[_file(call).fd]  # whole files are copied, both from their beginning
        self._put(_file(call), bytes(self._find(source.path).data[start : start + call.result]), None)

    def _sync(self, call: Call) -> None:
        if not _file(call).path:
            return
        node = self._find(_file(call).path)
        node.synced = bytes(node.data)
        node.synced_entries = dict(node.entries or {})

    def _rename(self, call: Call) -> None:
        source, target = _paths_of(call)
        entries, name = self._folder_of(source)
        node = entries.pop(name)
        entries, name = self._folder_of(target)
        entries[name] = node

    def _link(self, call: Call) -> None:
        source, target = _paths_of(call)
        entries, name = self._folder_of(target)
        entries[name] = self._find(source)

    def _unlink(self, call: Call) -> None:
        entries, name = self._folder_of(_paths_of(call)[0])
        del entries[name]

    def _make_folder(self, call: Call) -> None:
        entries, name = self._folder_of(_paths_of(call)[0])
        entries[name] = _Node(entries={})


def write_image(image: Image, folder: Path) -> None:
    """Make the files of an image, in a folder that is there."""
    for path, data in image.items():
        if data is None:
            (folder / path).mkdir()
        else:
            (folder / path).write_bytes(data)


def digest_of(image: Image) -> bytes:
    """Return what tells an image from others."""
    digest = blake2b(digest_size=16)
    for path, data in sorted(image.items()):
        digest.update(f"{path}\0{-1 if data is None else len(data)}\0".encode() + (data or b""))
    return digest.digest()


def _file(call: Call) -> OpenFile:
    file = call.arguments[0]
    assert isinstance(file, OpenFile)
    return file


def _paths_of(call: Call) -> list[str]:
    """Return the full paths that a call names, those of its open files where it names none."""
    paths: list[str] = []
    folder = ""
    for argument in call.arguments:
        if isinstance(argument, OpenFile):
            folder = argument.path
        elif isinstance(argument, bytes) and not call.name.startswith(("write", "pwrite")):
            paths.append(str(PurePosixPath(folder or "/") / argument.decode("utf-8", "replace")))
    if call.name == "openat":
        return [call.opened]
    return paths or [argument.path for argument in call.arguments if isinstance(argument, OpenFile)]


def _entries_of(folder: _Node, loss: Loss, random: Random) -> Iterator[tuple[str, _Node]]:
    """Yield by name what a folder has; where some is lost, each change of a name by itself."""
    synced, current = folder.synced_entries, folder.entries or {}
    for name in sorted(synced.keys() | current.keys()):
        match loss:
            case "all":
                node = synced.get(name)
            case "content":
                node = current.get(name)
            case "some":
                one, other = synced.get(name), current.get(name)
                node = one if one is other else random.choice((one, other))
        if node is not None:
            yield name, node


def _tear(node: _Node, random: Random) -> bytes:
    """Return a file of which some of what was not synced is there, some is not, in whole pages."""
    if node.synced == node.data:
        return node.synced
    size = random.choice((len(node.synced), len(node.data)))
    pages = [random.choice((node.synced, bytes(node.data)))[i : i + PAGE_BYTES] for i in range(0, size, PAGE_BYTES)]
    whole = b"".join(page.ljust(PAGE_BYTES, b"\0") for page in pages)
    return whole[:size]
