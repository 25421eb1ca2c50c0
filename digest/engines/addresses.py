"""Which model servers may be asked: those of the lab, by their addresses and not by their names.

A name may lead anywhere, and elsewhere tomorrow. So a name is resolved, all of its addresses are
looked at, and the connection is made to an address that was looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from digest.addresses import Resolve, is_near, resolved
from digest.errors import ConfigError, ServerError

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server's base address, taken apart. ``path``: without a slash at its end.

    ``host`` is in lower case, an IPv6 address without its brackets.
    """

    scheme: str
    host: str
    port: int
    path: str
    allowed: bool

    @property
    def netloc(self) -> str:
        """Host and port, as the Host header has them."""
        return _netloc(self.host, self.port)

    def at(self, address: str, path: str) -> str:
        """A URL below the base, at one of the host's addresses."""
        return f"{self.scheme}://{_netloc(address, self.port)}{self.path}{path}"

    def addresses(self, resolve: Resolve | None = None) -> list[str]:
        """Where the host is now, all of it allowed.

        Raises:
            ConfigError: One of its addresses is neither loopback nor private.
            ServerError: It has no address.
        """
        try:
            found = list((resolve or resolved)(self.host, self.port))
        except OSError as exc:
            raise ServerError(f"{self.host} has no address: {exc}", "see server = ...") from exc
        for text in found:
            if not self.allowed and not is_near(text):
                raise ConfigError(
                    f"the model server {self.host} is at {text}, which is neither loopback nor "
                    "private: papers would leave the lab",
                    f'if that is meant: server_hosts = ["{self.host}"]',
                )
        return found


def endpoint(url: str, hosts: Sequence[str] = ()) -> Endpoint:
    """Take a base address apart: ``http://gpu1.lab:8000/v1``.

    Args:
        url: With http or https; without a password, parameters or a fragment.
        hosts: Those that are allowed wherever they are.

    Raises:
        ConfigError: It is no such address.
    """
    try:
        parts, port = urlsplit(url), urlsplit(url).port
    except ValueError as exc:
        raise ConfigError(f"server: {url!r} is no web address: {exc}", _HINT) from exc
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ConfigError(f"server: {url!r} is no http or https address", _HINT)
    if parts.username is not None or parts.password is not None:
        raise ConfigError("server: a password does not belong into the address", "use server_key")
    if parts.query or parts.fragment:
        raise ConfigError(f"server: {url!r} has more than a path", _HINT)
    host = parts.hostname
    allowed = host in {each.casefold() for each in hosts}
    return Endpoint(parts.scheme, host, port or _PORTS[parts.scheme], _path(parts), allowed)


_HINT = 'write it as server = "http://127.0.0.1:8000/v1"'


def _path(parts: SplitResult) -> str:
    return parts.path.rstrip("/")


def _netloc(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
