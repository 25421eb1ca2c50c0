import shutil
import socket
import ssl
import subprocess
from dataclasses import replace

import pytest

from digest.addresses import resolved
from digest.clock import SystemClock
from digest.errors import ConfigError, MailError
from digest.mailing import Mailer
from digest.pipeline import Day, Tools, run_day
from digest.sources.folder import FolderSource
from digest.sources.hosts import HostLog
from digest.store import Store
from tests.conftest import FakeExplainer, FakeExtractor, FakeTranslator
from tests.mailbox import MailServer

DATE = "2026-01-23"
ALICE, BOB = "alice@lab.example", "bob@lab.example"


@pytest.fixture
def store(config, papers):
    """A home with one post."""
    store = Store(config.database)
    tools = Tools(FakeExtractor(), FakeTranslator(), FakeExplainer())
    run_day(Day(DATE, FolderSource(papers)), config, store, tools)
    return store


@pytest.fixture
def mailer(config):
    """A mailer for a server; settings as given."""

    def make(port, resolve=lambda _host, _port: ["127.0.0.1"], **settings):
        chosen = {"smtp_host": "mail.lab", "mail_from": "digest@lab.example", **settings}
        changed = replace(config, smtp_port=port, **{"mail_to": (ALICE, BOB), **chosen})
        hosts = HostLog(config.home / "hosts.log", SystemClock())
        return Mailer(changed, hosts, timeout_s=0.5, resolve=resolve)

    return make


