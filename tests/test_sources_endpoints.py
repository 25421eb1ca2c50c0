"""Addresses and names of sets."""

import pytest

from digest.records import ArxivId
from digest.sources.endpoints import Endpoints, oai_set


def test_one_feed_for_several_categories():
    assert Endpoints().feed_of(["cs.SD", "eess.AS"]) == "https://rss.arxiv.org/rss/cs.SD+eess.AS"
    assert Endpoints(feed="http://mirror").feed_of(["hep-ex"]) == "http://mirror/rss/hep-ex"


def test_a_pdf_of_either_scheme():
    assert Endpoints().pdf_of(ArxivId("2611.00011v2")) == "https://arxiv.org/pdf/2611.00011v2"
    assert Endpoints().pdf_of(ArxivId("hep-ex/0201001")) == "https://arxiv.org/pdf/hep-ex/0201001"


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("cs.SD", "cs:cs:SD"),
        ("eess.AS", "eess:eess:AS"),
        ("astro-ph.GA", "physics:astro-ph:GA"),
        ("physics.optics", "physics:physics:optics"),
        ("hep-ex", "physics:hep-ex"),
        ("cs", "cs"),
    ],
)
def test_a_category_in_oai(category, name):
    assert oai_set(category) == name
