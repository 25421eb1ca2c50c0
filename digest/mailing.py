"""Sends a post through the lab's own mail server, to each recipient once.

The server is on loopback or a private address, or its host is named among ``server_hosts``; the
connection is made to an address that was looked at. Every attempt stands in hosts.log.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from digest.addresses import Resolve, is_near, resolved
from digest.config import Config
from digest.errors import ConfigError, MailError
from digest.outputs import mail_bytes
from digest.sources.hosts import HostLog
from digest.store import Store

TIMEOUT_S = 30.0
"""For each answer of the server. RFC 5321 (4.5.3.2) allows minutes; a server of the lab is near."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Who was sent a post now, who had it already, and who was refused: address and why."""

    date: str
    to: tuple[str, ...]
    before: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


class Mailer:
    """The lab's mail server.

    Args:
        config: For the server and who is written to.
        hosts: Where requests are accounted for.
        timeout_s: For each answer of the server.
        resolve: Finds a host's addresses; by default the machine's resolver.
    """

    def __init__(
        self,
        config: Config,
        hosts: HostLog,
        timeout_s: float = TIMEOUT_S,
        resolve: Resolve = resolved,
    ) -> None:
        self._config = config
        self._hosts = hosts
        self._timeout_s = timeout_s
        self._resolve = resolve

    def mail(self, date: str, store: Store, again: bool = False) -> Sent:
        """Send a date's post to all of ``mail_to`` that were not sent it yet.

        Args:
            date: Of the post.
            store: Holds it, and who was sent it.
            again: To all of them, whoever was.

        Raises:
            ConfigError: No server, sender or recipient is set, or it is not the lab's.
            MailError: The server did not take the mail.
        """
        _check(self._config)
        before = frozenset[str]() if again else store.mailed(date)
        to = [address for address in self._config.mail_to if address not in before]
        refused: dict[str, str] = {}
        if to:
            message = mail_bytes(date, self._config, store)
            refused = self.send(message, to, f"{date}.eml")
        sent = tuple(address for address in to if address not in refused)
        store.put_mailed(date, sent)
        return Sent(date, sent, tuple(sorted(before)), tuple(refused.items()))

    def greeted(self) -> str:
        """Say hello, and log in where that is configured; send nothing. The server's name.

        Raises:
            ConfigError: The server is not the lab's, or a password would be seen on the way.
            MailError: It is not there, or says no.
        """
        _check(self._config)
        with self._accounted("hello") as account, self._connected():
            account.append("250")
        return f"{self._config.smtp_host}:{self._config.smtp_port}"

    def send(self, message: bytes, to: Sequence[str], name: str) -> dict[str, str]:
        """Hand a message over; the recipients that were refused, and why.

        Raises:
            ConfigError: The server is not the lab's, or a password would be seen on the way.
            MailError: It did not take the mail.
        """
        host = self._config.smtp_host
        with self._accounted(name) as account:
            with self._connected() as server:
                try:
                    refused = server.sendmail(self._config.mail_from, list(to), message)
                except smtplib.SMTPRecipientsRefused as exc:
                    refused = exc.recipients
            account.append("refused" if len(refused) == len(to) else "250")
        if refused and len(refused) == len(to):
            reasons = "; ".join(f"{who}: {_answer(*why)}" for who, why in refused.items())
            raise MailError(f"{host} refused all recipients: {reasons}", "see mail_to = ...")
        return {who: _answer(*why) for who, why in refused.items()}

    @contextlib.contextmanager
    def _accounted(self, name: str) -> Iterator[list[str]]:
        """A line in hosts.log, whatever comes of it."""
        status: list[str] = []
        host = f"{self._config.smtp_host}:{self._config.smtp_port}"
        try:
            yield status
        except ConfigError:
            raise  # nobody was asked
        except MailError as exc:
            self._hosts.add(host, "SMTP", name, status[0] if status else type(exc).__name__)
            raise
        self._hosts.add(host, "SMTP", name, status[0])

    @contextlib.contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """A session with the server, ready for a message.

        Raises:
            MailError: It is not there, says no, falls silent, or offers no TLS where it must.
        """
        host = f"{self._config.smtp_host}:{self._config.smtp_port}"
        try:
            server = self._open(self._addresses())
            try:
                self._greet(server)
                yield server
            finally:  # a server that says goodbye badly has the mail all the same
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    server.quit()
        except smtplib.SMTPNotSupportedError as exc:
            raise MailError(f"{host}: {exc}", "see smtp_tls and smtp_user") from exc
        except smtplib.SMTPResponseException as exc:
            raise MailError(f"{host} said {_answer(exc.smtp_code, exc.smtp_error)}") from exc
        except (smtplib.SMTPException, OSError) as exc:
            hint = "see smtp_host, smtp_port, smtp_tls and ca_file"
            raise MailError(f"{host}: no mail could be sent: {exc}", hint) from exc

    def _greet(self, server: smtplib.SMTP) -> None:
        """TLS and login, as far as they are set."""
        config = self._config
        if config.smtp_tls == "starttls":
            server.starttls(context=_context(config))
        if config.smtp_user:
            server.login(config.smtp_user, config.smtp_password)

    def _open(self, addresses: Sequence[str]) -> smtplib.SMTP:
        config, name = self._config, _name(self._config)
        if config.smtp_tls == "tls":
            return _TlsServer(addresses, config, name, self._timeout_s)
        return _Server(addresses, config, name, self._timeout_s)

    def _addresses(self) -> list[str]:
        """The host's addresses, all of which are the lab's or allowed; at least one.

        Raises:
            ConfigError: One is neither loopback nor private, and the host is not allowed; or a
                password would go there unencrypted.
            OSError: The host has none.
        """
        config, host = self._config, self._config.smtp_host
        found = list(self._resolve(host, config.smtp_port))
        allowed = host.casefold() in {each.casefold() for each in config.server_hosts}
        for address in found:
            if not allowed and not is_near(address):
                raise ConfigError(
                    f"the mail server {host} is at {address}, neither loopback nor private",
                    f'if that is meant: server_hosts = ["{host}"]',
                )
        if config.smtp_password and config.smtp_tls == "none" and not _is_loopback(found):
            raise ConfigError(
                f"smtp_password would go to {host} unencrypted", 'set smtp_tls = "starttls"'
            )
        if not found:
            raise OSError(f"{host} has no address")
        return found


