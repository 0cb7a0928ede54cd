"""Makes sure, before anything is sent or fetched, that an encoder may be used for a root. Loads no encoder."""

from collections.abc import Callable
from dataclasses import dataclass

from codesearch.building.order import Order
from codesearch.building.reporter import Reporter
from codesearch.encoders.consent import (
    Upload,
    allow_upload,
    describe_upload,
    is_allowed,
    is_remote,
    require_download,
    require_upload,
)
from indexers.encoders.hub import Download, OnProgress, download, missing_download
from indexers.encoders.server.policy import check_allowed
from indexers.encoders.spec import EncoderSpec
from indexers.errors import EncoderError
from indexers.walker import WalkOptions, walk


@dataclass(frozen=True, slots=True)
class Fetching:
    """How models come to this machine."""

    find_missing: Callable[[EncoderSpec], Download | None] = missing_download
    fetch: Callable[[EncoderSpec, OnProgress], object] = download


def clear(order: Order, spec: EncoderSpec, fetching: Fetching, reporter: Reporter, reason: str = "") -> None:
    """Fetch what is missing and record what may be sent, if the user allowed it; `reason` says who chose the encoder.

    What is sent where is told at the first time, unless that was what the user was asked.

    Raises ConsentError, with sizes, for what nobody allowed, EncoderError where a model cannot be fetched.
    """
    _clear_upload(order, spec, reporter)
    try:
        missing = None if spec.is_offline else fetching.find_missing(spec)
    except EncoderError as error:
        raise EncoderError(f"{error} ({reason})" if reason else str(error)) from error
    if missing is None:
        return
    if not order.options.is_consented:
        require_download(spec.name, missing.model, missing.size_bytes, reason)
    fetching.fetch(spec, reporter.report_download)


def _clear_upload(order: Order, spec: EncoderSpec, reporter: Reporter) -> None:
    if spec.server is not None:
        check_allowed(spec)
    was_allowed = is_allowed(order.home, order.root, spec, order.settings)
    if not was_allowed or (is_remote(spec) and order.is_first_use(spec)):
        files = walk(order.root, WalkOptions(order.max_file_bytes(), order.options.force)).files
        upload = Upload(order.root, spec, len(files), sum(file.stat.size_bytes for file in files))
        if not order.options.is_consented:
            require_upload(order.home, upload, order.settings)
        if was_allowed or not order.options.may_ask:
            reporter.tell(describe_upload(upload, "sends"))
    if order.options.is_consented:
        allow_upload(order.home, order.root, spec)
