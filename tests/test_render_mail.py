import email
from email import policy

import pytest

from digest.render.blocks import plain
from digest.render.mail import mail
from tests.posts import ANNOUNCED, HEADING, LOCAL, NASTY, entry, nasty


def read(data):
    return email.message_from_bytes(data, policy=policy.default)


def body(data, kind):
    return read(data).get_body((kind,)).get_content().replace("\r\n", "\n")


def test_a_mail_has_headers_text_and_html():
    data = mail(ANNOUNCED, [entry()], "digest@lab.example", ("a@lab.example", "b@lab.example"))
    message = read(data)
    assert message["Subject"] == "arXiv Daily – 2026-01-23（1 篇）"
    assert message["From"] == "arXiv Daily <digest@lab.example>"
    assert message["To"] == "a@lab.example, b@lab.example"
    assert message["Date"] == "Fri, 23 Jan 2026 00:50:00 +0000"
    assert message["Message-ID"].startswith("<2026-01-23.")
    assert message["Message-ID"].endswith("@lab.example>")
    assert message.get_content_type() == "multipart/alternative"
    assert message.defects == []
    text = body(data, "plain")
    assert "1. Keyword Spotting\nAda Lovelace, Alan Turing\ncs.SD, cs.LG\n" in text
    assert "- 研究背景：\n  - 甲。（p.3）\n  - 乙。〔译自原句〕（p.3）\n" in text
    assert "词错误率降低 9.3%。（<a href=" in body(data, "html")


def test_no_line_is_longer_than_smtp_allows_and_all_is_ascii():
    data = mail(HEADING, [nasty("中文" * 1000)], "", ())
    assert max(map(len, data.split(b"\r\n"))) <= 998  # RFC 5322, 2.1.1
    assert data.isascii()
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_the_same_post_gives_the_same_bytes_and_another_one_another_id():
    one, same = (mail(HEADING, [entry()], "", ()) for _ in range(2))
    other = mail(HEADING, [entry(breakdown=None)], "", ())
    assert one == same
    assert read(one)["Message-ID"] != read(other)["Message-ID"]
    assert read(one)["To"] == "undisclosed-recipients:;"


def test_nothing_is_fetched_when_it_is_read():
    html = body(mail(HEADING, [entry(), entry(paper=LOCAL)], "", ()), "html")
    assert not any(word in html for word in ("src=", "<img", "<link", "<style", "@import", "url("))
    assert "../papers" not in html


@pytest.mark.parametrize("text", NASTY)
def test_text_from_outside_breaks_nothing(text):
    data = mail(HEADING, [nasty(text)], "", ())
    assert plain(text) in body(data, "plain")
    assert "<script" not in body(data, "html")
