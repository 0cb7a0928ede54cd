"""Models at the Hugging Face hub: which are here already, what one would cost to fetch, and fetching it.

Nothing here starts a download but `download`, which the front door calls after it was told to. Knows files and sizes;
loads no model and imports no torch.
"""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

from indexers.encoders.cards import CARDS
from indexers.encoders.spec import EncoderSpec
from indexers.encoders.transformer.checkpoint import MODULES, missing_files
from indexers.errors import EncoderError

NEEDED = ("*.json", "*.txt", "*.model", "*.safetensors", "*_Dense/pytorch_model.bin")
"""Files that sentence-transformers loads; most models also offer their weights in formats that nobody here reads."""

UNUSED = ("onnx/*", "openvino/*", "original/*")
"""Folders of the same model in other forms, with settings and weights of their own."""

EXTRA_PACKAGES = ("torch", "transformers", "sentence_transformers")
"""What runs sentence-transformers models."""

EXTRA = 'run pip install ".[qwen]" in the clone of codesearch'

ASK_TIMEOUT_S = 10.0
LOOK_EVERY_S = 0.5

OnProgress = Callable[[int, int | None], None]
"""Called from time to time with the bytes that are here and all bytes, None where that is not known."""


@dataclass(frozen=True, slots=True)
class Download:
    """What has to be fetched before a model can run."""

    model: str
    size_bytes: int | None
    """None where it is not known."""


@dataclass(frozen=True, slots=True)
class Hub:
    """Where models come from and where they are kept; None is what the hub's own library takes."""

    cache: Path | None = None
    endpoint: str | None = None


OWN_HUB = Hub()


def find_model(spec: EncoderSpec, hub: Hub = OWN_HUB) -> Path:
    """Return the folder of a model that is on this machine; raises EncoderError where it is not."""
    folder = _look(spec.model, hub)
    if folder is not None:
        return folder
    size = _known_size(spec.model)
    amount = "" if size is None else f", {size / 2**30:.1f} GiB"
    how = (
        "fetch it while online, without --offline"
        if spec.is_offline
        else f"allow the download: codesearch index --encoder {shlex.quote(spec.name)} --yes"
    )
    raise EncoderError(f"encoder {spec.name}: the model {spec.model} is not on this machine{amount}; {how}")


def missing_download(spec: EncoderSpec, hub: Hub = OWN_HUB) -> Download | None:
    """Return what has to be fetched first, None where nothing has; asks the hub only for a size that is not known.

    Raises EncoderError where what would run the model is not installed: nothing is worth fetching before.
    """
    if spec.source != "transformer":
        return None
    require_extra(spec.name)
    if _look(spec.model, hub) is not None:
        return None
    size = _known_size(spec.model)
    if size is None and not spec.is_offline:
        size = _ask_size(spec.model, hub)
    return Download(spec.model, size)


def download(spec: EncoderSpec, on_progress: OnProgress, hub: Hub = OWN_HUB) -> Path:
    """Fetch a model's files, what is here already not again, and return their folder.

    Raises:
        EncoderError: offline, or the hub cannot be reached or has no such model.
    """
    require_extra(spec.name)
    if spec.is_offline:
        raise EncoderError(f"the model {spec.model} cannot be fetched offline; run again without --offline")
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    place = Path(hub.cache or constants.HF_HUB_CACHE) / repo_folder_name(repo_id=spec.model, repo_type="model")
    total = _known_size(spec.model) or _ask_size(spec.model, hub)
    failures = _fetch(spec.model, hub, lambda: on_progress(_size_of(place / "blobs"), total))
    folder = _look(spec.model, hub)
    if failures:
        reason = " ".join(str(failures[0]).split())[:300].rstrip(".")
        raise EncoderError(
            f"the model {spec.model} could not be fetched: {reason}; run the same command again"
        ) from failures[0]
    if folder is None:
        raise EncoderError(f"the model {spec.model} lacks files at its hub; choose one made for sentence-transformers")
    on_progress(_size_of(place / "blobs"), total)
    return folder


def has_extra() -> bool:
    """Return whether what runs sentence-transformers models is installed."""
    return not _missing_packages()


def require_extra(name: str) -> None:
    """Raise EncoderError where what runs sentence-transformers models is not installed."""
    if missing := _missing_packages():
        raise EncoderError(f"encoder {name} needs {' and '.join(missing)}: {EXTRA}")


def _missing_packages() -> list[str]:
    return [package for package in EXTRA_PACKAGES if find_spec(package) is None]


def _look(model: str, hub: Hub) -> Path | None:
    """Return the folder that holds all files of a model.

    Only a full path names a folder: the folder that is searched must not supply the model it is searched with.
    """
    folder = Path(model)
    if folder.is_absolute() and folder.is_dir():
        return folder
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(model, MODULES, cache_dir=hub.cache)
    except HFValidationError as error:
        raise EncoderError(f"{model!r} is neither a folder nor a model's name; a name is OWNER/NAME") from error
    if not isinstance(found, str):
        return None
    snapshot = Path(found).parent
    return None if missing_files(snapshot) else snapshot


def _known_size(model: str) -> int | None:
    return next((card.size_bytes for card in CARDS if card.model == model), None)


def _ask_size(model: str, hub: Hub) -> int | None:
    """Return the bytes that would be fetched, None where the hub does not say."""
    from huggingface_hub import HfApi
    from huggingface_hub.utils import filter_repo_objects

    try:
        info = HfApi(endpoint=hub.endpoint).model_info(model, files_metadata=True, timeout=ASK_TIMEOUT_S)
    except _hub_failures():
        return None
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
    return sum(sizes[name] for name in filter_repo_objects(sizes, allow_patterns=NEEDED, ignore_patterns=UNUSED))


def _fetch(model: str, hub: Hub, look: Callable[[], None]) -> list[Exception]:
    """Fetch a model in a thread of its own, calling `look` meanwhile; return what went wrong."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    failures: list[Exception] = []

    def fetch() -> None:
        try:
            snapshot_download(
                model,
                cache_dir=hub.cache,
                endpoint=hub.endpoint,
                allow_patterns=list(NEEDED),
                ignore_patterns=list(UNUSED),
            )
        except _hub_failures() as error:
            failures.append(error)

    was_silent = are_progress_bars_disabled()
    disable_progress_bars()
    worker = Thread(target=fetch, name="model download", daemon=True)
    worker.start()
    try:
        while worker.is_alive():
            look()
            worker.join(LOOK_EVERY_S)
    finally:
        if not was_silent:
            enable_progress_bars()
    return failures


def _hub_failures() -> tuple[type[Exception], ...]:
    """Return what the hub's library raises where the network, the hub or the disk fails."""
    from huggingface_hub.errors import HfHubHTTPError

    return (OSError, ValueError, RuntimeError, *HfHubHTTPError.__bases__)


def _size_of(folder: Path) -> int:
    """Return the bytes of the files in a folder, those that are still growing included."""
    total = 0
    for path in folder.glob("*") if folder.is_dir() else ():
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total
