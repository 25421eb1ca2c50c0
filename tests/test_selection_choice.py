import pytest

from digest.records import ArxivId, LeftOut, Paper
from digest.selection import Interest, LikedPaper, choose, parse_rules


def paper(number, title):
    return Paper(ArxivId.parse(f"2601.0000{number}v1"), title=title)


C, A, B = paper(3, "Voice conversion"), paper(1, "Keyword spotting"), paper(2, "A survey of graphs")
LIKES_SPOTTING = Interest((LikedPaper("Spotting keywords"),))


def titles(choice):
    return [paper.title for paper in choice.chosen]


def test_without_wishes_the_order_stays():
    choice = choose([C, A, B], parse_rules(), None, None)
    assert choice.chosen == (C, A, B)
    assert choice.left_out == ()


def test_interest_puts_the_best_first_and_ties_go_by_id():
    assert choose([C, B, A], parse_rules(), LIKES_SPOTTING, None).chosen == (A, B, C)


def test_a_boost_lifts_and_a_negative_one_sinks():
    rules = parse_rules(boost=["voice conversion 1.5", "author:Nobody 9"])
    assert choose([A, B, C], rules, LIKES_SPOTTING, None).chosen == (C, A, B)
    sinking = parse_rules(boost=["spotting -1"])
    assert choose([C, A, B], sinking, None, None).chosen == (C, B, A)


def test_what_is_left_out_is_named_with_its_reason():
    choice = choose([C, B, A], parse_rules(exclude=["title:survey"]), LIKES_SPOTTING, 1)
    assert titles(choice) == ["Keyword spotting"]
    assert choice.left_out == (
        LeftOut(B.id, "A survey of graphs", "排除规则 “title:survey”"),
        LeftOut(C.id, "Voice conversion", "数量限制（--limit 1）"),
    )


@pytest.mark.parametrize("limit", [0, 1, 2, 3, 9, None])
def test_nobody_is_lost(limit):
    choice = choose([C, A, B], parse_rules(include=["a", "voice*"]), LIKES_SPOTTING, limit)
    everyone = [p.id for p in choice.chosen] + [left.paper for left in choice.left_out]
    assert sorted(everyone) == [A.id, B.id, C.id]


def test_a_negative_limit_is_refused():
    with pytest.raises(ValueError, match="-1"):
        choose([A], parse_rules(), None, -1)


def test_the_limit_counts_what_the_post_has_already():
    choice = choose([C, A, B], parse_rules(), None, 4, taken=2)
    assert choice.chosen == (C, A)
    assert choice.left_out == (LeftOut(B.id, "A survey of graphs", "数量限制（--limit 4）"),)
    assert choose([C, A, B], parse_rules(), None, 4, taken=5).chosen == ()
