"""Which category a paper counts for, and as what."""

from digest.records import Announcement, ArxivId, Paper
from digest.sources.categories import belongs, counts


def paper(kind: str, *categories: str) -> Paper:
    return Paper(
        ArxivId("2611.00001v1"), categories=categories, announced=Announcement("2026-11-02", kind)
    )


def test_a_paper_belongs_to_every_category_that_it_lists():
    both = paper("new", "cs.SD", "eess.AS")
    assert [belongs(both, name) for name in ("cs.SD", "eess.AS", "cs.LG", "cs", "c")] == [
        True, True, False, True, False,
    ]  # fmt: skip


def test_two_names_of_one_category():
    assert belongs(paper("new", "eess.SY"), "cs.SY")
    assert belongs(paper("new", "math.MP"), "math-ph")


def test_new_elsewhere_is_a_cross_list_here():
    seen = [
        paper("new", "cs.SD", "eess.AS"),
        paper("cross", "cs.CL", "cs.SD"),
        paper("replace", "cs.SD"),
        paper("replace-cross", "cs.CL", "cs.SD"),
    ]
    assert counts(seen, "cs.SD") == {"new": 1, "cross": 1, "replaced": 2}
    assert counts(seen[:1], "eess.AS") == {"cross": 1}
