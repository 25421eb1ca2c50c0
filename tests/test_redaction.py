import json

import pytest

from digest.redaction import Names, hosts_without, lines_naming, log_without

NAMES = Names(["2601.00002", "local:" + "ab" * 32], ["cd" * 32], ["A quiet_room", "First"])
OLD = Names(["quant-ph/0201082"], [], [])


@pytest.mark.parametrize(
    "text",
    [
        "2601.00002",
        "see 2601.00002v3.",
        "https://arxiv.org/pdf/2601.00002v1",
        "papers/local-abababababababab.pdf",
        "cd" * 32,
        "on A  quiet_room, again",
        "on A quiet\\_room",
        "First!",
    ],
)
def test_a_paper_is_named(text):
    assert NAMES.are_in(text)


@pytest.mark.parametrize("text", ["2601.000021", "12601.00002", "Firstly", "a quiet_room", "first"])
def test_another_thing_is_named(text):
    assert not NAMES.are_in(text)


@pytest.mark.parametrize(
    "text", ["quant-ph/0201082v1", "quant-ph_0201082v1.pdf", "id_list=quant-ph%2F0201082"]
)
def test_an_old_id_is_known_in_its_forms(text):
    assert OLD.are_in(text)


def test_a_file_is_the_papers_own():
    own = ["2601.00002v1.pdf", ".2601.00002v1.pdf.partial", "2601.00002v1-figure-1.png"]
    assert all(map(NAMES.is_file, own))
    assert not any(map(NAMES.is_file, ["2601.000021v1.pdf", "on-2601.00002.pdf"]))


def test_a_heading_stands_for_its_part_of_a_text():
    text = "# Day\n\n## First\ntext\n### More\n\n---\n\n## Third\nas in 2601.00002\n"
    assert lines_naming(text, NAMES) == [(3, 7), (10, 10)]
    assert lines_naming("## First\ntext\n## Third\n", NAMES) == [(1, 2)]


def test_an_account_of_a_contact_stays_without_its_path():
    line = "2026-01-22T12:00:00.000+00:00\tarxiv.org\tGET\t/pdf/{}\t200\n"
    said = hosts_without(line.format("2601.00002v1") + line.format("2601.00003v1"), NAMES)
    assert said == line.replace("/pdf/{}", "-") + line.format("2601.00003v1")


def test_a_line_of_a_log_keeps_when_and_where_it_happened():
    line = {"at": "2026-01-22T12:00:00Z", "level": "warning", "paper": "2601.00002v1", "s": 2.5}
    line |= {"stage": "extract", "error": "unreadable", "said": "a sentence of it"}
    other = json.dumps({"message": "Firstly"}) + "\n"
    first, second, plain = log_without(
        json.dumps(line) + "\n" + other + "First, as text\n", NAMES
    ).splitlines(keepends=True)
    assert json.loads(first) == line | {"paper": "-", "error": "-", "said": "-"}
    assert (second, plain) == (other, "-\n")


def test_a_report_keeps_its_form():
    report = {"papers": [{"id": "2601.00002v1", "seconds": 3}, {"id": "2601.00003v1"}]}
    text = json.dumps(report, indent=1) + "\n"
    said = log_without(text, NAMES)
    assert json.loads(said) == {"papers": [{"id": "-", "seconds": 3}, {"id": "2601.00003v1"}]}
    assert said == text.replace("2601.00002v1", "-")
    assert log_without("{}", NAMES) == "{}"
