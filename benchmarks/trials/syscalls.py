"""What a process tells the system about the files below a folder, in order: recorded by strace, Linux alone."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.trials.doomed import Job
from benchmarks.trials.place import ROOT

_CALLS = (
    "openat,open,creat,lseek,write,pwrite64,writev,pwritev,ftruncate,fallocate,fsync,fdatasync,sendfile,copy_file_range,"
    "rename,renameat,renameat2,link,linkat,symlink,unlink,unlinkat,rmdir,mkdir,mkdirat"
)
"""All that makes, changes, names or syncs files; not the memory that SQLite shares between processes."""

_LONGEST_WRITE = 1 << 26


_UNFINISHED = re.compile(r"^(\d+) +(.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(r"^(\d+) +<\.\.\. \w+ resumed>(.*)$")
_CALL = re.compile(r"^\d+ +(\w+)\((.*)\) += (-?\d+)(<.*>(?:\(deleted\))?)?")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_OPEN_FILE = re.compile(r"^(-?\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2})*)>(\(deleted\))?$")


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A descriptor and the path that it has by now; no path for a file that is unlinked, or is none."""

    fd: int
    path: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call that succeeded."""

    name: str
    arguments: tuple[OpenFile | bytes | str, ...]
    """Strings as bytes; numbers and flags as they are printed."""
    result: int
    opened: str
    """The path of the descriptor that was returned."""

    def data(self) -> bytes:
        """Return what is written, the parts of a gathering write in one."""
        return b"".join(argument for argument in self.arguments if isinstance(argument, bytes))


def can_record() -> bool:
    """Tell whether there is a strace that may trace its own children here."""
    strace = shutil.which("strace")
    if strace is None:
        return False
    return subprocess.run([strace, "-f", "true"], capture_output=True, check=False, timeout=20).returncode == 0


def record(job: Job, trace: Path) -> None:
    """Do a job in a process whose calls are written to `trace`; raises CalledProcessError where it fails."""
    _run(job, ["-xx", "-s", str(_LONGEST_WRITE), "-e", f"trace={_CALLS}", "-o", str(trace)]).check_returncode()


def record_names(job: Job, trace: Path, calls: Sequence[str], fault: str = "") -> "subprocess.CompletedProcess[str]":
    """Do a job in a process, write its calls of those names to `trace`, and let some fail: `name:error=EIO:when=3`."""
    options = ["-s", "0", "-e", f"trace={','.join(calls)}", "-o", str(trace)]
    return _run(job, [*options, *(["-e", f"inject={fault}"] if fault else [])])


def _run(job: Job, options: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "benchmarks.trials.doomed", json.dumps(asdict(job))]
    return subprocess.run(
        ["strace", "-f", "-y", *options, *command],
        cwd=ROOT,
        check=False,
        timeout=300,
        capture_output=True,
        text=True,
    )


def read_calls(trace: Path) -> Iterator[Call]:
    """Yield the calls in the order in which they ended; failed ones are left out."""
    begun: dict[str, str] = {}
    with trace.open(encoding="ascii") as lines:
        for line in lines:
            if match := _UNFINISHED.match(line):
                begun[match[1]] = f"{match[1]} {match[2]}"
                continue
            if match := _RESUMED.match(line):
                line = begun.pop(match[1], "") + match[2]  # noqa: PLW2901
            match = _CALL.match(line)
            if match is None or int(match[3]) < 0:
                continue
            opened = _OPEN_FILE.match(match[3] + (match[4] or ""))
            arguments = tuple(argument for part in match[2].split(", ") for argument in _read_argument(part))
            yield Call(match[1], arguments, int(match[3]), "" if opened is None else _decode(opened[2]).decode())


def _read_argument(part: str) -> Iterator[OpenFile | bytes | str]:
    if match := _OPEN_FILE.match(part):
        fd = -1 if match[1] == "AT_FDCWD" else int(match[1])
        yield OpenFile(fd, "" if match[3] else _decode(match[2]).decode("utf-8", "replace"))
    elif strings := _STRING.findall(part):
        yield from map(_decode, strings)
    else:
        yield part


def _decode(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
