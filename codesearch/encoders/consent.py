"""What has to be allowed before it is done: sending a root's text to another machine, and downloading a model.

Knows what was allowed for which root and server, one small file under the home; asks nobody and sends nothing. What
cannot be read counts as not allowed.
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from codesearch.errors import ConsentError, StorageError
from codesearch.settings.settings import Settings
from codesearch.sizes import describe_size
from codesearch.storage.platform import make_lasting_folder, write_private
from indexers.encoders.addresses import host_of, is_local, is_plain_address
from indexers.encoders.spec import EncoderSpec

CONSENTS_FILE = "consents.json"

PORTS = {"http": 80, "https": 443}
"""Where a server listens whose address names no port."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What a server would be sent of a root."""

    root: Path
    spec: EncoderSpec
    n_files: int
    n_bytes: int


def is_remote(spec: EncoderSpec) -> bool:
    """Return whether an encoder runs on another machine."""
    return spec.server is not None and not is_local(spec.server.url)


def is_allowed(home: Path, root: Path, spec: EncoderSpec, settings: Settings) -> bool:
    """Return whether the text of a root, and queries over it, may go to where the encoder runs."""
    if spec.server is None or is_local(spec.server.url):
        return True
    return _is_confirmed(spec, settings) or _origin(spec.server.url) in _read(home).get(str(root), ())


def require_upload(home: Path, upload: Upload, settings: Settings) -> None:
    """Raise ConsentError unless the text of these files may go to where the encoder runs."""
    if is_allowed(home, upload.root, upload.spec, settings):
        return
    request = describe_upload(upload, "would send")
    remedy = "add --yes to allow it for this folder, or --encoder embedded to keep everything here"
    raise ConsentError(request, _with_setting(remedy, upload.spec, settings))


def describe_upload(upload: Upload, verb: str) -> str:
    """Return who sends what where, as a person is told before it is done."""
    files = "1 file" if upload.n_files == 1 else f"{upload.n_files:,} files"
    what = f"{files} of {upload.root}, {describe_size(upload.n_bytes)}"
    return f"encoder {upload.spec.name} {verb} {what}, to {_host(upload.spec)}, which is not this machine"


def require_query(home: Path, root: Path, spec: EncoderSpec, settings: Settings) -> None:
    """Raise ConsentError unless a query over a root may go to where the encoder runs."""
    if is_allowed(home, root, spec, settings):
        return
    request = f"encoder {spec.name} would send the query to {_host(spec)}, which was not allowed for {root}"
    remedy = f"run codesearch index {shlex.quote(str(root))} --yes to allow it"
    raise ConsentError(request, _with_setting(remedy, spec, settings))


def require_download(name: str, model: str, size_bytes: int | None, reason: str = "") -> None:
    """Raise the ConsentError of a model whose files are not on this machine; `reason` says who chose it."""
    size = describe_size(size_bytes) if size_bytes is not None else "of unknown size"
    who = f" ({reason})" if reason else ""
    request = f"encoder {name} has to download {model}, {size}{who}"
    raise ConsentError(request, "add --yes to allow it, or --encoder embedded for the one that ships with codesearch")


def allow_upload(home: Path, root: Path, spec: EncoderSpec) -> None:
    """Record that the text of a root may go to where the encoder runs, now and later."""
    if spec.server is None or is_local(spec.server.url):
        return
    known = dict(_read(home))
    known[str(root)] = tuple(sorted({*known.get(str(root), ()), _origin(spec.server.url)}))
    _write(home, known)


def forget_uploads(home: Path, root: Path) -> None:
    """Forget what was allowed for a root."""
    known = dict(_read(home))
    if known.pop(str(root), None) is not None:
        _write(home, known)


def _host(spec: EncoderSpec) -> str:
    """Return where text would go, as a person is told."""
    if spec.server is None:
        return ""
    note = "" if spec.server.url.lower().startswith("https:") else " (unencrypted)"
    return f"{host_of(spec.server.url)}{note}"


def _origin(url: str) -> str:
    """Return what consent is given to: scheme, host and port; another of one of them is another server."""
    if not is_plain_address(url):
        return url
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or PORTS[parts.scheme]}"


def _is_confirmed(spec: EncoderSpec, settings: Settings) -> bool:
    """Tell whether the user's file confirms this very address under this name."""
    own = settings.encoders.get(spec.name)
    if own is None or own.server is None or spec.server is None or spec.name not in settings.confirmed:
        return False
    return _origin(own.server.url) == _origin(spec.server.url)


def _with_setting(remedy: str, spec: EncoderSpec, settings: Settings) -> str:
    if spec.name not in settings.encoders:
        return remedy
    return f"{remedy}; codesearch config set encoders.{spec.name}.confirmed true allows it for every folder"


def _read(home: Path) -> Mapping[str, tuple[str, ...]]:
    """Return what was allowed, scheme, host and port, by root."""
    try:
        uploads = json.loads((home / CONSENTS_FILE).read_bytes())["uploads"]
        return {str(root): tuple(str(origin) for origin in origins) for root, origins in uploads.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _write(home: Path, known: Mapping[str, tuple[str, ...]]) -> None:
    document = {"version": 2, "uploads": known}
    try:
        make_lasting_folder(home)
        write_private(home / CONSENTS_FILE, json.dumps(document, indent=1).encode("utf-8"))
    except OSError as error:
        message = f"{home / CONSENTS_FILE} cannot be written ({error.strerror}); check the disk's space and rights"
        raise StorageError(message) from error
