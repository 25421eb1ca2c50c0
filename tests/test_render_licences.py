import pytest

from digest.render.licences import Licence, allows_figure, licence_of

CC = "http://creativecommons.org/licenses/"


@pytest.mark.parametrize(
    ("address", "name", "commercial", "parts"),
    [
        (CC + "by/4.0/", "CC BY 4.0", True, True),
        ("https://creativecommons.org/licenses/by-sa/4.0", "CC BY-SA 4.0", True, True),
        (CC + "by-nc-sa/3.0/", "CC BY-NC-SA 3.0", False, True),
        (CC + "by-nc-nd/4.0/", "CC BY-NC-ND 4.0", False, False),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0", True, True),
        (CC + "publicdomain/", "Public Domain", True, True),
    ],
)
def test_what_arxiv_offers_is_known(address, name, commercial, parts):
    assert licence_of(address) == Licence(name, address, commercial, parts)


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "http://arxiv.org/licenses/nonexclusive-distrib/1.0/",
        "CC BY 4.0",
        CC + "by/4.0/legalcode](javascript:x)",
        "http://creativecommons.org.evil.example/licenses/by/4.0/",
        CC + "by-nc-sa-nd/4.0/",
    ],
)
def test_what_is_not_known_allows_nothing(address):
    assert licence_of(address) is None
    assert not allows_figure(licence_of(address), "noncommercial")


@pytest.mark.parametrize(
    ("terms", "free", "noncommercial"),
    [
        ("by", True, True),
        ("by-sa", True, True),
        ("by-nc", False, True),
        ("by-nc-sa", False, True),
        ("by-nd", False, False),
        ("by-nc-nd", False, False),
    ],
)
def test_figures_are_shown_where_licence_and_setting_allow_it(terms, free, noncommercial):
    licence = licence_of(f"{CC}{terms}/4.0/")
    shown = [allows_figure(licence, figures) for figures in ("off", "free", "noncommercial")]
    assert shown == [False, free, noncommercial]
