import contextlib
import http.client
import threading

import pytest

from digest.errors import ConfigError
from digest.site.serve import _PORT, server

pytestmark = pytest.mark.loopback


@contextlib.contextmanager
def running(folder, papers):
    with server(folder, papers, 0) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield made.server_address[1]
        finally:
            made.shutdown()
            thread.join()


@pytest.fixture
def port(tmp_path):
    site, papers = tmp_path / "site", tmp_path / "papers"
    (site / "2026-01-23").mkdir(parents=True)
    (site / "state").mkdir()
    (site / "static").mkdir()
    papers.mkdir()
    (site / "index.html").write_text("home")
    (site / "2026-01-23" / "index.html").write_text("day")
    (site / "state" / "x.json").write_text("kept")
    (site / "out").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "secret.txt").write_text("secret")
    (papers / "a.pdf").write_bytes(b"%PDF")
    with running(site, papers) as found:
        yield found


def get(port, path, host="127.0.0.1", method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", f"{host}:{port}")
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


@pytest.mark.parametrize(
    ("path", "body"),
    [("/", b"home"), ("/2026-01-23/", b"day"), ("/papers/a.pdf", b"%PDF")],
)
def test_pages_and_papers_are_there(port, path, body):
    answer, found = get(port, path)
    assert (answer.status, found) == (200, body)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/papers/../secret.txt",
        "/papers/",
        "/out",
        "/state/x.json",
        "/.hidden",
        "/2026-01-24/",
        "/a%00b",
        "/" + "x" * 5000,
        "/static/",
        "//etc/passwd",
    ],
)
def test_nothing_else_is(port, path):
    answer, body = get(port, path)
    assert answer.status == 404
    assert b"secret" not in body


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_a_name_that_is_not_this_machines_is_refused(port, host, method):
    assert get(port, "/", host, method)[0].status == 403


def test_a_folder_without_its_slash_is_sent_there(port):
    answer, _ = get(port, "/2026-01-23")
    assert (answer.status, answer.headers["Location"]) == (301, "/2026-01-23/")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_the_port_may_be_left_out(host):
    """As browsers do for port 80."""
    assert _PORT.sub("", host) == _PORT.sub("", f"{host}:80") == host


def test_this_machine_goes_by_its_name_too(port):
    assert get(port, "/", "localhost")[0].status == 200


def test_nothing_can_be_sent(port):
    assert get(port, "/", method="POST")[0].status == 501


def test_a_taken_port_is_said_to_be(tmp_path, port):
    with pytest.raises(ConfigError, match=f"port {port} cannot be used"):
        server(tmp_path, tmp_path, port)
