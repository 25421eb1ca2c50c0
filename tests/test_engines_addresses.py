"""Which addresses a model server may have."""

import pytest

from digest.engines.addresses import endpoint
from digest.errors import ConfigError, ServerError


def test_an_address_is_taken_apart() -> None:
    found = endpoint("http://GPU1.lab:8000/v1/")
    assert (found.scheme, found.host, found.port, found.path) == ("http", "gpu1.lab", 8000, "/v1")
    assert found.netloc == "gpu1.lab:8000"
    assert found.at("10.0.0.7", "/models") == "http://10.0.0.7:8000/v1/models"
    assert found.at("fd00::7", "/models") == "http://[fd00::7]:8000/v1/models"
    assert endpoint("https://gpu1.lab").port == 443
    assert endpoint("http://[::1]:8080/v1").netloc == "[::1]:8080"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("gpu1.lab:8000", "no http or https address"),
        ("ftp://gpu1.lab", "no http or https address"),
        ("http://", "no http or https address"),
        ("http://me:secret@gpu1.lab/v1", "a password does not belong"),
        ("http://gpu1.lab/v1?key=x", "more than a path"),
        ("http://gpu1.lab/v1#x", "more than a path"),
        ("http://gpu1.lab:port/v1", "no web address"),
    ],
)
def test_what_is_no_address(url: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        endpoint(url)
    assert "secret" not in caught.value.message


def test_a_name_is_judged_by_all_of_its_addresses() -> None:
    near = endpoint("http://gpu1.lab/v1").addresses(lambda *_: ["10.0.0.7", "fd00::7"])
    assert near == ["10.0.0.7", "fd00::7"]
    with pytest.raises(ConfigError, match=r"gpu1\.lab is at 8\.8\.8\.8.*would leave the lab") as e:
        endpoint("http://gpu1.lab/v1").addresses(lambda *_: ["10.0.0.7", "8.8.8.8"])
    assert e.value.hint == 'if that is meant: server_hosts = ["gpu1.lab"]'


def test_a_host_that_is_named_is_allowed_wherever_it_is() -> None:
    allowed = endpoint("http://GPU1.example/v1", ["gpu1.EXAMPLE"])
    assert allowed.addresses(lambda *_: ["8.8.8.8"]) == ["8.8.8.8"]
    with pytest.raises(ConfigError):
        endpoint("http://other.example/v1", ["gpu1.example"]).addresses(lambda *_: ["8.8.8.8"])


def test_a_public_address_without_a_name() -> None:
    with pytest.raises(ConfigError, match=r"8\.8\.8\.8 is at 8\.8\.8\.8"):
        endpoint("http://8.8.8.8/v1").addresses()


def test_a_host_without_an_address() -> None:
    def nowhere(*_: object) -> list[str]:
        raise OSError("unknown")

    with pytest.raises(ServerError, match=r"gpu9\.lab has no address"):
        endpoint("http://gpu9.lab/v1").addresses(nowhere)


def test_a_host_that_is_no_name() -> None:
    with pytest.raises(ServerError, match=r"'gpu\.\.lab' is no host name"):
        endpoint("http://gpu..lab/v1").addresses()
