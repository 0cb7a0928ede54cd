"""What this machine has: Python, packages by their metadata, GPU, memory, disk, and where codesearch keeps what.

Imports nothing heavy but what the GPU is asked through; judges nothing but packages that break each other.
"""

import os
import platform
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from codesearch import __version__
from codesearch.config import config_file
from codesearch.doctor.findings import Check, failed, passed
from indexers.encoders.devices import Gpu, find_gpu

PACKAGES = (
    "faiss-cpu",
    "faiss-gpu",
    "faiss-gpu-cu11",
    "faiss-gpu-cu12",
    "numpy",
    "tantivy",
    "tree-sitter",
    "tree-sitter-language-pack",
    "textual",
    "torch",
    "transformers",
    "sentence-transformers",
    "flash-attn",
    "tokenizers",
    "llama-cpp-python",
    "urllib3",
)
"""What encoding, searching and drawing may need, by the names under which they are installed."""

MEMORY_FILE = Path("/proc/meminfo")
"""Where Linux says what memory could be had; elsewhere the standard library knows of none."""

FindVersion = Callable[[str], str | None]
"""From the name of a package to its version; None where it is not installed."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Sizes are in bytes; None is not known."""

    version: str
    python: str
    platform: str
    n_cores: int | None
    memory: int | None
    available_memory: int | None
    gpu: Gpu | None
    home: Path
    free_disk: int | None
    """Where the home is, or would be."""
    config_file: Path
    packages: Mapping[str, str]
    """Versions of what is installed out of `PACKAGES`."""


def find_version(name: str) -> str | None:
    """Return the version of an installed package, without importing it."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def look_at_machine(home: Path, find: FindVersion = find_version) -> Machine:
    """Return what is here."""
    return Machine(
        version=__version__,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        platform=platform.platform(),
        n_cores=os.cpu_count(),
        memory=_memory(),
        available_memory=_available_memory(),
        gpu=find_gpu(),
        home=home,
        free_disk=_free_disk(home),
        config_file=config_file(),
        packages={name: found for name in PACKAGES if (found := find(name)) is not None},
    )


def check_faiss(machine: Machine) -> Check:
    """Check that one FAISS is installed: each wheel overwrites the module of the other."""
    found = [name for name in machine.packages if name.startswith("faiss-")]
    if len(found) == 1:
        return passed("faiss", f"{found[0]} {machine.packages[found[0]]} is the only one")
    wanted = "faiss-cpu" if machine.gpu is None else "faiss-gpu"
    if not found:
        return failed("faiss", "no FAISS is installed", f"pip install {wanted}")
    finding = f"{' and '.join(found)} are in one environment and overwrite each other"
    return failed("faiss", finding, f"pip uninstall -y {' '.join(found)}, then pip install {wanted}")


def machine_to_json(machine: Machine) -> dict[str, Any]:
    """Return the facts as one object."""
    return {
        "version": machine.version,
        "python": machine.python,
        "platform": machine.platform,
        "n_cores": machine.n_cores,
        "memory_bytes": machine.memory,
        "available_memory_bytes": machine.available_memory,
        "gpu": None if machine.gpu is None else asdict(machine.gpu),
        "home": str(machine.home),
        "free_disk_bytes": machine.free_disk,
        "config_file": str(machine.config_file),
        "packages": dict(machine.packages),
    }


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _available_memory() -> int | None:
    try:
        lines = MEMORY_FILE.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return None
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024 if found else None


def _free_disk(home: Path) -> int | None:
    there = next((folder for folder in (home, *home.parents) if folder.is_dir()), None)
    try:
        return None if there is None else shutil.disk_usage(there).free
    except OSError:
        return None
