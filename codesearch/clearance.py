"""Makes sure, before anything is sent or fetched, that an encoder may be used for a root. Loads no encoder."""

from codesearch.consent import Upload, allow_upload, is_allowed, require_upload
from codesearch.order import Order
from indexers.encoders.spec import EncoderSpec
from indexers.walker import WalkOptions, walk


def clear(order: Order, spec: EncoderSpec) -> None:
    """Record what the user allowed; raises ConsentError, with files and bytes, for what nobody did."""
    if order.options.is_consented:
        allow_upload(order.home, order.root, spec)
    elif not is_allowed(order.home, order.root, spec, order.settings):
        files = walk(order.root, WalkOptions(order.max_file_bytes(), order.options.force)).files
        n_bytes = sum(file.stat.size_bytes for file in files)
        require_upload(order.home, Upload(order.root, spec, len(files), n_bytes), order.settings)
