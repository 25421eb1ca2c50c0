"""Kinds of sections: what a title says, what its parent says, what its place says."""

from __future__ import annotations

import pytest

from digest.extract.kinds import kind_of, kinds_of


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Proposed Approach", "method"),
        ("Model architecture", "method"),
        ("Experimental Setup", "experiments"),
        ("Results and Discussion", "discussion"),
        ("Related Work", "background"),
        ("CONCLUSIONS", "conclusion"),
        ("Acknowledgments", "other"),
        ("Zebras", "other"),
    ],
)
def test_kinds_by_words(title: str, kind: str) -> None:
    assert kind_of(title) == kind


def test_subsections_inherit_and_appendices_follow_the_references() -> None:
    titles = [("Method", 1), ("Zebras", 2), ("References", 1), ("Experiment Details", 1)]
    assert kinds_of(titles) == ["method", "method", "references", "appendix"]


def test_a_name_of_a_thing_between_introduction_and_experiments_is_the_method() -> None:
    titles = [("Introduction", 1), ("Related Work", 1), ("MixUp", 1), ("Experiments", 1)]
    assert kinds_of(titles) == ["introduction", "background", "method", "experiments"]


def test_a_subsection_that_names_its_kind_keeps_it() -> None:
    titles = [("Experiments", 1), ("Training", 2), ("Results", 2), ("Method", 1), ("Ablation", 2)]
    assert kinds_of(titles) == ["experiments", "experiments", "results", "method", "experiments"]


def test_what_follows_the_references_is_appendix_but_for_what_names_itself() -> None:
    titles = [("References", 1), ("Proof of Theorem 1", 1), ("Notation", 1), ("Funding", 1)]
    assert kinds_of(titles) == ["references", "appendix", "appendix", "other"]


def test_acknowledgements_below_the_conclusion_are_no_conclusion() -> None:
    assert kinds_of([("Conclusion", 1), ("Acknowledgements", 2)]) == ["conclusion", "other"]


def test_a_summary_in_front_introduces_and_one_at_the_end_concludes() -> None:
    titles = [("Summary", 1), ("Statement of Need", 1), ("Delivery", 1)]
    assert kinds_of(titles) == ["introduction", "introduction", "other"]
    assert kinds_of([("Introduction", 1), ("Summary", 1)]) == ["introduction", "conclusion"]


def test_analysis_before_anything_is_measured_is_method() -> None:
    titles = [("Introduction", 1), ("Analysis of Variants", 1), ("Results", 1), ("Analysis", 1)]
    assert kinds_of(titles) == ["introduction", "method", "results", "results"]


def test_a_literature_review_is_no_list_of_references() -> None:
    assert kind_of("Literature Review") == "background"
    assert kind_of("Literaturverzeichnis") == "references"
    assert kind_of("参考文献") == "references"


def test_what_stands_before_our_own_is_background() -> None:
    titles = [("Introduction", 1), ("Structural measures", 1), ("Our measure", 1)]
    assert kinds_of(titles) == ["introduction", "background", "method"]
