"""What lies between the paced client and httpx: how it is set up, read within bounds, and fails.

A server is not trusted: a body is counted as it is decoded and has a time in which to be whole.
Only gzip is asked for and understood, and it is unpacked piece by piece; httpx would unpack a
whole chunk at once, and layers of compression one inside the other.
"""

from __future__ import annotations

import functools
import re
import ssl
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from digest import __version__
from digest.clock import Clock
from digest.errors import ConfigError, FetchError

CONNECT_S = 20.0
SILENCE_S = 90.0
"""A search through all of arXiv may take the query API most of a minute before it says a word."""
_PIECE_BYTES = 1 << 20
_HOST = re.compile(r"[\w.:-]+")  # httpx lets more pass, and asks the name server for it
_NETWORK_HINT = "see whether the network is up; behind a proxy, set proxy"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of an answer is read.

    Args:
        most_bytes: Of the body, unpacked.
        most_s: From its first byte to its last.
        silence_s: Between two pieces, and before the first.
    """

    most_bytes: int
    most_s: float
    silence_s: float = SILENCE_S


FEED = Bounds(64 << 20, 300.0)
"""Twenty times the largest answer that arXiv's limits allow: 2,000 papers of about 1.5 KB each."""
PDF = Bounds(200 << 20, 600.0)
"""arXiv takes no paper over 50 MB without asking (info.arxiv.org/help/sizes.html)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: a whole address, headers beyond the usual ones, and how much may come back."""

    url: str
    bounds: Bounds = FEED
    headers: dict[str, str] = field(default_factory=dict)


class Incoming:
    """An answer whose body has not been read. ``url``: where it came from, after redirects."""

    def __init__(self, response: httpx.Response, bounds: Bounds, clock: Clock) -> None:
        self.url = shown(response.url)
        self.status = response.status_code
        self._response = response
        self._bounds = bounds
        self._clock = clock

    def header(self, name: str) -> str:
        """A header's value; empty where there is none."""
        return str(self._response.headers.get(name, "")).strip()

    def chunks(self) -> Iterator[bytes]:
        """The body, decoded, in pieces of at most 1 MiB.

        Raises:
            FetchError: It is too large, takes too long, or is packed in an unknown way.
        """
        end_s = self._clock.elapsed_s() + self._bounds.most_s
        total = 0
        for chunk in self._decoded():
            total += len(chunk)
            if total > self._bounds.most_bytes:
                limit = f"{self._bounds.most_bytes >> 20} MiB"
                raise FetchError(f"{self.url} sends more than {limit}", retryable=False)
            if self._clock.elapsed_s() > end_s:
                message = f"{self.url} was not whole after {self._bounds.most_s:g} s"
                raise FetchError(message, "ask again when the network is faster")
            yield chunk

    def body(self) -> bytes:
        """All of it; raises as ``chunks`` does."""
        return b"".join(self.chunks())

    def _decoded(self) -> Iterator[bytes]:
        raw = self._response.iter_raw()
        match self.header("content-encoding").lower():
            case "" | "identity":
                return raw
            case "gzip" | "x-gzip":
                return _unzipped(raw, self.url)
            case other:
                raise FetchError(f"{self.url} is packed as {other!r}, not gzip", retryable=False)


