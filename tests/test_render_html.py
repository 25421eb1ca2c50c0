from html.parser import HTMLParser

import pytest

from digest.render.blocks import plain
from digest.render.html import paper_html
from tests.posts import HEADING, LOCAL, NASTY, entry, nasty

ALLOWED = {"p", "br", "strong", "em", "a", "ul", "li"}


class Reader(HTMLParser):
    """What a browser would see: elements, attributes and text."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.open, self.links, self.text = set(), [], [], ""

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.links += [value for name, value in attributes if name == "href"]
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def read(html):
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def test_a_paper_is_shown_with_the_pages_of_its_claims():
    reader = read(paper_html(entry(), HEADING, "../papers"))
    assert "译自原句" in reader.text
    assert "词错误率降低 9.3%。（p.5）" in reader.text
    assert "https://arxiv.org/pdf/2601.16158v2#page=5" in reader.links
    assert reader.tags == ALLOWED - {"em"}


def test_a_link_that_would_lead_nowhere_is_no_link():
    reader = read(paper_html(entry(paper=LOCAL), HEADING, ""))
    assert (reader.links, "（p.5）" in reader.text) == ([], True)
    local = read(paper_html(entry(paper=LOCAL), HEADING, "../papers")).links
    assert "../papers/local-abababababababab.pdf#page=5" in local


@pytest.mark.parametrize("text", NASTY)
def test_text_from_outside_stays_text(text):
    reader = read(paper_html(nasty(text), HEADING, ""))
    assert reader.tags <= ALLOWED
    assert plain(text) in reader.text
