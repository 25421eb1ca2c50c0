from dataclasses import replace

import pytest

from digest.audit import audit
from digest.errors import DigestError
from digest.pipeline import Day, Tools, run_day
from digest.records import Breakdown, Claim, Evidence
from digest.sources.folder import FolderSource
from digest.store import Store
from tests.conftest import FakeExplainer, FakeExtractor, FakeTranslator


class Says(FakeExplainer):
    """Publishes one given claim for each paper."""

    def __init__(self, text, quote="The word error rate falls by 9.3%.", page=1):
        self.claim = Claim("结果", text, (Evidence("sentence", "s1", page, quote),), "verified")

    def explain(self, paper, document):
        return Breakdown((), (), (self.claim,), "full", (), self.made_by)


@pytest.fixture
def check(papers, config):
    def make(explainer, edit=lambda text: text):
        store = Store(config.database)
        day = Day("2026-01-23", FolderSource(papers, limit=1))
        report = run_day(day, config, store, Tools(FakeExtractor(), FakeTranslator(), explainer))
        report.post.write_text(edit(report.post.read_text()))
        return audit("2026-01-23", None, config, store)

    return make


def test_a_true_claim_holds(check):
    result = check(Says("词错误率降低 9.3%。"))
    assert (result.claims, result.citations, result.numbers, result.numbers_held) == (1, 1, 1, 1)
    assert result.problems == ()


@pytest.mark.parametrize(
    ("explainer", "what"),
    [
        (Says("词错误率降低 9.4%。"), "number 9.4% is not held by what it cites"),
        (Says("降低 9.3%。", page=2), "cites s1 on page 2, which does not say so"),
        (Says("降低 9.3%。", quote="It falls by 9.3%."), "cites s1 on page 1, which does not"),
    ],
)
def test_a_claim_that_does_not_hold_is_found(check, explainer, what):
    result = check(explainer)
    assert any(what in problem.what for problem in result.problems)


CHANGED = "does not stand in the post as it was written"
ADDED = "was not written by the digest"


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("9.3%", "9.8%", [CHANGED, ADDED]),
        ("9.3%", "19.3%", [CHANGED, ADDED]),
        ("9.3%。", "9.3%。提升 99%。", [CHANGED, ADDED]),
        ("p.1", "p.7", [CHANGED, ADDED]),
        ("</div>", "- 另有 99% 的提升。\n</div>", [ADDED]),
        ("译文：One.", "译文：Two.", [CHANGED]),
        ("\n---\n", "\nmy own note\n---\n", []),
        (r"\|", "|", []),  # as it was written before
    ],
)
def test_what_was_changed_by_hand_is_found(check, old, new, found):
    result = check(Says("词错误率降低 9.3%。"), lambda text: text.replace(old, new))
    assert [problem.what for problem in result.problems] == found


def test_a_post_that_is_not_there_is_named(config):
    with pytest.raises(DigestError, match="no post for 2026-01-01"):
        audit("2026-01-01", None, config, Store(config.database))


@pytest.mark.parametrize("form", ["hugo", "obsidian", "github"])
def test_each_form_is_checked_also_after_the_setting_was_changed(papers, config, form):
    store = Store(config.database)
    day = Day("2026-01-23", FolderSource(papers, limit=1))
    tools = Tools(FakeExtractor(), FakeTranslator(), Says("词错误率降低 9.3%。"))
    other = replace(config, post_format=form)
    report = run_day(day, other, store, tools)
    assert audit("2026-01-23", None, config, store).problems == ()
    text = report.post.read_text()
    last = next(line for line in text.splitlines() if "9.3%" in line)
    report.post.write_text(text.replace(last, f"{last}\n{last.replace('9.3', '99')}"))
    assert [p.what for p in audit("2026-01-23", None, other, store).problems] == [ADDED]


@pytest.mark.parametrize(
    ("added", "found"),
    [
        ("my own note\nof two lines\n\nand another\n", []),
        ("- 另有 99% 的提升。\n", [ADDED]),
        ("  另有 99% 的提升。\n", [ADDED]),
        ("a note\n\n- 另有 99% 的提升。\n", [ADDED, ADDED]),
    ],
)
def test_a_note_below_a_reading_of_hugo_is_none_of_its_claims(papers, config, added, found):
    hugo, store = replace(config, post_format="hugo"), Store(config.database)
    day = Day("2026-01-23", FolderSource(papers, limit=1))
    tools = Tools(FakeExtractor(), FakeTranslator(), Says("词错误率降低 9.3%。"))
    report = run_day(day, hugo, store, tools)
    front, text = report.post.read_text().rsplit("\n---\n", 1)
    report.post.write_text(f"{front}\n{added}\n---\n{text}")
    assert [p.what for p in audit("2026-01-23", None, hugo, store).problems] == found


def test_a_note_below_a_callout_is_not_the_digests_to_judge(papers, config):
    other, store = replace(config, post_format="obsidian"), Store(config.database)
    day = Day("2026-01-23", FolderSource(papers, limit=1))
    tools = Tools(FakeExtractor(), FakeTranslator(), Says("词错误率降低 9.3%。"))
    report = run_day(day, other, store, tools)
    report.post.write_text(report.post.read_text() + "\nmy own note\n")
    assert audit("2026-01-23", None, other, store).problems == ()
