from datetime import UTC, date, datetime

import pytest

from digest.errors import ConfigError
from digest.records import ArxivId, Paper
from digest.selection.liked import LikedPaper, load_liked

BIBTEX = r"""
@string{venue = "ICASSP"}
@article{zotero2024,
	title = {{Speech} {Recognition} with {\"U}ber-models},
	abstract = {We show it.},
	urldate = {2024-05-02},
	date = {2023-12-01},
	eprint = {2312.00001},
	eprinttype = {arxiv},
}
@inproceedings{broken,
  title = {No closing brace,
  author = {A}

@misc{second, title = "In quotes", booktitle = venue, year = {2020}, month = mar }
@misc{second, title = {Same key}, note = {arXiv:cs/0112017}, year = 2001}
@article{twofields, title = {First}, title = {Second}, year = {n.d.}}
@article{untitled, author = {X}}
@article{other, title = {Elsewhere}, eprint = {10.1/x}, archiveprefix = {hal}}
"""


def write(folder, name, data):
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_bibtex_is_read_past_its_errors(tmp_path):
    found = load_liked(write(tmp_path, "library.bib", BIBTEX))
    assert found.papers == (
        LikedPaper(
            r"Speech Recognition with \"Uber-models",
            "We show it.",
            ArxivId("2312.00001"),
            date(2024, 5, 2),
        ),
        LikedPaper("In quotes", date=date(2020, 3, 1)),
        LikedPaper("Same key", id=ArxivId("cs/0112017"), date=date(2001, 1, 1)),
        LikedPaper("First"),
        LikedPaper("Elsewhere"),
    )
    assert found.skipped == 2  # the one cut off, the one without a title


def test_csl_json_is_read(tmp_path):
    text = """[
      {"title": "A <i>title</i>", "abstract": "An\\nabstract", "number": "arXiv:2403.01234",
       "issued": {"date-parts": [["2024", 3]]}, "accessed": {"date-parts": [[2024, 4, 5]]}},
      {"title": "Old", "issued": {"raw": "1999"}, "URL": "http://arxiv.org/abs/quant-ph/0201082"},
      {"author": []}, 7]"""
    found = load_liked(write(tmp_path, "library.json", text))
    assert found.papers == (
        LikedPaper("A title", "An abstract", ArxivId("2403.01234"), date(2024, 4, 5)),
        LikedPaper("Old", "", ArxivId("quant-ph/0201082"), date(1999, 1, 1)),
    )
    assert found.skipped == 2


def test_a_list_holds_titles_and_ids(tmp_path):
    text = (
        "# mine\n\n2601.16158v1\nhttps://arxiv.org/abs/2601.161\nC# for audio\narXiv:2601.16150\n"
    )
    found = load_liked(write(tmp_path, "liked.txt", text))
    assert [(paper.title, paper.id) for paper in found.papers] == [
        ("", "2601.16158v1"),
        ("https://arxiv.org/abs/2601.161", None),  # no id: a digit short
        ("C# for audio", None),
        ("", "2601.16150"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        "@misc{a, title = {Müller}}".encode("latin-1"),
        "@misc{a, title = {Müller}}".encode("utf-8-sig"),
        "@misc{a, title = {Müller}}".encode("utf-16"),
    ],
)
def test_other_encodings_are_read(tmp_path, data):
    assert load_liked(write(tmp_path, "a.bib", data)).papers == (LikedPaper("Müller"),)


def test_what_is_known_completes_the_list(tmp_path):
    found = load_liked(write(tmp_path, "liked.txt", "2601.16158\n2601.00001v2\nA title\n"))
    assert found.unknown == ("2601.16158", "2601.00001v2")
    known = Paper(
        ArxivId.parse("2601.16158v3"),
        title="T",
        abstract="A",
        submitted_at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    completed = found.completed([known])
    assert completed.papers[0] == LikedPaper("T", "A", ArxivId("2601.16158"), date(2026, 1, 2))
    assert completed.papers[1:] == found.papers[1:]
    assert completed.unknown == ("2601.00001v2",)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.bib", "no entry here", "holds no BibTeX entry"),
        ("a.bib", "@misc{a, author = {X}}", "names no paper"),
        ("a.json", "{", "is not valid JSON"),
        ("a.json", '{"a": 1}', "is no CSL JSON"),
        ("a.txt", "# nothing\n", "names no paper"),
        ("a.ris", "TY  - JOUR", "is no list of liked papers that can be read"),
    ],
)
def test_a_file_of_no_use_is_an_error(tmp_path, name, text, message):
    with pytest.raises(ConfigError, match=message) as caught:
        load_liked(write(tmp_path, name, text))
    assert caught.value.hint


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match=r"gone\.bib cannot be read: No such file"):
        load_liked(tmp_path / "gone.bib")


def test_a_damaged_bibtex_file_still_ends_in_papers_or_an_error(tmp_path):
    outcomes = set()
    for cut in range(0, len(BIBTEX), 7):  # ends anywhere, with a stray mark in the middle
        text = BIBTEX[: cut // 2] + "}{@,="[cut % 5] + BIBTEX[cut // 2 : cut]
        try:
            outcomes.add(len(load_liked(write(tmp_path, "a.bib", text)).papers) > 0)
        except ConfigError:
            outcomes.add(None)
    assert outcomes == {True, None}
