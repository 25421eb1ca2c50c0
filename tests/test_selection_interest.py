from datetime import date

import pytest

from digest.records import ArxivId, Paper
from digest.selection.interest import Interest
from digest.selection.liked import LikedPaper


def paper(number, title, abstract=""):
    return Paper(ArxivId.parse(f"2601.{number:05}v1"), title=title, abstract=abstract)


def test_a_paper_about_the_same_ranks_first():
    interest = Interest(
        (
            LikedPaper("Keyword spotting on small devices", "Wake words with few parameters."),
            LikedPaper("Streaming speech recognition", "A transducer for long audio."),
        )
    )
    spotting, graph, speech = interest.scores(
        [
            paper(1, "Wake word and keyword spotting", "Small models spot a keyword."),
            paper(2, "Chromatic numbers of graphs", "We bound colourings."),
            paper(3, "Speech in noise", "An audio frontend."),
        ]
    )
    assert spotting > speech > graph == 0.0


def test_the_same_text_scores_one():
    liked = (LikedPaper("Keyword spotting", "Wake words."),)
    assert Interest(liked).scores([paper(1, "Keyword spotting", "Wake words.")]) == [1.0]


def test_case_accents_and_plurals_do_not_matter():
    liked = (LikedPaper("Schrödinger Bridges"),)
    assert Interest(liked).scores([paper(1, r"schr\"odinger bridge")]) == [1.0]


def test_a_newer_liked_paper_weighs_more():
    liked = (
        LikedPaper("Keyword spotting", date=date(2016, 1, 1)),
        LikedPaper("Voice conversion", date=date(2026, 1, 1)),
    )
    old, new = Interest(liked).scores([paper(1, "Keyword spotting"), paper(2, "Voice conversion")])
    assert (old, new) == (0.257809, 0.5)  # half of 0.5 + 0.5 * 2**(-3653 / 730.5), and half of 1


@pytest.mark.parametrize("liked", [(), (LikedPaper("", id=ArxivId("2601.1")),), (LikedPaper("!"),)])
def test_who_likes_nothing_is_interested_in_nothing(liked):
    assert Interest(liked).scores([paper(1, "Anything"), paper(2, "")]) == [0.0, 0.0]
    assert Interest(liked).scores([]) == []


def test_many_liked_papers_are_compared_in_parts():
    liked = [LikedPaper(f"topic{n}") for n in range(1100)]
    scores = Interest(tuple(liked)).scores([paper(1, "topic1099"), paper(2, "nothing")])
    assert scores == [0.2, 0.0]  # one of the five nearest is the same
