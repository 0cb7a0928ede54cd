"""Which addresses are on this machine, and how a server is named to a person. Looks nothing up and connects to nothing.

What is not plainly here counts as elsewhere: names are not resolved, and odd spellings are not interpreted.
"""

import re
from urllib.parse import urlsplit

_PLAIN = re.compile(r"https?://(?P<place>[A-Za-z0-9._:\[\]-]+)(?:[/?#][!-\[\]-~]*)?", re.IGNORECASE)
"""No user, no backslash, no blank, nothing beyond ASCII: where libraries differ in what they take for the host."""


def is_plain_address(url: str) -> bool:
    """Return whether this is an HTTP address of which everybody reads the same host."""
    if _PLAIN.fullmatch(url) is None:
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_local(url: str) -> bool:
    """Return whether an address cannot lead to another machine: `localhost`, a loopback address, the unspecified one.

    `localhost.` and names below `localhost` can: resolvers ask for them elsewhere.
    """
    if not is_plain_address(url):
        return False
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    from ipaddress import IPv6Address, ip_address

    try:
        address = ip_address(host)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback or address.is_unspecified


def host_of(url: str) -> str:
    """Return the host, and the port where one is named, in lower case; never a user, a password or a query."""
    try:
        place = urlsplit(url).netloc
    except ValueError:
        place = ""
    return (place or re.split("[?#]", url)[0]).rpartition("@")[2].lower()
