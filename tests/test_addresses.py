"""Which addresses are those of the lab."""

import pytest

from digest.addresses import is_near


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("10.0.0.7", True),
        ("172.16.0.1", True),
        ("172.31.255.255", True),
        ("192.168.1.20", True),
        ("fd12:3456::1", True),
        ("::ffff:10.0.0.7", True),
        ("172.15.255.255", False),
        ("172.32.0.1", False),
        ("8.8.8.8", False),
        ("::ffff:8.8.8.8", False),
        ("2606:4700::1111", False),
        ("169.254.169.254", False),  # a cloud's passwords
        ("fe80::1", False),
        ("100.64.0.1", False),  # a provider's
        ("0.0.0.0", False),
        ("::", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
    ],
)
def test_near(address: str, near: bool) -> None:
    assert is_near(address) is near
