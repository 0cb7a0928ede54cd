"""A pytest plugin that takes away what only some systems offer, before anything of ours is imported.

What is left is what Windows has, on a disk without links: `pytest -p tests.storage.bare_system` runs tests there.
"""

import errno
import fcntl
import os
import sys
from types import ModuleType


def _refuse_link(*_: object, **__: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


def _make_msvcrt() -> ModuleType:
    """Return a `msvcrt` that locks a file as Windows does: whole bytes, at the descriptor's place, without waiting."""
    module = ModuleType("msvcrt")

    def locking(fd: int, mode: int, n_bytes: int) -> None:
        assert (mode, n_bytes) == (2, 1)
        assert os.lseek(fd, 0, os.SEEK_CUR) > 4096
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    vars(module).update(LK_NBLCK=2, locking=locking)
    return module


def pytest_report_header() -> str:
    """Say what is missing, as our own code sees it."""
    from codesearch.storage import platform

    missing = {
        "reads at offsets": platform.HAS_POSITIONAL_READS,
        "read-ahead": platform.HAS_READ_AHEAD,
        "open folders": platform.HAS_OPEN_FOLDERS,
    }
    return "bare system: " + ", ".join(f"no {name}" for name, is_there in missing.items() if not is_there)


for _name in ("preadv", "posix_fadvise", "O_DIRECTORY"):
    if hasattr(os, _name):
        delattr(os, _name)
vars(os)["link"] = _refuse_link
sys.modules["msvcrt"] = _make_msvcrt()
sys.modules["fcntl"] = None  # type: ignore[assignment]
