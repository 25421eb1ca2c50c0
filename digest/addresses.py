"""Which addresses are this machine's or of a private network, and where a name leads.

A name may lead anywhere, and elsewhere tomorrow: whoever asks a host looks at all of its addresses
and then connects to one that was looked at.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence

Resolve = Callable[[str, int], Sequence[str]]
"""A host's addresses, as text; raises OSError where it has none."""

# RFC 1918 and RFC 4193. Not link-local (169.254.169.254 hands out a cloud's passwords), and not
# the shared space of RFC 6598, which is a provider's: who uses it for a network of their own names
# the host.
_PRIVATE = tuple(
    ipaddress.ip_network(net)
    for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)


def is_near(text: str) -> bool:
    """Whether an address is this machine's or of a private network.

    Raises:
        ValueError: ``text`` is no address.
    """
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback or any(
        address in net for net in _PRIVATE if net.version == address.version
    )


def resolved(host: str, port: int) -> list[str]:
    """A host's addresses, each once, as the machine's resolver has them; OSError where none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as exc:  # a label that is empty or longer than 63 bytes
        raise OSError(f"{host!r} is no host name: {exc}") from exc
    return list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
