"""From an encoder's name, as typed or as an index remembers it, to what has to be loaded. Loads nothing.

    embedded                    ships with the package
    qwen3-4b                    a known model, run by sentence-transformers
    ./folder, OWNER/NAME        any other sentence-transformers model: a folder, or a name at the hub; a folder is
                                written as a path, so that none of the working folder is taken for a model of the hub
    gguf:FILE                   a GGUF file, run by llama.cpp in this process
    http://HOST:PORT/v1#MODEL   a server of the OpenAI embeddings interface; #MODEL where it serves several

Names that the user's settings define are `codesearch.encoders.choice`' to resolve.
"""

import os
import re
from difflib import get_close_matches
from pathlib import Path

from indexers.encoders.addresses import host_of, is_plain_address
from indexers.encoders.cards import BY_NAME
from indexers.encoders.spec import EMBEDDED, EncoderSpec, ServerOptions
from indexers.errors import EncoderError

_HUB_NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)
_ADDRESS = re.compile("https?:", re.IGNORECASE)

MAX_SHOWN = 80
"""Characters of an unknown name that are repeated."""

FORMS = "./FOLDER, OWNER/NAME of a model hub, gguf:FILE, or http://HOST/v1"


def spec_of(name: str) -> EncoderSpec:
    """Return what a name stands for; raises EncoderError for one that has no meaning."""
    if name == EMBEDDED.name:
        return EMBEDDED
    if card := BY_NAME.get(name):
        return EncoderSpec(name, "transformer", card.model)
    if name.startswith("gguf:"):
        path = _full_path(name.removeprefix("gguf:"))
        return EncoderSpec(f"gguf:{path}", "gguf", str(path))
    if _ADDRESS.match(name):
        return _server(name)
    if name.startswith((".", "~", "/")) or Path(name).is_absolute():
        folder = _full_path(name)
        if _is_folder(folder):
            return EncoderSpec(str(folder), "transformer", str(folder))
    if _HUB_NAME.fullmatch(name):
        return EncoderSpec(name, "transformer", name)
    raise EncoderError(_unknown(name))


def server_url(text: str) -> str:
    """Return the base address of a server, to which `/embeddings` is added, however much of it was typed."""
    return text.rstrip("/").removesuffix("/embeddings").rstrip("/")


def _server(name: str) -> EncoderSpec:
    url, _, model = name.partition("#")
    if not is_plain_address(url) or "?" in url:
        raise EncoderError(
            f"the address of the encoder at {host_of(url) or 'no host'} is not one of the form http://HOST:PORT/v1;"
            " correct it, without a user, a password or a query"
        )
    return EncoderSpec(name, "server", model, server=ServerOptions(server_url(url)))


def _full_path(text: str) -> Path:
    try:
        return Path(os.path.abspath(Path(text).expanduser()))  # noqa: PTH100
    except (RuntimeError, ValueError) as error:
        raise EncoderError(f"{_shown(text)} is no path here: {error}; write the path in full") from error


def _is_folder(path: Path) -> bool:
    """Return whether there is such a folder; none is there of a name that is too long."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _shown(name: str) -> str:
    """Return a name as it may be repeated: short, and without what stands before an @, which may be a password."""
    kept = name.rpartition("@")[2]
    return repr(kept if len(kept) <= MAX_SHOWN else f"{kept[:MAX_SHOWN]}…")


def _unknown(name: str) -> str:
    if name and _is_folder(Path(name)):
        return f"no encoder is called {_shown(name)}; write ./{name} for the folder"
    if name.endswith(".gguf"):
        return f"no encoder is called {_shown(name)}; write gguf:{name} for the file"
    if name.startswith((".", "~", "/")):
        return f"no encoder is called {_shown(name)}, and no folder; correct the path"
    close = get_close_matches(name[:MAX_SHOWN], BY_NAME, n=1)
    hint = f"did you mean {close[0]}?" if close else f"choose one of: {', '.join(BY_NAME)}; or {FORMS}"
    return f"no encoder is called {_shown(name)}; {hint}"
