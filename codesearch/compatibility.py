"""Whether an index was made by today's rules for words and encoder inputs. Knows version numbers alone."""

import shlex

from codesearch.errors import FormatError
from codesearch.storage.rows import IndexInfo
from indexers.template import TEMPLATE_VERSION
from indexers.tokenizer import TOKENIZER_VERSION


def check_versions(info: IndexInfo) -> None:
    """Raise FormatError for an index whose words or encoder inputs were made by other rules than today's."""
    if (info.template_version, info.tokenizer_version) != (TEMPLATE_VERSION, TOKENIZER_VERSION):
        command = f"codesearch index {shlex.quote(str(info.root))} --rebuild"
        raise FormatError(f"{info.root} was indexed by another version of codesearch; run {command}")