def asked(config):
    """Host, method, path and status of each line of hosts.log."""
    path = config.home / "hosts.log"
    return [line.split("\t")[1:] for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.loopback
def test_a_post_is_mailed_once_to_each(config, store, mailer):
    with MailServer() as server:
        sent = mailer(server.port).mail(DATE, store)
        again = mailer(server.port).mail(DATE, store)
        repeated = mailer(server.port).mail(DATE, store, again=True)
    assert (sent.to, sent.before) == ((ALICE, BOB), ())
    assert (again.to, again.before) == ((), (ALICE, BOB))
    assert repeated.to == (ALICE, BOB)
    assert [to for to, _ in server.mails] == [[ALICE, BOB], [ALICE, BOB]]
    assert server.mails[0][1].startswith(b"Subject: arXiv Daily")
    line = [f"mail.lab:{server.port}", "SMTP", "2026-01-23.eml", "250"]
    assert asked(config) == [line, line]


@pytest.mark.loopback
def test_one_that_is_refused_is_told_and_tried_again(config, store, mailer):
    with MailServer(refused=(BOB,)) as server:
        sent = mailer(server.port).mail(DATE, store)
    assert (sent.to, sent.refused) == ((ALICE,), ((BOB, "550 no such user here"),))
    with MailServer() as server:
        assert mailer(server.port).mail(DATE, store).to == (BOB,)


@pytest.mark.loopback
def test_a_mail_that_nobody_gets_is_a_failure(config, store, mailer):
    with MailServer(refused=(ALICE, BOB)) as server, pytest.raises(MailError, match="550 no such"):
        mailer(server.port).mail(DATE, store)
    assert [line[-1] for line in asked(config)] == ["refused"]
    assert store.mailed(DATE) == frozenset()


@pytest.mark.loopback
def test_a_server_that_says_goodbye_badly_has_the_mail_all_the_same(store, mailer):
    with MailServer(goodbye="451 never mind") as server:
        assert mailer(server.port).mail(DATE, store).to == (ALICE, BOB)


@pytest.mark.loopback
def test_a_server_that_is_not_there(config, store, mailer):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(MailError, match="refused"):
        mailer(port).mail(DATE, store)
    assert asked(config) == [[f"mail.lab:{port}", "SMTP", "2026-01-23.eml", "MailError"]]


@pytest.mark.loopback
@pytest.mark.parametrize("tls", ["none", "tls"])
def test_each_address_is_tried_until_one_is_reached(store, mailer, tls):
    with MailServer() as server:
        both = mailer(server.port, resolve=lambda *_: ["::1", "127.0.0.1"], smtp_tls=tls)
        if tls == "none":
            assert both.mail(DATE, store).to == (ALICE, BOB)
        else:  # it is reached, and speaks another language
            with pytest.raises(MailError, match=r"(?i)ssl"):
                both.mail(DATE, store)


@pytest.mark.loopback
def test_a_server_that_hangs_is_not_waited_for_long(store, mailer):
    with MailServer(hangs=True) as server, pytest.raises(MailError, match="timed out"):
        mailer(server.port).mail(DATE, store)
    assert store.mailed(DATE) == frozenset()


@pytest.mark.loopback
def test_tls_that_is_demanded_and_not_offered_is_an_error(store, mailer):
    with MailServer() as server, pytest.raises(MailError, match="STARTTLS"):
        mailer(server.port, smtp_tls="starttls").mail(DATE, store)
    assert server.mails == []


@pytest.fixture
def certificate(tmp_path):
    """A certificate for mail.lab, signed by itself, and a server's context with it."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    pem = tmp_path / "mail.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=mail.lab", "-addext", "subjectAltName=DNS:mail.lab"]
    subprocess.run(
        [*command, *names, "-keyout", str(pem), "-out", str(tmp_path / "cert.pem")],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", pem)
    return str(tmp_path / "cert.pem"), context


@pytest.mark.loopback
def test_tls_and_login(store, mailer, certificate):
    ca_file, context = certificate
    with MailServer(starttls=context, password="secret") as server:
        secure = {"smtp_tls": "starttls", "smtp_user": "digest", "ca_file": ca_file}
        sent = mailer(server.port, smtp_password="secret", **secure).mail(DATE, store)
        with pytest.raises(MailError, match="535 wrong password"):
            mailer(server.port, smtp_password="guess", **secure).mail(DATE, store, again=True)
        with pytest.raises(MailError, match=r"(?i)certificate"):
            mailer(server.port, smtp_tls="starttls").mail(DATE, store, again=True)
        with pytest.raises(MailError, match=r"(?i)certificate"):  # the address is not the name
            other = {**secure, "smtp_host": "other.lab"}
            mailer(server.port, **other).mail(DATE, store, again=True)
    assert (sent.to, server.encrypted) == ((ALICE, BOB), [True])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"smtp_host": ""}, "smtp_host is not set"),
        ({"mail_from": ""}, "mail_from is not set"),
        ({"mail_to": ()}, "mail_to is not set"),
        ({"mail_to": (ALICE, "张三@lab.example")}, "张三@lab.example: an address in other letters"),
        ({"mail_from": "日报@lab.example"}, "日报@lab.example: an address in other"),
        ({"smtp_user": "u", "smtp_password": "密码"}, "smtp_password has other letters"),
    ],
)
def test_what_is_not_set_is_named(config, store, mailer, settings, said):
    with pytest.raises(ConfigError, match=said):
        mailer(25, **settings).mail(DATE, store)
    assert asked(config) == []


def test_a_server_elsewhere_is_not_asked(config, store, mailer):
    for address in ("8.8.8.8", "169.254.169.254"):
        with pytest.raises(ConfigError, match=f"at {address}, neither"):
            mailer(25, resolve=lambda *_: ["10.0.0.7", address]).mail(DATE, store)  # noqa: B023
    assert asked(config) == []


def test_a_password_is_not_sent_in_the_clear(store, mailer):
    plain = mailer(25, resolve=lambda *_: ["10.0.0.7"], smtp_user="u", smtp_password="secret")
    with pytest.raises(ConfigError, match="unencrypted"):
        plain.mail(DATE, store)


def test_a_name_without_an_address_is_a_failure_of_mail(store, mailer):
    def nowhere(_host, _port):
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(MailError, match="Name or service not known"):
        mailer(25, resolve=nowhere).mail(DATE, store)


def test_a_host_that_is_no_name_is_a_failure_of_mail(store, mailer):
    with pytest.raises(MailError, match=r"'mail\.\.lab' is no host name") as caught:
        mailer(25, resolve=resolved, smtp_host="mail..lab").mail(DATE, store)
    assert "see smtp_host" in caught.value.hint


def test_an_address_with_a_line_break_is_no_address(config):
    for bad in ("a@b\nBcc: c@d", "nobody", "a b@c", "<a@b>"):
        with pytest.raises(ConfigError, match="is no address"):
            replace(config, mail_to=(bad,))
