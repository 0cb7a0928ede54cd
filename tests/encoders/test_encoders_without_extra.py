"""Models of sentence-transformers where nothing that runs them is installed."""

from importlib.util import find_spec

import pytest

from indexers.encoders.hub import download, missing_download
from indexers.encoders.registry import load_encoder
from indexers.encoders.spec import EncoderSpec
from indexers.errors import EncoderError

SPEC = EncoderSpec("qwen3-4b", "transformer", "Qwen/Qwen3-Embedding-4B")
REMEDY = r"encoder qwen3-4b needs .*sentence_transformers.*: run pip install \"\.\[qwen\]\""

pytestmark = pytest.mark.skipif(find_spec("sentence_transformers") is not None, reason="the extra qwen is installed")


def test_loading_says_what_to_install() -> None:
    with pytest.raises(EncoderError, match=REMEDY):
        load_encoder(SPEC)


def test_no_download_is_offered_before_that() -> None:
    with pytest.raises(EncoderError, match=REMEDY):
        missing_download(SPEC)


def test_no_download_is_made_before_that() -> None:
    with pytest.raises(EncoderError, match=REMEDY):
        download(SPEC, lambda done, total: pytest.fail(f"{done} of {total} bytes were fetched"))
