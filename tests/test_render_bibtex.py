from dataclasses import replace
from datetime import UTC, datetime

import bibtexparser
import pytest

from digest.records import ArxivId
from digest.render.bibtex import bibtex, key, latex
from tests.posts import LOCAL, NASTY, PAPER, entry, nasty


def read(text):
    library = bibtexparser.parse_string(text)
    assert library.failed_blocks == []
    return [(e.key, {field.key: field.value for field in e.fields}) for e in library.entries]


def test_a_paper_reads_back_as_it_was_written():
    paper = replace(PAPER, doi="10.1000/a_b", journal_ref="J. Sound 3 (2026) 1-9")
    assert read(bibtex([entry(paper=paper)])) == [
        (
            "lovelace-2601.16158",
            {
                "author": "Ada Lovelace and Alan Turing",
                "title": "{Keyword Spotting}",
                "year": "2026",
                "eprint": "2601.16158",
                "archivePrefix": "arXiv",
                "primaryClass": "cs.SD",
                "doi": r"10.1000/a\_b",
                "url": "https://arxiv.org/abs/2601.16158v2",
                "note": "J. Sound 3 (2026) 1-9",
            },
        )
    ]


def test_a_local_paper_has_no_eprint():
    assert read(bibtex([entry(paper=LOCAL)])) == [
        ("local-abababababababab", {"title": "{A local paper}"})
    ]


@pytest.mark.parametrize(
    ("author", "identity", "expected"),
    [
        ("Ada Lovelace", "2601.16158v2", "lovelace-2601.16158"),
        ("Lovelace, Ada", "2601.16158", "lovelace-2601.16158"),
        ("Jürgen Müller", "2601.16158", "muller-2601.16158"),
        ("王小明", "2601.16158", "arxiv-2601.16158"),
        ("Paul Erdős", "quant-ph/0201082v1", "erdos-quant-ph-0201082"),
        ("", "math.GT/0309136", "arxiv-math.GT-0309136"),
    ],
)
def test_keys_are_made_of_the_first_author_and_the_id(author, identity, expected):
    assert key(replace(PAPER, id=ArxivId.parse(identity), authors=(author,))) == expected


@pytest.mark.parametrize(
    ("identity", "submitted", "year"),
    [
        ("2601.16158", datetime(2025, 12, 31, tzinfo=UTC), "2025"),
        ("2601.16158", None, "2026"),
        ("quant-ph/0201082", None, "2002"),
        ("hep-th/9711200", None, "1997"),
    ],
)
def test_the_year_is_that_of_submission_or_of_the_id(identity, submitted, year):
    paper = replace(PAPER, id=ArxivId.parse(identity), submitted_at=submitted)
    [(_, fields)] = read(bibtex([entry(paper=paper)]))
    assert fields["year"] == year


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100% of R&D_x #1", r"100\% of R\&D\_x \#1"),
        ("a {b} c", r"a \textbraceleft{}b\textbraceright{} c"),
        (r"\input{x}", r"\textbackslash{}input\textbraceleft{}x\textbraceright{}"),
        ("from $5 to $7", r"from \$5 to \$7"),
        ("Learning $x_1^{2}$ at 9%", r"Learning $x_1^{2}$ at 9\%"),
        (r"a $\input{x}$", r"a \$\textbackslash{}input\textbraceleft{}x\textbraceright{}\$"),
        ("$a%b$ and $c_1$", r"\$a\%b\$ and $c_1$"),
        ("$\\$ 5", r"\$\textbackslash{}\$ 5"),
        ("odd $x_{1$ braces", r"odd \$x\_\textbraceleft{}1\$ braces"),
        ("语音 é ~ ^", r"语音 é \textasciitilde{} \textasciicircum{}"),
    ],
)
def test_what_tex_would_act_on_is_escaped_and_math_is_kept(text, expected):
    assert latex(text) == expected


def test_what_is_no_person_is_not_taken_apart():
    paper = replace(PAPER, authors=("The ATLAS Collaboration", "Smith and Sons", "Li, Wei"))
    [(_, fields)] = read(bibtex([entry(paper=paper)]))
    assert fields["author"] == "{The ATLAS Collaboration} and {Smith and Sons} and Li, Wei"


@pytest.mark.parametrize("text", NASTY)
def test_text_from_outside_breaks_nothing(text):
    items = read(bibtex([nasty(text), entry(paper=LOCAL)]))
    assert len(items) == 2
    if text.strip():
        assert items[0][1]["title"] == f"{{{latex(text)}}}"


def test_a_paper_that_is_there_twice_is_one_item():
    assert bibtex([entry(), entry()]).count("@misc") == 1
    assert bibtex([]) == ""