def _unzipped(raw: Iterator[bytes], url: str) -> Iterator[bytes]:
    """Unpack gzip in pieces of bounded size; several members may follow one another."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        for packed in raw:
            rest = packed
            while rest:
                if unpacker.eof:
                    unpacker = zlib.decompressobj(wbits=31)
                yield unpacker.decompress(rest, _PIECE_BYTES)
                rest = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    except zlib.error as exc:
        raise FetchError(f"{url} cannot be unpacked: {exc}") from exc
    if not unpacker.eof:
        raise FetchError(f"{url} was cut off")


def open_client(contact: str, proxy: str, ca_file: str) -> httpx.Client:
    """An httpx client with one connection; proxies of the environment count where none is given.

    Raises:
        ConfigError: ``contact``, ``proxy`` or ``ca_file`` cannot be used.
    """
    headers = {"User-Agent": user_agent(contact), "Accept-Encoding": "gzip", "Accept": "*/*"}
    try:
        return httpx.Client(
            headers=headers,
            proxy=proxy or None,
            verify=_trusted(ca_file),
            timeout=CONNECT_S,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            follow_redirects=False,
        )
    except (ValueError, ImportError, httpx.InvalidURL) as exc:
        where = "proxy" if proxy else "a proxy in the environment"
        raise ConfigError(f"{where} cannot be used: {exc}", "write http://HOST:PORT") from exc


def user_agent(contact: str) -> str:
    """Who asks, and where to complain.

    Raises:
        ConfigError: ``contact`` does not fit into a header.
    """
    if not contact.isascii() or not contact.isprintable() or set("()") & set(contact):
        raise ConfigError(
            f"contact: {contact!r} cannot be sent", "use a mail address or an https address"
        )
    name = f"arxiv-digest/{__version__}"
    if not contact:
        return name
    return f"{name} (+{contact})" if "://" in contact else f"{name} (mailto:{contact})"


@functools.cache  # parsing all the authorities takes as long as a request
def _trusted(ca_file: str) -> ssl.SSLContext:
    """The usual authorities, and the one that the lab names."""
    context = httpx.create_ssl_context()
    if not ca_file:
        return context
    try:
        context.load_verify_locations(cafile=Path(ca_file).expanduser())
    except (OSError, ssl.SSLError) as exc:  # SSLError: no certificate in it
        raise ConfigError(
            f"ca_file: {ca_file} cannot be read: {exc}", "name a file of PEM certificates"
        ) from exc
    return context


def address(url: str) -> httpx.URL:
    """Read an address.

    Raises:
        FetchError: It is none that can be asked.
    """
    try:
        read = httpx.URL(url)
    except httpx.InvalidURL as exc:
        raise FetchError(f"no web address: {url!r}: {exc}", retryable=False) from exc
    if read.scheme not in ("http", "https") or not _HOST.fullmatch(read.host):
        raise FetchError(f"no web address: {url!r}", "write https://...", retryable=False)
    return read


def failure(url: httpx.URL, exc: Exception) -> FetchError:
    """Our error for one of httpx's: what happened to which address, and what helps."""
    where = place(url)
    if _is_certificate(exc):
        hint = "if your network checks traffic with an authority of its own, set ca_file"
        return FetchError(f"{where} has no certificate to trust: {exc}", hint, retryable=False)
    match exc:
        case httpx.ProxyError():
            return FetchError(f"the proxy does not pass {where}: {exc}", "see to proxy")
        case httpx.TimeoutException():
            return FetchError(f"{where} did not answer in time", _NETWORK_HINT)
        case httpx.NetworkError():
            return FetchError(f"{where} cannot be reached: {exc or 'cut off'}", _NETWORK_HINT)
        case _:
            return FetchError(f"{where} was cut off or garbled: {exc}")


def _is_certificate(exc: BaseException | None) -> bool:
    while exc is not None:
        if isinstance(exc, ssl.SSLCertVerificationError):
            return True
        exc = exc.__cause__ or exc.__context__
    return False


def patience(bounds: Bounds) -> httpx.Timeout:
    """What httpx is told about waiting; the whole time is watched as the body is read."""
    return httpx.Timeout(bounds.silence_s, connect=min(CONNECT_S, bounds.silence_s))


def shown(url: httpx.URL) -> str:
    """An address as it may be printed: a mirror's password is nobody's business."""
    return str(url.copy_with(username=None, password=None) if url.userinfo else url)


def place(url: httpx.URL) -> str:
    """The same without what is asked there, which hosts.log has: for messages."""
    return shown(url.copy_with(query=None))
