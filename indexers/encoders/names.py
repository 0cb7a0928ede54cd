"""From an encoder's name, as typed or as an index remembers it, to what has to be loaded. Loads nothing.

    embedded                    ships with the package
    qwen3-4b                    a known model, run by sentence-transformers
    ./folder, OWNER/NAME        any other sentence-transformers model: a folder, or a name at the hub; a folder is
                                written as a path, so that none of the working folder is taken for a model of the hub
    gguf:FILE                   a GGUF file, run by llama.cpp in this process
    http://HOST:PORT/v1#MODEL   a server of the OpenAI embeddings interface; #MODEL where it serves several

Names that the user's settings define are `codesearch.encoders.choice`' to resolve.
"""

from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urldefrag

from indexers.encoders.cards import BY_NAME
from indexers.encoders.spec import EMBEDDED, EncoderSpec, ServerOptions
from indexers.errors import EncoderError

FORMS = "./FOLDER, OWNER/NAME of a model hub, gguf:FILE, or http://HOST/v1"


def spec_of(name: str) -> EncoderSpec:
    """Return what a name stands for; raises EncoderError for one that has no meaning."""
    if name == EMBEDDED.name:
        return EMBEDDED
    if card := BY_NAME.get(name):
        return EncoderSpec(name, "transformer", card.model)
    if name.startswith("gguf:"):
        path = Path(name.removeprefix("gguf:")).expanduser().absolute()
        return EncoderSpec(f"gguf:{path}", "gguf", str(path))
    if name.startswith(("http://", "https://")):
        url, model = urldefrag(name)
        return EncoderSpec(name, "server", model, server=ServerOptions(url.rstrip("/")))
    folder = Path(name).expanduser()
    if (name.startswith((".", "~")) or folder.is_absolute()) and folder.is_dir():
        return EncoderSpec(str(folder.absolute()), "transformer", str(folder.absolute()))
    if name.count("/") == 1 and all(name.split("/")) and not name.startswith((".", "~", "/")):
        return EncoderSpec(name, "transformer", name)
    raise EncoderError(_unknown(name))


def _unknown(name: str) -> str:
    if name and Path(name).is_dir():
        return f"no encoder is called {name!r}; write ./{name} for the folder"
    close = get_close_matches(name, BY_NAME, n=1)
    hint = f"did you mean {close[0]}?" if close else f"choose one of: {', '.join(BY_NAME)}; or {FORMS}"
    return f"no encoder is called {name!r}; {hint}"
