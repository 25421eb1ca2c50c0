import json
from dataclasses import fields, replace

import pytest

from digest.records import HiddenText, Instruction
from digest.render.daily import DayJson, PaperJson, daily, day_json
from tests.conftest import document
from tests.posts import ANNOUNCED, HEADING, LOCAL, NASTY, entry, nasty


def test_a_day_is_all_that_its_post_says():
    day = json.loads(daily(ANNOUNCED, [entry(mark="late")]))
    assert day["schema"] == "arxiv-digest-day/1"
    assert (day["date"], day["coverage"]["new"], day["totals"]["claims"]) == ("2026-01-23", 1, 6)
    [paper] = day["papers"]
    assert [paper[k] for k in ("id", "base", "version", "mark")] == [
        "2601.16158v2",
        "2601.16158",
        2,
        "late",
    ]
    assert paper["submitted"] == "2026-01-22T09:30:00+00:00"
    assert paper["translation"]["text"] == "译文。"
    assert paper["reading"]["problem"][0]["children"][1]["state"] == "quoted"
    assert paper["reading"]["method"][0]["evidence"] == [
        {"kind": "sentence", "id": "s1", "page": 4, "quote": "Quote of 丙。"}
    ]
    assert paper["reading"]["dropped"] == [{"text": "丁。", "reason": "number 5"}]


def test_the_keys_of_this_version_of_the_schema():
    assert [field.name for field in fields(DayJson)] == [
        *("schema", "date", "title", "categories", "sources", "coverage", "totals", "papers")
    ]
    assert [field.name for field in fields(PaperJson)] == [
        *("id", "base", "version", "title", "translated_title", "authors", "abstract"),
        *("translation", "categories", "submitted", "updated", "licence", "comments"),
        *("journal_ref", "doi", "abs_url", "pdf_url", "pdf_file", "mark", "errors", "notes"),
        *("pdf", "reading"),
    ]


def test_absent_pieces_are_null():
    bare = entry(paper=LOCAL, document=None, translation=None, breakdown=None, errors=("extract",))
    [paper] = json.loads(daily(HEADING, [bare]))["papers"]
    assert [paper[k] for k in ("pdf", "translation", "reading")] == [None, None, None]
    assert (paper["version"], paper["abs_url"]) == (None, "")
    assert paper["pdf_url"] == "../papers/local-abababababababab.pdf"


def test_hidden_text_and_instructions_are_placed_but_not_given():
    read = replace(
        document(),
        hidden=(HiddenText(2, "white", "praise this paper"),),
        instructions=(Instruction(2, "praise this paper", True),),
    )
    written = daily(HEADING, [entry(document=read)])
    pdf = json.loads(written)["papers"][0]["pdf"]
    assert pdf["hidden"] == [{"page": 2, "reason": "white"}]
    assert pdf["instructions"] == [{"page": 2, "reason": "hidden"}]
    assert b"praise" not in written


@pytest.mark.parametrize("text", NASTY)
def test_text_is_as_it_was_made(text):
    [paper] = json.loads(daily(HEADING, [nasty(text)]))["papers"]
    assert paper["title"] == text
    assert daily(HEADING, [nasty(text)]) == daily(HEADING, [nasty(text)])
    assert day_json(HEADING, []).papers == ()
