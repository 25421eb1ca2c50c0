"""The evaluation's own rules, and the whole of it on a tiny folder made here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from digest.errors import ConfigError
from digest.evaluate.extract import Options, evaluate, kinds
from digest.evaluate.extract.headings import Score, compare, normal, true_headings
from digest.evaluate.extract.hostile import Ending, silent_losses
from digest.evaluate.extract.kinds import key_of
from digest.evaluate.extract.mutants import mutants
from digest.evaluate.extract.order import mixing_sentences, similarity
from digest.evaluate.extract.peer import Converted
from digest.evaluate.extract.tables import holds
from digest.evaluate.papers.article import Article, Form
from digest.evaluate.papers.truth import Cell
from digest.evaluate.report import Goal, table
from digest.records import Box, Row, Sentence, Table
from tests.conftest import document


@pytest.mark.parametrize(
    ("title", "normalised"),
    [
        ("3.1 Fine-Tuning", "finetuning"),
        ("3.1Fine-Tuning", "finetuning"),
        ("IV. RESULTS", "results"),
        ("A. Proofs", "proofs"),
        ("B.2 Data", "data"),
        ("Appendix A: Proofs", "proofs"),
        ("A fluid model", "afluidmodel"),
        ("Introduction", "introduction"),
        ("2 × 2 tables", "2tables"),
    ],
)
def test_titles_are_compared_without_numbers(title: str, normalised: str) -> None:
    assert normal(title) == normalised


def test_headings_are_matched_one_to_one() -> None:
    true = ["Abstract", "1 Results", "2 Data", "Results", "References"]
    found = ["A Paper", "Results", "Setup", "Bibliography"]
    assert compare(true, found, "A Paper") == Score(hits=1, true=3, found=2)


def test_the_authors_source_goes_before_bookmarks(tmp_path: Path) -> None:
    (tmp_path / "pdfs").mkdir()
    (tmp_path / "sections").mkdir()
    (tmp_path / "pdfs" / "a.pdf").touch()
    for name, source in (("a", "toc"), ("a", "jats"), ("b", "toc")):
        record = {"name": name, "source": source, "sections": [{"title": source, "level": 1}]}
        path = tmp_path / "sections" / f"{name}.{source}.json"
        path.write_text(json.dumps(record), encoding="utf-8")
    assert true_headings(tmp_path) == {"a": ["jats"]}


def test_similarity_falls_where_words_move() -> None:
    assert similarity("one two three four", "one two three four") == 1.0
    assert similarity("one two three four", "three four one two") == 0.5


def sentence(*boxes: tuple[float, float, float, float]) -> Sentence:
    return Sentence("s1", None, 1, "text", tuple(Box(1, *box) for box in boxes))


def test_a_sentence_that_jumps_between_columns_is_caught() -> None:
    foot_to_top = sentence((48, 700, 290, 712), (318, 60, 560, 72))
    left = sentence((48, 100, 290, 160))
    zigzag = sentence((48, 300, 290, 312), (318, 300, 560, 312))
    upwards = sentence((318, 300, 560, 312), (48, 100, 290, 112))
    over_both = sentence((48, 120, 560, 132))
    full_width = sentence((48, 20, 560, 32))
    plain = [foot_to_top, left, full_width]
    assert mixing_sentences(plain, 304) == []
    assert mixing_sentences([*plain, zigzag, upwards, over_both], 304) == [
        zigzag, upwards, over_both,
    ]  # fmt: skip


def test_a_number_needs_its_row_and_all_of_its_headers() -> None:
    cells = (("", "Clean", "Noisy"), ("System", "WER", "WER"), ("Ours", "9.3", "12 ± 1"))
    rows = tuple(Row(f"t1.r{k}", row) for k, row in enumerate(cells, 1))
    found = Table("Table 1", 1, rows, header_rows=2)
    assert holds(found, Cell("9.3", "Ours", ("Clean", "WER")))
    assert holds(found, Cell("12±1", "Ours", ("Noisy", "WER")))
    assert not holds(found, Cell("9.3", "Ours", ("Noisy", "WER")))
    assert not holds(found, Cell("9.3", "Theirs", ("Clean", "WER")))
    assert not holds(None, Cell("9.3", "Ours", ("WER",)))


def test_kinds_are_scored_where_they_are_labelled() -> None:
    read = document("One.")  # its only section: "Results", of the kind results
    key = key_of("results", 1)
    other = {key_of("discussion", 1): ["discussion"]}
    right, strict = kinds.measure([read], {"0" * 12: {key: ["experiments", "results"], **other}})
    assert (right.name, right.value) == ("kind right, of 1 labelled headings", 1.0)
    assert strict.value == 0.0
    assert kinds.measure([read], {"1" * 12: {key: ["results"]}}) == ()


def test_a_copy_called_good_must_have_its_text() -> None:
    intact = [Ending("a-b.pdf", "good", 0.1, chars=1000)]
    broken = [
        Ending("0000-cut-a-b.pdf", "good", 0.1, chars=985),
        Ending("0001-flip-a-b.pdf", "good", 0.1, chars=995),
        Ending("0002-flip-a-b.pdf", "damaged", 0.1, chars=10),
    ]
    assert silent_losses(broken, intact).value == 1.0


def test_goals_say_whether_they_are_met() -> None:
    assert Goal("recall", 0.912, least=0.9).line() == "recall: 0.912 (wanted >= 0.9: met)"
    assert Goal("slowest", 31.0, most=20, unit=" s").line() == (
        "slowest: 31 s (wanted <= 20: MISSED)"
    )
    assert Goal("alarms", 3.0).line() == "alarms: 3"
    assert Goal("recall", None, least=0.9).line() == "recall: not measured"
    assert Goal("recall", None, least=0.9).met is None


def test_columns_of_a_table_are_aligned() -> None:
    assert table(("", "recall"), [("digest", "0.9"), ("x", "0.12")]) == [
        "        recall",
        "digest     0.9",
        "x         0.12",
    ]


def test_markdown_of_the_peer_is_taken_apart() -> None:
    text = "# **A Paper**\n\n## **1 Data**\nSome _words_.\n|a|b|\n## References\n[1] Nobody"
    converted = Converted(text, 1, 0.1)
    assert converted.headings == ["A Paper", "1 Data", "References"]
    assert converted.body.split() == ["Some", "words."]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One synthetic paper with its headings as the truth, and one file that is no PDF."""
    data = tmp_path_factory.mktemp("data")
    for name in ("pdfs", "sections", "hostile"):
        (data / name).mkdir()
    truth = Article(data / "pdfs" / "one.pdf", Form(3)).make()
    sections = [{"title": title, "level": 1} for title in truth.headings]
    record = {"name": "one", "source": "latex", "sections": sections}
    (data / "sections" / "one.latex.json").write_text(json.dumps(record), encoding="utf-8")
    (data / "hostile" / "page.pdf").write_text("<html>not found</html>", encoding="utf-8")
    return data


