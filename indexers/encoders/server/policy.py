"""Which servers may be talked to at all, decided from the configuration before any connection is made."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from indexers.encoders.addresses import host_of, is_local, is_plain_address
from indexers.encoders.spec import EncoderSpec, ServerOptions
from indexers.errors import EncoderError

_PRIVATE_ENDS = (".local", ".lan", ".home.arpa", ".internal")
"""Names of networks at home and at work (RFC 6762, RFC 8375, ICANN 2024), besides those without a dot."""


def check_allowed(spec: EncoderSpec) -> ServerOptions:
    """Return the options of a server that may be talked to; raises EncoderError for any other."""
    options = spec.server
    if options is None:
        raise EncoderError(f"encoder {spec.name} names no server; set its url in the configuration")
    host = host_of(options.url)
    if not is_plain_address(options.url) or urlsplit(options.url).query:
        raise EncoderError(
            f"the address of encoder {host} is not one of the form http://HOST:PORT/v1; correct it, without a user,"
            " a password or a query: a key is read from the environment"
        )
    if spec.is_offline and not is_local(options.url):
        raise EncoderError(
            f"the server {host} is not on this machine, and offline nothing else is talked to; leave offline out,"
            " or use a local encoder"
        )
    if options.key and options.url.lower().startswith("http:") and not _is_near(options.url):
        raise EncoderError(
            f"the key for {host} would travel unencrypted over the internet;"
            " use its https:// address, or remove the key"
        )
    if not (options.key.isascii() and options.key.isprintable()):
        raise EncoderError(
            f"the key for {host} has a line break or a character beyond ASCII, which no key has; set the variable"
            f" {options.key_variable or 'of the environment'} anew, to the key alone"
        )
    if options.asks_dimensions and spec.dim is None:
        raise EncoderError(
            f"the server {host} is to cut vectors but nothing says how short; set dim besides dimensions"
        )
    return options


def _is_near(url: str) -> bool:
    """Return whether an address is on this machine or plainly in a private network; names are not resolved."""
    host = (urlsplit(url).hostname or "").removesuffix(".")
    try:
        return is_local(url) or ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(_PRIVATE_ENDS)