class _Server(smtplib.SMTP):
    """A session with a host by one of its addresses; certificates are held against its name."""

    def __init__(
        self, addresses: Sequence[str], config: Config, name: str, timeout_s: float
    ) -> None:
        self._addresses = addresses
        super().__init__(config.smtp_host, config.smtp_port, name, timeout_s)

    def _get_socket(self, _host: str, port: int, timeout: float) -> socket.socket:
        return _reached(self._addresses, port, timeout)


class _TlsServer(smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""

    def __init__(
        self, addresses: Sequence[str], config: Config, name: str, timeout_s: float
    ) -> None:
        self._addresses = addresses
        context = _context(config)
        super().__init__(
            config.smtp_host, config.smtp_port, name, timeout=timeout_s, context=context
        )

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = _reached(self._addresses, port, timeout)
        try:
            return self.context.wrap_socket(plain, server_hostname=host)
        except (OSError, ValueError):
            plain.close()
            raise


def _reached(addresses: Sequence[str], port: int, timeout_s: float) -> socket.socket:
    """A connection to the first address that takes one: localhost is ::1 before 127.0.0.1."""
    for address in addresses[:-1]:
        with contextlib.suppress(OSError):
            return socket.create_connection((address, port), timeout_s)
    return socket.create_connection((addresses[-1], port), timeout_s)


def _check(config: Config) -> None:
    """Whether all is set, and in letters that every mail server knows.

    Raises:
        ConfigError: It is not.
    """
    for name in ("smtp_host", "mail_from", "mail_to"):
        if not getattr(config, name):
            raise ConfigError(
                f"{name} is not set: there is nobody to mail with",
                f"set {name} in digest.toml, or write a file: digest mail --to FILE.eml",
            )
    if bad := [each for each in (config.mail_from, *config.mail_to) if not each.isascii()]:
        raise ConfigError(
            f"{', '.join(bad)}: an address in other letters than ASCII cannot be mailed with",
            "see mail_from and mail_to; a domain has an ASCII form that begins with xn--",
        )
    if not (config.smtp_user + config.smtp_password).isascii():
        raise ConfigError(
            "smtp_user or smtp_password has other letters than ASCII, which a login cannot carry",
            "set another password at the mail server",
        )


def _name(config: Config) -> str:
    """What we greet with. The library would ask the network for the machine's own name."""
    return config.mail_from.rpartition("@")[2] or "localhost"


def _context(config: Config) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if config.ca_file:
        try:
            context.load_verify_locations(config.ca_file)
        except OSError as exc:
            raise ConfigError(f"ca_file: {config.ca_file} cannot be read: {exc}") from exc
    return context


def _is_loopback(addresses: Sequence[str]) -> bool:
    return all(address.startswith("127.") or address == "::1" for address in addresses)


def _answer(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", errors="replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"