def test_broken_copies_are_the_same_for_the_same_seed(folder: Path, tmp_path: Path) -> None:
    pdfs = [folder / "pdfs" / "one.pdf"]
    made = [path.read_bytes() for path in mutants(pdfs, tmp_path, 5, seed=4)]
    again = [path.read_bytes() for path in mutants(pdfs, tmp_path, 5, seed=4)]
    other = [path.read_bytes() for path in mutants(pdfs, tmp_path, 5, seed=5)]
    assert made == again
    assert made != other
    assert pdfs[0].read_bytes() not in made


def test_the_whole_of_it(folder: Path) -> None:
    options = Options(mutants=2, papers=1, workers=1, layout_model=False, peers=False)
    report = evaluate(folder, options)
    goals = {(part.title.split(",")[0], goal.name): goal for part in report.parts
             for goal in part.goals}  # fmt: skip
    assert goals["Headings", "recall"].value == 1.0
    assert goals["Hostile files (1)", "files without a typed outcome"].met
    assert goals["Broken copies of real papers (2)", "files without a typed outcome"].met
    cut = goals["Text quality (1 papers", "cut papers not recognised"]
    assert (cut.value, cut.met) == (0.0, True)
    assert (
        report.record()["parts"][0]["title"] == "Headings, fast path, without bookmarks (1 papers)"
    )
    assert "  outcomes: refused 1" in report.lines()


def test_a_folder_without_papers_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"holds no pdfs/\*\.pdf"):
        evaluate(tmp_path)
